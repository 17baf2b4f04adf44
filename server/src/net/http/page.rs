//! Where is the page? In the binary.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH,
};
use hyper::{Method, Request, StatusCode};

use super::answer::{Answer, empty, text, whole, with_body};
use crate::password::hex;

/// A file of the page.
struct File {
    path: &'static str,
    media_type: &'static str,
    content: &'static [u8],
    /// A hash of the content.
    tag: LazyLock<HeaderValue>,
}

macro_rules! file {
    ($path:literal, $name:literal, $media_type:literal) => {{
        const CONTENT: &[u8] = include_bytes!(concat!("../../web/dist/", $name));
        File { path: $path, media_type: $media_type, content: CONTENT, tag: LazyLock::new(|| tag(CONTENT)) }
    }};
}

static FILES: [File; 4] = [
    file!("/", "index.html", "text/html; charset=utf-8"),
    file!("/app.js", "app.js", "text/javascript; charset=utf-8"),
    file!("/app.css", "app.css", "text/css; charset=utf-8"),
    file!("/icon.svg", "icon.svg", "image/svg+xml"),
];

/// The page talks to its own server only, runs its own script only, and is nobody's frame. Pictures from elsewhere are
/// those of messages: a message's frame has a policy of its own, which lets them in when the user has asked for them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob: https:; media-src 'self' blob:; connect-src 'self'; frame-src 'self' blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn tag(content: &[u8]) -> HeaderValue {
    let hash = hex(digest(&SHA256, content).as_ref());
    let short = hash.get(..32).unwrap_or_default();
    HeaderValue::from_str(&format!("\"{short}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Answers a request for a file of the page.
pub(super) fn answer(request: &Request<Incoming>) -> Answer {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "use GET");
    }
    let path = if request.uri().path() == "/index.html" { "/" } else { request.uri().path() };
    let Some(file) = FILES.iter().find(|file| file.path == path) else {
        return text(StatusCode::NOT_FOUND, "there is no such page");
    };
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|tag| *tag == *file.tag);
    let mut answer = if known {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        with_body(StatusCode::OK, whole(Bytes::from_static(file.content)))
    };
    describe(answer.headers_mut(), file);
    answer
}

fn describe(headers: &mut HeaderMap, file: &File) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(ETAG, file.tag.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("permissions-policy", HeaderValue::from_static("microphone=(self), camera=()"));
}
