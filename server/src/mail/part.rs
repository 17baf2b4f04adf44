//! Which part of a message does a URL name, and what is in it?

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::PART_CAP;
use super::file_name::FileName;
use super::header::Header;
use super::parameter::{ContentType, Parameterized};
use super::transfer::{Blocks, Encoding};
use super::tree::{Entity, Tree};

/// The number of a part: two-digit groups joined by hyphens, such as `02-01` for the first part of the second
/// part. The parts of a nested message are numbered on from the number of the part that the message is; if it has
/// one part only, that is the first. The body of the message itself has no number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PartId(Vec<u16>);

impl PartId {
    /// The number that is written so, exactly.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // 32 levels of four digits and a hyphen.
        let groups = (text.len() <= 160).then(|| text.split('-'))?;
        let id = Self(groups.map(|group| group.parse().ok()).collect::<Option<_>>()?);
        let is_possible = id.0.iter().all(|number| (1..=PART_CAP).contains(&usize::from(*number)));
        (is_possible && id.to_string() == text).then_some(id)
    }

    pub(super) fn child(&self, number: u16) -> Self {
        let mut groups = Vec::with_capacity(self.0.len() + 1);
        groups.extend_from_slice(&self.0);
        groups.push(number);
        Self(groups)
    }
}

/// As it is parsed; parts beyond the 99th have three digits.
impl fmt::Display for PartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, number) in self.0.iter().enumerate() {
            let hyphen = if position == 0 { "" } else { "-" };
            write!(f, "{hyphen}{number:02}")?;
        }
        Ok(())
    }
}

/// A message or a part of it, with its bytes.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    source: Cow<'a, [u8]>,
    range: Range<usize>,
    body: usize,
    encoding: Encoding,
}

/// Where the parts of a message are in its bytes, so that they can be had without reading the message again.
#[derive(Debug)]
pub(crate) struct Outline {
    entries: Vec<Entry>,
}

/// A message or a part of it, without its bytes.
#[derive(Debug)]
pub(crate) struct Entry {
    id: Option<PartId>,
    parent: Option<usize>,
    content_id: Option<String>,
    /// Whether it lies in the message as it is, and not in a nested one that was encoded.
    pub(crate) is_plain: bool,
    /// Header and body.
    pub(crate) whole: Range<u64>,
    /// Where its body begins.
    pub(crate) body: u64,
    /// How the body is decoded, if it is encoded.
    pub(crate) blocks: Option<Blocks>,
    /// Its type, as HTTP has it.
    pub(crate) content_type: String,
    /// The name of the file that it is.
    pub(crate) file_name: Option<FileName>,
}

impl Outline {
    /// Takes a message apart.
    pub(crate) fn read(raw: &[u8]) -> Self {
        let tree = Tree::read(raw);
        let entries = tree.entities().map(|(_, entity)| {
            let header = tree.header(entity);
            let is_plain = tree.is_plain(entity);
            Entry {
                id: entity.id.clone(),
                parent: entity.parent,
                content_id: content_id(&header),
                is_plain,
                whole: entity.range(),
                body: entity.body_start(),
                blocks: is_plain.then(|| Blocks::of(effective(entity), tree.body(entity))).flatten(),
                content_type: entity.content_type.http(),
                file_name: file_name(&header, &entity.content_type).and_then(|name| FileName::new(&name)),
            }
        });
        Self { entries: entries.collect() }
    }

    /// The place of the part of that number; of the whole message for none.
    pub(crate) fn find(&self, id: Option<&PartId>) -> Option<usize> {
        match id {
            None => Some(0),
            Some(id) => self.entries.iter().position(|entry| entry.id.as_ref() == Some(id)),
        }
    }

    /// The place of the part with this `Content-ID` (RFC 2392) that is nearest to the part of that number: in the same
    /// multipart, or else in one around it.
    pub(crate) fn related(&self, id: Option<&PartId>, wanted: &str) -> Option<usize> {
        let mut around = self.find(id);
        let has_id = |(_, entry): &(usize, &Entry)| entry.content_id.as_deref() == Some(wanted);
        let candidates: Vec<usize> =
            self.entries.iter().enumerate().filter(has_id).map(|(at, _)| at).collect();
        while let Some(ancestor) = around {
            if let Some(nearest) = candidates.iter().find(|at| self.is_within(**at, ancestor)) {
                return Some(*nearest);
            }
            around = self.entry(ancestor)?.parent;
        }
        None
    }

    /// The part at that place.
    pub(crate) fn entry(&self, at: usize) -> Option<&Entry> {
        self.entries.get(at)
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let weigh = |entry: &Entry| {
            let blocks = entry.blocks.as_ref().map_or(0, |blocks| blocks.count() * 32);
            size_of::<Entry>() + text(&entry.content_id) + entry.content_type.len() + blocks + 512
        };
        self.entries.iter().map(weigh).sum()
    }

    /// Whether the first is the second or within it.
    fn is_within(&self, at: usize, ancestor: usize) -> bool {
        let parent = |at: &usize| self.entry(*at).and_then(|entry| entry.parent);
        std::iter::successors(Some(at), parent).any(|at| at == ancestor)
    }
}

impl<'a> Part<'a> {
    /// The part at that place of the message's [`Outline`].
    pub(crate) fn at(raw: &'a [u8], index: usize) -> Option<Self> {
        let tree = Tree::read(raw);
        let encoding = effective(tree.entity(index)?);
        let (source, range, body) = tree.into_source(index)?;
        Some(Self { source, range, body, encoding })
    }

    /// Header and body as they stand in the message, or in the decoded message that the part is in.
    pub(crate) fn undecoded(&self) -> &[u8] {
        self.source.get(self.range.clone()).unwrap_or_default()
    }

    /// The header up to and including the empty line.
    pub(crate) fn header(&self) -> &[u8] {
        self.source.get(self.range.start..self.body).unwrap_or_default()
    }

    /// The body with its transfer encoding undone; a text stays in its character set.
    pub(crate) fn decoded(&self) -> Cow<'_, [u8]> {
        let body = self.source.get(self.body..self.range.end).unwrap_or_default();
        self.encoding.decode(body)
    }
}

/// The encoding that holds: in a multipart only identity encodings are allowed (RFC 2045 §6.4), and readers disregard
/// others.
fn effective(entity: &Entity) -> Encoding {
    if entity.content_type.media_type == "multipart" { Encoding::Identity } else { entity.encoding }
}

/// The `Content-ID` without the angle brackets.
pub(super) fn content_id(header: &Header<'_>) -> Option<String> {
    let value = header.text("Content-ID")?;
    let id = value.trim_start_matches('<').trim_end_matches('>').trim();
    (!id.is_empty()).then(|| id.to_owned())
}

/// The name that a message gives to a part, as it stands there.
pub(super) fn file_name(header: &Header<'_>, content_type: &ContentType) -> Option<String> {
    let disposition = header.first("Content-Disposition").map(|field| Parameterized::read(&field.unfolded()));
    let name = disposition.as_ref().and_then(|disposition| disposition.parameter("filename"));
    let name = name.or_else(|| content_type.parameter("name"))?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
