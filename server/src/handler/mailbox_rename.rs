//! `mailboxRename`: give a mailbox another name.

use std::sync::Arc;

use protocol::MailboxRename;

use crate::failure::Failure;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &MailboxRename) -> Result<Step, Failure> {
    let account = session.handle.account();
    let from = MailboxRef::parse(&request.mailbox, account)?;
    let to = MailboxRef::parse(&request.new_name, account)?;
    let (hub, children) = (Arc::clone(&session.hub), request.children.0);
    let rename = async move { from.rename(&hub, &to, children).await };
    Ok(Step::after(rename, |_, _, renamed| {
        renamed?;
        Ok(Step::Done)
    }))
}
