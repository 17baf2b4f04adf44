//! Which text do these bytes spell?

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::transfer;

/// The text of bytes in the character set of this name. Never fails: what does not belong comes out as U+FFFD,
/// and where no known name is given the character set is guessed.
pub(super) fn decode<'a>(label: Option<&str>, bytes: &'a [u8]) -> Cow<'a, str> {
    // A language may follow the name (RFC 2231 §5).
    let label = label.unwrap_or_default().split('*').next().unwrap_or_default();
    let label = label.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    if ["", "us-ascii", "ascii"].iter().any(|ascii| label.eq_ignore_ascii_case(ascii)) {
        return guess(bytes);
    }
    match Encoding::for_label(label.as_bytes()) {
        // What browsers refuse to decode is shown as well as can be.
        Some(encoding) if encoding == REPLACEMENT => guess(bytes),
        Some(encoding) => encoding.decode(bytes).0,
        // Mail has some that the web never had.
        None if UTF_7.iter().any(|name| label.eq_ignore_ascii_case(name)) => Cow::Owned(utf_7(bytes)),
        None => charset_decoder(label.as_bytes()).map_or_else(|| guess(bytes), |decode| decode(bytes).into()),
    }
}

/// The text in the character set of this name, or in UTF-8 where that is not known.
pub(super) fn encode<'a>(label: &str, text: &'a str) -> Cow<'a, [u8]> {
    Encoding::for_label(label.as_bytes())
        .map_or(Cow::Borrowed(text.as_bytes()), |encoding| encoding.encode(text).0)
}

/// The text of bytes whose character set nobody named: UTF-8 if they are, else windows-1252. Japanese in seven
/// bits (RFC 1468) gives itself away by its escape sequences.
pub(super) fn guess(bytes: &[u8]) -> Cow<'_, str> {
    let encoding = match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("\u{1b}$") => ISO_2022_JP,
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    };
    encoding.decode_with_bom_removal(bytes).0
}

const UTF_7: [&str; 3] = ["utf-7", "unicode-1-1-utf-7", "csutf7"];

/// RFC 2152: between `+` and `-`, or another character that is not of base64, stands UTF-16 in base64.
fn utf_7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(plus) = memchr::memchr(b'+', rest) {
        let (before, shifted) = rest.split_at(plus);
        out.push_str(&guess(before));
        let shifted = shifted.get(1..).unwrap_or_default();
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let length = shifted.iter().position(|byte| !is_base64(byte)).unwrap_or(shifted.len());
        let (encoded, after) = shifted.split_at(length);
        if encoded.is_empty() {
            out.push('+');
        }
        let decoded = transfer::base64(encoded).0;
        let units =
            decoded.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        rest = after.strip_prefix(b"-").unwrap_or(after);
    }
    out.push_str(&guess(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_character_set_is_used_whatever_it_is_called() {
        let table: &[(&str, &[u8], &str)] = &[
            ("utf-8", b"J\xc3\xb6rg", "Jörg"),
            ("UTF8", b"\xef\xbb\xbfJ\xc3\xb6rg", "Jörg"),
            ("iso-8859-1", b"J\xf6rg", "Jörg"),
            ("iso-8859-15", b"5 \xa4", "5 €"),
            ("windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
            ("koi8-r*ru", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
            ("gb2312", b"\xc4\xe3\xba\xc3", "你好"),
            ("ks_c_5601-1987", b"\xbe\xc8\xb3\xe7", "안녕"),
            ("iso-2022-jp", b"\x1b$B$3$s$K$A$O\x1b(B", "こんにちは"),
            ("utf-7", b"+ZYeB9FH6ckh5Pg-, 1980.", "文致出版社, 1980."),
            ("UTF-7", b"1 +- 1, +AKM. +AKM y +AKM--x", "1 + 1, £. £ y £-x"),
            ("utf-7", b"+", "+"),
            ("\"utf-8\"", b"\xc3\xb6", "ö"),
            ("cp850", b"\x81", "ü"),
        ];
        for (label, bytes, text) in table {
            assert_eq!(decode(Some(label), bytes), *text, "{label}");
        }
    }

    #[test]
    fn without_a_known_name_the_character_set_is_guessed() {
        for label in [None, Some("us-ascii"), Some("x-nobody-knows"), Some("iso-2022-kr")] {
            assert_eq!(decode(label, b"J\xc3\xb6rg"), "Jörg", "{label:?}");
            assert_eq!(decode(label, b"J\xf6rg \x80"), "Jörg €", "{label:?}");
        }
        assert_eq!(guess(b"\x1b$B$3$s\x1b(B!"), "こん!");
    }

    #[test]
    fn a_text_is_encoded_if_the_character_set_is_known() {
        assert_eq!(*encode("iso-8859-1", "ü"), *b"\xfc");
        assert_eq!(*encode("x-nobody-knows", "ü"), *b"\xc3\xbc");
    }

    #[test]
    fn what_does_not_belong_is_replaced() {
        assert_eq!(decode(Some("utf-8"), b"a\xffb"), "a\u{fffd}b");
    }
}
