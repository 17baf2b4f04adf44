//! How are the content lines of vCards and iCalendars read and written (RFC 6350 §3, RFC 5545 §3.1, vCard 2.1)?
//!
//! Read as address books write them: lines folded in the manner of either version, quoted-printable with its soft line
//! breaks, character sets named by a line, parameters without names. What is no content line is stepped over.

use std::borrow::Cow;

use super::line::{Lines, with_lf, without_end};
use super::room::NoRoom;
use super::transfer::Encoding;
use super::{charset, transfer};

/// Largest text that is read, in bytes.
const TEXT_CAP: usize = 16 * 1024 * 1024;
/// Most content lines of a text together with their parameters and the commas and semicolons in their values, which may
/// separate further ones: each takes memory.
const PIECE_CAP: usize = 250_000;
/// About as many parameters of a line are kept.
pub(super) const PARAMETER_CAP: usize = 64;
/// Longest line written, in bytes without its end.
const WIDTH: usize = 75;

/// A line, unfolded and decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContentLine {
    /// What stands before the name and a dot; mostly nothing.
    pub(super) group: String,
    /// Its name in upper case.
    pub(super) name: String,
    /// Names in upper case with their values. A name may occur several times.
    pub(super) parameters: Vec<(String, String)>,
    /// What follows the colon.
    pub(super) value: Value,
}

/// The value of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Text with its backslashes as they stand there, its line ends being LF.
    Text(String),
    /// Bytes, in base64 without white space.
    Base64(String),
}

/// Why a text is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it is larger than {} MB", TEXT_CAP >> 20)]
    TooLarge,
    #[error("it has more than {PIECE_CAP} lines, parameters and values")]
    TooMany,
    #[error("it has none of the lines BEGIN:VCARD and BEGIN:VGROUP")]
    NoCard,
    #[error("it has no line BEGIN:VCALENDAR")]
    NoCalendar,
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
}

/// The lines of a text in the character set of this name, where no line names one of its own.
pub(super) fn read(text: &[u8], label: Option<&str>) -> Result<Vec<ContentLine>, Unreadable> {
    if text.len() > TEXT_CAP {
        return Err(Unreadable::TooLarge);
    }
    let text = match encoding_rs::Encoding::for_bom(text) {
        Some((encoding, _)) => Cow::Owned(encoding.decode(text).0.into_owned().into_bytes()),
        None => Cow::Borrowed(text),
    };
    let mut reader = Reader { label, is_old: false, pieces: 0, lines: Vec::new() };
    let mut open = Open::default();
    for line in Lines::new(&text) {
        let content = without_end(text.get(line).unwrap_or_default());
        if reader.goes_on(&mut open, content) {
            continue;
        }
        reader.take(&std::mem::take(&mut open))?;
        open.push(content);
    }
    reader.take(&open)?;
    Ok(reader.lines)
}

struct Reader<'a> {
    label: Option<&'a str>,
    /// Whether this is vCard 2.1 or vCalendar 1.0.
    is_old: bool,
    pieces: usize,
    lines: Vec<ContentLine>,
}

impl Reader<'_> {
    /// Adds a piece to the open line if it is one of it.
    fn goes_on(&self, open: &mut Open, piece: &[u8]) -> bool {
        if open.bytes.is_empty() {
            return false;
        }
        if open.encoding == Encoding::QuotedPrintable && open.bytes.ends_with(b"=") {
            open.bytes.pop();
            open.push(piece);
            return true;
        }
        match piece {
            // The old manner is that of mail headers, where the blank belongs to the text.
            [b' ' | b'\t', ..] if self.is_old => open.push(piece),
            [b' ' | b'\t', rest @ ..] => open.push(rest),
            // Some write base64 without folding it.
            [_, ..] if open.encoding == Encoding::Base64 && !piece.contains(&b':') => open.push(piece),
            _ => return false,
        }
        true
    }

    fn take(&mut self, open: &Open) -> Result<(), Unreadable> {
        let Some(line) = open.line(self.is_old, self.label) else { return Ok(()) };
        match (line.name.as_str(), &line.value) {
            ("VERSION", Value::Text(version)) => self.is_old = matches!(version.trim(), "2.1" | "1.0"),
            // A version holds for all components within.
            ("BEGIN", Value::Text(kind)) if is_root(kind.trim()) => self.is_old = false,
            _ => {}
        }
        self.pieces += 1 + line.parameters.len();
        if let Value::Text(text) = &line.value {
            self.pieces += memchr::memchr2_iter(b',', b';', text.as_bytes()).count();
        }
        if self.pieces > PIECE_CAP {
            return Err(Unreadable::TooMany);
        }
        self.lines.push(line);
        Ok(())
    }
}

fn is_root(component: &str) -> bool {
    ["VCARD", "VGROUP", "VCALENDAR"].iter().any(|root| root.eq_ignore_ascii_case(component))
}

/// A line that may go on.
#[derive(Default)]
struct Open {
    bytes: Vec<u8>,
    /// Where its first colon is that is not quoted.
    colon: Option<usize>,
    /// How much of it was looked at for that, and whether that ended within quotes.
    looked: usize,
    is_quoted: bool,
    encoding: Encoding,
}

impl Open {
    fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        if self.colon.is_some() {
            return;
        }
        for (at, byte) in self.bytes.iter().enumerate().skip(self.looked) {
            match byte {
                b'"' => self.is_quoted = !self.is_quoted,
                b':' if !self.is_quoted => {
                    self.colon = Some(at);
                    break;
                }
                _ => {}
            }
        }
        self.looked = self.bytes.len();
        if let Some(colon) = self.colon {
            self.encoding = Head::read(self.bytes.get(..colon).unwrap_or_default(), true)
                .map_or(Encoding::Identity, |head| head.encoding);
        }
    }

    fn line(&self, is_old: bool, label: Option<&str>) -> Option<ContentLine> {
        // A quotation mark alone quotes nothing.
        let colon = self.colon.or_else(|| memchr::memchr(b':', &self.bytes))?;
        let Head { group, name, parameters, encoding, charset } =
            Head::read(self.bytes.get(..colon)?, is_old)?;
        let value = self.bytes.get(colon + 1..)?;
        let value = if encoding == Encoding::Base64 {
            Value::Base64(value.iter().filter(|b| is_base64(**b)).map(|b| char::from(*b)).collect())
        } else {
            let decoded = encoding.decode(value);
            Value::Text(with_lf(&charset::decode(charset.as_deref().or(label), &decoded)))
        };
        Some(ContentLine { group, name, parameters, value })
    }
}

pub(super) const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// What stands before the colon.
struct Head {
    group: String,
    name: String,
    parameters: Vec<(String, String)>,
    encoding: Encoding,
    charset: Option<String>,
}

impl Head {
    fn read(bytes: &[u8], is_old: bool) -> Option<Self> {
        let text = charset::guess(bytes);
        let mut pieces = split(&text, ';');
        let name = pieces.next()?.trim();
        let (group, name) = name.rsplit_once('.').unwrap_or(("", name));
        if !is_name(name) || !(group.is_empty() || is_name(group)) {
            return None;
        }
        let mut head = Self {
            group: group.to_owned(),
            name: name.to_ascii_uppercase(),
            parameters: Vec::new(),
            encoding: Encoding::Identity,
            charset: None,
        };
        for piece in pieces {
            if head.parameters.len() >= PARAMETER_CAP {
                break;
            }
            match piece.split_once('=') {
                Some((name, values)) => {
                    let name = name.trim().to_ascii_uppercase();
                    for value in split(values, ',').take(PARAMETER_CAP) {
                        head.parameter(&name, parameter_value(value, is_old));
                    }
                }
                None => head.bare(piece.trim()),
            }
        }
        Some(head)
    }

    fn parameter(&mut self, name: &str, value: String) {
        match name {
            "ENCODING" => {
                let value = if value.eq_ignore_ascii_case("b") { "base64" } else { &value };
                self.encoding = Encoding::of(value);
            }
            "CHARSET" => self.charset = Some(value),
            _ if is_name(name) => self.parameters.push((name.to_owned(), value)),
            _ => {}
        }
    }

    /// A parameter of version 2.1 that has no name.
    fn bare(&mut self, value: &str) {
        let upper = value.to_ascii_uppercase();
        let name = match upper.as_str() {
            "" => return,
            "QUOTED-PRINTABLE" | "BASE64" | "B" | "8BIT" | "7BIT" => "ENCODING",
            "INLINE" | "URL" | "CONTENT-ID" | "CID" => "VALUE",
            _ => "TYPE",
        };
        self.parameter(name, value.to_owned());
    }
}

/// The value of a parameter without quotes and with what stands for characters that quotes cannot hold (RFC 6868).
fn parameter_value(text: &str, is_old: bool) -> String {
    let text = text.trim();
    let text = text.strip_prefix('"').map_or(text, |inner| inner.strip_suffix('"').unwrap_or(inner));
    if is_old || !text.contains('^') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let meant = match (c, characters.peek()) {
            ('^', Some('n')) => Some('\n'),
            ('^', Some('\'')) => Some('"'),
            ('^', Some('^')) => Some('^'),
            _ => None,
        };
        if meant.is_some() {
            characters.next();
        }
        out.push(meant.unwrap_or(c));
    }
    out
}

/// The pieces between separators that are not within quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
}

/// Whether a line, a group or a parameter may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.len() <= 128 && name.bytes().all(fits)
}

/// The pieces of a value between separators that no backslash is before, the backslashes still there.
pub(super) fn components(value: &str, separator: char) -> Vec<&str> {
    let mut is_escaped = false;
    let at_separator = |c| {
        let is_separator = c == separator && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_separator
    };
    value.split(at_separator).collect()
}

/// The text that a value stands for. In version 2.1 a backslash before `n` is one.
pub(super) fn unescape(value: &str, is_old: bool) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        let meant = match (c, characters.peek()) {
            ('\\', Some('n' | 'N')) if !is_old => Some('\n'),
            ('\\', Some(next @ (',' | ';' | ':' | '\\'))) => Some(*next),
            _ => None,
        };
        if meant.is_some() {
            characters.next();
        }
        out.push(meant.unwrap_or(c));
    }
    out
}

/// The value that stands for a text.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' | ',' | ';' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// The value of a parameter as it is written: in quotes where it must be.
pub(super) fn parameter(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\n' => out.push_str("^n"),
            '"' => out.push_str("^'"),
            '^' => out.push_str("^^"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    if out.contains([',', ';', ':']) { format!("\"{out}\"") } else { out }
}

/// Adds a line to a text, folded. Control characters have no place in it.
pub(super) fn write(out: &mut String, line: &str) {
    let mut width = 0;
    for c in line.chars().filter(|c| !c.is_control() || *c == '\t') {
        if width + c.len_utf8() > WIDTH {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// The bytes that the base64 of a line stands for.
pub(super) fn bytes(base64: &str) -> Vec<u8> {
    transfer::base64(base64.as_bytes()).0
}

#[cfg(test)]
mod tests;
