//! `mailboxCreate`: make a mailbox.

use std::sync::Arc;

use protocol::MailboxCreate;

use crate::failure::Failure;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MailboxCreate) -> Result<Step, Failure> {
    let mailbox = MailboxRef::parse(&request.mailbox, session.handle.account())?;
    let hub = Arc::clone(&session.hub);
    let class = request.class.unwrap_or_default();
    let create = async move { mailbox.create(&hub, class).await };
    Ok(Step::after(create, |_, _, created| {
        created?;
        Ok(Step::Done)
    }))
}
