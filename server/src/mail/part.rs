//! Which part of a message does a URL name, and what is in it?

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::PART_CAP;
use super::file_name::FileName;
use super::header::Header;
use super::parameter::{ContentType, Parameterized};
use super::transfer::Encoding;
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

/// A message or a part of it.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    source: Cow<'a, [u8]>,
    range: Range<usize>,
    body: usize,
    encoding: Encoding,
    /// Its type.
    pub(crate) content_type: ContentType,
    /// The name of the file that it is.
    pub(crate) file_name: Option<FileName>,
}

impl<'a> Part<'a> {
    /// The part of that number; the whole message for none.
    pub(crate) fn find(raw: &'a [u8], id: Option<&PartId>) -> Option<Self> {
        let tree = Tree::read(raw);
        let index = tree.find(id)?;
        Self::of(tree, index)
    }

    /// The part with this `Content-ID` (RFC 2392) that is nearest to the part of that number: in the same
    /// multipart, or else in one around it.
    pub(crate) fn related(raw: &'a [u8], id: Option<&PartId>, wanted: &str) -> Option<Self> {
        let tree = Tree::read(raw);
        let mut around = Some(tree.find(id)?);
        let has_id = |(index, entity): (usize, &Entity)| {
            let known = content_id(&tree.header(entity));
            (known.as_deref() == Some(wanted)).then_some(index)
        };
        let candidates: Vec<usize> = tree.entities().filter_map(has_id).collect();
        while let Some(ancestor) = around {
            if let Some(nearest) = candidates.iter().find(|index| is_within(&tree, **index, ancestor)) {
                return Self::of(tree, *nearest);
            }
            around = tree.entity(ancestor)?.parent;
        }
        None
    }

    fn of(tree: Tree<'a>, index: usize) -> Option<Self> {
        let entity = tree.entity(index)?;
        let header = tree.header(entity);
        let (content_type, encoding) = (entity.content_type.clone(), entity.encoding);
        let file_name = file_name(&header, &content_type).and_then(|name| FileName::new(&name));
        let (source, range, body) = tree.into_source(index)?;
        Some(Self { source, range, body, encoding, content_type, file_name })
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
        // Only identity encodings are allowed there (RFC 2045 §6.4), and readers disregard others.
        let encoding =
            if self.content_type.media_type == "multipart" { Encoding::Identity } else { self.encoding };
        encoding.decode(body)
    }
}

/// Whether the first entity is the second or within it.
fn is_within(tree: &Tree<'_>, index: usize, ancestor: usize) -> bool {
    let mut at = Some(index);
    while let Some(index) = at {
        if index == ancestor {
            return true;
        }
        at = tree.entity(index).and_then(|entity| entity.parent);
    }
    false
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
