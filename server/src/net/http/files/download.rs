//! Files of the account, and uploaded ones, as bytes; and what the profile says of its owner.

use std::io;

use futures_util::TryStreamExt;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH, IF_RANGE};
use hyper::{Request, Response, StatusCode};
use protocol::ErrorCode;
use storage::{AccountId, File, FilePath};
use tracing::debug;

use super::{Wanted, describe, failed, is_harmless, media_type, partial, unsatisfiable, wanted};
use crate::failure::Failure;
use crate::file::{FileRef, Right};
use crate::hub::Hub;
use crate::mail::{Card, FileName};
use crate::net::http::Context;
use crate::net::http::answer::{Answer, empty, text, whole};
use crate::session::Handle;

const UPLOADS: &str = "$UPLOAD$";
/// The file that says who the owner of an account is.
const PROFILE: &str = "profile.vcf";
/// The longest profile, in bytes: to find something in it, it is in memory.
const LONGEST_PROFILE: u64 = 4 << 20;
/// What is kept by a client is asked for before it is used again.
const KEPT: &str = "private, no-cache";

/// `GET /Session/ID/DOWNLOAD/name`; of an uploaded file, `$UPLOAD$/id`.
pub(in crate::net::http) async fn download(
    context: &Context,
    session: &Handle,
    request: &Request<Incoming>,
    name: &[String],
) -> Answer {
    let hub = context.hub();
    if let [place, id] = name
        && place.eq_ignore_ascii_case(UPLOADS)
    {
        return uploaded(hub, session, request, id).await.unwrap_or_else(|error| failed(&error));
    }
    // Clients encode the name as a whole, or part by part.
    let (owner, path) = match locate(hub, session, &name.join("/")).await {
        Ok(found) => found,
        Err(failure) => return refused(&failure),
    };
    stored(hub, request, owner, &path).await.unwrap_or_else(|error| failed(&error))
}

/// The account and the path that a name stands for, if this session may read it.
async fn locate(hub: &Hub, session: &Handle, name: &str) -> Result<(AccountId, FilePath), Failure> {
    let file = FileRef::parse_file(name, session.account())?;
    Ok((file.grant(hub, session.account(), Right::Read).await?, file.path().clone()))
}

fn refused(failure: &Failure) -> Answer {
    debug!(?failure, "a file is not served");
    let code = failure.code();
    if code == ErrorCode::FileAccessDenied {
        text(StatusCode::FORBIDDEN, "file access denied")
    } else if code == ErrorCode::TemporaryFailure {
        text(StatusCode::SERVICE_UNAVAILABLE, "the server's storage is busy: try again")
    } else if code == ErrorCode::ServerFailure {
        text(StatusCode::INTERNAL_SERVER_ERROR, "the server cannot read the file")
    } else {
        // What cannot be a name is no file's.
        not_found()
    }
}

fn not_found() -> Answer {
    text(StatusCode::NOT_FOUND, "file is not found")
}

/// A tag of a content that changes with it.
fn tag(text: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{text}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the client has the content with this tag already (RFC 9110 §13.1.2).
fn is_known(request: &Request<Incoming>, tag: &HeaderValue) -> bool {
    let values = request.headers().get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes())
}

/// What is wanted of the content with this tag: all, if the client has a part of another (RFC 9110 §13.1.5).
fn wanted_of(request: &Request<Incoming>, tag: &HeaderValue) -> Wanted {
    match request.headers().get(IF_RANGE) {
        Some(other) if other != tag => Wanted::All,
        _ => wanted(request),
    }
}

fn unchanged(tag: HeaderValue) -> Answer {
    marked(empty(StatusCode::NOT_MODIFIED), tag)
}

fn marked(mut answer: Answer, tag: HeaderValue) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
    answer
}

fn disposition(content_type: &str, name: &str) -> String {
    let kind = if is_harmless(content_type) { "inline" } else { "attachment" };
    FileName::new(name).map_or_else(|| kind.to_owned(), |name| name.disposition(kind))
}

async fn uploaded(
    hub: &Hub,
    session: &Handle,
    request: &Request<Incoming>,
    id: &str,
) -> storage::Result<Answer> {
    let upload = hub.storage.upload(&session.id().to_string(), id).await?;
    let tag = tag(&upload.blob.key.to_string());
    if is_known(request, &tag) {
        return Ok(unchanged(tag));
    }
    let wanted = wanted_of(request, &tag);
    let Some(range) = wanted.of(upload.blob.size) else { return Ok(unsatisfiable(upload.blob.size)) };
    let stream = hub.storage.blobs().read_range(upload.blob.key, range.clone()).await?;
    let body = StreamBody::new(stream.map_ok(Frame::data).map_err(io::Error::other));
    let mut answer = Response::new(BodyExt::boxed_unsync(body));
    partial(&mut answer, &wanted, &range, upload.blob.size);
    let disposition = if is_harmless(&upload.content_type) { "inline" } else { "attachment" };
    describe(&mut answer, &upload.content_type, disposition);
    Ok(marked(answer, tag))
}

fn tag_of(file: &File) -> HeaderValue {
    tag(&format!("{}-{}", file.id, file.version))
}

async fn stored(
    hub: &Hub,
    request: &Request<Incoming>,
    owner: AccountId,
    path: &FilePath,
) -> storage::Result<Answer> {
    let mut file = hub.storage.file(owner, path).await?;
    loop {
        if file.is_directory {
            return Ok(not_found());
        }
        let tag = tag_of(&file);
        if is_known(request, &tag) {
            return Ok(unchanged(tag));
        }
        let wanted = wanted_of(request, &tag);
        let Some(range) = wanted.of(file.size) else { return Ok(unsatisfiable(file.size)) };
        let (opened, stream) = hub.storage.read_file(owner, path, range.clone()).await?;
        if (opened.id, opened.version) != (file.id, file.version) {
            // It was written meanwhile: the range is to be told anew.
            file = opened;
            continue;
        }
        let body = StreamBody::new(stream.map_ok(Frame::data).map_err(io::Error::other));
        let mut answer = Response::new(BodyExt::boxed_unsync(body));
        partial(&mut answer, &wanted, &range, file.size);
        let content_type = media_type::of(path.name());
        describe(&mut answer, content_type, &disposition(content_type, path.name()));
        return Ok(marked(answer, tag));
    }
}

/// `GET /Session/ID/PROFILE/[property[/index][/name]]`.
pub(in crate::net::http) async fn profile(
    context: &Context,
    session: &Handle,
    request: &Request<Incoming>,
    segments: &[String],
) -> Answer {
    let (hub, owner) = (context.hub(), session.account().id);
    let found = async {
        let path = FilePath::parse(PROFILE)?;
        match segments.first().filter(|name| !name.is_empty()) {
            Some(name) => {
                let index = segments.get(1).and_then(|index| index.parse().ok()).unwrap_or(0);
                property(hub, request, owner, &path, name, index).await
            }
            None => stored(hub, request, owner, &path).await,
        }
    };
    found.await.unwrap_or_else(|error| failed(&error))
}

/// One value of a property of the profile.
async fn property(
    hub: &Hub,
    request: &Request<Incoming>,
    owner: AccountId,
    path: &FilePath,
    name: &str,
    index: usize,
) -> storage::Result<Answer> {
    let (file, stream) = hub.storage.read_file(owner, path, 0..LONGEST_PROFILE).await?;
    let tag = tag_of(&file);
    if is_known(request, &tag) {
        return Ok(unchanged(tag));
    }
    if file.size > LONGEST_PROFILE {
        return Err(storage::Error::TooLarge { size: file.size, limit: LONGEST_PROFILE });
    }
    let pieces: Vec<_> = stream.try_collect().await?;
    let cards = Card::read(&pieces.concat(), None).unwrap_or_default();
    let value = cards.first().and_then(|card| card.property(name, index));
    let Some(value) = value else {
        return Ok(text(StatusCode::NOT_FOUND, "the profile has no such property"));
    };
    let wanted = wanted_of(request, &tag);
    let length = u64::try_from(value.bytes.len()).unwrap_or(u64::MAX);
    let Some(range) = wanted.of(length) else { return Ok(unsatisfiable(length)) };
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let bytes = value.bytes.get(place(range.start)..place(range.end)).unwrap_or_default().to_vec();
    let mut answer = Response::new(whole(bytes));
    partial(&mut answer, &wanted, &range, length);
    let disposition = if is_harmless(&value.content_type) { "inline" } else { "attachment" };
    describe(&mut answer, &value.content_type, disposition);
    Ok(marked(answer, tag))
}
