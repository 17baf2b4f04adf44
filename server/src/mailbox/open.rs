//! How is the owner of a mailbox asked, whether or not anybody has the mailbox open already?

use std::sync::Arc;

use protocol::ErrorCode;
use storage::{MailboxId, NewMessage};
use tokio::sync::oneshot;

use super::{Command, Handle, Open, Opened, Spec, Subscriber};
use crate::failure::Failure;
use crate::hub::Hub;

/// Opens a view of the mailbox.
pub(crate) async fn open(
    hub: &Arc<Hub>,
    id: MailboxId,
    spec: Spec,
    uid_validity: Option<u32>,
    subscriber: Subscriber,
) -> Result<(Handle, Opened), Failure> {
    let open = |reply| {
        let (spec, subscriber) = (spec.clone(), subscriber.clone());
        Command::Open(Box::new(Open { spec, uid_validity, subscriber, reply }))
    };
    ask(hub, id, open).await
}

/// Removes the messages of the mailbox whose internal date, in milliseconds since 1970, is earlier than this, or all.
pub(crate) async fn remove_older(hub: &Arc<Hub>, id: MailboxId, than: Option<i64>) -> Result<(), Failure> {
    ask(hub, id, |reply| Command::RemoveOlder(than, reply)).await.map(|(_, ())| ())
}

/// Stores a message in the mailbox in place of the older version with this UID: the UID that it has.
pub(crate) async fn replace(
    hub: &Arc<Hub>,
    id: MailboxId,
    older: u32,
    message: NewMessage,
) -> Result<u32, Failure> {
    let replace = |reply| Command::Replace(older, Box::new(message.clone()), reply);
    ask(hub, id, replace).await.map(|(_, uid)| uid)
}

/// Asks the owner, who is started if there is none.
async fn ask<T>(
    hub: &Arc<Hub>,
    id: MailboxId,
    command: impl Fn(oneshot::Sender<Result<T, Failure>>) -> Command,
) -> Result<(Handle, T), Failure> {
    // An owner that nobody needs ends, perhaps right now: then there is a new one.
    for _ in 0..3 {
        let handle = hub.mailboxes.open(hub, id);
        if let Ok(outcome) = handle.ask(&command).await {
            return Ok((handle, outcome?));
        }
    }
    Err(ErrorCode::TemporaryFailure.into())
}
