//! How the parts of a message become a request or a response that can be relied on.

use bytes::Bytes;

use crate::error::{Answerable, Defect, Flaw, ParseError};
use crate::header::{CSeq, HeaderName, NameAddr, Via};
use crate::layout::Layout;
use crate::message::{Headers, MAX_URI, Message, Request, Response};
use crate::method::Method;
use crate::scan::{is_token, trim};
use crate::status::StatusCode;
use crate::uri::Uri;

const VERSION: &str = "SIP/2.0";

/// Makes a message of bytes whose layout is known.
pub(crate) fn assemble(layout: Layout, mut bytes: Bytes) -> Result<Message, ParseError> {
    if layout.defect == Some(Defect::Empty) {
        return Err(Defect::Empty.into());
    }
    let body = match (layout.defect.clone(), body(&layout, &bytes)) {
        (Some(defect), _) | (None, Err(defect)) => return Err(refuse(layout, bytes, defect)),
        (None, Ok(body)) => body,
    };
    bytes.truncate(layout.body + body.len());
    let headers = Headers::new(layout, bytes);
    if is_response(&headers) {
        return Ok(Message::Response(Box::new(response(headers, body)?)));
    }
    let method = method(headers.start_line()).ok_or(Defect::StartLine)?;
    match RequestParts::read(&method, &headers) {
        Ok(parts) => Ok(Message::Request(Box::new(parts.with(method, headers, body)))),
        Err(defect) => Err(ParseError { defect, answerable: answerable(method, headers) }),
    }
}

/// The error for a message that has this defect, with what is needed to tell its sender.
pub(crate) fn refuse(layout: Layout, bytes: Bytes, defect: Defect) -> ParseError {
    let headers = Headers::new(layout, bytes);
    let method = if is_response(&headers) { None } else { method(headers.start_line()) };
    ParseError { defect, answerable: method.and_then(|method| answerable(method, headers)) }
}

fn is_response(headers: &Headers) -> bool {
    headers.start_line().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
}

/// The body: what Content-Length says, or in a datagram without one the rest (RFC 3261 §18.3).
fn body(layout: &Layout, bytes: &Bytes) -> Result<Bytes, Defect> {
    let rest = bytes.slice(layout.body.min(bytes.len())..);
    match layout.content_length(bytes)? {
        None => Ok(rest),
        Some(length) if length <= rest.len() => Ok(rest.slice(..length)),
        Some(_) => Err(Defect::BodyTooShort),
    }
}

/// The method that the first line begins with, if the line can be a request line at all.
fn method(line: &[u8]) -> Option<Method> {
    let token = line.split(|&byte| byte == b' ').next()?;
    if token.is_empty() || !token.iter().all(|&byte| is_token(byte)) || token.len() == line.len() {
        return None;
    }
    std::str::from_utf8(token).ok().map(Method::from_token)
}

/// An ACK is never answered, and without a Via there is no way back (RFC 3261 §8.2.6.2, §17.1.1.3).
fn answerable(method: Method, headers: Headers) -> Option<Box<Answerable>> {
    let answered = method != Method::Ack && headers.value(HeaderName::Via).is_some();
    answered.then(|| Box::new(Answerable { method, headers }))
}

/// What is read of a request beside its method and body.
struct RequestParts {
    uri: Uri,
    common: Common,
    max_forwards: Option<u8>,
}

impl RequestParts {
    fn read(method: &Method, headers: &Headers) -> Result<Self, Defect> {
        let uri = request_uri(headers.start_line())?;
        let common = Common::read(headers)?;
        if common.cseq.method != *method {
            return Err(Defect::CSeqMethod);
        }
        Ok(Self { uri, common, max_forwards: headers.max_forwards()? })
    }

    fn with(self, method: Method, headers: Headers, body: Bytes) -> Request {
        let Common { via, from, to, call_id, cseq } = self.common;
        let Self { uri, max_forwards, .. } = self;
        Request { method, uri, via, from, to, call_id, cseq, max_forwards, headers, body }
    }
}

/// Reads `Method SP Request-URI SP SIP-Version`, where each SP is exactly one (RFC 3261 §7.1).
fn request_uri(line: &[u8]) -> Result<Uri, Defect> {
    let mut parts = line.split(|&byte| byte == b' ').skip(1);
    let (Some(uri), Some(version), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Defect::StartLine);
    };
    if !version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) {
        return Err(Defect::StartLine);
    }
    if !version.eq_ignore_ascii_case(VERSION.as_bytes()) {
        return Err(Defect::Version);
    }
    if uri.len() > MAX_URI {
        return Err(Defect::UriTooLong);
    }
    let uri = std::str::from_utf8(uri).map_err(|_| Defect::RequestUri(Flaw::Character))?;
    let uri = Uri::parse(uri).map_err(Defect::RequestUri)?;
    // RFC 3261 §19.1.1, table 1: no header fields in a Request-URI.
    if uri.as_sip().is_some_and(crate::uri::SipUri::has_headers) {
        return Err(Defect::RequestUri(Flaw::UriHeaders));
    }
    Ok(uri)
}

fn response(headers: Headers, body: Bytes) -> Result<Response, Defect> {
    let (status, phrase) = status_line(headers.start_line())?;
    let Common { via, from, to, call_id, cseq } = Common::read(&headers)?;
    Ok(Response { status, phrase, via, from, to, call_id, cseq, headers, body })
}

/// Reads `SIP-Version SP Status-Code SP Reason-Phrase`; the phrase may be empty or in any charset (RFC 3261 §7.2).
fn status_line(line: &[u8]) -> Result<(StatusCode, String), Defect> {
    let mut parts = line.splitn(3, |&byte| byte == b' ');
    let (Some(version), Some(code), Some(phrase)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Defect::StartLine);
    };
    if !version.eq_ignore_ascii_case(VERSION.as_bytes()) {
        return Err(Defect::Version);
    }
    if code.len() != 3 {
        return Err(Defect::StatusCode);
    }
    let code = crate::scan::decimal(code).ok().and_then(|code| u16::try_from(code).ok());
    let status = code.and_then(StatusCode::new).ok_or(Defect::StatusCode)?;
    Ok((status, String::from_utf8_lossy(trim(phrase)).into_owned()))
}

/// The header fields that every message has (RFC 3261 §8.1.1).
struct Common {
    via: Via,
    from: NameAddr,
    to: NameAddr,
    call_id: String,
    cseq: CSeq,
}

impl Common {
    fn read(headers: &Headers) -> Result<Self, Defect> {
        let name = HeaderName::Via;
        let top = headers.list(name).next().ok_or(Defect::Missing(name))??;
        let via = Via::parse(top).map_err(|flaw| Defect::Malformed(name, flaw))?;
        let from = required(headers, HeaderName::From, NameAddr::parse)?;
        let to = required(headers, HeaderName::To, NameAddr::parse)?;
        let call_id = required(headers, HeaderName::CallId, call_id)?;
        let cseq = required(headers, HeaderName::CSeq, CSeq::parse)?;
        Ok(Self { via, from, to, call_id, cseq })
    }
}

fn required<T>(
    headers: &Headers,
    name: HeaderName,
    read: impl Fn(&[u8]) -> Result<T, Flaw>,
) -> Result<T, Defect> {
    let value = headers.single(name)?.ok_or(Defect::Missing(name))?;
    read(value).map_err(|flaw| Defect::Malformed(name, flaw))
}

/// A Call-ID is visible ASCII; what else it may hold, its grammar leaves nearly open (RFC 3261 §25.1).
fn call_id(value: &[u8]) -> Result<String, Flaw> {
    match std::str::from_utf8(value) {
        Ok("") => Err(Flaw::Empty),
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err(Flaw::Character),
    }
}

#[cfg(test)]
mod tests;
