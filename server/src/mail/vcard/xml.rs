//! How is a card presented as XML?
//!
//! An element a property, of its name: what it is of (`HOME`, `CELL`) are empty elements in it, the other parameters are
//! attributes, its value is in `VALUE`, in the elements of its components, or, if it is bytes, in `BINVAL` beside `TYPE`.

use protocol::{Element, is_name};

use super::super::content_line;
use super::super::room::{NoRoom, Room};
use super::property::{Content, Property, Shape};
use super::{Card, Kind};

/// Most properties taken from XML; a document has limits of its own.
const PROPERTY_CAP: usize = 10_000;

/// Why an element is no card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongCard {
    #[error("a card is <vCard> or <vCardGroup>, not <{0}>")]
    Name(String),
    #[error("a vCard has no property called {0}: names have letters, digits and hyphens")]
    Property(String),
    #[error("the BINVAL of {0} should be base64")]
    Binary(String),
    #[error("a vCard has no more than {PROPERTY_CAP} properties")]
    TooMany,
}

impl Card {
    /// The card as XML, if there is room for it.
    pub(crate) fn to_element(&self, room: &mut Room) -> Result<Element, NoRoom> {
        let mut element = Element::new(match self.kind {
            Kind::Contact => "vCard",
            Kind::Group => "vCardGroup",
        });
        room.take(&element)?;
        for property in self.properties.iter().filter(|property| is_name(&property.name)) {
            element.push(property.to_element(room)?);
        }
        Ok(element)
    }

    /// The card that an element presents.
    pub(crate) fn of_element(element: &Element) -> Result<Self, WrongCard> {
        let kind = match element.name() {
            _ if element.is("vCard") => Kind::Contact,
            _ if element.is("vCardGroup") => Kind::Group,
            other => return Err(WrongCard::Name(other.to_owned())),
        };
        let of_text =
            |name: &str| ["VERSION", "BEGIN", "END"].iter().any(|own| own.eq_ignore_ascii_case(name));
        let properties = element.elements().filter(|child| !of_text(child.name()));
        let properties: Vec<_> =
            properties.take(PROPERTY_CAP + 1).map(Property::of_element).collect::<Result<_, _>>()?;
        if properties.len() > PROPERTY_CAP {
            return Err(WrongCard::TooMany);
        }
        Ok(Self { kind, properties })
    }
}

impl Property {
    fn to_element(&self, room: &mut Room) -> Result<Element, NoRoom> {
        let mut element = Element::new(&self.name);
        if !self.group.is_empty() {
            element.set("group", &self.group);
        }
        let (named, others): (Vec<&String>, Vec<&String>) =
            self.types.iter().partition(|kind| is_name(kind) && !is_taken(kind));
        if !others.is_empty() {
            let others: Vec<&str> = others.into_iter().map(String::as_str).collect();
            element.set("TYPE", others.join(","));
        }
        for (name, values) in self.gathered() {
            element.set(name, values.join(","));
        }
        room.take(&element)?;
        for kind in named {
            push(&mut element, Element::new(kind), room)?;
        }
        self.push_content(&mut element, room)?;
        Ok(element)
    }

    /// The values of each parameter that an attribute can be called as.
    fn gathered(&self) -> Vec<(&str, Vec<&str>)> {
        let mut gathered: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, value) in self.parameters.iter().filter(|(name, _)| is_name(name)) {
            match gathered.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push(value),
                None => gathered.push((name, vec![value])),
            }
        }
        gathered
    }

    fn push_content(&self, element: &mut Element, room: &mut Room) -> Result<(), NoRoom> {
        let mut push = |name: &str, text: &str| push(element, Element::new(name).with_text(text), room);
        match (&self.content, Shape::of(&self.name)) {
            (Content::Components(texts), Shape::Named(names)) => {
                for (name, text) in names.iter().zip(texts).filter(|(_, text)| !text.is_empty()) {
                    push(name, text)?;
                }
            }
            (Content::Components(texts), Shape::Organization) => {
                for (at, text) in texts.iter().enumerate() {
                    push(if at == 0 { "ORGNAME" } else { "ORGUNIT" }, text)?;
                }
            }
            (Content::Components(texts) | Content::List(texts), _) => {
                for text in texts {
                    push("VALUE", text)?;
                }
            }
            (Content::Text(text) | Content::Uri(text), _) => push("VALUE", text)?,
            (Content::Binary(base64, media_type), _) => {
                if let Some(media_type) = media_type {
                    push("TYPE", media_type)?;
                }
                push("BINVAL", base64)?;
            }
        }
        Ok(())
    }

    fn of_element(element: &Element) -> Result<Self, WrongCard> {
        let name = element.name().to_ascii_uppercase();
        if !content_line::is_name(&name) {
            return Err(WrongCard::Property(name));
        }
        let mut read = Read { shape: Shape::of(&name), ..Read::default() };
        let mut group = String::new();
        for (attribute, value) in element.attributes() {
            if attribute.eq_ignore_ascii_case("group") && content_line::is_name(value) {
                value.clone_into(&mut group);
            } else if attribute.eq_ignore_ascii_case("TYPE") {
                read.types.extend(value.split(',').map(str::to_ascii_uppercase));
            } else if attribute.eq_ignore_ascii_case("PID") {
                // The only one of which lists are in use.
                read.parameters.extend(value.split(',').map(|value| ("PID".to_owned(), value.to_owned())));
            } else if content_line::is_name(attribute) && attribute != "xmlns" {
                read.parameters.push((attribute.to_ascii_uppercase(), value.to_owned()));
            }
        }
        for child in element.elements() {
            read.child(child, &name)?;
        }
        let own = element.text();
        if read.values.is_empty() && !own.trim().is_empty() {
            read.values.push(own.into_owned());
        }
        let content = read.content();
        Ok(Self { group, name, types: read.types, parameters: read.parameters, content })
    }
}

/// What was read of a property's element so far.
struct Read {
    shape: Shape,
    types: Vec<String>,
    parameters: Vec<(String, String)>,
    values: Vec<String>,
    named: Vec<(&'static str, String)>,
    organization: (String, Vec<String>),
    binary: Option<String>,
    media_type: Option<String>,
}

impl Default for Read {
    fn default() -> Self {
        Self {
            shape: Shape::Other,
            types: Vec::new(),
            parameters: Vec::new(),
            values: Vec::new(),
            named: Vec::new(),
            organization: (String::new(), Vec::new()),
            binary: None,
            media_type: None,
        }
    }
}

impl Read {
    fn child(&mut self, child: &Element, property: &str) -> Result<(), WrongCard> {
        let text = child.text();
        let component = match self.shape {
            Shape::Named(names) => names.iter().find(|name| child.is(name)).copied(),
            Shape::Text
            | Shape::Uri
            | Shape::List
            | Shape::Organization
            | Shape::Binary(_)
            | Shape::Other => None,
        };
        if let Some(name) = component {
            self.named.push((name, text.into_owned()));
        } else if self.shape == Shape::Organization && child.is("ORGNAME") {
            self.organization.0 = text.into_owned();
        } else if self.shape == Shape::Organization && child.is("ORGUNIT") {
            self.organization.1.push(text.into_owned());
        } else if child.is("BINVAL") {
            let base64: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            if !base64.bytes().all(content_line::is_base64) {
                return Err(WrongCard::Binary(property.to_owned()));
            }
            self.binary = Some(base64);
        } else if child.is("TYPE") {
            self.media_type = Some(text.trim().to_owned());
        } else if child.is("VALUE") || !text.is_empty() {
            self.values.push(text.into_owned());
        } else {
            self.types.push(child.name().to_ascii_uppercase());
        }
        Ok(())
    }

    fn content(&mut self) -> Content {
        let media_type = self.media_type.take();
        if let Some(base64) = self.binary.take() {
            return Content::Binary(base64, media_type);
        }
        // Without bytes it says what an empty element would.
        self.types.extend(media_type.map(|kind| kind.to_ascii_uppercase()));
        let values = std::mem::take(&mut self.values);
        let is_uri = |(name, value): &(String, String)| name == "VALUE" && value.eq_ignore_ascii_case("uri");
        match self.shape {
            Shape::Named(names) if !self.named.is_empty() || values.is_empty() => {
                let of = |name: &&str| {
                    let texts =
                        self.named.iter().filter(|(known, _)| known == name).map(|(_, text)| text.as_str());
                    texts.collect::<Vec<_>>().join(",")
                };
                Content::Components(names.iter().map(of).collect())
            }
            Shape::Organization if values.is_empty() => {
                let (name, units) = std::mem::take(&mut self.organization);
                Content::Components(std::iter::once(name).chain(units).collect())
            }
            Shape::Named(_) | Shape::Organization => Content::Components(values),
            Shape::List => Content::List(values),
            Shape::Uri | Shape::Binary(_) => Content::Uri(values.into_iter().next().unwrap_or_default()),
            Shape::Text | Shape::Other if self.parameters.iter().any(is_uri) => {
                Content::Uri(values.into_iter().next().unwrap_or_default())
            }
            Shape::Text => Content::Text(values.join("\n")),
            Shape::Other if values.len() > 1 => Content::Components(values),
            Shape::Other => Content::Text(values.into_iter().next().unwrap_or_default()),
        }
    }
}

/// Puts an element into another one.
fn push(into: &mut Element, element: Element, room: &mut Room) -> Result<(), NoRoom> {
    room.take(&element)?;
    into.push(element);
    Ok(())
}

/// Whether an element of this name in a property has another meaning.
fn is_taken(name: &str) -> bool {
    ["VALUE", "BINVAL", "TYPE"].contains(&name)
}
