//! Where is the content that a client attaches, and what is it?

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use protocol::{Email, ErrorCode, Mime, MimeSource, Rights};
use storage::{Blob, FileStream, Uid};

use crate::account::Account;
use crate::config::Size;
use crate::content::EncodedPart;
use crate::failure::Failure;
use crate::file;
use crate::hub::{Hub, Taken};
use crate::mail::{self, Attached, Part, PartId, Passage};
use crate::mailbox::{Command, Gate};
use crate::media_type;
use crate::session::Session;

/// How much of a message is read to find where its header ends, in bytes.
const LONGEST_HEADER: u64 = 1 << 20;
/// Files that a message may have attached.
const MOST: usize = 1_000;

/// What a client attaches to a message.
pub(super) struct Attachments {
    pub(super) found: Vec<(Attached, Place)>,
}

/// Where a content is.
pub(super) enum Place {
    /// These ranges of a blob, one after the other.
    Ranges(Blob, Vec<Range<u64>>),
    /// The body of an encoded part, to be decoded block by block.
    Encoded(EncodedPart),
    /// A file that was opened; it is read once.
    File(Option<FileStream>),
    /// The part at that place in the outline, of a nested message that was encoded itself: it is taken out whenever it is
    /// read, because who kept it in memory while the next one waits for room might wait for ever.
    Nested(Blob, usize),
}

/// What may be attached yet.
struct Allowance {
    limit: Size,
    taken: u64,
}

impl Allowance {
    /// Takes so many bytes, which are at least as many when they are encoded.
    fn take(&mut self, bytes: u64) -> Result<(), Failure> {
        self.taken = self.taken.saturating_add(bytes);
        if self.taken > self.limit.0 { Err(super::too_large(self.limit)) } else { Ok(()) }
    }
}

/// What a message takes its attachments from: the files of an account, the upload set of a session, its open folders.
pub(crate) struct Sources {
    account: Arc<Account>,
    session: String,
    folders: HashMap<String, Gate>,
}

impl Sources {
    /// What a session has.
    pub(crate) fn of(session: &Session, email: &Email) -> Result<Self, Failure> {
        let mut folders = HashMap::new();
        let sourced = mail::sourced(email);
        if sourced.len() > MOST {
            let text = format!("a message may have {MOST} files attached at most");
            return Err(Failure::because(ErrorCode::LimitReached, text));
        }
        for mime in sourced {
            if let Some(MimeSource::Message { folder: name, .. }) = &mime.source {
                let folder = session.folders.get(name).ok_or(ErrorCode::FolderNotOpened)?;
                folders.insert(name.clone(), folder.gate().clone());
            }
        }
        let account = Arc::clone(session.handle.account());
        Ok(Self { account, session: session.handle.id().to_string(), folders })
    }

    /// Finds everything that the message attaches, as long as a message may have so much.
    pub(super) async fn find(&self, hub: &Hub, email: &Email) -> Result<Attachments, Failure> {
        let mut found = Vec::new();
        let mut allowance = Allowance { limit: hub.config.mail.message, taken: 0 };
        for mime in mail::sourced(email) {
            let one = match &mime.source {
                Some(MimeSource::Upload(id)) => self.upload(hub, id, &mut allowance).await?,
                Some(MimeSource::File(name)) => self.file(hub, name, &mut allowance).await?,
                Some(MimeSource::Message { folder, uid }) => {
                    self.message(hub, folder, *uid, mime, &mut allowance).await?
                }
                None => continue,
            };
            found.push(one);
        }
        Ok(Attachments { found })
    }

    async fn upload(
        &self,
        hub: &Hub,
        id: &str,
        allowance: &mut Allowance,
    ) -> Result<(Attached, Place), Failure> {
        let found = hub.storage.upload(&self.session, id).await;
        if let Err(storage::Error::NotFound { .. }) = found {
            return Err(Failure::because(ErrorCode::NoSuchFile, format!("the file {id:?} was not uploaded")));
        }
        let upload = found?;
        allowance.take(upload.blob.size)?;
        let (blob, whole) = (upload.blob, 0..upload.blob.size);
        let mut place = Place::Ranges(blob, vec![whole]);
        let essence = upload.content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("message/rfc822") {
            return Ok((Attached::message(blob.size, passage(hub, &mut place).await?), place));
        }
        // Not what a text without a type would be: nobody knows what it is.
        let content_type = if essence.is_empty() { "application/octet-stream" } else { &upload.content_type };
        Ok((Attached::file(content_type, None, blob.size), place))
    }

    async fn file(
        &self,
        hub: &Hub,
        name: &str,
        allowance: &mut Allowance,
    ) -> Result<(Attached, Place), Failure> {
        let (file, stream) = file::open(hub, &self.account, name).await?;
        allowance.take(stream.len())?;
        let name = file.path.name();
        let attached = Attached::file(media_type::of(name), Some(name.to_owned()), stream.len());
        Ok((attached, Place::File(Some(stream))))
    }

    async fn message(
        &self,
        hub: &Hub,
        folder: &str,
        uid: u32,
        mime: &Mime,
        allowance: &mut Allowance,
    ) -> Result<(Attached, Place), Failure> {
        let gate = self.folders.get(folder).ok_or(ErrorCode::FolderNotOpened)?;
        let mailbox = gate.pass(Rights::READ).await?;
        let range = protocol::Range { from: uid, till: uid };
        if mailbox.ask(|reply| Command::Select(gate.key(), vec![range], reply)).await?.is_empty() {
            return Err(ErrorCode::NoSuchMessage.into());
        }
        let blob = hub.storage.message_blob(mailbox.id(), Uid(uid)).await?;
        match mime.part_id.as_deref().filter(|part| !part.is_empty()) {
            None => {
                let ranges = without_secrets(hub, blob).await?;
                let size = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
                allowance.take(size)?;
                let mut place = Place::Ranges(blob, ranges);
                Ok((Attached::message(size, passage(hub, &mut place).await?), place))
            }
            Some(part) => {
                let part = PartId::parse(part).ok_or(ErrorCode::NoSuchPart)?;
                self::part(hub, blob, &part, allowance).await
            }
        }
    }
}

impl Attachments {
    /// What they are.
    pub(super) fn described(&self) -> Vec<Attached> {
        self.found.iter().map(|(attached, _)| attached.clone()).collect()
    }
}

/// The ranges of a stored message without what only its author shall see.
pub(super) async fn without_secrets(hub: &Hub, blob: Blob) -> Result<Vec<Range<u64>>, Failure> {
    let start = hub.storage.blobs().read_range(blob.key, 0..LONGEST_HEADER.min(blob.size)).await?;
    let start: Vec<Bytes> = start.try_collect().await?;
    let secrets = mail::secrets(&start.concat(), blob.size <= LONGEST_HEADER);
    let Some(secrets) = secrets else {
        let text = "the header of the message is longer than 1 MiB: it cannot be sent on";
        return Err(Failure::because(ErrorCode::LimitReached, text));
    };
    let mut ranges = Vec::with_capacity(secrets.len() + 1);
    let mut from = 0;
    for secret in secrets {
        ranges.push(from..secret.start);
        from = secret.end;
    }
    ranges.push(from..blob.size);
    ranges.retain(|range| !range.is_empty());
    Ok(ranges)
}

/// A part of a stored message.
async fn part(
    hub: &Hub,
    blob: Blob,
    id: &PartId,
    allowance: &mut Allowance,
) -> Result<(Attached, Place), Failure> {
    let outline = hub.outline(blob).await?.ok_or(ErrorCode::ServerFailure)?;
    let at = outline.find(Some(id)).ok_or(ErrorCode::NoSuchPart)?;
    let entry = outline.entry(at).ok_or(ErrorCode::NoSuchPart)?;
    if entry.content_type.starts_with("multipart/") {
        let text = format!("the part {id} is a multipart: attach its parts one by one");
        return Err(Failure::because(ErrorCode::BadRequest, text));
    }
    let (size, mut place) = match &entry.blocks {
        _ if !entry.is_plain => {
            let (bytes, _room) = taken_out(hub, blob, at).await?;
            (bytes.len() as u64, Place::Nested(blob, at))
        }
        Some(blocks) => {
            let part = EncodedPart { blob, entry: at, outline: Arc::clone(&outline) };
            (blocks.length(), Place::Encoded(part))
        }
        None => {
            let range = entry.body..entry.whole.end;
            (range.end.saturating_sub(range.start), Place::Ranges(blob, vec![range]))
        }
    };
    allowance.take(size)?;
    if entry.content_type == "message/rfc822" {
        return Ok((Attached::message(size, passage(hub, &mut place).await?), place));
    }
    let name = entry.file_name.as_ref().map(|name| name.as_str().to_owned());
    Ok((Attached::file(&entry.content_type, name, size), place))
}

/// A part that is decoded, with the room that it takes.
pub(super) async fn taken_out(hub: &Hub, blob: Blob, at: usize) -> Result<(Bytes, Taken), Failure> {
    let (raw, room) = hub.message(blob).await?;
    let taken = tokio::task::spawn_blocking(move || {
        Part::at(&raw, at).map(|part| (Bytes::from(part.decoded().into_owned()), room))
    });
    taken.await.ok().flatten().ok_or_else(|| ErrorCode::ServerFailure.into())
}

/// How a message can go, seen from all of its bytes.
async fn passage(hub: &Hub, place: &mut Place) -> Result<Passage, Failure> {
    let mut passage = Passage::default();
    let mut pieces = place.pieces(hub).await?;
    while let Some(piece) = pieces.try_next().await? {
        passage.see(&piece);
    }
    Ok(passage)
}
