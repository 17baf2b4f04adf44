//! `messageCopy`: copy messages to a mailbox.

use std::sync::Arc;

use protocol::{ErrorCode, MessageAdded, MessageCopy};
use storage::FlagEdit;

use super::selection::Selection;
use crate::failure::Failure;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MessageCopy) -> Result<Step, Failure> {
    if request.encrypt.0 || request.decrypt.0 {
        let text = "this server does not encrypt or decrypt messages";
        return Err(Failure::because(ErrorCode::BadRequest, text));
    }
    let selection = Selection::of(super::folder(session, &request.folder)?, request.set);
    let target = MailboxRef::parse(&request.target, session.handle.account())?;
    let hub = Arc::clone(&session.hub);
    let (hub, within) = (Arc::clone(&hub), hub);
    let copy = async move {
        let target = target.find_or_create(&hub.storage, request.class).await?;
        let uids: Vec<_> = selection.uids().await?.into_iter().map(storage::Uid).collect();
        let copies =
            hub.storage.copy(selection.mailbox().id(), &uids, target.id, FlagEdit::default()).await?;
        let copies: Vec<u32> = copies.iter().map(|copy| copy.uid.0).collect();
        hub.mailboxes.arrived(target.id, copies.clone()).await;
        Ok::<_, Failure>(copies)
    };
    // Folders on the target are told even if the session ends meanwhile.
    let copy =
        async move { within.to_the_end(copy).await.unwrap_or_else(|| Err(ErrorCode::ServerFailure.into())) };
    Ok(Step::after(copy, move |session, reply, copies| {
        let copies = copies?;
        for uid in copies.into_iter().filter(|_| request.report.is_some()) {
            session.send(reply, MessageAdded { uid });
        }
        Ok(Step::Done)
    }))
}
