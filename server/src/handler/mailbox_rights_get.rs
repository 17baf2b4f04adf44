//! `mailboxRightsGet`: what may the user do with a mailbox?

use std::sync::Arc;

use protocol::{MailboxRights, MailboxRightsGet, Scalar};

use crate::failure::Failure;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MailboxRightsGet) -> Result<Step, Failure> {
    let mailbox = MailboxRef::parse(&request.mailbox, session.handle.account())?;
    let hub = Arc::clone(&session.hub);
    let find = async move { mailbox.find(&hub).await?.rights() };
    Ok(Step::after(find, |session, reply, rights| {
        let letters = rights?.to_wire().into_owned();
        session.send(reply, MailboxRights { mailbox: request.mailbox, account: None, letters });
        Ok(Step::Done)
    }))
}
