//! What a received message is: a start line, header fields in order, a body, and the bytes it came in.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::{Defect, ParseError};
use crate::header::{CSeq, HeaderName, NameAddr, Via};
use crate::layout::{Entry, Layout, Span};
use crate::method::Method;
use crate::scan;
use crate::status::StatusCode;
use crate::uri::Uri;

/// The largest message, in bytes.
pub const MAX_MESSAGE: usize = 65_536;
/// The most header fields a message may have.
pub const MAX_HEADERS: usize = 256;
/// The longest line, in bytes, the continuations of a folded one included.
pub const MAX_LINE: usize = 8_192;
/// The longest Request-URI, in bytes.
pub const MAX_URI: usize = 2_048;

/// A received message.
#[derive(Debug, Clone)]
pub enum Message {
    /// A request.
    Request(Box<Request>),
    /// A response.
    Response(Box<Response>),
}

/// A received request whose mandatory header fields could be read (RFC 3261 §8.1.1).
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// The topmost Via.
    pub via: Via,
    /// From.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// Call-ID.
    pub call_id: String,
    /// CSeq; its method is that of the request.
    pub cseq: CSeq,
    /// Max-Forwards, if it is there; RFC 2543 knew none.
    pub max_forwards: Option<u8>,
    /// Every header field, those above included.
    pub headers: Headers,
    /// The body, empty if there is none.
    pub body: Bytes,
}

/// A received response whose mandatory header fields could be read (RFC 3261 §8.1.3.3).
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The reason phrase; bytes that are no UTF-8 are U+FFFD.
    pub phrase: String,
    /// The topmost Via.
    pub via: Via,
    /// From.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// Call-ID.
    pub call_id: String,
    /// CSeq.
    pub cseq: CSeq,
    /// Every header field, those above included.
    pub headers: Headers,
    /// The body, empty if there is none.
    pub body: Bytes,
}

impl Message {
    /// Reads a datagram: one message. Bytes beyond its Content-Length are dropped (RFC 3261 §18.3).
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        let layout = Layout::scan(&bytes);
        crate::parse::assemble(layout, bytes)
    }

    /// The header fields.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The body, empty if there is none.
    pub fn body(&self) -> &Bytes {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }

    /// Writes the message part by part as it was received, header fields in order and byte for byte.
    pub fn write(&self) -> Bytes {
        let headers = self.headers();
        let mut out = BytesMut::with_capacity(headers.raw.len());
        out.put_slice(headers.start_line());
        out.put_slice(b"\r\n");
        for field in headers.iter() {
            out.put_slice(field.line);
            out.put_slice(b"\r\n");
        }
        out.put_slice(b"\r\n");
        out.put_slice(self.body());
        out.freeze()
    }
}

/// The header fields of a message, in order.
#[derive(Debug, Clone)]
pub struct Headers {
    /// The message as it was received.
    raw: Bytes,
    /// The same with every fold replaced by as many spaces: what values are read from. Offsets are those of `raw`.
    text: Bytes,
    start_line: Span,
    entries: Vec<Entry>,
}

/// One header field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, as far as it is known.
    pub name: HeaderName,
    /// The name as it was written.
    pub label: &'a str,
    /// The value, unfolded, without the white space around it.
    pub value: &'a [u8],
    /// The whole field as it was received, folds included, without the line end.
    pub line: &'a [u8],
}

impl Headers {
    pub(crate) fn new(layout: Layout, raw: Bytes) -> Self {
        let text = layout.unfold(&raw);
        Self { raw, text, start_line: layout.start_line, entries: layout.entries }
    }

    /// Every header field in the order received.
    pub fn iter(&self) -> impl Iterator<Item = Field<'_>> {
        self.entries.iter().map(|entry| Field {
            name: entry.name,
            label: std::str::from_utf8(entry.label.of(&self.text)).unwrap_or_default(),
            value: entry.value.of(&self.text),
            line: entry.line.of(&self.raw),
        })
    }

    /// The values of the fields of this name, one a line, unfolded.
    pub fn values(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().filter(move |entry| entry.name == name).map(|entry| entry.value.of(&self.text))
    }

    /// The first value of this name.
    pub fn value(&self, name: HeaderName) -> Option<&[u8]> {
        self.values(name).next()
    }

    /// The value of a field that may occur once only.
    pub fn single(&self, name: HeaderName) -> Result<Option<&[u8]>, Defect> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(Defect::Repeated(name)),
        }
    }

    /// The elements of a field that is a list, over all its lines (RFC 3261 §7.3.1).
    pub fn list(&self, name: HeaderName) -> impl Iterator<Item = Result<&[u8], Defect>> {
        self.values(name)
            .flat_map(scan::elements)
            .map(move |element| element.map_err(|flaw| Defect::Malformed(name, flaw)))
    }

    /// The first line, without its line end.
    pub(crate) fn start_line(&self) -> &[u8] {
        self.start_line.of(&self.raw)
    }
}

#[cfg(test)]
mod tests;
