//! `fileRead`: what is in a file?

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use protocol::{ErrorCode, FileContent, FileData, FileRead, FileType, Time, is_xml_char};
use storage::File;

use crate::account::Account;
use crate::failure::Failure;
use crate::file::{FileRef, Right};
use crate::hub::Hub;
use crate::mail::{Card, Room};
use crate::session::{Session, Step};

/// The longest slice, in bytes.
const LONGEST: u64 = 1 << 20;
/// The longest character, in bytes.
const CHARACTER: u64 = 4;

/// A slice of a file.
struct Slice {
    file: File,
    position: u64,
    length: u64,
    content: FileContent,
}

pub(super) fn handle(session: &Session, request: FileRead) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse_file(&request.file_name, &account)?;
    let hub = Arc::clone(&session.hub);
    let (kind, position, limit) = (request.kind, request.position, request.limit);
    let read = async move {
        match kind {
            None => text(&hub, &account, &name, position.unwrap_or(0), limit).await,
            Some(FileType::Binary) => binary(&hub, &account, &name, position.unwrap_or(0), limit).await,
            Some(FileType::Vcard) if position.is_some_and(|position| position > 0) || limit.is_some() => {
                let text = "vCards are read whole: leave position and limit out";
                Err(Failure::because(ErrorCode::BadRequest, text))
            }
            Some(FileType::Vcard) => cards(&hub, &account, &name).await,
        }
    };
    Ok(Step::after(read, move |session, reply, slice| {
        let Slice { file, position, length, content } = slice?;
        let data = FileData {
            file_name: request.file_name,
            kind,
            position,
            slice: length,
            size: file.size,
            modified: Time(file.modified),
            content,
        };
        session.send(reply, data);
        Ok(Step::Done)
    }))
}

/// The bytes of a range, which is short.
async fn bytes(
    hub: &Hub,
    account: &Account,
    name: &FileRef,
    range: Range<u64>,
) -> Result<(File, Bytes), Failure> {
    let owner = name.grant(hub, account, Right::Read).await?;
    let (file, mut stream) = hub.storage.read_file(owner, name.path(), range).await?;
    let mut bytes = BytesMut::new();
    while let Some(piece) = stream.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok((file, bytes.freeze()))
}

async fn binary(
    hub: &Hub,
    account: &Account,
    name: &FileRef,
    position: u64,
    limit: Option<u64>,
) -> Result<Slice, Failure> {
    let limit = limit.unwrap_or(LONGEST).min(LONGEST);
    let (file, bytes) = bytes(hub, account, name, position..position.saturating_add(limit)).await?;
    let content = FileContent::Binary(STANDARD.encode(&bytes));
    Ok(Slice { file, position, length: length(bytes.len()), content })
}

async fn text(
    hub: &Hub,
    account: &Account,
    name: &FileRef,
    position: u64,
    limit: Option<u64>,
) -> Result<Slice, Failure> {
    let limit = limit.unwrap_or(LONGEST).min(LONGEST);
    // Enough for one character at least.
    let range = position..position.saturating_add(limit.max(CHARACTER));
    let (file, bytes) = bytes(hub, account, name, range).await?;
    let is_end = position.saturating_add(length(bytes.len())) >= file.size;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let text = cut(&bytes, limit, is_end)?.to_owned();
    Ok(Slice { position, length: length(text.len()), content: FileContent::Text(text), file })
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The whole characters among the first `limit` bytes, or one that is longer than that. Bytes that are no text are refused.
fn cut(bytes: &[u8], limit: usize, is_end: bool) -> Result<&str, Failure> {
    let no_text = |text: &str| Err(Failure::because(ErrorCode::BadRequest, text));
    if bytes.first().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {
        return no_text(
            "the position is within a character, or the file is not text: read it with type=\"binary\"",
        );
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The last character goes on behind what was read.
        Err(error) if error.error_len().is_none() && !is_end => {
            let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return no_text("the file is not text: read it with type=\"binary\""),
    };
    let mut end = text.floor_char_boundary(limit);
    if end == 0 && limit > 0 {
        end = text.chars().next().map_or(0, char::len_utf8);
    }
    let text = text.get(..end).unwrap_or_default();
    if text.chars().all(is_xml_char) {
        return Ok(text);
    }
    no_text("the file has characters that XML cannot carry: read it with type=\"binary\"")
}

async fn cards(hub: &Hub, account: &Account, name: &FileRef) -> Result<Slice, Failure> {
    let (file, bytes) = bytes(hub, account, name, 0..LONGEST.saturating_add(1)).await?;
    let refuse = |text: String| Failure::because(ErrorCode::BadRequest, text);
    if file.size > LONGEST {
        return Err(refuse(
            "the file is too large to be read as vCards: read it with type=\"binary\"".to_owned(),
        ));
    }
    let cards = Card::read(&bytes, None).map_err(|error| refuse(error.to_string()))?;
    let mut room = Room::default();
    let shown: Result<_, _> = cards.iter().map(|card| card.to_element(&mut room)).collect();
    let content = FileContent::Cards(shown.map_err(|error| refuse(error.to_string()))?);
    Ok(Slice { length: file.size, file, position: 0, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters_and_has_at_least_one() {
        let text = "aé📝z".as_bytes();
        let of = |limit, is_end| cut(text, limit, is_end).unwrap();
        assert_eq!((of(0, true), of(1, true), of(2, true), of(3, true)), ("", "a", "a", "aé"));
        assert_eq!((of(6, true), of(7, true), of(99, true)), ("aé", "aé📝", "aé📝z"));
        assert_eq!(cut("📝".as_bytes(), 1, true).unwrap(), "📝");
        // What was read breaks off within a character; the file does not.
        assert_eq!(cut(&text[..5], 99, false).unwrap(), "aé");
        assert_eq!(cut(b"", 99, true).unwrap(), "");
        for wrong in [&text[..5], &text[2..], b"\xff", b"a\0b"] {
            assert!(cut(wrong, 99, true).is_err(), "{wrong:?}");
        }
    }
}
