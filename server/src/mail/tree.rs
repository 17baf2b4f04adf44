//! Which parts does a message have, and which bytes are theirs (RFC 2046)?
//!
//! The tree is built level by level, each level in one pass over its bytes, so that neither deep nesting nor
//! missing boundaries cost more than [`LEVEL_CAP`] passes over the message.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::header::{Header, body_start};
use super::parameter::ContentType;
use super::part::PartId;
use super::transfer::Encoding;
use super::{LEVEL_CAP, PART_CAP};

/// A message and its parts.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    /// The message, and the nested messages that were encoded (against RFC 2045 §6.4), decoded.
    sources: Vec<Cow<'a, [u8]>>,
    /// The first is the message; children come behind their parents.
    entities: Vec<Entity>,
}

/// The message or a part of it.
#[derive(Debug)]
pub(super) struct Entity {
    source: usize,
    start: usize,
    body: usize,
    end: usize,
    level: usize,
    /// The number that the numbers of its children begin with.
    prefix: PartId,
    /// The entity it is in.
    pub(super) parent: Option<usize>,
    /// Its number; none for a message's own body, for which that of the message stands.
    pub(super) id: Option<PartId>,
    /// Its type.
    pub(super) content_type: ContentType,
    /// How its body is encoded.
    pub(super) encoding: Encoding,
    /// What it is made of.
    pub(super) structure: Structure,
    /// Why it is not all there.
    pub(super) problem: Option<Problem>,
}

/// What an entity is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Structure {
    /// Nothing but its content.
    Leaf,
    /// These parts.
    Multipart(Vec<usize>),
    /// Another message.
    Message(usize),
}

/// What is wrong with an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("the multipart names no boundary")]
    NoBoundary,
    #[error("the boundary of the multipart does not occur")]
    NoParts,
    #[error("the closing boundary is missing: the message may be cut off")]
    NotClosed,
    #[error("nested more than {LEVEL_CAP} levels deep")]
    TooDeep,
    #[error("the message has more than {PART_CAP} parts")]
    TooManyParts,
    #[error("the nested message is encoded too often")]
    TooMuchDecoded,
    #[error("the transfer encoding is damaged")]
    Damaged,
}

impl<'a> Tree<'a> {
    /// The parts of a message.
    pub(super) fn read(raw: &'a [u8]) -> Self {
        let mut tree = Self { sources: vec![Cow::Borrowed(raw)], entities: Vec::new() };
        let root = Entity::new(0, 0..raw.len(), 1);
        tree.add(root);
        let mut next = 0;
        while next < tree.entities.len() {
            tree.open(next);
            next += 1;
        }
        tree
    }

    /// The entity of that index.
    pub(super) fn entity(&self, index: usize) -> Option<&Entity> {
        self.entities.get(index)
    }

    /// All entities with their indices; children come behind their parents.
    pub(super) fn entities(&self) -> impl Iterator<Item = (usize, &Entity)> {
        self.entities.iter().enumerate()
    }

    /// The entity of that number; the message itself for none.
    pub(super) fn find(&self, id: Option<&PartId>) -> Option<usize> {
        match id {
            None => Some(0),
            Some(id) => self.entities.iter().position(|entity| entity.id.as_ref() == Some(id)),
        }
    }

    /// Header and body of an entity as they stand in the message, or in the decoded message that it is in.
    pub(super) fn whole(&self, entity: &Entity) -> &[u8] {
        self.bytes(entity.source, entity.start..entity.end)
    }

    /// The header up to and including the empty line.
    pub(super) fn header_bytes(&self, entity: &Entity) -> &[u8] {
        self.bytes(entity.source, entity.start..entity.body)
    }

    /// The body, not decoded.
    pub(super) fn body(&self, entity: &Entity) -> &[u8] {
        self.bytes(entity.source, entity.body..entity.end)
    }

    /// Whether the entity lies in the message as it is, and not in a nested one that was encoded.
    pub(super) const fn is_plain(&self, entity: &Entity) -> bool {
        entity.source == 0
    }

    /// The fields of the header.
    pub(super) fn header(&self, entity: &Entity) -> Header<'_> {
        Header::read(self.header_bytes(entity))
    }

    /// The message that the entity is in, with the range of the entity and where its body begins.
    pub(super) fn into_source(mut self, index: usize) -> Option<(Cow<'a, [u8]>, Range<usize>, usize)> {
        let entity = self.entities.get(index)?;
        let source = self.sources.get_mut(entity.source)?;
        Some((std::mem::take(source), entity.start..entity.end, entity.body))
    }

    fn bytes(&self, source: usize, range: Range<usize>) -> &[u8] {
        self.sources.get(source).and_then(|source| source.get(range)).unwrap_or_default()
    }

    /// Reads the header of an entity and adds it.
    fn add(&mut self, mut entity: Entity) -> usize {
        let whole = self.whole(&entity);
        entity.body = entity.start + body_start(whole);
        let header = Header::read(whole);
        if let Some(field) = header.first("Content-Type") {
            entity.content_type = ContentType::read(&field.unfolded());
        }
        if let Some(field) = header.first("Content-Transfer-Encoding") {
            entity.encoding = Encoding::of(&field.unfolded());
        }
        self.entities.push(entity);
        self.entities.len() - 1
    }

    /// Adds the children of an entity.
    fn open(&mut self, index: usize) {
        let Some(entity) = self.entities.get(index) else { return };
        let is_multipart = entity.content_type.media_type == "multipart";
        let is_message =
            entity.content_type.is("message", "rfc822") || entity.content_type.is("message", "global");
        let opened = if !is_multipart && !is_message {
            Ok((Structure::Leaf, None))
        } else if entity.level >= LEVEL_CAP {
            Err(Problem::TooDeep)
        } else if is_multipart {
            Ok(self.open_multipart(index))
        } else {
            self.open_message(index).map(|child| (Structure::Message(child), None))
        };
        if let Some(entity) = self.entities.get_mut(index) {
            (entity.structure, entity.problem) = match opened {
                Ok(opened) => opened,
                Err(problem) => (Structure::Leaf, Some(problem)),
            };
        }
    }

    fn open_multipart(&mut self, index: usize) -> (Structure, Option<Problem>) {
        let Some(entity) = self.entities.get(index) else { return (Structure::Leaf, None) };
        let (parts, mut problem) = match entity.content_type.parameter("boundary").map(str::trim_end) {
            None | Some("") => (Vec::new(), Some(Problem::NoBoundary)),
            Some(boundary) => split(self.body(entity), boundary.as_bytes()),
        };
        let is_digest = entity.content_type.subtype == "digest";
        let (source, base, level, prefix) = (entity.source, entity.body, entity.level, entity.prefix.clone());
        let end = entity.end;
        let mut children = Vec::with_capacity(parts.len());
        for (number, part) in (1..).zip(&parts) {
            if self.entities.len() >= PART_CAP {
                problem = Some(Problem::TooManyParts);
                break;
            }
            let mut child = Entity::new(source, base + part.start..base + part.end, level + 1);
            child.number(index, prefix.child(number));
            if is_digest {
                child.content_type = ContentType::new("message", "rfc822");
            }
            children.push(self.add(child));
        }
        let is_whole = matches!(problem, Some(Problem::NoBoundary | Problem::NoParts));
        if is_whole && base < end && self.entities.len() < PART_CAP {
            // What cannot be taken apart is shown as the text that it is.
            let mut text = Entity::new(source, base..end, level + 1);
            text.body = base;
            text.number(index, prefix.child(1));
            self.entities.push(text);
            children.push(self.entities.len() - 1);
        }
        (Structure::Multipart(children), problem)
    }

    fn open_message(&mut self, index: usize) -> Result<usize, Problem> {
        let Some(entity) = self.entities.get(index).filter(|_| self.entities.len() < PART_CAP) else {
            return Err(Problem::TooManyParts);
        };
        let (level, prefix) = (entity.level, entity.prefix.clone());
        let (source, range) = match entity.encoding {
            Encoding::Identity => (entity.source, entity.body..entity.end),
            encoding @ (Encoding::Base64 | Encoding::QuotedPrintable) => {
                let spent: usize = self.sources.iter().skip(1).map(|source| source.len()).sum();
                let original = self.sources.first().map_or(0, |source| source.len());
                if spent + self.body(entity).len() > 2 * original {
                    return Err(Problem::TooMuchDecoded);
                }
                let decoded = encoding.decode(self.body(entity)).into_owned();
                let length = decoded.len();
                self.sources.push(Cow::Owned(decoded));
                (self.sources.len() - 1, 0..length)
            }
        };
        let child = self.add(Entity::new(source, range, level + 1));
        if let Some(message) = self.entities.get_mut(child) {
            if message.content_type.media_type == "multipart" {
                message.parent = Some(index);
                message.prefix = prefix;
            } else {
                message.number(index, prefix.child(1));
            }
        }
        Ok(child)
    }
}

impl Entity {
    fn new(source: usize, range: Range<usize>, level: usize) -> Self {
        Self {
            source,
            start: range.start,
            body: range.end,
            end: range.end,
            level,
            prefix: PartId::default(),
            parent: None,
            id: None,
            content_type: ContentType::new("text", "plain"),
            encoding: Encoding::Identity,
            structure: Structure::Leaf,
            problem: None,
        }
    }

    /// Header and body, in bytes of the message or of the decoded one that it is in.
    pub(super) const fn range(&self) -> Range<u64> {
        self.start as u64..self.end as u64
    }

    /// Where the body begins.
    pub(super) const fn body_start(&self) -> u64 {
        self.body as u64
    }

    fn number(&mut self, parent: usize, id: PartId) {
        self.parent = Some(parent);
        self.prefix = id.clone();
        self.id = Some(id);
    }
}

/// The parts of a multipart's body. A boundary line is that and nothing else but blanks: a longer boundary that
/// begins with this one belongs to another multipart.
fn split(body: &[u8], boundary: &[u8]) -> (Vec<Range<usize>>, Option<Problem>) {
    let line = [b"--", boundary].concat();
    let mut parts = Vec::new();
    let mut open = None;
    for position in memmem::find_iter(body, &line) {
        let before = body.get(..position).unwrap_or_default();
        let behind = body.get(position + line.len()..).unwrap_or_default();
        let tail = behind.strip_prefix(b"--").unwrap_or(behind);
        let blanks = tail.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let rest = tail.get(blanks..).unwrap_or_default();
        if !matches!(before.last(), None | Some(b'\n' | b'\r')) || !matches!(rest, [] | [b'\n' | b'\r', ..]) {
            continue;
        }
        if let Some(start) = open.take() {
            // The line end before a boundary is the boundary's (RFC 2046 §5.1.1).
            parts.push(start..super::line::without_end(before).len().max(start));
        }
        if tail.len() < behind.len() {
            return (parts, None);
        }
        let line_end = if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
        open = Some(body.len() - rest.len() + line_end);
        if parts.len() >= PART_CAP {
            break;
        }
    }
    match open {
        Some(start) => {
            parts.push(start..body.len());
            (parts, Some(Problem::NotClosed))
        }
        None => (parts, Some(Problem::NoParts)),
    }
}

#[cfg(test)]
mod tests;
