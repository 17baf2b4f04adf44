//! The HTTP binding: requests by POST, messages by polls.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, StatusCode};
use protocol::{Element, ErrorCode, Response, XmlError};
use tracing::info;

use super::answer::{Answer, text, xml};
use super::path::parameter;
use super::{Context, body, gone};
use crate::hub::Hub;
use crate::net::tcp::limits;
use crate::session::{Batch, Carry, End, Handle, Input, Poll, envelope_of};

/// The longest poll, whatever the client asks for.
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// The requests of an envelope.
pub(super) struct Envelope {
    /// Its `reqSeq`, if it has one.
    pub(super) sequence: Option<u64>,
    /// Its requests.
    pub(super) requests: Vec<Element>,
}

/// Why there is no envelope: the answer to be given.
pub(super) type Refusal = Box<Answer>;

/// Reads an envelope. An empty body is an empty envelope: clients probe a session with it.
pub(super) async fn read_envelope(
    hub: &Arc<Hub>,
    body: Incoming,
    before_login: bool,
) -> Result<Envelope, Refusal> {
    let limit = if before_login { hub.config.limits.message_before_login } else { hub.config.limits.message };
    let limits = limits(limit, before_login);
    let bytes = read_body(hub, body, limits.bytes).await?;
    let Some(bytes) = bytes else { return Err(refuse(hub, &XmlError::TooLong { limit: limits.bytes })) };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Envelope { sequence: None, requests: Vec::new() });
    }
    let root = Element::read(&bytes, &limits).map_err(|error| refuse(hub, &error))?;
    if !root.is("XIMSS") {
        return Err(refuse(hub, &XmlError::Name(root.name().to_owned())));
    }
    let sequence = root.attribute("reqSeq").and_then(|text| text.parse().ok());
    Ok(Envelope { sequence, requests: root.elements().cloned().collect() })
}

/// The body, or `None` if it is longer than the limit.
pub(super) async fn read_body(hub: &Hub, body: Incoming, limit: usize) -> Result<Option<Bytes>, Refusal> {
    let read = body::whole(body, limit, hub.config.limits.http_header_time.0).await;
    read.map_err(|_| Box::new(text(StatusCode::BAD_REQUEST, "the request broke off")))
}

/// Bytes that are no envelope are answered with one, since clients retry any other status for ever; then the
/// connection closes.
fn refuse(hub: &Hub, error: &XmlError) -> Refusal {
    hub.metrics.refuse("not acceptable XML");
    info!(%error, "HTTP request refused: not an acceptable envelope");
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
    let envelope = match read_envelope(context.hub(), request.into_body(), false).await {
        Ok(envelope) => envelope,
        Err(refusal) => return *refusal,
    };
    let carry = match (sync, everything) {
        (false, _) => Carry::Nothing,
        (true, false) => Carry::Responses,
        (true, true) => Carry::Everything,
    };
    let sequence = sequence.or(envelope.sequence);
    let batch = |reply| Batch { sequence, requests: envelope.requests, carry, reply };
    match session.batch(batch).await {
        Ok(reply) => xml(reply),
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
pub(super) async fn kill(session: &Handle) -> Answer {
    match session.send(Input::End(End::Killed)).await {
        Ok(()) => xml(Bytes::from_static(crate::session::EMPTY)),
        Err(_) => gone(),
    }
}
