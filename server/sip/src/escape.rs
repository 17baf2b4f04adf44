//! How characters that may not stand in a URI are written with `%` (RFC 3261 §25.1).

use std::borrow::Cow;

use crate::error::Flaw;

/// What may stand in a user part unescaped, beside letters, digits and marks.
pub(crate) const USER: &[u8] = b"&=+$,;?/";
/// What may stand in a parameter unescaped, beside letters, digits and marks.
pub(crate) const PARAM: &[u8] = b"[]/:&+$";
/// `mark` of RFC 3261 §25.1.
const MARKS: &[u8] = b"-_.!~*'()";

fn is_plain(byte: u8, also: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || MARKS.contains(&byte) || also.contains(&byte)
}

/// Succeeds if all is unreserved, escaped, or one of `also`.
pub(crate) fn check_escaped(text: &str, also: &[u8]) -> Result<(), Flaw> {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next(), bytes.next()];
            if !digits.iter().all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())) {
                return Err(Flaw::Escape);
            }
        } else if !is_plain(byte, also) {
            return Err(Flaw::Character);
        }
    }
    Ok(())
}

/// The text with every byte escaped that is neither unreserved nor one of `also`.
pub(crate) fn escape(text: &str, also: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte, also) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// The text with its escapes replaced by what they stand for; a `%` that is no escape stands for itself.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'%', high, low, after @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    plain.push(high << 4 | low);
                    after
                }
                (_, _) => {
                    plain.push(b'%');
                    rest.get(1..).unwrap_or_default()
                }
            },
            [byte, after @ ..] => {
                plain.push(*byte);
                after
            }
        };
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
