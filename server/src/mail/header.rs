//! Where does a header end, and which fields does it have?
//!
//! Read as real mail needs it: a field's name is whatever stands before a colon (RFC 5322 §2.2, with the blanks
//! before the colon of §4.5), lines that are no field are stepped over, and a header without the empty line ends
//! where something else begins.

use std::borrow::Cow;

use super::line::{Lines, without_end};
use super::{HEADER_CAP, charset, word};

/// The header of a message up to and including the empty line, or its first 64 KiB up to a line end.
pub(crate) fn header_block(raw: &[u8]) -> &[u8] {
    let header = raw.get(..body_start(raw)).unwrap_or(raw);
    let Some(kept) = header.get(..HEADER_CAP).filter(|kept| kept.len() < header.len()) else { return header };
    let line_end = memchr::memrchr2(b'\n', b'\r', kept).map_or(kept.len(), |position| position + 1);
    kept.get(..line_end).unwrap_or(kept)
}

/// Where the body of a message or part begins: behind the empty line or, if there is none, at the first line
/// that cannot be of the header.
pub(super) fn body_start(raw: &[u8]) -> usize {
    let mut fields = 0_usize;
    let mut lines = Lines::new(raw).peekable();
    while let Some(line) = lines.next() {
        match Kind::of(raw.get(line.clone()).unwrap_or_default()) {
            Kind::Empty => return line.end,
            Kind::Field(_) => fields += 1,
            Kind::Continuation if fields > 0 => {}
            Kind::Envelope if line.start == 0 => {}
            Kind::Boundary => return line.start,
            Kind::Envelope | Kind::Other if fields > 0 => {
                let next = lines.peek().and_then(|next| raw.get(next.clone()));
                if !next.is_some_and(|next| matches!(Kind::of(next), Kind::Field(_))) {
                    return line.start;
                }
            }
            Kind::Continuation | Kind::Envelope | Kind::Other => return line.start,
        }
    }
    raw.len()
}

/// The fields of a header in their order.
#[derive(Debug, Clone)]
pub(super) struct Header<'a> {
    fields: Vec<RawField<'a>>,
}

/// A header field as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawField<'a> {
    /// Its name, spelt as in the message.
    pub(super) name: &'a str,
    /// What follows the colon, folded and not decoded.
    value: &'a [u8],
}

impl<'a> Header<'a> {
    /// The fields of a message, a part or a header block; of a long header, those in its first 64 KiB.
    pub(super) fn read(raw: &'a [u8]) -> Self {
        let block = header_block(raw);
        let mut fields = Vec::with_capacity(24);
        let mut open: Option<(&'a str, usize, usize)> = None;
        for line in Lines::new(block) {
            let bytes = block.get(line.clone()).unwrap_or_default();
            match (Kind::of(bytes), &mut open) {
                (Kind::Continuation, Some((_, _, end))) => *end = line.end,
                (Kind::Field(name), _) => {
                    fields.extend(open.take().map(|open| RawField::at(block, open)));
                    let colon = memchr::memchr(b':', bytes).unwrap_or(name.len());
                    open = Some((name, line.start + colon + 1, line.end));
                }
                (Kind::Empty | Kind::Boundary, _) => break,
                (Kind::Continuation, None) | (Kind::Envelope | Kind::Other, _) => {
                    fields.extend(open.take().map(|open| RawField::at(block, open)));
                }
            }
        }
        fields.extend(open.map(|open| RawField::at(block, open)));
        Self { fields }
    }

    /// All fields in order.
    pub(super) fn fields(&self) -> &[RawField<'a>] {
        &self.fields
    }

    /// The fields of that name, in any case, in order.
    pub(super) fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h RawField<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }

    /// The first field of that name, in any case.
    pub(super) fn first(&self, name: &str) -> Option<&RawField<'a>> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// The first field of that name, decoded.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.first(name).map(RawField::text)
    }
}

impl<'a> RawField<'a> {
    fn at(block: &'a [u8], (name, start, end): (&'a str, usize, usize)) -> Self {
        Self { name, value: block.get(start..end).unwrap_or_default().trim_ascii() }
    }

    /// Whether it is the field of that name, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value on one line. Bytes that are no ASCII are UTF-8 (RFC 6532) or else windows-1252.
    pub(super) fn unfolded(&self) -> Cow<'a, str> {
        let text = charset::guess(self.value);
        if text.contains(['\r', '\n']) { Cow::Owned(text.replace(['\r', '\n'], "")) } else { text }
    }

    /// The value on one line with its encoded words decoded (RFC 2047).
    pub(super) fn text(&self) -> String {
        word::decode(&self.unfolded())
    }
}

/// What a line is in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    /// The line that ends the header.
    Empty,
    /// A line that goes on with the field before it.
    Continuation,
    /// The first line of a field with this name.
    Field(&'a str),
    /// The line that mbox files put before a message, which some programs leave in it.
    Envelope,
    /// What looks like a boundary of a multipart.
    Boundary,
    /// No part of any header.
    Other,
}

impl<'a> Kind<'a> {
    fn of(line: &'a [u8]) -> Self {
        let content = without_end(line);
        match content.first() {
            None => Self::Empty,
            Some(b' ' | b'\t') => Self::Continuation,
            Some(_) => match name(content) {
                Some(name) => Self::Field(name),
                None if content.starts_with(b"From ") || content.starts_with(b">From ") => Self::Envelope,
                None if content.starts_with(b"--") => Self::Boundary,
                None => Self::Other,
            },
        }
    }
}

/// The name of the field that begins on this line.
fn name(line: &[u8]) -> Option<&str> {
    let name = line.get(..memchr::memchr(b':', line)?)?.trim_ascii_end();
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
    name.bytes().all(|byte| byte.is_ascii_graphic()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(raw: &[u8]) -> Vec<(String, String)> {
        let fields = Header::read(raw).fields;
        fields.iter().map(|field| (field.name.to_owned(), field.text())).collect()
    }

    fn expected(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_header_ends_behind_the_empty_line_whatever_the_line_end() {
        assert_eq!(header_block(b"A: 1\r\n\r\nbody"), b"A: 1\r\n\r\n");
        assert_eq!(header_block(b"A: 1\n\nbody"), b"A: 1\n\n");
        assert_eq!(header_block(b"A: 1\r\rbody"), b"A: 1\r\r");
        assert_eq!(header_block(b"\r\nbody: x\r\n"), b"\r\n");
        assert_eq!(header_block(b"A: 1"), b"A: 1");
    }

    #[test]
    fn a_header_without_an_empty_line_ends_where_something_else_begins() {
        assert_eq!(body_start(b"A: 1\nHello world\n"), 5);
        assert_eq!(body_start(b"Hello: is it me\nyou are"), 16);
        assert_eq!(body_start(b"just text\nB: 2\n\n"), 0);
        assert_eq!(body_start(b"A: 1\n--x\nB: 2\n\n"), 5);
        assert_eq!(body_start(b" indented text\nB: 2\n\n"), 0);
    }

    #[test]
    fn lines_that_are_no_field_are_stepped_over_among_fields() {
        let raw = b"From me Mon Jan  1 00:00:00 2001\nA: 1\n>From x\njunk\nB: 2\n\nbody";
        assert_eq!(fields(b"From me\nA: 1\njunk\nB : 2\n\nbody"), expected(&[("A", "1"), ("B", "2")]));
        assert_eq!(body_start(raw), 38, "two wrong lines in a row are no header");
    }

    #[test]
    fn folded_values_come_on_one_line() {
        let raw = b"Subject: one\r\n two\r\n\tthree\r\nX:\r\n";
        assert_eq!(fields(raw), expected(&[("Subject", "one two three"), ("X", "")]));
    }

    #[test]
    fn raw_eight_bit_values_are_utf_8_or_else_windows_1252() {
        let raw = b"A: J\xc3\xb6rg\nB: J\xf6rg \x80\n\n";
        assert_eq!(fields(raw), expected(&[("A", "Jörg"), ("B", "Jörg €")]));
    }

    #[test]
    fn a_long_header_is_kept_up_to_a_line_end_and_the_body_is_found_behind_all_of_it() {
        let line = [b"X-Long: ".as_slice(), &[b'x'; 90], b"\r\n"].concat();
        let mut raw = line.repeat(1000);
        raw.extend_from_slice(b"\r\nbody");
        assert_eq!(header_block(&raw).len(), 65_500);
        assert_eq!(Header::read(&raw).fields.len(), 655);
        assert_eq!(body_start(&raw), 100_002);
        assert_eq!(header_block(&[b'x'; 70_000]).len(), 0, "no header at all");
        assert_eq!(header_block(&[b"X: ".as_slice(), &[b'x'; 70_000]].concat()).len(), HEADER_CAP);
    }

    #[test]
    fn names_are_found_in_any_case() {
        let header = Header::read(b"subject: a\nSUBJECT: b\n\n");
        assert_eq!(header.text("Subject").as_deref(), Some("a"));
        assert_eq!(header.all("Subject").count(), 2);
    }
}
