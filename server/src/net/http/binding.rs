//! The HTTP binding: requests by POST, messages by polls.

use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, StatusCode};
use protocol::{Element, ErrorCode, Limits, Response, XmlError};
use tracing::info;

use super::answer::{Answer, text, xml};
use super::path::parameter;
use super::{Context, body, gone};
use crate::hub::Hub;
use crate::net::tcp::limits;
use crate::session::{Batch, Carry, End, Handle, Poll, Posted, Weight, envelope_of};

/// The longest poll, whatever the client asks for.
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// The requests of an envelope.
pub(super) struct Envelope {
    /// Its `reqSeq`, if it has one.
    pub(super) sequence: Option<u64>,
    /// Its requests.
    pub(super) requests: Vec<Element>,
    /// What each of them weighs.
    weight: Weight,
}

/// Why there is no envelope: the answer to be given.
pub(super) type Refusal = Box<Answer>;

/// The envelope in a body; `None` is a body that is too long. An empty one is an empty envelope: clients probe a session
/// with it.
pub(super) fn envelope(hub: &Hub, body: Option<Bytes>, limits: &Limits) -> Result<Envelope, Refusal> {
    let Some(bytes) = body else { return Err(refuse(hub, &XmlError::TooLong { limit: limits.bytes })) };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Envelope { sequence: None, requests: Vec::new(), weight: Weight::default() });
    }
    let root = Element::read(&bytes, limits).map_err(|error| refuse(hub, &error))?;
    if !root.is("XIMSS") {
        return Err(refuse(hub, &XmlError::Name(root.name().to_owned())));
    }
    let sequence = match root.attribute("reqSeq").map(str::parse) {
        None => None,
        Some(Ok(sequence)) => Some(sequence),
        Some(Err(_)) => {
            return Err(Box::new(xml(envelope_of(Response::failure(ErrorCode::SequenceError)))));
        }
    };
    let requests: Vec<Element> = root.elements().cloned().collect();
    let weight = Weight::of(bytes.len() / requests.len().max(1));
    Ok(Envelope { sequence, requests, weight })
}

/// The body, or `None` if it is longer than the limit.
pub(super) async fn read_body(
    hub: &Hub,
    body: Incoming,
    limit: usize,
    before_login: bool,
) -> Result<Option<Bytes>, Refusal> {
    let read = body::whole(body, limit, hub.config.limits.http_header_time.0);
    // Who has no session yet shall not take for ever, however steadily it comes.
    let time = if before_login { hub.config.session.login.0 } else { Duration::MAX };
    match tokio::time::timeout(time, read).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Box::new(text(StatusCode::BAD_REQUEST, "the request broke off"))),
        Err(_) => Err(Box::new(text(StatusCode::REQUEST_TIMEOUT, "the request took too long"))),
    }
}

/// Bytes that are no envelope are answered with one, since clients retry any other status for ever; then the
/// connection closes.
fn refuse(hub: &Hub, error: &XmlError) -> Refusal {
    hub.metrics.refuse("not acceptable XML");
    info!(error = %error.for_log(), "HTTP request refused: not an acceptable envelope");
    let response = Response::failure_with(
        ErrorCode::BadRequest,
        format!("the request is not an acceptable <XIMSS> document: {error}"),
    );
    let mut answer = xml(envelope_of(response));
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Box::new(answer)
}

/// `POST /Session/ID/sync` and `/async`.
pub(super) async fn post(
    context: &Context,
    session: &Handle,
    request: Request<Incoming>,
    sync: bool,
) -> Answer {
    let number = parameter(request.uri(), "reqSeq").map(|text| text.parse::<u64>());
    let everything =
        parameter(request.uri(), "syncAsync").is_some_and(|value| !matches!(value.as_str(), "" | "0"));
    let sequence = match number {
        None => None,
        Some(Ok(number)) => Some(number),
        Some(Err(_)) => return xml(envelope_of(Response::failure(ErrorCode::SequenceError))),
    };
    let limits = limits(&context.hub().config.limits, false);
    let body = read_body(context.hub(), request.into_body(), limits.bytes, false).await;
    let envelope = match body.and_then(|body| envelope(context.hub(), body, &limits)) {
        Ok(envelope) => envelope,
        Err(refusal) => return *refusal,
    };
    let carry = match (sync, everything) {
        (false, _) => Carry::Nothing,
        (true, false) => Carry::Responses,
        (true, true) => Carry::Everything,
    };
    let sequence = sequence.or(envelope.sequence);
    let Envelope { requests, weight, .. } = envelope;
    match session.batch(|reply| Batch { sequence, requests, weight, carry, reply }).await {
        Ok(Posted::Reply(reply)) => xml(reply),
        // Clients send it again, with the same number.
        Ok(Posted::Busy) => text(StatusCode::SERVICE_UNAVAILABLE, "too much waits already: try again"),
        Err(_) => gone(),
    }
}

/// `GET /Session/ID/?ackSeq=K&maxWait=S`.
pub(super) async fn poll(session: &Handle, request: &Request<Incoming>) -> Answer {
    let number = |name| parameter(request.uri(), name).and_then(|text| text.trim().parse::<u64>().ok());
    let acknowledged = number("ackSeq");
    let wait = Duration::from_secs(number("maxWait").unwrap_or(0)).min(LONGEST_POLL);
    match session.poll(|reply| Poll { acknowledged, wait, reply }).await {
        Ok(reply) => xml(reply),
        Err(_) => gone(),
    }
}

/// `/Session/ID/KILL`.
pub(super) fn kill(session: &Handle) -> Answer {
    match session.end(End::Killed) {
        Ok(()) => xml(Bytes::from_static(crate::session::EMPTY)),
        Err(_) => gone(),
    }
}
