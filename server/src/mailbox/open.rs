//! How is a view of a mailbox opened, whether or not anybody has the mailbox open already?

use std::sync::Arc;

use storage::MailboxId;
use tokio::sync::oneshot;

use super::{Command, Handle, Open, Opened, Spec, Subscriber};
use crate::failure::Failure;
use crate::hub::Hub;
use protocol::ErrorCode;

/// Opens a view of the mailbox. Its owner is started if there is none.
pub(crate) async fn open(
    hub: &Arc<Hub>,
    id: MailboxId,
    spec: Spec,
    uid_validity: Option<u32>,
    subscriber: Subscriber,
) -> Result<(Handle, Opened), Failure> {
    // An owner that nobody needs ends, perhaps right now: then there is a new one.
    for _ in 0..3 {
        let handle = hub.mailboxes.open(hub, id);
        let (reply, answer) = oneshot::channel();
        let open = Open { spec: spec.clone(), uid_validity, subscriber: subscriber.clone(), reply };
        if handle.commands.send(Command::Open(Box::new(open))).await.is_err() {
            continue;
        }
        if let Ok(opened) = answer.await {
            return Ok((handle, opened?));
        }
    }
    Err(ErrorCode::TemporaryFailure.into())
}
