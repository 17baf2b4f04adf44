//! What do `Content-Type` and `Content-Disposition` say, parameters included (RFC 2045 §5.1, RFC 2183, RFC 2231)?

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{charset, word};

/// Most pieces of parameters read from one field.
const PIECE_CAP: usize = 256;

/// A value with parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parameterized {
    /// What stands before the first semicolon, in lower case.
    pub(super) value: String,
    /// Names in lower case and decoded values, each name once, in the order of the field.
    pub(super) parameters: Vec<(String, String)>,
}

impl Parameterized {
    /// Reads an unfolded field.
    pub(super) fn read(text: &str) -> Self {
        // Some forget the semicolon behind the value.
        let text = text.trim_start();
        let (value, rest) = text.split_at(text.find([';', '(', ' ', '\t']).unwrap_or(text.len()));
        let mut gathered: Vec<Gathered<'_>> = Vec::new();
        for piece in pieces(rest).take(PIECE_CAP) {
            match gathered.iter_mut().find(|known| known.name == piece.name) {
                Some(known) => known.pieces.push(piece),
                None => gathered.push(Gathered { name: piece.name.clone(), pieces: vec![piece] }),
            }
        }
        let parameters = gathered.into_iter().map(Gathered::decoded).collect();
        Self { value: value.trim_matches('"').to_ascii_lowercase(), parameters }
    }

    /// The parameter of that name, which is in lower case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// `name=value`, `name*=value`, `name*1=value` or `name*1*=value`.
struct Piece<'a> {
    name: String,
    /// Which piece of the value it is; none if it is the whole value.
    number: Option<u16>,
    /// Whether it is percent-encoded, the first piece with its character set.
    extended: bool,
    value: Cow<'a, str>,
}

/// All pieces of one parameter.
struct Gathered<'a> {
    name: String,
    pieces: Vec<Piece<'a>>,
}

impl Gathered<'_> {
    /// The value: the form with the most information wins, as RFC 6266 §4.3 has it for `filename` and `filename*`.
    fn decoded(mut self) -> (String, String) {
        self.pieces.sort_by_key(|piece| piece.number);
        let whole = |extended| {
            let mut whole = self.pieces.iter().filter(|piece| piece.number.is_none());
            whole.find(|piece| piece.extended == extended)
        };
        let value = if let Some(piece) = whole(true) {
            join(std::slice::from_ref(piece))
        } else if let Some(piece) = whole(false).filter(|_| self.pieces.iter().all(|p| p.number.is_none())) {
            word::decode(&piece.value)
        } else {
            let first = self.pieces.iter().position(|piece| piece.number.is_some()).unwrap_or_default();
            join(self.pieces.get(first..).unwrap_or_default())
        };
        (self.name, value)
    }
}

/// The value that the pieces make up: the bytes first, then their text, since pieces may end within a character.
fn join(pieces: &[Piece<'_>]) -> String {
    let mut label = None;
    let mut bytes = Vec::new();
    for piece in pieces {
        let mut value: &str = &piece.value;
        if piece.extended && label.is_none() {
            // charset'language'value
            let mut parts = value.splitn(3, '\'');
            if let (Some(charset), Some(_), Some(encoded)) = (parts.next(), parts.next(), parts.next()) {
                label = Some(charset.to_owned());
                value = encoded;
            }
        }
        if piece.extended {
            bytes.extend(percent_decode_str(value));
        } else {
            bytes.extend_from_slice(value.as_bytes());
        }
    }
    let text = charset::decode(label.as_deref(), &bytes);
    // Encoded words do not belong here (RFC 2231 §1), yet programs put them here.
    if pieces.iter().any(|piece| piece.extended) { word::plain(&text) } else { word::decode(&text) }
}

/// The pieces in the order of the field.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches([';', ' ', '\t']);
            let end = rest.find(['=', ';'])?;
            let (name, tail) = rest.split_at(end);
            let Some(tail) = tail.strip_prefix('=') else {
                rest = tail;
                continue;
            };
            let (value, after) = value(tail.trim_start(), name);
            rest = after;
            if let Some(piece) = Piece::of(name, value) {
                return Some(piece);
            }
        }
    })
}

impl<'a> Piece<'a> {
    fn of(name: &str, value: Cow<'a, str>) -> Option<Self> {
        let name = name.split_whitespace().next_back().filter(|name| name.len() <= 64)?.to_ascii_lowercase();
        let mut parts = name.split('*');
        let base = parts.next().filter(|base| !base.is_empty())?.to_owned();
        let (number, extended) = match (parts.next(), parts.next()) {
            (None, _) => (None, false),
            (Some(""), _) => (None, true),
            (Some(number), end) => (Some(number.parse().ok()?), end.is_some()),
        };
        Some(Self { name: base, number, extended, value })
    }
}

/// The value at the beginning of the text, and what follows it.
fn value<'a>(text: &'a str, name: &str) -> (Cow<'a, str>, &'a str) {
    if let Some(inner) = text.strip_prefix('"') {
        let (value, rest) = quoted(inner);
        let end = rest.find(';').unwrap_or(rest.len());
        return (Cow::Owned(value), rest.get(end..).unwrap_or_default());
    }
    let (value, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
    // File names come with blanks and brackets though they should be quoted; elsewhere a bracket is a comment.
    let is_name = name.to_ascii_lowercase().contains("name");
    let value = if is_name { value } else { value.split([' ', '\t', '(']).next().unwrap_or_default() };
    (Cow::Borrowed(value.trim()), rest)
}

/// The content of a quoted string behind its first quote, and what follows it. A backslash stays where it escapes
/// neither quote nor backslash: it separates the folders of a path.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((position, c)) = characters.next() {
        match c {
            '"' => return (value, text.get(position + 1..).unwrap_or_default()),
            '\\' if characters.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                value.extend(characters.next().map(|(_, next)| next));
            }
            c => value.push(c),
        }
    }
    (value, "")
}

/// The type of a part (RFC 2045 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentType {
    /// The media type in lower case, such as `text`.
    pub(crate) media_type: String,
    /// The subtype in lower case, such as `plain`.
    pub(crate) subtype: String,
    /// Names in lower case and decoded values, each name once.
    pub(crate) parameters: Vec<(String, String)>,
}

impl ContentType {
    /// The type of an unfolded field. What is no type is taken as plain text (RFC 2045 §5.2).
    pub(super) fn read(text: &str) -> Self {
        let Parameterized { value, parameters } = Parameterized::read(text);
        match value.split_once('/') {
            Some((media_type, subtype)) if is_token(media_type) && is_token(subtype) => {
                Self { media_type: media_type.to_owned(), subtype: subtype.to_owned(), parameters }
            }
            Some(_) | None => Self { parameters, ..Self::new("text", "plain") },
        }
    }

    /// A type without parameters.
    pub(super) fn new(media_type: &str, subtype: &str) -> Self {
        Self { media_type: media_type.to_owned(), subtype: subtype.to_owned(), parameters: Vec::new() }
    }

    /// Whether it is that type.
    pub(crate) fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.media_type == media_type && self.subtype == subtype
    }

    /// The parameter of that name, which is in lower case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The type as the value of an HTTP field: without parameters but the character set of a text.
    pub(crate) fn http(&self) -> String {
        let Self { media_type, subtype, .. } = self;
        match self.parameter("charset").filter(|charset| media_type == "text" && is_token(charset)) {
            Some(charset) => format!("{media_type}/{subtype}; charset={charset}"),
            None => format!("{media_type}/{subtype}"),
        }
    }
}

/// Whether the text is a token of HTTP (RFC 9110 §5.6.2); those of MIME are no fewer.
fn is_token(text: &str) -> bool {
    const SPECIAL: &[u8] = b"!#$%&'*+-.^_`|~";
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || SPECIAL.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filename(field: &str) -> String {
        Parameterized::read(field).parameter("filename").unwrap_or("none").to_owned()
    }

    #[test]
    fn values_and_parameters_are_read_quoted_or_not() {
        let field =
            "Text/Plain; Charset=\"iso-8859-1\" (Latin); format = flowed ; x; name=\"a;\\\"b\\\\.txt\"";
        let pairs = [("charset", "iso-8859-1"), ("format", "flowed"), ("name", "a;\"b\\.txt")];
        let parameters = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(Parameterized::read(field), Parameterized { value: "text/plain".to_owned(), parameters });
        assert_eq!(Parameterized::read(""), Parameterized::default());
        assert_eq!(Parameterized::read("inline (x)").value, "inline");
        assert_eq!(Parameterized::read("a/b (x)\tname=\"c\"; d=e").parameter("name"), Some("c"));
        assert_eq!(Parameterized::read("a/b (x; y); name=c").parameter("name"), Some("c"));
    }

    #[test]
    fn file_names_are_decoded_from_all_forms_in_use() {
        let table = [
            ("attachment; filename=plain.txt", "plain.txt"),
            ("attachment; filename=My File (1).pdf", "My File (1).pdf"),
            ("attachment; filename=\"open.pdf", "open.pdf"),
            ("attachment; filename=\"C:\\dir\\a.txt\"", "C:\\dir\\a.txt"),
            ("attachment; filename=\"=?utf-8?B?w7YucGRm?=\"", "ö.pdf"),
            ("attachment; filename=\"=?utf-8?Q?a=C3?= =?utf-8?Q?=B6.pdf?=\"", "aö.pdf"),
            ("attachment; filename*=UTF-8''%e2%82%ac%20rates.txt", "€ rates.txt"),
            ("attachment; filename=\"x.txt\"; filename*=utf-8'en'%c3%b6.txt", "ö.txt"),
            ("attachment; filename*0=\"a b\"; filename*1=\"c d.txt\"", "a bc d.txt"),
            ("attachment; filename*1*=%E4.txt; filename*0*=iso-8859-1''f%F6o", "föoä.txt"),
            ("attachment; filename*0*=UTF-8''%E2%82; filename*1*=%AC; filename*2=.txt", "€.txt"),
            ("attachment; filename*0=\"=?utf-8?Q?a=C3=B6\"; filename*1=\"b?=\"", "aöb"),
            ("attachment; filename=\"old.txt\"; filename*0=\"new\"; filename*1=\".txt\"", "new.txt"),
            ("attachment; filename*=no-quotes%41.txt", "no-quotesA.txt"),
            ("attachment; filename=J\u{f6}rg.txt", "Jörg.txt"),
            ("attachment; filename=\"a\u{7}b\"", "a b"),
        ];
        for (field, name) in table {
            assert_eq!(filename(field), name, "{field}");
        }
    }

    #[test]
    fn a_content_type_that_is_none_is_plain_text() {
        for field in ["", "text", "a b/c", "text/", "/plain", "te<xt/plain"] {
            assert_eq!(ContentType::read(field), ContentType::new("text", "plain"), "{field}");
        }
        assert_eq!(ContentType::read("Image/SVG+xml"), ContentType::new("image", "svg+xml"));
    }

    #[test]
    fn only_what_is_safe_goes_into_an_http_field() {
        let http = |field: &str| ContentType::read(field).http();
        assert_eq!(http("text/html; charset=UTF-8; x=y"), "text/html; charset=UTF-8");
        assert_eq!(http("text/html; charset=\"a b\""), "text/html");
        assert_eq!(http("image/png; charset=x; name=a"), "image/png");
    }

    #[test]
    fn a_field_of_thousands_of_parameters_is_read_up_to_a_limit() {
        let many: String = (0..10_000).map(|number| format!(";a{number}=1")).collect();
        assert_eq!(Parameterized::read(&many).parameters.len(), PIECE_CAP);
        let pieces: String = (0..10_000).map(|number| format!(";a*{number}=x")).collect();
        assert_eq!(Parameterized::read(&pieces).parameter("a"), Some("x".repeat(PIECE_CAP).as_str()));
    }
}
