//! How is an XML document read, strictly and within limits, and written, exactly?
//!
//! The only file that names the XML library. Reading refuses what a XIMSS peer never needs and an attacker
//! does: document types, processing instructions, entities beyond the five of XML 1.0, undeclared prefixes,
//! a second root. Writing follows the rules that deployed clients depend on: no white space that was not
//! asked for, no declaration, `<empty/>` without a blank.

mod error;
mod name;

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

pub use error::XmlError;
pub use name::is_name;

/// An XML element: a name, attributes in document order, and children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

/// A child of an [`Element`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A nested element.
    Element(Element),
    /// Character data, entities resolved, white space kept.
    Text(String),
}

/// What one document may cost. All are counts; `bytes` is the length before parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the document in bytes.
    pub bytes: usize,
    /// Elements and pieces of text together.
    pub nodes: usize,
    /// Nesting of elements; the root has depth 1.
    pub depth: usize,
    /// Attributes of one element.
    pub attributes: usize,
}

impl Limits {
    /// For a peer that has not logged in.
    pub const BEFORE_LOGIN: Self = Self { bytes: 64 * 1024, nodes: 4_096, depth: 32, attributes: 64 };
    /// For a peer that has.
    pub const AFTER_LOGIN: Self = Self { bytes: 4 * 1024 * 1024, nodes: 65_536, depth: 32, attributes: 64 };
}

impl Element {
    /// An element with this name, no attributes and no children. The name must be an XML name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: Vec::new(), children: Vec::new() }
    }

    /// Reads one document. A byte order mark, an XML declaration (UTF-8) and white space around the root are
    /// accepted.
    ///
    /// # Errors
    /// [`XmlError`] says why the bytes are refused.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, XmlError> {
        if bytes.len() > limits.bytes {
            return Err(XmlError::TooLong { limit: limits.bytes });
        }
        let text = std::str::from_utf8(bytes).map_err(|e| XmlError::NotUtf8 { position: e.valid_up_to() })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start_matches(WHITE_SPACE);
        check_characters(text)?;
        Document::new(limits).read(text)
    }

    /// The document as it goes over the wire.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(128);
        self.write(&mut out);
        out
    }

    /// Appends the document to `out`.
    pub fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, Place::Attribute, out);
            out.push('"');
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Node::Element(element) => element.write(out),
                Node::Text(text) => escape(text, Place::Text, out),
            }
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }

    /// The name as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is the name, regardless of the case of ASCII letters: deployed clients vary it.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of an attribute: the one spelt exactly so or, failing that, one that differs in the case of
    /// ASCII letters only.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let exact = self.attributes.iter().find(|(n, _)| n == name);
        exact
            .or_else(|| self.attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)))
            .map(|(_, v)| v.as_str())
    }

    /// All attributes in document order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// All children in document order.
    #[must_use]
    pub fn children(&self) -> &[Node] {
        &self.children
    }

    /// The child elements; text between them is skipped.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child element with this name, whatever its case.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|e| e.is(name))
    }

    /// The element's own character data, without that of its children.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let mut texts = self.children.iter().filter_map(|child| match child {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        match (texts.next(), texts.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(only), None) => Cow::Borrowed(only),
            (Some(first), Some(second)) => {
                Cow::Owned([first, second].into_iter().chain(texts).collect::<String>())
            }
        }
    }

    /// Adds an attribute after those there are. The name must be an XML name not yet used here.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Adds a child element after those there are.
    pub fn push(&mut self, child: Self) -> &mut Self {
        self.children.push(Node::Element(child));
        self
    }

    /// Adds character data after the children there are; nothing if it is empty.
    pub fn push_text(&mut self, text: impl Into<String>) -> &mut Self {
        let text = text.into();
        if !text.is_empty() {
            self.children.push(Node::Text(text));
        }
        self
    }

    /// The same element with an attribute more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The same element with a piece of text more.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.push_text(text);
        self
    }
}

const WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// A document being read: the open elements, outermost first, and what has been counted.
struct Document<'a> {
    limits: &'a Limits,
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
    /// Declared prefixes with the depth of the element that declares them.
    prefixes: Vec<(usize, String)>,
}

/// Prefixes that may be declared at a time. XIMSS needs one or two, and every prefixed name is looked up among them.
const PREFIXES: usize = 16;

impl<'a> Document<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self { limits, open: Vec::new(), root: None, nodes: 0, prefixes: Vec::new() }
    }

    fn read(mut self, text: &str) -> Result<Element, XmlError> {
        let mut reader = Reader::from_str(text);
        loop {
            let position = reader.buffer_position();
            let event =
                reader.read_event().map_err(|e| XmlError::Malformed { position, reason: e.to_string() })?;
            match event {
                Event::Start(start) => self.start(&start, position)?,
                Event::Empty(start) => {
                    self.start(&start, position)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) if text.contains("]]>") => {
                    return Err(XmlError::Malformed { position, reason: "]]> in text".to_owned() });
                }
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(_) if self.open.is_empty() => return Err(XmlError::OutsideRoot),
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => self.reference(&reference)?,
                Event::Comment(_) if self.open.is_empty() => return Err(XmlError::Comment),
                Event::Comment(text) if text.contains("--") || text.ends_with('-') => {
                    return Err(XmlError::Malformed { position, reason: "-- in a comment".to_owned() });
                }
                Event::Comment(_) => {}
                Event::Decl(decl) => declaration(&decl, position)?,
                Event::PI(_) => return Err(XmlError::ProcessingInstruction),
                Event::DocType(_) => return Err(XmlError::Doctype),
                Event::Eof => return self.root.filter(|_| self.open.is_empty()).ok_or(XmlError::Incomplete),
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, position: u64) -> Result<(), XmlError> {
        if self.root.is_some() {
            return Err(XmlError::OutsideRoot);
        }
        if self.open.len() >= self.limits.depth {
            return Err(XmlError::TooDeep { limit: self.limits.depth });
        }
        self.count()?;
        if !are_apart(start.attributes_raw()) {
            let reason = "no blank between two attributes".to_owned();
            return Err(XmlError::Malformed { position, reason });
        }
        let mut element = Element::new(start.name().into_inner());
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| {
                if let AttrError::Duplicated(at, _) = e {
                    let name = name_at(start.attributes_raw(), start.name().0.len(), at);
                    return XmlError::DuplicateAttribute(name);
                }
                XmlError::Malformed { position, reason: e.to_string() }
            })?;
            if element.attributes.len() >= self.limits.attributes {
                return Err(XmlError::TooManyAttributes { limit: self.limits.attributes });
            }
            let name = attribute.key.into_inner();
            let value = unescape(&attribute.value)?;
            if let Some(prefix) = name.strip_prefix("xmlns:") {
                if self.prefixes.len() >= PREFIXES {
                    return Err(XmlError::TooManyPrefixes { limit: PREFIXES });
                }
                self.prefixes.push((self.open.len(), prefix.to_owned()));
            }
            element.attributes.push((name.to_owned(), value));
        }
        for name in std::iter::once(&element.name).chain(element.attributes.iter().map(|(n, _)| n)) {
            self.check_name(name)?;
        }
        self.open.push(element);
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<(), XmlError> {
        let Some((prefix, local)) = name.split_once(':') else {
            return if is_name(name) { Ok(()) } else { Err(XmlError::Name(shorten(name))) };
        };
        if !is_name(prefix) || !is_name(local) {
            return Err(XmlError::Name(shorten(name)));
        }
        let declared = matches!(prefix, "xml" | "xmlns") || self.prefixes.iter().any(|(_, p)| p == prefix);
        if declared { Ok(()) } else { Err(XmlError::Prefix(shorten(prefix))) }
    }

    fn end(&mut self) {
        // The reader has checked that end tags match start tags.
        let Some(element) = self.open.pop() else { return };
        let depth = self.open.len();
        self.prefixes.retain(|(declared_at, _)| *declared_at < depth);
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        let Some(parent) = self.open.last_mut() else {
            let blank = text.chars().all(|c| WHITE_SPACE.contains(&c));
            return if blank { Ok(()) } else { Err(XmlError::OutsideRoot) };
        };
        if let Some(Node::Text(before)) = parent.children.last_mut() {
            before.push_str(text);
            return Ok(());
        }
        self.count()?;
        if let Some(parent) = self.open.last_mut() {
            parent.push_text(text);
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), XmlError> {
        let mut buffer = [0; 4];
        let c = resolve(reference)?;
        self.text(c.encode_utf8(&mut buffer))
    }

    fn count(&mut self) -> Result<(), XmlError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(XmlError::TooManyNodes { limit: self.limits.nodes });
        }
        Ok(())
    }
}

/// XML 1.0 §2.8: a declaration stands at the beginning and names a version.
fn declaration(decl: &BytesDecl<'_>, position: u64) -> Result<(), XmlError> {
    if position != 0 {
        return Err(XmlError::ProcessingInstruction);
    }
    let malformed = |reason: String| Err(XmlError::Malformed { position, reason });
    if let Err(error) = decl.version() {
        return malformed(error.to_string());
    }
    match decl.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(Ok(name)) => Err(XmlError::Encoding(shorten(&name))),
        Some(Err(error)) => malformed(error.to_string()),
    }
}

/// Whether white space stands before every attribute (XML 1.0 §3.1); a reader that is lenient there has split them
/// already.
fn are_apart(attributes: &str) -> bool {
    let mut quote = None;
    let mut chars = attributes.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
            Some(open) if c == open => {
                quote = None;
                if chars.peek().is_some_and(|next| !WHITE_SPACE.contains(next)) {
                    return false;
                }
            }
            Some(_) => {}
        }
    }
    true
}

/// A name or reference for an error message, not longer than a person reads.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The attribute name that begins at offset `at` of a start tag whose name has `skip` bytes.
fn name_at(attributes: &str, skip: usize, at: usize) -> String {
    let rest = at.checked_sub(skip).and_then(|from| attributes.get(from..)).unwrap_or_default();
    shorten(rest.split(['=', ' ', '\t', '\r', '\n']).next().unwrap_or_default())
}

/// Whether XML 1.0 can carry the character (§2.2 Char).
#[must_use]
pub const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn check_characters(text: &str) -> Result<(), XmlError> {
    match text.chars().find(|c| !is_xml_char(*c)) {
        Some(c) => Err(XmlError::Character(c.into())),
        None => Ok(()),
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    let unknown = || XmlError::Entity(shorten(reference));
    if let Some(c) = reference.resolve_char_ref().map_err(|_| unknown())? {
        return if is_xml_char(c) { Ok(c) } else { Err(XmlError::Character(c.into())) };
    }
    predefined(reference).ok_or_else(unknown)
}

/// XML 1.0 §4.6.
fn predefined(entity: &str) -> Option<char> {
    Some(match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// The value of an attribute as written: references resolved, literal white space made blanks (XML 1.0 §3.3.3).
fn unescape(raw: &str) -> Result<String, XmlError> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r', '<']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(reference) = from.strip_prefix('&') {
            let Some((name, after)) = reference.split_once(';') else {
                return Err(XmlError::Entity(shorten(reference)));
            };
            out.push(resolve(&BytesRef::new(name))?);
            rest = after;
        } else if let Some(after) = from.strip_prefix("\r\n") {
            out.push(' ');
            rest = after;
        } else if from.starts_with('<') {
            return Err(XmlError::Malformed { position: 0, reason: "< in an attribute".to_owned() });
        } else {
            out.push(' ');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[derive(Clone, Copy)]
enum Place {
    Attribute,
    Text,
}

/// Escapes what a reader would take for markup or change: `& < > "`, the carriage return (a reader makes it a
/// line feed), and white space in attributes (a reader makes it a blank). Characters that XML 1.0 cannot carry
/// become U+FFFD.
fn escape(text: &str, place: Place, out: &mut String) {
    for c in text.chars() {
        match (c, place) {
            ('&', _) => out.push_str("&amp;"),
            ('<', _) => out.push_str("&lt;"),
            ('>', _) => out.push_str("&gt;"),
            ('"', _) => out.push_str("&quot;"),
            ('\r', _) => out.push_str("&#13;"),
            ('\n', Place::Attribute) => out.push_str("&#10;"),
            ('\t', Place::Attribute) => out.push_str("&#9;"),
            (c, _) if is_xml_char(c) => out.push(c),
            (_, Place::Attribute | Place::Text) => out.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests;
