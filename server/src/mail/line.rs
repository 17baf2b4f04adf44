//! Where do the lines of a message end?

use std::borrow::Cow;
use std::ops::Range;

/// The lines of a text as ranges that include the line end: CRLF or LF, and CR alone in texts that have no LF
/// at all (old Macintosh mailers).
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    end: u8,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let end = if memchr::memchr(b'\n', text).is_some() { b'\n' } else { b'\r' };
        Self::ending(text, end)
    }

    /// The lines of a piece of a text whose lines end with this byte.
    pub(super) const fn ending(text: &'a [u8], end: u8) -> Self {
        Self { text, at: 0, end }
    }

    /// The byte that its lines end with.
    pub(super) const fn line_end(&self) -> u8 {
        self.end
    }
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(self.end, rest).map_or(rest.len(), |position| position + 1);
        let line = self.at..self.at + length;
        self.at = line.end;
        Some(line)
    }
}

/// A text without the line end that it ends with, if it does.
pub(super) fn without_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// The same text with every line end as CRLF. A CR inside of a line of a text that has LFs is no line end and
/// stays.
pub(crate) fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 32);
    for line in Lines::new(text) {
        let line = text.get(line).unwrap_or_default();
        let content = without_end(line);
        out.extend_from_slice(content);
        if content.len() < line.len() {
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

/// A message as it goes to another server: without a CR or LF that is not part of a CRLF, which servers read differently
/// (RFC 5321 §2.3.8), so that nobody can hide one message in another.
pub(crate) fn for_the_wire(raw: &[u8]) -> Cow<'_, [u8]> {
    let is_bare = |at: usize| {
        let (before, after) = (at.checked_sub(1).and_then(|before| raw.get(before)), raw.get(at + 1));
        match raw.get(at) {
            Some(b'\n') => before != Some(&b'\r'),
            _ => after != Some(&b'\n'),
        }
    };
    if !memchr::memchr2_iter(b'\r', b'\n', raw).any(is_bare) {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 32);
    let mut bytes = raw.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            byte => out.push(*byte),
        }
    }
    Cow::Owned(out)
}

/// The same text with every line end, CR alone included, as LF.
pub(super) fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_crlf_on_the_wire() {
        let table: [(&[u8], &[u8]); 5] = [
            (b"a\r\nb\r\n", b"a\r\nb\r\n"),
            (b"a\n.\nb", b"a\r\n.\r\nb"),
            (b"a\r.\rb\r", b"a\r\n.\r\nb\r\n"),
            (b"\na\r\r\n\r", b"\r\na\r\n\r\n\r\n"),
            (b"", b""),
        ];
        for (raw, expected) in table {
            assert_eq!(for_the_wire(raw), expected);
        }
    }

    fn lines(text: &str) -> Vec<&str> {
        Lines::new(text.as_bytes()).map(|line| &text[line]).collect()
    }

    #[test]
    fn lines_end_with_lf_or_crlf_and_with_cr_only_where_there_is_no_lf() {
        assert_eq!(lines("a\r\nb\nc\rd"), ["a\r\n", "b\n", "c\rd"]);
        assert_eq!(lines("a\r\rb"), ["a\r", "\r", "b"]);
        assert_eq!(lines(""), [""; 0]);
    }

    #[test]
    fn all_line_ends_become_crlf() {
        assert_eq!(with_crlf(b"a\nb\r\nc\rd\n"), b"a\r\nb\r\nc\rd\r\n");
        assert_eq!(with_crlf(b"a\rb\r"), b"a\r\nb\r\n");
        assert_eq!(with_crlf(b"no end"), b"no end");
    }

    #[test]
    fn all_line_ends_become_lf() {
        assert_eq!(with_lf("a\r\nb\rc\n\n"), "a\nb\nc\n\n");
    }
}
