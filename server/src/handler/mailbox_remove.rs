//! `mailboxRemove`: remove a mailbox and its messages.

use std::sync::Arc;

use protocol::MailboxRemove;

use crate::failure::Failure;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &MailboxRemove) -> Result<Step, Failure> {
    let mailbox = MailboxRef::parse(&request.mailbox, session.handle.account())?;
    let (hub, children) = (Arc::clone(&session.hub), request.children.0);
    let within = Arc::clone(&hub);
    let remove = async move {
        let removed = mailbox.remove(&hub, children).await?;
        for id in removed {
            hub.mailboxes.removed(id).await;
        }
        Ok::<_, Failure>(())
    };
    // Folders on it are told even if the session ends meanwhile.
    Ok(Step::after(within.to_the_end(remove), |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
