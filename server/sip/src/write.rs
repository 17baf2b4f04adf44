//! How a message of our own is written.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::Write as _;

use bytes::Bytes;

use crate::header::HeaderName;
use crate::method::Method;
use crate::status::StatusCode;
use crate::uri::Uri;

/// A message in the making.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a request.
    pub(crate) fn request(method: &Method, uri: &Uri) -> Self {
        let mut writer = Self(Vec::with_capacity(1024));
        writer.text(format_args!("{method} {uri} SIP/2.0"));
        writer
    }

    /// Begins a response.
    pub(crate) fn response(status: StatusCode, phrase: &str) -> Self {
        let mut writer = Self(Vec::with_capacity(1024));
        writer.text(format_args!("SIP/2.0 {status} {phrase}"));
        writer
    }

    /// Adds a header field.
    pub(crate) fn field(&mut self, name: HeaderName, value: impl Display) {
        self.text(format_args!("{name}: {value}"));
    }

    /// Adds a header field that has no [`HeaderName`].
    pub(crate) fn other(&mut self, name: &str, value: &str) {
        self.text(format_args!("{name}: {value}"));
    }

    /// Adds a header field whose value was received: it is written as it came.
    pub(crate) fn received(&mut self, name: HeaderName, value: &[u8]) {
        self.0.extend_from_slice(name.as_str().as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend_from_slice(value);
        self.0.extend_from_slice(b"\r\n");
    }

    /// Adds lines that were written before.
    pub(crate) fn lines(&mut self, lines: &[u8]) {
        self.0.extend_from_slice(lines);
    }

    /// The lines so far.
    pub(crate) fn into_lines(self) -> Bytes {
        exact(self.0)
    }

    /// No start line yet: for lines that go into several messages.
    pub(crate) fn fragment() -> Self {
        Self(Vec::new())
    }

    /// Ends the message, with a session description or without a body.
    pub(crate) fn finish(mut self, sdp: Option<&Bytes>) -> Bytes {
        let body = sdp.map(Bytes::as_ref).unwrap_or_default();
        if sdp.is_some() {
            self.field(HeaderName::ContentType, "application/sdp");
        }
        self.field(HeaderName::ContentLength, body.len());
        self.0.extend_from_slice(b"\r\n");
        self.0.extend_from_slice(body);
        exact(self.0)
    }

    /// Writes a line. Whatever went into it, it stays one line: control characters become spaces.
    fn text(&mut self, line: impl Display) {
        let start = self.0.len();
        // Writing into memory cannot fail.
        let _ = write!(self.0, "{line}");
        let written = self.0.get_mut(start..).unwrap_or_default();
        written.iter_mut().filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b' ');
        self.0.extend_from_slice(b"\r\n");
    }
}

/// The bytes in no more memory than they need: they are kept for as long as a transaction lasts.
fn exact(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
}

/// What goes between the quotes of a quoted string: quotes and backslashes escaped, control characters as spaces.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    if !text.contains(|character: char| character.is_control() || "\"\\".contains(character)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_whatever_goes_into_it() {
        let mut writer = Writer::response(StatusCode::NOT_FOUND, "No\r\nVia: x");
        writer.other("Subject", "a\nb");
        assert_eq!(
            writer.finish(None),
            "SIP/2.0 404 No  Via: x\r\nSubject: a b\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn a_body_is_written_with_its_type_and_length() {
        let body = Bytes::from_static(b"v=0\r\n");
        assert_eq!(
            Writer::response(StatusCode::OK, "OK").finish(Some(&body)),
            "SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
        );
    }
}
