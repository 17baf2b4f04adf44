//! `emptyMailbox`: remove a mailbox's messages, or the older ones.

use std::sync::Arc;

use protocol::{EmptyMailbox, Rights, TimeDelta};

use crate::clock;
use crate::failure::Failure;
use crate::mailbox;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &EmptyMailbox) -> Result<Step, Failure> {
    let mailbox = MailboxRef::parse(&request.mailbox, session.handle.account())?;
    let TimeDelta(seconds) = request.duration;
    let age = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
    let before = (age > 0).then(|| clock::milliseconds().saturating_sub(age));
    let hub = Arc::clone(&session.hub);
    let empty = async move {
        let needed = Rights::TRASH.union(Rights::EXPUNGE);
        let mailbox = mailbox.find_or_create(&hub, None, needed).await?;
        let id = mailbox.need(needed)?.id;
        mailbox::remove_older(&hub, id, before).await
    };
    Ok(Step::after(empty, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
