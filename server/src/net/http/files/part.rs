//! Which bytes of which part does a URL name, and how do they get out?
//!
//! Where the parts are is known from the outline of the message. A part is sent from its place in the blob, and decoded
//! block by block on the way: whatever its size, a bounded piece of it is in memory. Only parts of a nested message that
//! was itself encoded are taken out of the whole.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CACHE_CONTROL, HeaderValue};
use hyper::{Request, Response, StatusCode};
use protocol::{ErrorCode, Rights};
use storage::{Blob, Blobs};

use super::{Wanted, describe, failed, is_harmless, partial, unsatisfiable, wanted};
use crate::content::{EncodedPart, decoded};
use crate::hub::Hub;
use crate::mail::{Blocks, Entry, Outline, Part, PartId};
use crate::net::http::answer::{Answer, Body, text, whole};
use crate::net::http::{Context, gone};
use crate::session::{Handle, Input, Locate};

const PLAIN: &str = "text/plain; charset=utf-8";

/// What a path under `MIME/folder/` names: `UID[-partID]-SUFFIX`.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    uid: u32,
    part: Option<PartId>,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// `P.txt`: header and body, undecoded.
    Whole,
    /// `H.txt`: the header.
    Header,
    /// `B.ext`: the body, decoded.
    Body,
    /// `R/cid`: the body of the related part with this Content-ID.
    Related(String),
}

impl Item {
    fn parse(segments: &[String]) -> Option<Self> {
        let (first, rest) = segments.split_first()?;
        let (head, suffix) = first.rsplit_once('-')?;
        let (uid, part) = match head.split_once('-') {
            Some((uid, part)) => (uid, Some(PartId::parse(part)?)),
            None => (head, None),
        };
        let kind = suffix.split('.').next().unwrap_or_default();
        let form = match kind.to_ascii_uppercase().as_str() {
            "P" => Form::Whole,
            "H" => Form::Header,
            "B" => Form::Body,
            "R" => Form::Related(rest.first()?.clone()),
            _ => return None,
        };
        Some(Self { uid: uid.parse().ok()?, part, form })
    }
}

/// `GET /Session/ID/MIME/folder/item`.
pub(in crate::net::http) async fn mime(
    context: &Context,
    session: &Handle,
    request: &Request<Incoming>,
    folder: &str,
    item: &[String],
) -> Answer {
    let Some(item) = Item::parse(item) else {
        return text(StatusCode::NOT_FOUND, "a part is named UID[-partID]-P.txt, -H.txt, -B.ext or -R/cid");
    };
    let (name, uid) = (folder.to_owned(), item.uid);
    let located = session.ask(|reply| Input::Locate(Box::new(Locate { folder: name, uid, reply }))).await;
    let Ok(located) = located else { return gone() };
    let Some(gate) = located else {
        return text(StatusCode::NOT_FOUND, "the folder is not open, or does not show this message");
    };
    let mailbox = match gate.pass(Rights::READ).await {
        Ok(mailbox) => mailbox.id(),
        Err(failure) if failure.code() == ErrorCode::AccessDenied => {
            return text(StatusCode::FORBIDDEN, failure.code().text());
        }
        Err(failure) => return text(StatusCode::SERVICE_UNAVAILABLE, failure.code().text()),
    };
    let hub = context.hub();
    let found = async {
        let blob = hub.storage.message_blob(mailbox, storage::Uid(item.uid)).await?;
        let Some(outline) = hub.outline(blob).await? else { return Ok(unreadable()) };
        answer(hub, blob, outline, &item, wanted(request)).await
    };
    found.await.unwrap_or_else(|error| failed(&error))
}

fn unreadable() -> Answer {
    text(StatusCode::INTERNAL_SERVER_ERROR, "the part cannot be read")
}

/// The part, or what is wanted of it.
async fn answer(
    hub: &Hub,
    blob: Blob,
    outline: Arc<Outline>,
    item: &Item,
    wanted: Wanted,
) -> storage::Result<Answer> {
    let place = match &item.form {
        Form::Related(id) => outline.related(item.part.as_ref(), id),
        Form::Whole | Form::Header | Form::Body => outline.find(item.part.as_ref()),
    };
    let Some((place, entry)) = place.and_then(|place| Some((place, outline.entry(place)?))) else {
        return Ok(text(StatusCode::NOT_FOUND, "the message has no such part"));
    };
    let (content_type, disposition) = description(item, entry);
    let content = content(item, entry);
    let sent = if entry.is_plain {
        let length = content.length();
        let Some(range) = wanted.of(length) else { return Ok(unsatisfiable(length)) };
        let body = match content {
            Content::Plain(place) => plain(hub.storage.blobs(), blob, place, &range).await?,
            Content::Encoded(_) => {
                let part = EncodedPart { blob, entry: place, outline: Arc::clone(&outline) };
                let pieces = decoded(hub.storage.blobs().clone(), part, range.clone());
                streamed(pieces.map_err(io::Error::other))
            }
        };
        Some((body, range, length))
    } else {
        match taken_out(hub, blob, place, item, wanted).await? {
            Taken::Content(bytes, range, length) => Some((whole(bytes), range, length)),
            Taken::Outside(length) => return Ok(unsatisfiable(length)),
            Taken::Nothing => None,
        }
    };
    let Some((body, range, length)) = sent else { return Ok(unreadable()) };
    let mut answer = Response::new(body);
    partial(&mut answer, &wanted, &range, length);
    describe(&mut answer, &content_type, &disposition);
    // Messages never change.
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    Ok(answer)
}

/// Type and disposition of what is sent.
fn description(item: &Item, entry: &Entry) -> (String, String) {
    match item.form {
        Form::Whole | Form::Header => (PLAIN.to_owned(), "inline".to_owned()),
        Form::Body | Form::Related(_) => {
            let kind = if is_harmless(&entry.content_type) { "inline" } else { "attachment" };
            let named = entry.file_name.as_ref().map(|name| name.disposition(kind));
            (entry.content_type.clone(), named.unwrap_or_else(|| kind.to_owned()))
        }
    }
}

/// What is sent.
enum Content<'a> {
    /// These bytes of the blob.
    Plain(Range<u64>),
    /// The body, decoded.
    Encoded(&'a Blocks),
}

impl Content<'_> {
    fn length(&self) -> u64 {
        match self {
            Self::Plain(range) => range.end.saturating_sub(range.start),
            Self::Encoded(blocks) => blocks.length(),
        }
    }
}

fn content<'a>(item: &Item, entry: &'a Entry) -> Content<'a> {
    match (&item.form, &entry.blocks) {
        (Form::Whole, _) => Content::Plain(entry.whole.clone()),
        (Form::Header, _) => Content::Plain(entry.whole.start..entry.body),
        (Form::Body | Form::Related(_), None) => Content::Plain(entry.body..entry.whole.end),
        (Form::Body | Form::Related(_), Some(blocks)) => Content::Encoded(blocks),
    }
}

/// A range of some bytes of the blob.
async fn plain(blobs: &Blobs, blob: Blob, place: Range<u64>, range: &Range<u64>) -> storage::Result<Body> {
    let from = place.start.saturating_add(range.start);
    let till = place.start.saturating_add(range.end);
    let pieces = blobs.read_range(blob.key, from..till).await?;
    Ok(streamed(pieces.map_err(io::Error::other)))
}

fn streamed(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    BodyExt::boxed_unsync(StreamBody::new(pieces.map_ok(Frame::data)))
}

/// What came of taking a part out of the whole message.
enum Taken {
    /// The bytes that are wanted, which they are, and of how many.
    Content(Bytes, Range<u64>, u64),
    /// None of the bytes that there are, which are so many, is wanted.
    Outside(u64),
    /// There is no such part: the outline is of another message, or reading failed, which would be a defect.
    Nothing,
}

/// Takes a part out of a nested message that was encoded.
async fn taken_out(
    hub: &Hub,
    blob: Blob,
    place: usize,
    item: &Item,
    wanted: Wanted,
) -> storage::Result<Taken> {
    let (raw, room) = hub.message(blob).await?;
    let form = item.form.clone();
    let taken = tokio::task::spawn_blocking(move || {
        let _room = room;
        let Some(part) = Part::at(&raw, place) else { return Taken::Nothing };
        let content = match form {
            Form::Whole => part.undecoded().into(),
            Form::Header => part.header().into(),
            Form::Body | Form::Related(_) => part.decoded(),
        };
        let length = content.len() as u64;
        let Some(range) = wanted.of(length) else { return Taken::Outside(length) };
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let bytes = content.get(place(range.start)..place(range.end)).unwrap_or_default();
        Taken::Content(Bytes::copy_from_slice(bytes), range, length)
    });
    Ok(taken.await.unwrap_or(Taken::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> Option<Item> {
        Item::parse(&text.split('/').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn items_are_read_as_the_protocol_text_writes_them() {
        let part = |text| PartId::parse(text);
        assert_eq!(item("567-P.txt"), Some(Item { uid: 567, part: None, form: Form::Whole }));
        assert_eq!(item("567-H.txt"), Some(Item { uid: 567, part: None, form: Form::Header }));
        assert_eq!(item("567-01-B.gif"), Some(Item { uid: 567, part: part("01"), form: Form::Body }));
        let nested = Some(Item { uid: 567, part: part("02-01"), form: Form::Body });
        assert_eq!(item("567-02-01-B.gif/Logo.gif"), nested);
        assert_eq!(item("567-02-01-B/Logo.gif"), nested);
        let related = Form::Related("logo@x".to_owned());
        assert_eq!(item("567-01-R/logo@x"), Some(Item { uid: 567, part: part("01"), form: related }));
        for wrong in ["567", "x-P.txt", "567-Q.txt", "567-1x-B.gif", "567-01-R", ""] {
            assert_eq!(item(wrong), None, "{wrong}");
        }
    }
}
