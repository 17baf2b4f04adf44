//! Where does the text of a message end, and what is it without its transparency (RFC 5321 §4.5.2)?
//!
//! Only CRLF, a dot and CRLF end it. A line feed without a carriage return is no line end, so that a message cannot hide
//! another one behind an end that some servers see and others do not; it is told of, and the message is refused.

/// Reads the text of a message piece by piece.
#[derive(Debug, Default)]
pub(super) struct Text {
    state: State,
    has_bare_line_feed: bool,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// A line begins.
    #[default]
    Start,
    /// A line begins with a dot.
    Dot,
    /// A line is a dot and, so far, a carriage return.
    DotReturn,
    /// Within a line.
    Within,
    /// Within a line, behind a carriage return.
    Return,
}

impl Text {
    /// Takes a piece: adds what it stands for to `out`. How many bytes of it belong to the message when it ends there.
    pub(super) fn take(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        for (at, &byte) in piece.iter().enumerate() {
            self.state = match (self.state, byte) {
                (State::DotReturn, b'\n') => return Some(at + 1),
                // The dot was there for transparency alone.
                (State::Start, b'.') => State::Dot,
                (State::Dot, b'\r') => State::DotReturn,
                (State::DotReturn, byte) => {
                    out.push(b'\r');
                    self.within(State::Return, byte, out)
                }
                (State::Dot, byte) => self.within(State::Within, byte, out),
                (state, byte) => self.within(state, byte, out),
            };
        }
        None
    }

    /// Whether a line feed came without a carriage return.
    pub(super) const fn has_bare_line_feed(&self) -> bool {
        self.has_bare_line_feed
    }

    fn within(&mut self, state: State, byte: u8, out: &mut Vec<u8>) -> State {
        out.push(byte);
        match (state, byte) {
            (State::Return, b'\n') => State::Start,
            (_, b'\n') => {
                self.has_bare_line_feed = true;
                State::Within
            }
            (_, b'\r') => State::Return,
            _ => State::Within,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the text is, whether it has a bare line feed, and what follows it; `None` if it has no end.
    fn read(raw: &[u8], piece: usize) -> Option<(Vec<u8>, bool, Vec<u8>)> {
        let (mut text, mut out, mut rest) = (Text::default(), Vec::new(), raw);
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(piece.min(rest.len()));
            if let Some(end) = text.take(piece, &mut out) {
                let behind = [&piece[end..], behind].concat();
                return Some((out, text.has_bare_line_feed(), behind));
            }
            rest = behind;
        }
        None
    }

    #[test]
    fn only_crlf_dot_crlf_ends_a_text_and_dots_are_taken_from_before_lines() {
        let table: &[(&[u8], Option<(&[u8], bool)>)] = &[
            (b".\r\n", Some((b"", false))),
            (b"a\r\n.\r\n", Some((b"a\r\n", false))),
            (b"..a\r\n...\r\n.b\r\n.\r\n", Some((b".a\r\n..\r\nb\r\n", false))),
            (b"a\r\n.\ra\r\n.\r\n", Some((b"a\r\n\ra\r\n", false))),
            (b"a\r\n.\r\r\n.\r\n", Some((b"a\r\n\r\r\n", false))),
            (b"a\n.\n", None),
            (b"a\n.\r\n", None),
            (b"a\r\n.\n", None),
            (b"a\r.\r", None),
            (b"a\r\n.\r", None),
            (b"a\n.\r\nMAIL FROM:<b>\r\n.\r\n", Some((b"a\n.\r\nMAIL FROM:<b>\r\n", true))),
            (b"a\r\n.\nMAIL\r\n.\r\n", Some((b"a\r\n\nMAIL\r\n", true))),
            (b"a\0\r\n.\r\n", Some((b"a\0\r\n", false))),
        ];
        for (raw, expected) in table {
            for piece in 1..=raw.len() {
                let found = read(raw, piece);
                let found = found.as_ref().map(|(text, bare, _)| (text.as_slice(), *bare));
                assert_eq!(found, *expected, "{:?} in pieces of {piece}", String::from_utf8_lossy(raw));
            }
        }
    }

    #[test]
    fn what_follows_is_left() {
        assert_eq!(read(b"a\r\n.\r\nQUIT\r\n", 4).unwrap().2, b"QUIT\r\n");
    }

    proptest! {
        #[test]
        fn a_text_that_was_made_transparent_is_read_as_it_was(
            lines in proptest::collection::vec("[.\ra\0]{0,4}", 0..6), piece in 1_usize..9
        ) {
            let mut raw = Vec::new();
            let mut wire = Vec::new();
            for line in lines {
                // A carriage return at its end would be one with the line feed.
                let line = line.trim_end_matches('\r').as_bytes();
                raw.extend_from_slice(&[line, b"\r\n"].concat());
                wire.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
                wire.extend_from_slice(&[line, b"\r\n"].concat());
            }
            wire.extend_from_slice(b".\r\n");
            prop_assert_eq!(read(&wire, piece), Some((raw, false, Vec::new())));
        }
    }
}
