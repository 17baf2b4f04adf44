//! How is a content transfer encoding undone (RFC 2045 §6)?

mod block;

use std::borrow::Cow;

use super::line::{Lines, without_end};

pub(crate) use block::Blocks;

/// A content transfer encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// `7bit`, `8bit`, `binary`, and whatever is not known.
    #[default]
    Identity,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
}

impl Encoding {
    /// The encoding of a `Content-Transfer-Encoding` field.
    pub(super) fn of(value: &str) -> Self {
        let word = value.split([';', '(', ' ', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
        match word.trim_matches('"').to_ascii_lowercase().as_str() {
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            _ => Self::Identity,
        }
    }

    /// The content as it was before it was encoded; what cannot be decoded is left out or left as it is.
    pub(super) fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(body),
            Self::Base64 => Cow::Owned(base64(body).0),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(body)),
        }
    }

    /// Whether the encoded content has nothing that does not belong in it. All else is stepped over by
    /// [`Encoding::decode`].
    pub(super) fn is_sound(self, body: &[u8]) -> bool {
        match self {
            Self::Identity | Self::QuotedPrintable => true,
            Self::Base64 => base64(body).1,
        }
    }

    /// How long the decoded content is, in bytes, judged from the first line and the length.
    pub(super) fn estimate(self, body: &[u8]) -> u64 {
        let length = match self {
            Self::Identity | Self::QuotedPrintable => body.len(),
            Self::Base64 => {
                let body = body.trim_ascii();
                let first = Lines::new(body).next().unwrap_or_default();
                let line = body.get(first.clone()).unwrap_or_default();
                let ends = line.len() - without_end(line).len();
                let characters = body.len() - (body.len() / line.len().max(1)) * ends;
                let padding = body.iter().rev().take_while(|byte| **byte == b'=').count().min(2);
                (characters * 3 / 4).saturating_sub(padding)
            }
        };
        length as u64
    }
}

/// Decodes base64 and tells whether nothing but base64 and white space was there. Characters outside of the
/// alphabet are skipped (RFC 2045 §6.8). Padding ends the text, unless the rest of the line, or the next one, is
/// base64 again: some programs encode in pieces, and mailing lists add a footer of words.
pub(super) fn base64(text: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (end, sound) = walk_base64(text, &mut out, |_, _, _| {});
    let behind = text.get(end..).unwrap_or_default();
    (out, sound && behind.iter().all(|byte| *byte == b'=' || byte.is_ascii_whitespace()))
}

/// Decodes base64 up to where it ends: returns that place, and whether nothing else was before it. `at` sees every
/// place with the characters that wait for others there, before what stands there is decoded.
fn walk_base64(
    text: &[u8],
    out: &mut Vec<u8>,
    mut at: impl FnMut(usize, Quantum, &mut Vec<u8>),
) -> (usize, bool) {
    let (mut quantum, mut sound, mut judged) = (Quantum::default(), true, 0);
    for (position, &byte) in text.iter().enumerate() {
        at(position, quantum, out);
        if byte == b'=' && position >= judged {
            let Some(length) = further_base64(text.get(position..).unwrap_or_default()) else {
                quantum.flush(out);
                return (position, sound);
            };
            judged = position + length;
        }
        sound &= quantum.take(byte, out) || byte.is_ascii_whitespace();
    }
    quantum.flush(out);
    (text.len(), sound)
}

/// The characters of base64 that wait for others: fewer than four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Quantum {
    bits: u32,
    count: u8,
}

impl Quantum {
    /// Takes a character; `false` if it is none of base64. Padding ends the group that waits.
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                self.flush(out);
                return true;
            }
            _ => return false,
        };
        self.bits = self.bits << 6 | u32::from(value);
        self.count += 1;
        if self.count == 4 {
            out.extend_from_slice(self.bits.to_be_bytes().get(1..).unwrap_or_default());
            *self = Self::default();
        }
        true
    }

    /// The whole bytes of the group that waits.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let Self { bits, count } = std::mem::take(self);
        match count {
            2 => out.extend_from_slice((bits << 4).to_be_bytes().get(2..3).unwrap_or_default()),
            3 => out.extend_from_slice((bits << 6).to_be_bytes().get(1..3).unwrap_or_default()),
            _ => {}
        }
    }
}

/// How far base64 goes on behind padding, to the end of a line that is nothing else.
fn further_base64(padding: &[u8]) -> Option<usize> {
    let start = padding.iter().position(|byte| *byte != b'=' && !byte.is_ascii_whitespace())?;
    let line = Lines::new(padding.get(start..)?).next()?;
    let content = padding.get(start..start + line.end)?.trim_ascii();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    (content.len() % 4 == 0 && content.iter().all(is_base64)).then_some(start + line.end)
}

/// Decodes quoted-printable. An equals sign that means nothing stays, white space before a line end goes
/// (RFC 2045 §6.7).
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    unquote(text, Lines::new(text).line_end(), &mut out);
    out
}

/// Decodes lines of quoted-printable that end with this byte.
pub(super) fn unquote(text: &[u8], line_end: u8, out: &mut Vec<u8>) {
    for line in Lines::ending(text, line_end) {
        let line = text.get(line).unwrap_or_default();
        let content = without_end(line);
        let end = line.get(content.len()..).unwrap_or_default();
        let content = content.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(content) => unescape(content, false, out),
            None => {
                unescape(content, false, out);
                out.extend_from_slice(end);
            }
        }
    }
}

/// Replaces `=XX` by its byte and, in encoded words, `_` by a blank (RFC 2047 §4.2).
pub(super) fn unescape(text: &[u8], underscores: bool, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let digit = |at: usize| tail.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'=', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'_', _, _) if underscores => out.push(b' '),
            (byte, _, _) => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_read_in_any_case_and_with_what_follows() {
        assert_eq!(Encoding::of("BASE64"), Encoding::Base64);
        assert_eq!(Encoding::of("quoted-printable (as usual)"), Encoding::QuotedPrintable);
        assert_eq!(Encoding::of("\"base64\";"), Encoding::Base64);
        assert_eq!(Encoding::of("x-uuencode"), Encoding::Identity);
        assert_eq!(Encoding::of(""), Encoding::Identity);
    }

    #[test]
    fn base64_is_decoded_over_line_ends_and_what_does_not_belong() {
        let table: &[(&[u8], &[u8], bool)] = &[
            (b"aGVsbG8=", b"hello", true),
            (b"aGVs\r\nbG8", b"hello", true),
            (b"aGVsbG8=d29ybGQ=", b"helloworld", true),
            (b"aGVsbG8=\r\nd29ybGQ=\r\n", b"helloworld", true),
            (b"aGVsbG8= \r\n==\r\n", b"hello", true),
            (b"aGVsbG8= ignored", b"hello", false),
            (b"aGVsbG8=\r\n____\r\nlist mailing list\r\n", b"hello", false),
            (b"aGVs-bG8=", b"hello", false),
            (b"aG!Vs*bG8=", b"hello", false),
            (b"a", b"", true),
            (b"", b"", true),
        ];
        for (text, bytes, sound) in table {
            assert_eq!(base64(text), (bytes.to_vec(), *sound), "{text:?}");
        }
    }

    #[test]
    fn quoted_printable_is_decoded_as_far_as_it_is() {
        let table: &[(&[u8], &[u8])] = &[
            (b"J=C3=B6rg=\r\n!", b"J\xc3\xb6rg!"),
            (b"soft=  \nbreak", b"softbreak"),
            (b"blank \t\r\nend  ", b"blank\r\nend"),
            (b"1=2 =zz =", b"1=2 =zz "),
            (b"low=c3=b6", b"low\xc3\xb6"),
        ];
        for (text, bytes) in table {
            assert_eq!(Encoding::QuotedPrintable.decode(text), *bytes, "{text:?}");
        }
    }

    #[test]
    fn the_estimate_is_right_for_well_formed_base64() {
        for length in [0_usize, 1, 2, 3, 57, 58, 1000] {
            let encoded: Vec<u8> = vec![b'A'; length.div_ceil(3) * 4 - (3 - length % 3) % 3];
            let padded = [encoded, vec![b'='; (3 - length % 3) % 3]].concat();
            let lines: Vec<u8> = padded.chunks(76).collect::<Vec<_>>().join(b"\r\n".as_slice());
            assert_eq!(Encoding::Base64.decode(&lines).len(), length);
            assert_eq!(Encoding::Base64.estimate(&lines), length as u64, "{length}");
        }
    }
}
