//! `folderRead`: read a message.

use std::sync::Arc;

use protocol::{ErrorCode, FolderMessage, FolderRead, Range, Rights};

use crate::failure::Failure;
use crate::mail::{self, PartId};
use crate::mailbox::Command;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FolderRead) -> Result<Step, Failure> {
    let folder = super::folder(session, &request.folder)?;
    let part = match request.part.as_deref().filter(|part| !part.is_empty()) {
        Some(text) => Some(PartId::parse(text).ok_or(ErrorCode::NoSuchPart)?),
        None => None,
    };
    let limit = request.total_size_limit.and_then(|limit| u64::try_from(limit).ok());
    let uid = request.uid;
    let in_view = folder.folder.view().iter().any(|row| row.uid == uid);
    let gate = folder.gate().clone();
    let (hub, zone) = (Arc::clone(&session.hub), session.zone.clone());
    let read = async move {
        let (mailbox, key) = (gate.pass(Rights::READ).await?, gate.key());
        let range = Range { from: uid, till: uid };
        let known =
            in_view || !mailbox.ask(|reply| Command::Select(key, vec![range], reply)).await?.is_empty();
        if !known {
            return Err(ErrorCode::NoSuchMessage.into());
        }
        let blob = hub.storage.message_blob(mailbox.id(), storage::Uid(uid)).await?;
        let (raw, room) = hub.message(blob).await?;
        let email = tokio::task::spawn_blocking(move || {
            let _room = room;
            mail::email(&raw, part.as_ref(), limit, &zone)
        });
        let email = email.await;
        let email = email.map_err(|_| Failure::from(ErrorCode::ServerFailure))?;
        email.map_err(|_| Failure::from(ErrorCode::NoSuchPart))
    };
    Ok(Step::after(read, move |session, reply, email| {
        session.send(reply, FolderMessage { folder: request.folder, uid: request.uid, email: email? });
        Ok(Step::Done)
    }))
}
