//! `fileWrite`: put something into a file.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use protocol::{ErrorCode, FileContent, FilePosition, FileType, FileWrite};
use storage::{FileSource, Place};

use crate::failure::Failure;
use crate::file::{self, FileRef, Right};
use crate::mail::{Card, CardStyle};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FileWrite) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse_file(&request.file_name, &account)?;
    let bytes = bytes(request.kind, request.content)?;
    let place = match request.position {
        None => Place::Whole,
        Some(FilePosition::Append) => Place::End,
        Some(FilePosition::At(position)) => Place::At(position),
    };
    let (hub, room) = (Arc::clone(&session.hub), file::room(&session.hub));
    let write = async move {
        let owner = name.grant(&hub, &account, Right::Write).await?;
        let source = FileSource::Blob(hub.storage.blobs().put_bytes(bytes).await?);
        let stored = hub.storage.write_file(owner, name.path().clone(), place, source, room).await?;
        Ok::<_, Failure>((owner, stored))
    };
    Ok(Step::after(write, |session, _, written| {
        let (owner, stored) = written?;
        file::warn(session, owner, &stored);
        Ok(Step::Done)
    }))
}

/// What a body stands for.
fn bytes(kind: Option<FileType>, content: FileContent) -> Result<Bytes, Failure> {
    let refuse = |text| Err(Failure::because(ErrorCode::BadRequest, text));
    match (kind, content) {
        (None, FileContent::Text(text)) => Ok(text.into()),
        (None | Some(FileType::Binary), FileContent::Binary(base64)) => {
            let base64: String = base64.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            match STANDARD.decode(base64) {
                Ok(bytes) => Ok(bytes.into()),
                Err(_) => refuse("what is in <base64> should be base64"),
            }
        }
        (None | Some(FileType::Vcard), FileContent::Cards(cards)) => {
            let card = |element| {
                let card = Card::of_element(element);
                card.map_err(|error| Failure::because(ErrorCode::BadRequest, error.to_string()))
            };
            let cards: Vec<Card> = cards.iter().map(card).collect::<Result<_, _>>()?;
            Ok(cards.iter().map(|card| card.to_text(CardStyle::New)).collect::<String>().into())
        }
        (Some(FileType::Binary), _) => {
            refuse("a fileWrite of the type binary should have a <base64> element")
        }
        (Some(FileType::Vcard), _) => refuse("a fileWrite of the type vcard should have a <vCard> element"),
    }
}
