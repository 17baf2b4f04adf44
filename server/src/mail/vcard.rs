//! What is in a vCard (vCard 2.1, RFC 2426, RFC 6350), and how do its text and its XML say it?
//!
//! A card is read from text of any version and from XML, and written as XML and as text of version 3.0 or 2.1. What
//! is not known here is kept: a property of any name has its parameters and its value in all forms.

mod line;
mod property;
mod xml;

use super::content_line::{self, Unreadable, Value};
use property::Property;

pub(crate) use property::Shown;
pub(crate) use xml::WrongCard;

/// A card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    kind: Kind,
    properties: Vec<Property>,
}

/// What a card is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Somebody.
    Contact,
    /// A group, `text/x-vgroup`.
    Group,
}

/// How a card is written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// vCard 3.0.
    New,
    /// vCard 2.1 in UTF-8, for programs that know nothing newer.
    Old,
}

impl Card {
    /// The cards of a text in the character set of this name; one that is not ended is taken as far as it goes.
    pub(crate) fn read(text: &[u8], charset: Option<&str>) -> Result<Vec<Self>, Unreadable> {
        let mut cards = Vec::new();
        let mut open: Option<(Self, bool)> = None;
        for line in content_line::read(text, charset)? {
            match (line.name.as_str(), &line.value) {
                ("BEGIN", Value::Text(kind)) => {
                    cards.extend(open.take().map(|(card, _)| card));
                    open = Kind::of(kind).map(|kind| (Self { kind, properties: Vec::new() }, false));
                }
                ("END", _) => cards.extend(open.take().map(|(card, _)| card)),
                ("VERSION", Value::Text(version)) => {
                    if let Some((_, is_old)) = &mut open {
                        *is_old = version.trim() == "2.1";
                    }
                }
                _ => {
                    if let Some((card, is_old)) = &mut open {
                        card.properties.push(Property::of(line, *is_old));
                    }
                }
            }
        }
        cards.extend(open.map(|(card, _)| card));
        if cards.is_empty() { Err(Unreadable::NoCard) } else { Ok(cards) }
    }

    /// The value of the property of that name, in any case, at that place among those of the name.
    pub(crate) fn property(&self, name: &str, index: usize) -> Option<Shown> {
        let mut named = self.properties.iter().filter(|property| property.name.eq_ignore_ascii_case(name));
        named.nth(index).map(Property::shown)
    }

    /// The card as text.
    pub(crate) fn to_text(&self, style: Style) -> String {
        let mut out = String::new();
        let kind = self.kind.name();
        let version = match style {
            Style::New => "3.0",
            Style::Old => "2.1",
        };
        content_line::write(&mut out, &format!("BEGIN:{kind}"));
        content_line::write(&mut out, &format!("VERSION:{version}"));
        for property in self.properties.iter().chain(&self.missing()) {
            line::write(&mut out, property, style);
        }
        content_line::write(&mut out, &format!("END:{kind}"));
        out
    }

    /// The names that a contact must have in text (RFC 2426 §3.1), made of what it has.
    fn missing(&self) -> Vec<Property> {
        let has = |name: &str| self.properties.iter().any(|property| property.name == name);
        let mut missing = Vec::new();
        if self.kind == Kind::Contact {
            let called = ["FN", "N", "NICKNAME", "ORG", "EMAIL"].iter().find_map(|name| {
                let called = self.properties.iter().find(|property| property.name == *name)?.readable();
                (!called.is_empty()).then_some(called)
            });
            let called = called.unwrap_or_default();
            if !has("FN") {
                missing.push(Property::text("FN", &called));
            }
            if !has("N") {
                missing.push(Property::family_name(&called));
            }
        }
        missing
    }
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        [Self::Contact, Self::Group].into_iter().find(|kind| name.trim().eq_ignore_ascii_case(kind.name()))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Contact => "VCARD",
            Self::Group => "VGROUP",
        }
    }
}

#[cfg(test)]
mod tests;
