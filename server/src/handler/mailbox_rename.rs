//! `mailboxRename`: give a mailbox another name.

use protocol::{ErrorCode, MailboxRename};

use crate::failure::Failure;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &MailboxRename) -> Result<Step, Failure> {
    let account = session.handle.account();
    let from = MailboxRef::parse(&request.mailbox, account)?;
    let to = MailboxRef::parse(&request.new_name, account)?;
    if from.account != to.account {
        let text = "a mailbox cannot be renamed into another account: copy its messages";
        return Err(Failure::because(ErrorCode::BadRequest, text));
    }
    let (storage, children) = (session.hub.storage.clone(), request.children.0);
    let rename = async move { storage.rename_mailbox(from.account, from.name, to.name, children).await };
    Ok(Step::after(rename, |_, _, renamed| {
        renamed?;
        Ok(Step::Done)
    }))
}
