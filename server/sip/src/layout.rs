//! Where the parts of a message lie in its bytes, found before anything in it is believed.
//!
//! This is the one place that decides where a line, a name and a value end, for datagrams and streams alike: what is
//! ambiguous (a carriage return or line feed alone, a name that is no token) is a defect here and reaches nobody.

use bytes::Bytes;

use crate::error::{Defect, Flaw};
use crate::header::HeaderName;
use crate::message::{MAX_HEADERS, MAX_LINE, MAX_MESSAGE};
use crate::scan::{decimal, is_token};

/// Bytes from `start` to `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// Where one header field lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: HeaderName,
    pub(crate) line: Span,
    pub(crate) label: Span,
    pub(crate) value: Span,
}

/// Where everything lies, and the first thing found wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) start_line: Span,
    pub(crate) entries: Vec<Entry>,
    /// Where the CRLF of each fold begins.
    folds: Vec<usize>,
    /// Where the body begins: after the empty line, or at the end if there is none.
    pub(crate) body: usize,
    pub(crate) defect: Option<Defect>,
}

/// One line, its continuations included.
struct Line {
    span: Span,
    /// Where the next line begins.
    next: usize,
    /// Ended by CRLF, with no CR or LF alone in it.
    sound: bool,
    ended: bool,
}

impl Layout {
    /// Finds the parts of a message. A defect does not end the search: the sender may have to be told of it.
    pub(crate) fn scan(bytes: &[u8]) -> Self {
        let mut layout = Self::default();
        let start = bytes.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(bytes.len());
        if bytes.iter().skip(start).all(|&byte| byte == 0) {
            layout.defect = Some(Defect::Empty);
            layout.body = bytes.len();
            return layout;
        }
        if bytes.len() - start > MAX_MESSAGE {
            layout.note(Defect::MessageTooLarge);
        }
        let first = layout.line(bytes, start, false);
        layout.start_line = first.span;
        let mut at = first.next;
        while !layout.ends_at(bytes, at) {
            let line = layout.line(bytes, at, true);
            at = line.next;
            if line.sound {
                layout.enter(bytes, line.span);
            }
            if !line.ended || layout.entries.len() > MAX_HEADERS {
                layout.note(if line.ended { Defect::TooManyHeaders } else { Defect::Unterminated });
                layout.body = bytes.len();
                return layout;
            }
        }
        layout
    }

    /// The length of the body as Content-Length gives it; `None` if there is no Content-Length. The bytes need not be
    /// unfolded: a number with a fold inside is none.
    pub(crate) fn content_length(&self, bytes: &[u8]) -> Result<Option<usize>, Defect> {
        let name = HeaderName::ContentLength;
        let mut length = None;
        for entry in self.entries.iter().filter(|entry| entry.name == name) {
            let number = decimal(entry.value.of(bytes))
                .and_then(|number| usize::try_from(number).map_err(|_| Flaw::Number))
                .map_err(|flaw| Defect::Malformed(name, flaw))?;
            if length.is_some_and(|known| known != number) {
                return Err(Defect::ConflictingContentLength);
            }
            length = Some(number);
        }
        Ok(length)
    }

    /// The bytes with the line end of every fold replaced by two spaces, so that all offsets stay.
    pub(crate) fn unfold(&self, bytes: &Bytes) -> Bytes {
        if self.folds.is_empty() {
            return bytes.clone();
        }
        let mut text = bytes.to_vec();
        for &fold in &self.folds {
            if let Some(line_end) = text.get_mut(fold..fold + 2) {
                line_end.fill(b' ');
            }
        }
        text.into()
    }

    fn note(&mut self, defect: Defect) {
        self.defect.get_or_insert(defect);
    }

    /// Whether the empty line, or the end of the bytes, is at `at`.
    fn ends_at(&mut self, bytes: &[u8], at: usize) -> bool {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            self.note(Defect::Unterminated);
        }
        let length = if rest.starts_with(b"\r\n") { 2 } else { 0 };
        self.body = at + length;
        rest.is_empty() || length > 0
    }

    /// Finds the end of the line that begins at `start`; a header field goes on where the next line begins with
    /// white space (RFC 3261 §7.3.1).
    fn line(&mut self, bytes: &[u8], start: usize, folds: bool) -> Line {
        let mut at = start;
        let mut sound = true;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(offset) = rest.iter().position(|byte| b"\r\n".contains(byte)) else {
                return Line {
                    span: Span { start, end: bytes.len() },
                    next: bytes.len(),
                    sound,
                    ended: false,
                };
            };
            let end = at + offset;
            if rest.get(offset..offset + 2) != Some(b"\r\n") {
                self.note(Defect::BareLineBreak);
                sound = false;
                at = end + 1;
                continue;
            }
            if folds && matches!(bytes.get(end + 2), Some(b' ' | b'\t')) {
                self.folds.push(end);
                at = end + 2;
                continue;
            }
            if end - start > MAX_LINE {
                self.note(Defect::LineTooLong);
                sound = false;
            }
            return Line { span: Span { start, end }, next: end + 2, sound, ended: true };
        }
    }

    /// Splits a line at its colon. Blanks before the colon are allowed, and not part of the name (RFC 3261 §7.3.1).
    fn enter(&mut self, bytes: &[u8], line: Span) {
        let text = line.of(bytes);
        let colon = text.iter().position(|&byte| byte == b':');
        let label = colon.and_then(|colon| text.get(..colon)).map(trim_end).unwrap_or_default();
        let (Some(colon), Ok(name), true) =
            (colon, std::str::from_utf8(label), label.iter().all(|&byte| is_token(byte)))
        else {
            return self.note(Defect::NotAHeaderField);
        };
        if name.is_empty() {
            return self.note(Defect::NotAHeaderField);
        }
        let after = text.get(colon + 1..).unwrap_or_default();
        let leading = after.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        let trailing = after.iter().skip(leading).rev().take_while(|byte| b" \t\r\n".contains(byte)).count();
        self.entries.push(Entry {
            name: HeaderName::of(name),
            line,
            label: Span { start: line.start, end: line.start + label.len() },
            value: Span { start: line.start + colon + 1 + leading, end: line.end - trailing },
        });
    }
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> (Vec<(String, String)>, Option<Defect>) {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let layout = Layout::scan(&bytes);
        let unfolded = layout.unfold(&bytes);
        let text = |span: Span| String::from_utf8_lossy(span.of(&unfolded)).into_owned();
        (layout.entries.iter().map(|entry| (text(entry.label), text(entry.value))).collect(), layout.defect)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|&(label, value)| (label.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn folds_become_spaces_and_blanks_before_the_colon_are_dropped() {
        assert_eq!(
            scan("X\r\nTO :\r\n sip:a@b ;\r\n\ttag=1\r\ns :\r\n\r\n"),
            (pairs(&[("TO", "sip:a@b ;  \ttag=1"), ("s", "")]), None)
        );
    }

    #[test]
    fn a_line_with_a_bare_line_break_is_left_out_and_noted() {
        for text in ["X\r\nA: 1\rVia: x\r\nB: 2\r\n\r\n", "X\r\nA: 1\nVia: x\r\nB: 2\r\n\r\n"] {
            assert_eq!(scan(text), (pairs(&[("B", "2")]), Some(Defect::BareLineBreak)), "{text:?}");
        }
    }

    #[test]
    fn a_fold_after_a_blank_line_is_body() {
        assert_eq!(scan("X\r\nA: 1\r\n\r\n B: 2\r\n"), (pairs(&[("A", "1")]), None));
    }

    #[test]
    fn what_is_not_a_header_field_is_noted_and_the_others_are_kept() {
        for line in ["no colon", ": no name", "a b: c", " folded: first"] {
            let (found, defect) = scan(&format!("X\r\n{line}\r\nB: 2\r\n\r\n"));
            assert_eq!((found, defect), (pairs(&[("B", "2")]), Some(Defect::NotAHeaderField)), "{line:?}");
        }
    }

    #[test]
    fn the_caps_are_noted() {
        let many = "A: 1\r\n".repeat(MAX_HEADERS + 1);
        assert_eq!(scan(&format!("X\r\n{many}\r\n")).1, Some(Defect::TooManyHeaders));
        let long = "a".repeat(MAX_LINE);
        assert_eq!(scan(&format!("X\r\nA: {long}\r\n\r\n")), (vec![], Some(Defect::LineTooLong)));
        let large = "a".repeat(MAX_MESSAGE);
        assert_eq!(scan(&format!("X\r\nA: 1\r\n\r\n{large}")).1, Some(Defect::MessageTooLarge));
    }

    #[test]
    fn header_fields_without_an_end_are_noted_and_read() {
        assert_eq!(scan("X\r\nA: 1\r\n"), (pairs(&[("A", "1")]), Some(Defect::Unterminated)));
        assert_eq!(scan("X\r\nA: 1"), (pairs(&[("A", "1")]), Some(Defect::Unterminated)));
    }

    #[test]
    fn line_ends_alone_are_no_message() {
        assert_eq!(scan("\r\n\r\n").1, Some(Defect::Empty));
        assert_eq!(scan("\0\0\0\0").1, Some(Defect::Empty));
        assert_eq!(scan("").1, Some(Defect::Empty));
    }
}
