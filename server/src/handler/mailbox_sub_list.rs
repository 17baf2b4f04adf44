//! `mailboxSubList`: which mailboxes is the user subscribed to?

use protocol::{MailboxSubList, MailboxSubscription};

use super::pages::send_all;
use super::pattern::Pattern;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MailboxSubList) -> Result<Step, Failure> {
    let pattern = Pattern::of(request.filter)?;
    let (storage, account) = (session.hub.storage.clone(), session.handle.account().id);
    let list = async move { storage.subscriptions(account).await };
    Ok(Step::after(list, move |_, _, names| {
        let names = names?.into_iter().filter(|name| pattern.matches(name.as_str()));
        Ok(send_all(names.map(|name| MailboxSubscription { mailbox: name.to_string() }).collect()))
    }))
}
