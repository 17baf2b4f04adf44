//! Which transfer encoding does a text get (RFC 2045 §6), and how is it written in it?

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{Encoding, UTF_8};

/// Longest line that is sent as it is, its end not counted.
const LINE_CAP: usize = 78;
/// Longest line of an encoded text, its end not counted.
const ENCODED_LINE_CAP: usize = 76;
/// Bytes in a line of base64.
pub(crate) const BASE64_LINE: usize = 57;

/// An encoded text.
pub(super) struct Encoded {
    /// The value of `Content-Transfer-Encoding`.
    pub(super) encoding: &'static str,
    /// The text in it.
    pub(super) bytes: Vec<u8>,
}

/// The text in the character set of this name if that can write it, else in UTF-8; and the name of the one that it is in.
pub(super) fn in_charset<'a>(label: Option<&'a str>, text: &'a str) -> (&'a str, Cow<'a, [u8]>) {
    let utf_8 = ("utf-8", Cow::Borrowed(text.as_bytes()));
    let Some(label) = label.filter(|label| super::field::is_token(label)) else { return utf_8 };
    if ["us-ascii", "ascii"].iter().any(|ascii| label.eq_ignore_ascii_case(ascii)) {
        return if text.is_ascii() { ("us-ascii", utf_8.1) } else { utf_8 };
    }
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding != UTF_8 && encoding.output_encoding() == encoding => {
            match encoding.encode(text) {
                (bytes, _, false) => (label, bytes),
                (_, _, true) => utf_8,
            }
        }
        Some(_) | None => utf_8,
    }
}

/// A text with CRLF line ends, in whatever makes it arrive as it is: as it stands if it can, else quoted-printable, or
/// base64 where that is shorter.
pub(super) fn encode(text: &[u8]) -> Encoded {
    if lines(text).all(|line| line.len() <= LINE_CAP && line.iter().all(is_safe) && !is_endangered(line)) {
        return Encoded { encoding: "7bit", bytes: text.to_vec() };
    }
    let escaped = text.iter().filter(|byte| !is_safe(byte) && !matches!(byte, b'\r' | b'\n')).count();
    // Three characters for each of these against four for every three bytes; what people can read is worth a little.
    if escaped * 9 > text.len() * 2 {
        return Encoded { encoding: "base64", bytes: base64_lines(text) };
    }
    Encoded { encoding: "quoted-printable", bytes: quoted_printable(text) }
}

/// Base64 in lines.
pub(super) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out =
        Vec::with_capacity(bytes.len() / BASE64_LINE * (ENCODED_LINE_CAP + 2) + ENCODED_LINE_CAP + 2);
    append_base64(bytes, &mut out);
    out
}

/// Adds base64 in lines, the last of which ends too. Pieces that follow each other are of whole lines.
pub(crate) fn append_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let mut line = String::with_capacity(ENCODED_LINE_CAP);
    for piece in bytes.chunks(BASE64_LINE) {
        line.clear();
        STANDARD.encode_string(piece, &mut line);
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// How long so many bytes are in lines of base64.
pub(crate) const fn base64_length(bytes: u64) -> u64 {
    let characters = bytes.div_ceil(3) * 4;
    characters + characters.div_ceil(ENCODED_LINE_CAP as u64) * 2
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Whether a byte stands for itself in quoted-printable; so it does in any transport. An equals sign only where nothing is
/// encoded, but then a line end may be lost behind it.
const fn is_safe(byte: &u8) -> bool {
    matches!(*byte, b'\t' | b' '..=b'~')
}

/// Whether the line might be taken for something else: a dot that SMTP gives a meaning, `From ` that mbox files do, and
/// what begins as our boundaries do.
fn is_endangered(line: &[u8]) -> bool {
    [&b"."[..], b"From ", b"--=_"].iter().any(|start| line.starts_with(start))
}

/// Quoted-printable (RFC 2045 §6.7), with no line that begins with a dot or `From `.
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    let mut first = true;
    for line in lines(text) {
        if !std::mem::take(&mut first) {
            out.extend_from_slice(b"\r\n");
        }
        let mut column = 0;
        for (at, byte) in line.iter().enumerate() {
            let is_last = at + 1 == line.len();
            let endangered = column == 0 && is_endangered(line.get(at..).unwrap_or_default());
            let literal =
                is_safe(byte) && *byte != b'=' && !endangered && !(is_last && matches!(byte, b' ' | b'\t'));
            let length = if literal { 1 } else { 3 };
            // The last byte of a line needs no room for a soft line break.
            if column + length > ENCODED_LINE_CAP - usize::from(!is_last) {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            let endangered = column == 0 && is_endangered(line.get(at..).unwrap_or_default());
            if literal && !endangered {
                out.push(*byte);
                column += 1;
            } else {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
                out.extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]);
                column += 3;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::transfer::Encoding as Transfer;
    use super::*;

    #[test]
    fn the_encoding_is_chosen_by_content() {
        let table: &[(&str, &str)] = &[
            ("", "7bit"),
            ("plain\r\ntext\t1=2 \r\n", "7bit"),
            ("one ö in a line of many other letters", "quoted-printable"),
            ("Привет", "base64"),
            (".\r\n", "quoted-printable"),
            ("From me\r\n", "quoted-printable"),
            ("bell \u{7} rings in this text", "quoted-printable"),
        ];
        for (text, encoding) in table {
            assert_eq!(encode(text.as_bytes()).encoding, *encoding, "{text}");
        }
        assert_eq!(encode("x".repeat(79).as_bytes()).encoding, "quoted-printable");
    }

    #[test]
    fn quoted_printable_has_short_lines_that_nothing_on_the_way_changes() {
        let text = format!(".{}\r\n..\r\nFrom x\r\n{}From \r\nend \t", "x".repeat(200), "ö".repeat(40));
        let encoded = quoted_printable(text.as_bytes());
        for line in lines(&encoded) {
            assert!(line.len() <= ENCODED_LINE_CAP && line.is_ascii() && !is_endangered(line));
            assert!(!line.ends_with(b" ") && !line.ends_with(b"\t"));
        }
        assert_eq!(*Transfer::QuotedPrintable.decode(&encoded), *text.as_bytes());
    }

    #[test]
    fn the_length_of_base64_is_known_before() {
        for length in [0_usize, 1, 3, 56, 57, 58, 114, 1_000] {
            let encoded = base64_lines(&vec![7; length]);
            assert_eq!(encoded.len() as u64, base64_length(length as u64), "{length}");
        }
    }

    #[test]
    fn a_character_set_is_kept_if_it_can_write_the_text() {
        assert_eq!(in_charset(Some("koi8-r"), "Ж"), ("koi8-r", Cow::Borrowed(&b"\xf6"[..])));
        assert_eq!(in_charset(Some("iso-8859-1"), "Ж").0, "utf-8");
        assert_eq!(in_charset(Some("utf-16"), "x").0, "utf-8");
        assert_eq!(in_charset(Some("us-ascii"), "x").0, "us-ascii");
        assert_eq!(in_charset(Some("us-ascii"), "ö").0, "utf-8");
        assert_eq!(in_charset(Some("a b\r\n"), "x").0, "utf-8");
        assert_eq!(in_charset(None, "x").0, "utf-8");
    }
}
