//! `folderRead`: read a message, or have an answer to it prepared.

use std::sync::Arc;

use protocol::{ErrorCode, FolderMessage, FolderRead};

use crate::failure::Failure;
use crate::mail::{self, Occasion, PartId};
use crate::session::{Session, Step};

/// How many bytes of texts are included if the client names no limit.
const TOTAL_SIZE: u64 = 10 * 1024 * 1024;

pub(super) fn handle(session: &Session, request: FolderRead) -> Result<Step, Failure> {
    let folder = super::folder(session, &request.folder)?.look_up();
    let part = match request.part.as_deref().filter(|part| !part.is_empty()) {
        Some(text) => Some(PartId::parse(text).ok_or(ErrorCode::NoSuchPart)?),
        None => None,
    };
    // Any number below zero means that there is no limit.
    let limit = request.total_size_limit.map_or(TOTAL_SIZE, |limit| u64::try_from(limit).unwrap_or(u64::MAX));
    let FolderRead { folder: name, uid, mode, .. } = request;
    let account = Arc::clone(session.handle.account());
    let (hub, zone) = (Arc::clone(&session.hub), session.zone.clone());
    let mut occasion =
        Occasion { folder: name.clone(), uid, part, own: vec![account.address.to_string()], zone };
    let read = async move {
        if !folder.shows(uid).await? {
            return Err(ErrorCode::NoSuchMessage.into());
        }
        let blob = hub.storage.message_blob(folder.mailbox(), storage::Uid(uid)).await?;
        if mode.is_some() {
            // Nobody answers to themselves, by none of their names.
            let aliases = hub.storage.aliases(account.id).await?.into_iter();
            occasion.own.extend(aliases.map(|alias| format!("{}@{}", alias.name, alias.domain)));
        }
        let (raw, room) = hub.message(blob).await?;
        let email = tokio::task::spawn_blocking(move || {
            let _room = room;
            match mode {
                Some(mode) => mail::reply(&raw, mode, limit, &occasion),
                None => mail::email(&raw, occasion.part.as_ref(), limit, &occasion.zone),
            }
        });
        let email = email.await.map_err(|_| Failure::from(ErrorCode::ServerFailure))?;
        email.map_err(|_| Failure::from(ErrorCode::NoSuchPart))
    };
    Ok(Step::after(read, move |session, reply, email| {
        session.send(reply, FolderMessage { folder: name, uid, mode, email: email? });
        Ok(Step::Done)
    }))
}
