//! What does a property of a card say?

use super::super::charset;
use super::super::content_line::{self, ContentLine, PARAMETER_CAP, Value, components, unescape};

/// A property: a name, what qualifies it, and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// Properties with the same name of a group belong together; mostly none.
    pub(super) group: String,
    /// Its name in upper case.
    pub(super) name: String,
    /// Of which types it is, in upper case, such as `HOME`.
    pub(super) types: Vec<String>,
    /// Its other parameters, their names in upper case.
    pub(super) parameters: Vec<(String, String)>,
    /// Its value.
    pub(super) content: Content,
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A text.
    Text(String),
    /// An address of the network, which has no backslashes.
    Uri(String),
    /// Texts separated by commas.
    List(Vec<String>),
    /// Texts separated by semicolons.
    Components(Vec<String>),
    /// Bytes in base64, and their media type.
    Binary(String, Option<String>),
}

/// What form the value of a property has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Uri,
    List,
    /// Each component has a meaning, which is the name of its element.
    Named(&'static [&'static str]),
    /// The first component has one name and all others have the second.
    Organization,
    /// Bytes of such a media type, or where they are.
    Binary(&'static str),
    /// Not known.
    Other,
}

impl Shape {
    /// The form that the values of properties of this name have.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "N" => Self::Named(&["FAMILY", "GIVEN", "MIDDLE", "PREFIX", "SUFFIX"]),
            "ADR" => Self::Named(&["POBOX", "EXTADD", "STREET", "LOCALITY", "REGION", "PCODE", "CTRY"]),
            "ORG" => Self::Organization,
            "NICKNAME" | "CATEGORIES" => Self::List,
            "URL" | "IMPP" | "SOURCE" | "CALURI" | "CALADRURI" | "FBURL" | "RELATED" => Self::Uri,
            "PHOTO" | "LOGO" => Self::Binary("image"),
            "SOUND" => Self::Binary("audio"),
            "KEY" => Self::Binary("application"),
            "FN" | "NAME" | "EMAIL" | "TEL" | "LABEL" | "TITLE" | "ROLE" | "NOTE" | "BDAY"
            | "ANNIVERSARY" | "REV" | "UID" | "TZ" | "MAILER" | "CLASS" | "KIND" | "PRODID"
            | "SORT-STRING" | "MEMBER" | "X-FILE-AS" => Self::Text,
            _ => Self::Other,
        }
    }
}

/// A value of a property for those who ask for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Its media type.
    pub(crate) content_type: String,
    /// Its bytes; those of a text are UTF-8.
    pub(crate) bytes: Vec<u8>,
}

impl Property {
    /// The property that a content line is, of a card of version 2.1 or a newer one.
    pub(super) fn of(line: ContentLine, is_old: bool) -> Self {
        let ContentLine { group, name, parameters, value } = line;
        let (types, mut parameters): (Vec<_>, Vec<_>) =
            parameters.into_iter().partition(|(name, _)| name == "TYPE");
        // Version 4.0 puts several into quotes.
        let types =
            types.iter().flat_map(|(_, value)| value.split(',')).map(|kind| kind.trim().to_ascii_uppercase());
        let mut types: Vec<String> = types.filter(|kind| !kind.is_empty()).take(PARAMETER_CAP).collect();
        let shape = Shape::of(&name);
        let is = |wanted: &str| {
            parameters.iter().any(|(name, v)| name == "VALUE" && v.eq_ignore_ascii_case(wanted))
        };
        let is_uri = is("uri") || is("url");
        let binary = |base64: String, types: &mut Vec<String>| {
            let format = (!types.is_empty()).then(|| types.remove(0));
            Content::Binary(base64, format.map(|format| media_type(&format, shape)))
        };
        let content = match (value, shape) {
            (Value::Base64(base64), Shape::Binary(_) | Shape::Other | Shape::Uri) => {
                parameters.retain(|(name, _)| name != "VALUE");
                binary(base64, &mut types)
            }
            (Value::Base64(base64), _) => {
                let text = charset::guess(&content_line::bytes(&base64)).into_owned();
                Content::of_text(&text, shape, is_old)
            }
            (Value::Text(text), Shape::Binary(_)) if data_uri(&text).is_some() => {
                parameters.retain(|(name, _)| name != "VALUE");
                let (media_type, base64) = data_uri(&text).unwrap_or_default();
                Content::Binary(base64.to_owned(), (!media_type.is_empty()).then(|| media_type.to_owned()))
            }
            (Value::Text(text), _) if is_uri => Content::of_text(&text, Shape::Uri, is_old),
            (Value::Text(text), _) => Content::of_text(&text, shape, is_old),
        };
        Self { group, name, types, parameters, content }
    }

    /// A property that is a text.
    pub(super) fn text(name: &str, value: &str) -> Self {
        Self::plain(name, Content::Text(value.to_owned()))
    }

    /// A name of which no more than this is known.
    pub(super) fn family_name(name: &str) -> Self {
        let mut components = vec![String::new(); 5];
        if let Some(family) = components.first_mut() {
            name.clone_into(family);
        }
        Self::plain("N", Content::Components(components))
    }

    fn plain(name: &str, content: Content) -> Self {
        let (group, name) = (String::new(), name.to_owned());
        Self { group, name, types: Vec::new(), parameters: Vec::new(), content }
    }

    /// The value on one line, for people; a person's name in the order in which it is spoken.
    pub(super) fn readable(&self) -> String {
        match &self.content {
            Content::Text(text) | Content::Uri(text) => text.clone(),
            Content::List(texts) => texts.join(", "),
            Content::Components(texts) if self.name == "N" => {
                let spoken = [3, 1, 2, 0, 4].iter().filter_map(|at| texts.get(*at));
                let spoken: Vec<&str> = spoken.map(String::as_str).filter(|text| !text.is_empty()).collect();
                spoken.join(" ")
            }
            Content::Components(texts) => {
                let texts: Vec<&str> =
                    texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
                texts.join(", ")
            }
            Content::Binary(..) => String::new(),
        }
    }

    pub(super) fn shown(&self) -> Shown {
        let text = |text: &str| Shown {
            content_type: "text/plain; charset=utf-8".to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        match &self.content {
            Content::Text(value) | Content::Uri(value) => text(value),
            Content::List(values) => text(&values.join(",")),
            Content::Components(values) => text(&values.join(";")),
            Content::Binary(base64, media_type) => Shown {
                content_type: media_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned()),
                bytes: content_line::bytes(base64),
            },
        }
    }
}

impl Content {
    fn of_text(value: &str, shape: Shape, is_old: bool) -> Self {
        let unescaped = |text: &&str| unescape(text.trim(), is_old);
        match shape {
            Shape::Text => Self::Text(unescape(value, is_old)),
            Shape::Uri | Shape::Binary(_) => Self::Uri(unescape(value.trim(), true)),
            Shape::List => Self::List(components(value, ',').iter().map(unescaped).collect()),
            Shape::Named(_) | Shape::Organization => {
                Self::Components(components(value, ';').iter().map(unescaped).collect())
            }
            Shape::Other => match components(value, ';').as_slice() {
                [] | [_] => Self::Text(unescape(value, is_old)),
                several => Self::Components(several.iter().map(|text| unescape(text, is_old)).collect()),
            },
        }
    }
}

/// The media type that a type of version 3.0 stands for, such as `JPEG`.
fn media_type(format: &str, shape: Shape) -> String {
    let format = format.to_ascii_lowercase();
    match shape {
        _ if format.contains('/') => format,
        Shape::Binary(media) => format!("{media}/{format}"),
        Shape::Text | Shape::Uri | Shape::List | Shape::Named(_) | Shape::Organization | Shape::Other => {
            format!("application/{format}")
        }
    }
}

/// The media type and the base64 of a `data:` URI (RFC 2397).
fn data_uri(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.trim().split_at_checked(5)?;
    let (kind, data) = rest.split_once(',').filter(|_| scheme.eq_ignore_ascii_case("data:"))?;
    let media_type = kind.strip_suffix(";base64")?;
    Some((media_type.trim_end_matches('\\'), data)).filter(|_| data.bytes().all(content_line::is_base64))
}
