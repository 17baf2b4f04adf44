//! How is a header field written: folded (RFC 5322 §2.2.3), with encoded words (RFC 2047) and parameters (RFC 2231)?
//!
//! Nothing that comes in gets through as a line end: controls become blanks, and lines are broken only here.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Longest line, its end not counted, where it can be folded. RFC 5322 §2.1.1 wants no more than 78.
const WIDTH: usize = 76;
/// Longest word that is written as it is; a line may have 998 bytes.
const WORD_CAP: usize = 900;
/// Longest encoded word (RFC 2047 §2).
const ENCODED_WORD_CAP: usize = 75;
/// Characters of an encoded word beside its data.
const ENCODED_WORD_FRAME: usize = "=?utf-8?Q??=".len();
/// Longest quoted string; it cannot be folded well.
const QUOTED_CAP: usize = 60;
/// What RFC 2231 §7 lets stand as it is in an extended value.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A field of free text.
pub(super) fn text(name: &str, value: &str) -> String {
    let value = clean(value);
    let mut field = Field::new(name);
    let is_plain = |word: &str| word.len() <= WORD_CAP && word.bytes().all(|byte| byte.is_ascii_graphic());
    if value.contains("=?") || !value.split(' ').all(is_plain) {
        field.encoded(&value);
        return field.end();
    }
    let mut rest = value.as_str();
    while !rest.is_empty() {
        let word = rest.trim_start_matches(' ');
        let (blanks, _) = rest.split_at(rest.len() - word.len());
        let (word, after) = word.split_at(word.find(' ').unwrap_or(word.len()));
        field.piece(if blanks.is_empty() { " " } else { blanks }, word);
        rest = after;
    }
    field.end()
}

/// A field of words that are written as they are, such as message ids.
pub(super) fn words<'a>(name: &str, words: impl Iterator<Item = &'a str>) -> String {
    let mut field = Field::new(name);
    words.for_each(|word| field.piece(" ", word));
    field.end()
}

/// An entry of an address field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mailbox {
    /// The name beside the address; without an address, what stands for it.
    pub(super) name: String,
    /// `local@domain`, checked.
    pub(super) address: Option<String>,
}

/// A field of addresses; nothing if there are none.
pub(super) fn addresses(name: &str, mailboxes: &[Mailbox]) -> String {
    let mut field = Field::new(name);
    let mut first = true;
    for Mailbox { name, address } in mailboxes {
        let name = clean(name);
        if name.is_empty() && address.is_none() {
            continue;
        }
        if !std::mem::take(&mut first) {
            field.mark(',');
        }
        field.phrase(&name);
        match address {
            Some(address) if name.is_empty() => field.piece(" ", address),
            Some(address) => field.piece(" ", &format!("<{address}>")),
            None => {}
        }
    }
    if first { String::new() } else { field.end() }
}

/// A field of a value with parameters, whose names are tokens.
pub(super) fn parameterized(name: &str, value: &str, parameters: &[(String, String)]) -> String {
    let mut field = Field::new(name);
    field.piece(" ", value);
    for (name, value) in parameters {
        let value = clean(value);
        let is_ascii = value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !value.contains("=?");
        if is_ascii && value.len() <= QUOTED_CAP {
            field.mark(';');
            field.piece(" ", &format!("{name}={}", if is_token(&value) { value } else { quoted(&value) }));
        } else {
            field.extended(name, &value);
        }
    }
    field.end()
}

/// Whether the text is a token of MIME (RFC 2045 §5.1).
pub(super) fn is_token(text: &str) -> bool {
    const SPECIAL: &[u8] = b"()<>@,;:\\\"/[]?=";
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !SPECIAL.contains(&byte))
}

/// The text with blanks in place of controls, and none around it.
fn clean(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.trim().to_owned()
}

/// A quoted string (RFC 5322 §3.2.4).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Whether the text is an atom (RFC 5322 §3.2.3).
pub(super) fn is_atom(text: &str) -> bool {
    const SPECIAL: &[u8] = b"!#$%&'*+-/=?^_`{|}~";
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || SPECIAL.contains(&byte))
}

/// A field on its way.
struct Field {
    text: String,
    column: usize,
    /// Whether anything follows the colon. A line of a name alone confuses readers.
    begun: bool,
}

impl Field {
    fn new(name: &str) -> Self {
        Self { text: format!("{name}:"), column: name.len() + 1, begun: false }
    }

    /// Adds a piece behind blanks, on a line of its own if it does not fit any more.
    fn piece(&mut self, blanks: &str, piece: &str) {
        let length = blanks.len() + piece.len();
        if self.begun && self.column + length > WIDTH {
            self.text.push_str("\r\n");
            self.column = 0;
        }
        self.text.push_str(blanks);
        self.text.push_str(piece);
        self.column += length;
        self.begun = true;
    }

    /// Adds a mark right behind the last piece.
    fn mark(&mut self, mark: char) {
        self.text.push(mark);
        self.column += 1;
    }

    /// A name beside an address (RFC 5322 §3.2.5).
    fn phrase(&mut self, name: &str) {
        if name.is_empty() {
        } else if name.contains("=?") {
            self.encoded(name);
        } else if name.len() <= WORD_CAP && name.split(' ').all(is_atom) {
            name.split(' ').for_each(|word| self.piece(" ", word));
        } else if name.len() <= QUOTED_CAP && name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.piece(" ", &quoted(name));
        } else {
            self.encoded(name);
        }
    }

    /// Encoded words, each of whole characters (RFC 2047 §5).
    fn encoded(&mut self, text: &str) {
        let quoted_length: usize = text.bytes().map(q_length).sum();
        // What people can half read is worth a little.
        let is_base64 = text.len().div_ceil(3) * 5 < quoted_length;
        let cost = |c: char| {
            let bytes = c.len_utf8();
            if is_base64 { bytes } else { c.encode_utf8(&mut [0; 4]).bytes().map(q_length).sum() }
        };
        let room = |column: usize| {
            let characters =
                (WIDTH.saturating_sub(column + 1)).min(ENCODED_WORD_CAP).saturating_sub(ENCODED_WORD_FRAME);
            if is_base64 { characters / 4 * 3 } else { characters }
        };
        let mut left = room(self.column);
        if self.begun && left < 16 {
            left = room(0);
        }
        let (mut start, mut used) = (0, 0);
        for (at, c) in text.char_indices() {
            if used > 0 && used + cost(c) > left {
                self.encoded_word(text.get(start..at).unwrap_or_default(), is_base64);
                (start, used, left) = (at, 0, room(0));
            }
            used += cost(c);
        }
        self.encoded_word(text.get(start..).unwrap_or_default(), is_base64);
    }

    fn encoded_word(&mut self, text: &str, is_base64: bool) {
        if text.is_empty() {
            return;
        }
        let word = if is_base64 {
            format!("=?utf-8?B?{}?=", STANDARD.encode(text))
        } else {
            let mut data = String::with_capacity(text.len() * 3);
            for byte in text.bytes() {
                match byte {
                    b' ' => data.push('_'),
                    _ if is_q(byte) => data.push(char::from(byte)),
                    _ => _ = write!(data, "={byte:02X}"),
                }
            }
            format!("=?utf-8?Q?{data}?=")
        };
        self.piece(" ", &word);
    }

    /// A parameter in UTF-8, in as many pieces as it takes (RFC 2231 §3, §4).
    fn extended(&mut self, name: &str, value: &str) {
        let mut units = Vec::new();
        for c in value.chars() {
            let encoded = utf8_percent_encode(c.encode_utf8(&mut [0; 4]), ATTRIBUTE).to_string();
            units.push(encoded);
        }
        let whole = format!("{name}*=utf-8''{}", units.concat());
        if whole.len() < WIDTH {
            self.mark(';');
            self.piece(" ", &whole);
            return;
        }
        let mut number = 0;
        let mut piece = format!("{name}*0*=utf-8''");
        for unit in units {
            if piece.len() + unit.len() + 2 > WIDTH {
                number += 1;
                let full = std::mem::replace(&mut piece, format!("{name}*{number}*="));
                self.mark(';');
                self.piece(" ", &full);
            }
            piece.push_str(&unit);
        }
        self.mark(';');
        self.piece(" ", &piece);
    }

    fn end(mut self) -> String {
        self.text.push_str("\r\n");
        self.text
    }
}

/// Whether a byte stands for itself in an encoded word, wherever the word stands (RFC 2047 §5).
const fn is_q(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'*' | b'+' | b'-' | b'/')
}

const fn q_length(byte: u8) -> usize {
    if is_q(byte) || byte == b' ' { 1 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_encoding_is_written_as_it_is_and_folded_at_its_blanks() {
        assert_eq!(text("Subject", "hello"), "Subject: hello\r\n");
        assert_eq!(text("Subject", ""), "Subject:\r\n");
        let long = format!("{}  {}", "x".repeat(40), "y".repeat(40));
        assert_eq!(
            text("Subject", &long),
            format!("Subject: {}\r\n  {}\r\n", "x".repeat(40), "y".repeat(40))
        );
    }

    #[test]
    fn no_line_end_gets_through() {
        for evil in ["a\r\nBcc: x@y", "a\nb", "a\rb", "a\0b", "\r\n\r\nbody", "a\u{85}b"] {
            let entry = Mailbox { name: evil.to_owned(), address: Some("a@b".to_owned()) };
            let parameters = [("filename".to_owned(), evil.to_owned())];
            for field in [
                text("Subject", evil),
                addresses("To", &[entry]),
                parameterized("Content-Disposition", "attachment", &parameters),
            ] {
                let inner = field.strip_suffix("\r\n").unwrap();
                assert!(!inner.contains(['\r', '\n', '\0']), "{field:?}");
            }
        }
    }

    #[test]
    fn other_letters_become_encoded_words_of_whole_characters() {
        assert_eq!(text("Subject", "Jörg"), "Subject: =?utf-8?Q?J=C3=B6rg?=\r\n");
        let russian = "Привет ".repeat(20);
        for line in text("Subject", &russian).lines() {
            let word = line.trim_start_matches("Subject:").trim();
            assert!(line.len() <= WIDTH, "{line}");
            let data = word.strip_prefix("=?utf-8?B?").and_then(|w| w.strip_suffix("?=")).unwrap();
            String::from_utf8(STANDARD.decode(data).unwrap()).unwrap();
        }
        // What looks like an encoded word and is none.
        assert_eq!(text("X", "=?a?="), "X: =?utf-8?B?PT9hPz0=?=\r\n");
        assert!(text("X", &"x".repeat(2_000)).lines().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn names_are_atoms_quoted_strings_or_encoded_words() {
        let entry = |name: &str, address: &str| Mailbox {
            name: name.to_owned(),
            address: Some(address.to_owned()).filter(|address| !address.is_empty()),
        };
        let table = [
            (vec![entry("", "a@b")], "To: a@b\r\n"),
            (vec![entry("Ann Bee", "a@b"), entry("", "c@d")], "To: Ann Bee <a@b>, c@d\r\n"),
            (vec![entry("Bee, \"A\" <x>", "a@b")], "To: \"Bee, \\\"A\\\" <x>\" <a@b>\r\n"),
            (vec![entry("Jörg", "a@b")], "To: =?utf-8?Q?J=C3=B6rg?= <a@b>\r\n"),
            (vec![entry("not, an address", "")], "To: \"not, an address\"\r\n"),
            (vec![], ""),
            (vec![entry("", "")], ""),
        ];
        for (entries, field) in table {
            assert_eq!(addresses("To", &entries), field);
        }
        let many: Vec<Mailbox> =
            (0..50).map(|number| entry("Ann", &format!("a{number}@example.org"))).collect();
        assert!(addresses("To", &many).lines().all(|line| line.len() <= 78));
    }

    #[test]
    fn parameters_are_tokens_quoted_or_extended_in_pieces() {
        let field = |value: &str| parameterized("X", "a/b", &[("name".to_owned(), value.to_owned())]);
        assert_eq!(field("x.txt"), "X: a/b; name=x.txt\r\n");
        assert_eq!(field("a \"b\"\\.txt"), "X: a/b; name=\"a \\\"b\\\"\\\\.txt\"\r\n");
        assert_eq!(field("ö.txt"), "X: a/b; name*=utf-8''%C3%B6.txt\r\n");
        assert_eq!(field(""), "X: a/b; name=\"\"\r\n");
        let long = field(&"ö".repeat(100));
        assert!(long.contains(";\r\n name*0*=utf-8''%C3") && long.contains(";\r\n name*8*=%C3"), "{long}");
        assert!(long.lines().all(|line| line.len() <= 78), "{long}");
    }
}
