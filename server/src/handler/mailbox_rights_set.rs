//! `mailboxRightsSet`: let others do something with a mailbox, or no longer.

use std::sync::Arc;

use protocol::{ErrorCode, MailboxRightsSet, Rights, RightsEdit};
use storage::{AccountId, Grantee};

use crate::account::Address;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::name::{MailboxRef, stored_rights};
use crate::session::{Session, Step};

/// Who stands for all accounts of the mailbox's domain.
pub(super) const ANYONE: &str = "anyone";

pub(super) fn handle(session: &Session, request: MailboxRightsSet) -> Result<Step, Failure> {
    let account = session.handle.account();
    let mailbox = MailboxRef::parse(&request.mailbox, account)?;
    let domain = account.domain.clone();
    let hub = Arc::clone(&session.hub);
    let within = Arc::clone(&hub);
    let set = async move {
        let access = mailbox.find(&hub).await?;
        let mailbox = access.need(Rights::ADMINISTER)?;
        let mut grants = Vec::new();
        for RightsEdit { account, rights } in &request.rights {
            let grantee = grantee(&hub, account, &domain, mailbox.account).await?;
            grants.push((grantee, stored_rights(*rights)));
        }
        hub.storage.set_grants(mailbox.id, grants).await?;
        hub.mailboxes.rights_changed(mailbox.id).await;
        Ok::<_, Failure>(())
    };
    // Folders are told even if the session ends meanwhile.
    Ok(Step::after(within.to_the_end(set), |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

/// Who is named. A name without a domain is of the user's own.
async fn grantee(hub: &Hub, name: &str, domain: &str, owner: AccountId) -> Result<Grantee, Failure> {
    if name.eq_ignore_ascii_case(ANYONE) {
        return Ok(Grantee::Anyone);
    }
    let refuse = |text| Err(Failure::because(ErrorCode::BadRequest, text));
    let address = Address::parse(name)
        .map(|Address { name, domain: named }| Address { name, domain: named.or(Some(domain.to_owned())) });
    let account = match address {
        Some(address) => hub.accounts.find(&address).await?,
        None => None,
    };
    match account {
        None => refuse(format!("there is no account {name:?}: rights go to NAME@DOMAIN, or to anyone")),
        Some(account) if account.id == owner => {
            refuse(format!("{name} owns the mailbox, and has all rights to it always"))
        }
        Some(account) => Ok(Grantee::Account(account.id)),
    }
}
