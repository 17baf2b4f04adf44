//! How do messages get from a folder to another mailbox?

use std::sync::Arc;

use protocol::{CopyReport, ErrorCode, Flag, MessageAdded};
use storage::{FlagEdit, Uid};

use super::selection::Selection;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::Command;
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
}

/// Messages cannot be encrypted yet; a client that asks for it shall not think that they were.
pub(super) fn refuse_encryption(encrypt: Flag, decrypt: Flag) -> Result<(), Failure> {
    if encrypt.0 || decrypt.0 {
        let text = "this server does not encrypt or decrypt messages";
        return Err(Failure::because(ErrorCode::BadRequest, text));
    }
    Ok(())
}

/// Copies messages; the UIDs of the copies.
pub(super) async fn copy(selection: Selection, target: Target) -> Result<Vec<u32>, Failure> {
    let Target { hub, mailbox, class } = target;
    let target = mailbox.find_or_create(&hub.storage, class).await?;
    let uids: Vec<_> = selection.uids().await?.into_iter().map(Uid).collect();
    let copies = hub.storage.copy(selection.mailbox().id(), &uids, target.id, FlagEdit::default()).await?;
    let copies: Vec<u32> = copies.iter().map(|copy| copy.uid.0).collect();
    hub.mailboxes.arrived(target.id, copies.clone()).await;
    Ok(copies)
}

/// Moves messages; the UIDs that they have there.
pub(super) async fn relocate(selection: Selection, target: Target) -> Result<Vec<u32>, Failure> {
    let Target { hub, mailbox, class } = target;
    let target = mailbox.find_or_create(&hub.storage, class).await?.id;
    let uids = selection.uids().await?;
    let command = |reply| Command::Move(uids, target, FlagEdit::default(), reply);
    let moved = selection.mailbox().ask(command).await??;
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
    Step::after(transfer, move |session, reply, uids| {
        for uid in uids?.into_iter().filter(|_| report.is_some()) {
            session.send(reply, MessageAdded { uid });
        }
        Ok(Step::Done)
    })
}
