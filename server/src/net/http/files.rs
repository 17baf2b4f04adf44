//! Parts of messages, files of accounts and uploaded files, as bytes.
//!
//! What comes from others is never trusted by a browser: no sniffing, no scripts, and shown in place only if its type
//! is a harmless one.

mod conditional;
mod download;
mod export;
mod part;

use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    EXPECT, HeaderValue, RANGE,
};
use hyper::{Method, Request, StatusCode};
use protocol::ErrorCode;
use storage::{Room, Upload};
use tracing::warn;

use super::answer::{Answer, text};
use super::path::parameter;
use super::{Context, body, gone};
use crate::failure::Failure;
use crate::hub::Hub;
use crate::session::Handle;

/// Bytes of an upload's id.
const LONGEST_ID: usize = 200;
/// Files that a session may have uploaded.
const MOST_FILES: u64 = 1_000;
/// What a form may have around its file, in bytes.
const FORM: u64 = 64 * 1024;
const NO_ROOM: &str = "the file is larger than this session may still upload, or one too many";

/// Types that a browser shows without running anything.
fn is_harmless(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let picture = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"];
    essence == "text/plain"
        || picture.contains(&essence.as_str())
        || essence.starts_with("audio/")
        || essence.starts_with("video/")
}

/// Type, disposition, and what keeps a browser from running it.
fn describe(answer: &mut Answer, content_type: &str, disposition: &str) {
    let headers = answer.headers_mut();
    let value = |text: &str, otherwise: &'static str| {
        HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(otherwise))
    };
    headers.insert(CONTENT_TYPE, value(content_type, "application/octet-stream"));
    headers.insert(CONTENT_DISPOSITION, value(disposition, "attachment"));
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
}

/// Which bytes a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    All,
    /// From one offset up to another, which is not included.
    Part {
        from: u64,
        till: Option<u64>,
        by_header: bool,
    },
    /// So many bytes at the end.
    Last(u64),
}

impl Wanted {
    /// The bytes, of so many; `None` if they lie outside.
    fn of(self, length: u64) -> Option<Range<u64>> {
        match self {
            Self::All => Some(0..length),
            Self::Part { from, till, .. } => {
                let till = till.unwrap_or(length).min(length);
                (from < till || (from == 0 && length == 0)).then_some(from..till)
            }
            Self::Last(count) => (count > 0).then(|| length.saturating_sub(count)..length),
        }
    }
}

/// `OffsetFrom` and `OffsetTill` of the query, or a `Range` header (RFC 9110 §14.2) with one range; others mean all.
fn wanted(request: &Request<Incoming>) -> Wanted {
    let offset = |name| parameter(request.uri(), name).and_then(|text| text.trim().parse().ok());
    if let Some(from) = offset("OffsetFrom") {
        return Wanted::Part { from, till: offset("OffsetTill"), by_header: false };
    }
    let header = request.headers().get(RANGE).and_then(|value| value.to_str().ok());
    header.and_then(parse_range).unwrap_or(Wanted::All)
}

fn parse_range(header: &str) -> Option<Wanted> {
    let (from, till) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    if from.is_empty() {
        return Some(Wanted::Last(till.parse().ok()?));
    }
    let from = from.parse().ok()?;
    if till.is_empty() {
        return Some(Wanted::Part { from, till: None, by_header: true });
    }
    let last: u64 = till.parse().ok()?;
    (last >= from).then_some(Wanted::Part { from, till: last.checked_add(1), by_header: true })
}

fn partial(answer: &mut Answer, wanted: &Wanted, range: &Range<u64>, length: u64) {
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    // Clients that ask by parameters cannot read headers: for them the bytes are the whole answer.
    if matches!(wanted, Wanted::Part { by_header: true, .. } | Wanted::Last(_)) {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        let last = range.end.saturating_sub(1);
        if let Ok(value) = HeaderValue::from_str(&format!("bytes {}-{last}/{length}", range.start)) {
            answer.headers_mut().insert(CONTENT_RANGE, value);
        }
    }
}

fn unsatisfiable(length: u64) -> Answer {
    let mut answer = text(StatusCode::RANGE_NOT_SATISFIABLE, "there are not so many bytes");
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
        answer.headers_mut().insert(CONTENT_RANGE, value);
    }
    answer
}

/// `PUT` or `POST /Session/ID/UPLOAD/id`.
pub(super) async fn upload(
    context: &Context,
    session: &Handle,
    request: Request<Incoming>,
    id: &str,
) -> Answer {
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "the upload's id should have 1 to 200 bytes");
    }
    if session.inputs().is_closed() {
        return gone();
    }
    let hub: &Hub = context.hub();
    let name = session.id().to_string();
    let outcome = match *request.method() {
        Method::PUT => put(hub, &name, request, id).await,
        Method::POST => post(hub, &name, request, id).await,
        _ => return text(StatusCode::METHOD_NOT_ALLOWED, "use PUT, or POST with multipart/form-data"),
    };
    match outcome {
        Ok(_) if session.inputs().is_closed() => {
            // The session has ended meanwhile and has dropped its files; this one must not stay.
            _ = hub.storage.drop_uploads(&name).await;
            gone()
        }
        Ok(size) => {
            hub.metrics.uploaded(size);
            text(StatusCode::OK, "uploaded")
        }
        Err(Refused::Because(sentence)) => text(StatusCode::INTERNAL_SERVER_ERROR, sentence),
        Err(Refused::Storage(error)) => failed(&error),
    }
}

/// Why an upload comes to nothing.
enum Refused {
    Because(&'static str),
    Storage(storage::Error),
}

impl From<storage::Error> for Refused {
    fn from(error: storage::Error) -> Self {
        Self::Storage(error)
    }
}

async fn put(hub: &Hub, session: &str, request: Request<Incoming>, id: &str) -> Result<u64, Refused> {
    let content_type = media_type(request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()));
    let pause = hub.config.limits.http_header_time.0;
    let room = room(hub, session, id).await?;
    let (declared, waits) = (declared(&request), request.headers().contains_key(EXPECT));
    let pieces = body::pieces(request.into_body(), pause);
    if declared > room {
        return too_much(pieces, waits).await;
    }
    store(hub, session, id, content_type, room, pieces).await
}

async fn post(hub: &Hub, session: &str, request: Request<Incoming>, id: &str) -> Result<u64, Refused> {
    let header =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(header)
        .map_err(|_| Refused::Because("a POST should be multipart/form-data with the field fileData"))?;
    let pause = hub.config.limits.http_header_time.0;
    let room = room(hub, session, id).await?;
    let (declared, waits) = (declared(&request), request.headers().contains_key(EXPECT));
    let pieces = body::pieces(request.into_body(), pause);
    if declared > room.saturating_add(FORM) {
        return too_much(pieces, waits).await;
    }
    let mut form = multer::Multipart::new(pieces, boundary);
    loop {
        let field = form.next_field().await.map_err(|_| Refused::Because("the form broke off"))?;
        let Some(field) = field else { return Err(Refused::Because("the form has no field fileData")) };
        if field.name() != Some("fileData") {
            continue;
        }
        let content_type = media_type(field.content_type().map(AsRef::as_ref));
        return store(hub, session, id, content_type, room, field.map_err(io::Error::other)).await;
    }
}

/// How long the body is that is announced, in bytes; 0 if that is not said.
fn declared(request: &Request<Incoming>) -> u64 {
    request.body().size_hint().exact().unwrap_or(0)
}

/// Bytes that a file of this id may have, beside the others that the session holds now. What counts is decided
/// when it is stored; this is for what can be refused before it is read.
async fn room(hub: &Hub, session: &str, id: &str) -> Result<u64, Refused> {
    let held = hub.storage.uploads(session).await?;
    let others = held.iter().filter(|upload| upload.id != id);
    let (files, bytes) =
        others.fold((0, 0_u64), |(n, bytes), one| (n + 1, bytes.saturating_add(one.blob.size)));
    if files >= MOST_FILES {
        return Ok(0);
    }
    Ok(hub.config.session.uploads.0.saturating_sub(bytes).min(hub.config.limits.upload.0))
}

/// Refuses a file without storing anything of it. A client that `waits` until it is told to go on (RFC 9110 §10.1.1) has
/// sent nothing of it, and reading would tell it so.
async fn too_much<T>(pieces: impl Stream<Item = io::Result<Bytes>>, waits: bool) -> Result<T, Refused> {
    if !waits {
        body::drop_rest(std::pin::pin!(pieces)).await;
    }
    Err(Refused::Because(NO_ROOM))
}

fn media_type(header: Option<&str>) -> String {
    header.filter(|text| text.len() <= 200).unwrap_or("application/octet-stream").to_owned()
}

/// Stores what the body holds, piece by piece, within the limits of a file and of the session.
async fn store(
    hub: &Hub,
    session: &str,
    id: &str,
    content_type: String,
    room: u64,
    pieces: impl Stream<Item = io::Result<Bytes>>,
) -> Result<u64, Refused> {
    let mut writer = hub.storage.blobs().create()?;
    let mut pieces = std::pin::pin!(pieces);
    loop {
        let refused = match pieces.try_next().await {
            Ok(None) => break,
            Ok(Some(piece)) => match writer.write(&piece).await {
                Ok(()) if writer.size() <= room => continue,
                Ok(()) => Refused::Because(NO_ROOM),
                Err(error) => error.into(),
            },
            Err(_) => Refused::Because("the upload broke off"),
        };
        writer.abandon().await;
        body::drop_rest(pieces).await;
        return Err(refused);
    }
    let blob = writer.finish().await?;
    let upload = Upload { id: id.to_owned(), content_type, blob };
    let all = Room { files: MOST_FILES, bytes: hub.config.session.uploads.0 };
    hub.storage.set_upload(session, upload, all).await?;
    Ok(blob.size)
}

/// The answer to who may not read in a mailbox, or cannot be told just now.
fn denied(failure: &Failure) -> Answer {
    let is_denied = failure.code() == ErrorCode::AccessDenied;
    let status = if is_denied { StatusCode::FORBIDDEN } else { StatusCode::SERVICE_UNAVAILABLE };
    text(status, failure.code().text())
}

fn failed(error: &storage::Error) -> Answer {
    use storage::Error;
    match error {
        Error::NotFound { .. } => text(StatusCode::NOT_FOUND, "file is not found"),
        Error::Full => text(StatusCode::INTERNAL_SERVER_ERROR, "the server's storage is full"),
        Error::NoRoom => text(StatusCode::INTERNAL_SERVER_ERROR, NO_ROOM),
        Error::Busy { .. } | Error::Conflict { .. } => {
            text(StatusCode::SERVICE_UNAVAILABLE, "the server's storage is busy: try again")
        }
        Error::Unreachable { source } => {
            warn!(%source, "the message store is out of reach");
            text(StatusCode::SERVICE_UNAVAILABLE, "the message store is out of reach, try again later")
        }
        Error::AlreadyExists { .. }
        | Error::InvalidName { .. }
        | Error::Unsuitable { .. }
        | Error::FilesFull
        | Error::Exhausted { .. }
        | Error::OverQuota { .. }
        | Error::NewerDatabase { .. }
        | Error::MissingBlob { .. }
        | Error::TooLarge { .. }
        | Error::Damaged { .. }
        | Error::Unwritable { .. }
        | Error::Configuration { .. }
        | Error::Refused { .. }
        | Error::Source { .. }
        | Error::BlobStore { .. }
        | Error::Database { .. } => {
            warn!(%error, "a file cannot be served");
            text(StatusCode::INTERNAL_SERVER_ERROR, "the server cannot read or write the file")
        }
    }
}

pub(super) use download::{download, profile};
pub(super) use export::export;
pub(super) use part::mime;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        let bytes = |header: &str, length| parse_range(header).and_then(|wanted| wanted.of(length));
        assert_eq!(bytes("bytes=0-99", 1_000), Some(0..100));
        assert_eq!(bytes("bytes=900-", 1_000), Some(900..1_000));
        assert_eq!(bytes("bytes=900-2000", 1_000), Some(900..1_000));
        assert_eq!(bytes("bytes=-100", 1_000), Some(900..1_000));
        assert_eq!(bytes("bytes=1000-", 1_000), None);
        assert_eq!(bytes("bytes=-0", 1_000), None);
        assert_eq!(parse_range("bytes=5-2"), None);
        assert_eq!(parse_range("bytes=0-1,5-6"), None);
        assert_eq!(parse_range("lines=0-1"), None);
    }

    #[test]
    fn only_harmless_types_are_shown_in_place() {
        for harmless in ["image/png", "text/plain; charset=koi8-r", "audio/wav"] {
            assert!(is_harmless(harmless), "{harmless}");
        }
        for other in ["text/html", "image/svg+xml", "application/pdf", "text/xml", ""] {
            assert!(!is_harmless(other), "{other}");
        }
    }
}
