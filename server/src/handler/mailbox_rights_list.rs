//! `mailboxRightsList`: who may do what with a mailbox?

use std::sync::Arc;

use protocol::{MailboxRights, MailboxRightsList, Rights, Scalar};

use super::mailbox_rights_set::ANYONE;
use super::pages::send_all;
use crate::failure::Failure;
use crate::name::{MailboxRef, rights_of};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MailboxRightsList) -> Result<Step, Failure> {
    let mailbox = MailboxRef::parse(&request.mailbox, session.handle.account())?;
    let hub = Arc::clone(&session.hub);
    let list = async move {
        let access = mailbox.find(&hub).await?;
        Ok::<_, Failure>(hub.storage.grants(access.need(Rights::ADMINISTER)?.id).await?)
    };
    Ok(Step::after(list, move |_, _, grants| {
        let message = |grant: storage::Grant| {
            let account =
                grant.address.map_or(ANYONE.to_owned(), |(name, domain)| format!("{name}@{domain}"));
            let letters = rights_of(grant.rights).to_wire().into_owned();
            MailboxRights { mailbox: request.mailbox.clone(), account: Some(account), letters }
        };
        Ok(send_all(grants?.into_iter().map(message).collect()))
    }))
}
