//! How do messages get from a folder to another mailbox?

use std::sync::Arc;

use protocol::{CopyReport, ErrorCode, Flag, Flags, MessageAdded, Rights};
use storage::{FlagEdit, MailboxId, Uid};

use super::pages::send_all;
use super::selection::Selection;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::{Command, stored};
use crate::name::MailboxRef;
use crate::session::{Session, Step};

/// Where messages go. It is created if it is missing and a class is given.
pub(super) struct Target {
    hub: Arc<Hub>,
    mailbox: MailboxRef,
    class: Option<String>,
}

impl Target {
    pub(super) fn of(session: &Session, name: &str, class: Option<String>) -> Result<Self, Failure> {
        let mailbox = MailboxRef::parse(name, session.handle.account())?;
        Ok(Self { hub: Arc::clone(&session.hub), mailbox, class })
    }

    /// The mailbox, if the user may add messages to it, and what becomes of the flags that the user may not set there:
    /// messages come without them (RFC 4314 §4).
    async fn open(self) -> Result<(MailboxId, FlagEdit), Failure> {
        let access = self.mailbox.find_or_create(&self.hub, self.class, Rights::INSERT).await?;
        let id = access.need(Rights::INSERT)?.id;
        Ok((id, withheld(access.guest().map(|(_, rights)| rights))))
    }
}

/// Messages cannot be encrypted yet; a client that asks for it shall not think that they were.
pub(super) fn refuse_encryption(encrypt: Flag, decrypt: Flag) -> Result<(), Failure> {
    if encrypt.0 || decrypt.0 {
        let text = "this server does not encrypt or decrypt messages";
        return Err(Failure::because(ErrorCode::BadRequest, text));
    }
    Ok(())
}

/// What becomes of the flags of a message that somebody with these rights adds to a mailbox; without any, its owner.
pub(super) fn withheld(rights: Option<Rights>) -> FlagEdit {
    let rights = rights.unwrap_or(Rights::ALL);
    let named = Flags::SEEN.union(Flags::DELETED).union(Flags::RECENT);
    let others = Flags::from_bits(u16::MAX).without(named);
    let flags = [(Rights::SEEN, Flags::SEEN), (Rights::TRASH, Flags::DELETED), (Rights::WRITE, others)];
    let withheld = flags.into_iter().filter(|(right, _)| !rights.contains(*right));
    let withheld = withheld.fold(Flags::NONE, |all, (_, flags)| all.union(flags));
    FlagEdit { add: storage::Flags::NONE, remove: stored(withheld) }
}

/// Copies messages; the UIDs of the copies.
pub(super) async fn copy(selection: Selection, target: Target) -> Result<Vec<u32>, Failure> {
    let hub = Arc::clone(&target.hub);
    let (source, uids) = selection.open(Rights::READ).await?;
    let (target, edit) = target.open().await?;
    let uids: Vec<_> = uids.into_iter().map(Uid).collect();
    let copies = hub.storage.copy(source.id(), &uids, target, edit).await?;
    let copies: Vec<u32> = copies.iter().map(|copy| copy.uid.0).collect();
    hub.mailboxes.arrived(target, copies.clone()).await;
    Ok(copies)
}

/// Moves messages; the UIDs that they have there.
pub(super) async fn relocate(selection: Selection, target: Target) -> Result<Vec<u32>, Failure> {
    let hub = Arc::clone(&target.hub);
    let (source, uids) = selection.open(Rights::READ.union(Rights::TRASH).union(Rights::EXPUNGE)).await?;
    let (target, edit) = target.open().await?;
    let moved = source.ask(|reply| Command::Move(uids, target, edit, reply)).await??;
    hub.mailboxes.arrived(target, moved.clone()).await;
    Ok(moved)
}

/// Does it, and tells the UIDs if that was asked for.
pub(super) fn report(
    report: Option<CopyReport>,
    session: &Session,
    transfer: impl Future<Output = Result<Vec<u32>, Failure>> + Send + 'static,
) -> Step {
    // Folders on the target are told even if the session ends meanwhile.
    let transfer = Arc::clone(&session.hub).to_the_end(transfer);
    Step::after(transfer, move |_, _, uids| {
        let told = uids?.into_iter().filter(|_| report.is_some());
        Ok(send_all(told.map(|uid| MessageAdded { uid }).collect()))
    })
}
