//! `mailboxSubUpdate`: subscribe to mailboxes, or no longer.

use protocol::{ErrorCode, MailboxSubUpdate, SubscriptionMode};
use storage::MailboxName;

use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &MailboxSubUpdate) -> Result<Step, Failure> {
    let mut changes = Vec::new();
    for edit in &request.subscriptions {
        // A subscription is a name, and nothing is looked up by it: other accounts' mailboxes can be named, too.
        let name = MailboxName::parse(&edit.mailbox)
            .map_err(|error| Failure::because(ErrorCode::BadRequest, error.to_string()))?;
        changes.push((name, edit.mode.is_none_or(|mode| mode == SubscriptionMode::Add)));
    }
    let (storage, account) = (session.hub.storage.clone(), session.handle.account().id);
    let update = async move { storage.set_subscriptions(account, changes).await };
    Ok(Step::after(update, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
