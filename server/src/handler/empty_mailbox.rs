//! `emptyMailbox`: remove a mailbox's messages, or the older ones.

use std::sync::Arc;

use protocol::{EmptyMailbox, ErrorCode, TimeDelta};
use storage::MailboxId;

use crate::clock;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::Command;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &EmptyMailbox) -> Result<Step, Failure> {
    let mailbox = MailboxRef::parse(&request.mailbox, session.handle.account())?;
    let TimeDelta(seconds) = request.duration;
    let age = i64::try_from(seconds).unwrap_or(i64::MAX);
    let before = (age > 0).then(|| clock::seconds().saturating_sub(age).saturating_mul(1_000));
    let hub = Arc::clone(&session.hub);
    let empty = async move {
        let found = hub.storage.find_mailbox(mailbox.account, &mailbox.name).await?;
        empty(&hub, found.ok_or(ErrorCode::NoSuchMailbox)?.id, before).await
    };
    Ok(Step::after(empty, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

/// Removes the messages of a mailbox whose internal date, in milliseconds since 1970, is earlier than this, or all; folders
/// on it are told.
pub(super) async fn empty(hub: &Arc<Hub>, mailbox: MailboxId, before: Option<i64>) -> Result<(), Failure> {
    let owner = hub.mailboxes.open(hub, mailbox);
    owner.ask(|reply| Command::RemoveOlder(before, reply)).await?
}
