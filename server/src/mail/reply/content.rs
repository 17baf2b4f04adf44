//! Which parts of a message are what people read, which are pictures in it, and which are files?

use jiff::tz::TimeZone;

use super::super::header::Header;
use super::super::tree::{Entity, Structure, Tree};
use super::super::{address, date, parameter::Parameterized, part, presentation};

/// The parts of a message by what they are for, as places in its tree.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// What is read.
    pub(super) texts: Vec<usize>,
    /// What a text of HTML shows in it.
    pub(super) pictures: Vec<usize>,
    /// All else.
    pub(super) files: Vec<usize>,
}

impl Content {
    /// The parts of a message; of alternatives the one that suits best.
    pub(super) fn gather(tree: &Tree<'_>, root: usize, as_html: bool) -> Self {
        let mut content = Self::default();
        content.take(tree, root, as_html);
        content
    }

    /// A part and those in it; levels are few, since the tree has no more than its cap.
    fn take(&mut self, tree: &Tree<'_>, at: usize, as_html: bool) {
        let Some(entity) = tree.entity(at) else { return };
        match (&entity.structure, entity.content_type.subtype.as_str()) {
            (Structure::Multipart(parts), "alternative") => match chosen(tree, parts, as_html) {
                Some(part) => self.take(tree, part, as_html),
                None => self.take_all(tree, parts, as_html),
            },
            (Structure::Multipart(parts), "related") => {
                let start = related_root(tree, entity, parts);
                for part in parts {
                    if Some(*part) == start {
                        self.take(tree, *part, as_html);
                    } else if tree
                        .entity(*part)
                        .is_some_and(|part| part::content_id(&tree.header(part)).is_some())
                    {
                        self.pictures.push(*part);
                    } else {
                        self.take(tree, *part, as_html);
                    }
                }
            }
            // The signature is of bytes that nobody sends on.
            (Structure::Multipart(parts), "signed") => {
                self.take_all(tree, parts.get(..1).unwrap_or_default(), as_html);
            }
            (Structure::Multipart(parts), _) => self.take_all(tree, parts, as_html),
            (Structure::Leaf, _) if is_text(tree, entity) => self.texts.push(at),
            (Structure::Message(_) | Structure::Leaf, _) => self.files.push(at),
        }
    }

    fn take_all(&mut self, tree: &Tree<'_>, parts: &[usize], as_html: bool) {
        for part in parts {
            self.take(tree, *part, as_html);
        }
    }

    /// The texts, decoded, as long as they fit, each with its part.
    pub(super) fn decoded<'t>(&self, tree: &'t Tree<'_>, mut room: u64) -> Vec<(&'t Entity, String)> {
        let mut decoded = Vec::new();
        for entity in self.texts.iter().filter_map(|at| tree.entity(*at)) {
            let bytes = entity.encoding.decode(tree.body(entity));
            if let Some(left) = room.checked_sub(bytes.len() as u64) {
                room = left;
                decoded.push((entity, presentation::text(&entity.content_type, &bytes)));
            }
        }
        decoded
    }
}

/// The alternative that has the wanted kind of text, or else any text: the best is the last (RFC 2046 §5.1.4), and
/// plain text is the first.
fn chosen(tree: &Tree<'_>, parts: &[usize], as_html: bool) -> Option<usize> {
    let with = |subtype: &str| {
        let mut candidates = parts.iter().rev().copied();
        candidates.find(|part| has_text(tree, *part, subtype))
    };
    let (first, second) = if as_html { ("html", "plain") } else { ("plain", "html") };
    with(first).or_else(|| with(second))
}

fn has_text(tree: &Tree<'_>, at: usize, subtype: &str) -> bool {
    let Some(entity) = tree.entity(at) else { return false };
    match &entity.structure {
        Structure::Multipart(parts) => parts.iter().any(|part| has_text(tree, *part, subtype)),
        Structure::Leaf => entity.content_type.is("text", subtype) && is_text(tree, entity),
        Structure::Message(_) => false,
    }
}

/// The part that the others of a `multipart/related` belong to (RFC 2387 §3.2).
fn related_root(tree: &Tree<'_>, entity: &Entity, parts: &[usize]) -> Option<usize> {
    let wanted = entity.content_type.parameter("start").map(|id| id.trim_matches(['<', '>']));
    let has_id = |part: &&usize| {
        let id = tree.entity(**part).and_then(|part| part::content_id(&tree.header(part)));
        id.is_some() && id.as_deref() == wanted
    };
    parts.iter().find(has_id).or_else(|| parts.first()).copied()
}

/// Whether a part is to be read rather than kept.
fn is_text(tree: &Tree<'_>, entity: &Entity) -> bool {
    let header = tree.header(entity);
    let disposition =
        header.first("Content-Disposition").map(|field| Parameterized::read(&field.unfolded()).value);
    let is_read = entity.content_type.is("text", "plain") || entity.content_type.is("text", "html");
    is_read
        && disposition.as_deref() != Some("attachment")
        && (entity.id.is_none() || part::file_name(&header, &entity.content_type).is_none())
}

/// Who wrote a message when, as the line above its quoted text.
pub(super) fn attribution(header: &Header<'_>, zone: &TimeZone) -> String {
    let author = author(header);
    match (sent(header, zone), author.is_empty()) {
        (Some(sent), false) => format!("On {sent}, {author} wrote:"),
        (Some(sent), true) => format!("On {sent}:"),
        (None, false) => format!("{author} wrote:"),
        (None, true) => String::new(),
    }
}

/// The header fields that say what is forwarded: names and values.
pub(super) fn summary(header: &Header<'_>, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let list = |name| {
        let entries = address::of(header, name);
        entries.iter().map(|entry| entry.readable().into_owned()).collect::<Vec<_>>().join(", ")
    };
    let date = sent(header, zone).unwrap_or_default();
    let fields = [
        ("From", list("From")),
        ("Date", date),
        ("Subject", header.text("Subject").unwrap_or_default()),
        ("To", list("To")),
        ("Cc", list("Cc")),
    ];
    fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn author(header: &Header<'_>) -> String {
    let mut entries = ["From", "Sender"].into_iter().flat_map(|name| address::of(header, name));
    entries.next().map(|entry| entry.readable().into_owned()).unwrap_or_default()
}

/// The date on the user's clock.
fn sent(header: &Header<'_>, zone: &TimeZone) -> Option<String> {
    let date = header.first("Date").and_then(|field| date::read(&field.unfolded()))?;
    let instant = jiff::Timestamp::from_millisecond(date.time.0).ok()?;
    Some(instant.to_zoned(zone.clone()).strftime("%a, %-d %b %Y at %H:%M").to_string())
}
