//! `mailboxSubList`: which mailboxes is the user subscribed to?

use protocol::{MailboxSubList, MailboxSubscription};

use super::pattern::Pattern;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MailboxSubList) -> Result<Step, Failure> {
    let pattern = Pattern::of(request.filter)?;
    let (storage, account) = (session.hub.storage.clone(), session.handle.account().id);
    let list = async move { storage.subscriptions(account).await };
    Ok(Step::after(list, move |session, reply, names| {
        for name in names?.iter().map(storage::MailboxName::as_str).filter(|name| pattern.matches(name)) {
            session.send(reply, MailboxSubscription { mailbox: name.to_owned() });
        }
        Ok(Step::Done)
    }))
}
