//! `quotaRead`: how much mail may the account keep, and how much does it keep?

use protocol::Quota;

use crate::failure::Failure;
use crate::session::{Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &Session) -> Result<Step, Failure> {
    let (storage, account) = (session.hub.storage.clone(), session.handle.account().id);
    let read = async move { storage.usage(account).await };
    Ok(Step::after(read, |session, reply, read| {
        let (usage, limits) = read?;
        let quota = Quota {
            size: usage.mail_size,
            size_limit: limits.mail_size,
            messages: usage.messages,
            messages_limit: limits.messages,
            mailboxes: usage.mailboxes,
            mailboxes_limit: limits.mailboxes,
        };
        session.send(reply, quota);
        Ok(Step::Done)
    }))
}
