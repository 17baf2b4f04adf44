//! Does a client have a content already (RFC 9110 §13)?

use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH, IF_RANGE};
use hyper::{Request, StatusCode};

use super::{Wanted, wanted};
use crate::net::http::answer::{Answer, empty};

/// What is kept by a client is asked for before it is used again: a URL may come to name something else, and the right
/// to see it may go.
const KEPT: &str = "private, no-cache";

/// A tag of a content that changes with it. The text is of letters, digits and hyphens.
pub(super) fn tag(text: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{text}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the client has the content with this tag already (§13.1.2).
pub(super) fn is_known(request: &Request<Incoming>, tag: &HeaderValue) -> bool {
    let values = request.headers().get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes())
}

/// What is wanted of the content with this tag: all, if the client has a part of another (§13.1.5).
pub(super) fn wanted_of(request: &Request<Incoming>, tag: &HeaderValue) -> Wanted {
    match request.headers().get(IF_RANGE) {
        Some(other) if other != tag => Wanted::All,
        _ => wanted(request),
    }
}

/// The answer to who has it.
pub(super) fn unchanged(tag: HeaderValue) -> Answer {
    marked(empty(StatusCode::NOT_MODIFIED), tag)
}

/// The answer with the tag of its content.
pub(super) fn marked(mut answer: Answer, tag: HeaderValue) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
    answer
}
