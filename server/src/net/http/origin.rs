//! Pages of which origins may talk to the server?
//!
//! Its own, and those that the configuration names, compared exactly. A page of another origin may still send what
//! needs no asking (a form without an `Origin`, from an old browser), and a page may reach the server by a name of its own
//! (DNS rebinding) and pass for ours. Neither gains anything: no cookie logs in, only a password or the id of a session,
//! which such a page does not know.

use hyper::body::Incoming;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HOST, HeaderValue, ORIGIN, VARY,
};
use hyper::{Request, StatusCode};

use super::answer::{Answer, empty, text};
use crate::hub::Hub;

/// The foreign origin that a request comes from, if it may; `None` for requests of our own page.
pub(super) fn judge(
    hub: &Hub,
    is_tls: bool,
    request: &Request<Incoming>,
) -> Result<Option<HeaderValue>, Box<Answer>> {
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(None) };
    let host = request.headers().get(HOST).map(HeaderValue::as_bytes);
    let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str().as_bytes()));
    let text_of = origin.to_str().unwrap_or_default();
    let own = text_of.strip_prefix(if is_tls { "https://" } else { "http://" });
    if own.is_some() && own.map(str::as_bytes) == host {
        return Ok(None);
    }
    if hub.config.http.allowed_origins.iter().any(|allowed| allowed == text_of) {
        return Ok(Some(origin.clone()));
    }
    hub.metrics.refuse("origin not allowed");
    let refusal = "pages of this origin may not use the server: see http.allowed_origins";
    Err(Box::new(text(StatusCode::FORBIDDEN, refusal)))
}

/// The answer to a browser that asks before it sends (CORS preflight).
pub(super) fn preflight(origin: Option<HeaderValue>) -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, OPTIONS"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Content-Type, Authorization, Range, If-None-Match, If-Range"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(origin) = origin {
        allow(&mut answer, origin);
    }
    answer
}

/// Lets a page of this origin read the answer.
pub(super) fn allow(answer: &mut Answer, origin: HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Range, Content-Length, ETag"),
    );
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
