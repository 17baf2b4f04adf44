//! Does a message contain a text?
//!
//! Texts are compared without the difference of capitals and small letters, and any white space matches any
//! other, so that a phrase is found where a line is broken within it.

use std::borrow::Cow;

use mail_parser::decoders::html::html_to_text;
use protocol::Field;

use super::header::Header;
use super::presentation;
use super::tree::{Entity, Structure, Tree};
use super::{header_block, part, viewer};

/// Bytes of all texts of a message that the index takes.
const INDEX_CAP: usize = 256 * 1024;
/// What parts the texts of the index from each other. It is white space, so that no text that is looked for has it.
const BETWEEN: char = '\n';

/// The texts of a message as they are indexed, so that a folded text is in them wherever it is found in the message; none
/// if they are too long for the index.
pub(crate) fn texts(raw: &[u8]) -> Option<storage::Texts> {
    let tree = Tree::read(raw);
    let mut texts = storage::Texts::default();
    for text in viewer::shown_texts(header_block(raw)) {
        add(&mut texts.shown, &text);
    }
    for (_, entity) in tree.entities() {
        let header = tree.header(entity);
        for field in header.fields() {
            let text = field.text();
            add(&mut texts.head, &text);
            if is_nested(&tree, entity) {
                add(&mut texts.body, &text);
            }
        }
        if let Some(name) = part::file_name(&header, &entity.content_type) {
            add(&mut texts.head, &name);
        }
        if let Some(text) = body_text(&tree, entity) {
            add(&mut texts.body, &text);
        }
        if texts.head.len() + texts.shown.len() + texts.body.len() > INDEX_CAP {
            return None;
        }
    }
    Some(texts)
}

fn add(texts: &mut String, text: &str) {
    texts.push_str(&folded(text));
    texts.push(BETWEEN);
}

/// Whether a header field or a text of the message contains it, those of nested messages and the names of files
/// included.
pub(crate) fn matches_anywhere(raw: &[u8], needle: &str) -> bool {
    let needle = folded(needle);
    let tree = Tree::read(raw);
    tree.entities().any(|(_, entity)| {
        in_header(&tree.header(entity), &needle)
            || in_file_name(&tree, entity, &needle)
            || in_body(&tree, entity, &needle)
    })
}

/// Whether a text part of the message contains it; a nested message is a part with its header.
pub(crate) fn matches_body(raw: &[u8], needle: &str) -> bool {
    let needle = folded(needle);
    let tree = Tree::read(raw);
    tree.entities().any(|(_, entity)| {
        (is_nested(&tree, entity) && in_header(&tree.header(entity), &needle))
            || in_body(&tree, entity, &needle)
    })
}

/// Whether the entity is a message within the message.
fn is_nested(tree: &Tree<'_>, entity: &Entity) -> bool {
    let parent = entity.parent.and_then(|parent| tree.entity(parent));
    parent.is_some_and(|parent| match parent.structure {
        Structure::Message(_) => true,
        Structure::Leaf | Structure::Multipart(_) => false,
    })
}

/// Whether a header field of this name contains it, as it is decoded or as a folder shows it. `header` is the
/// header block of the message.
pub(crate) fn matches_header(header: &[u8], field: &Field, needle: &str) -> bool {
    let needle = folded(needle);
    let shown = viewer::text_of(field.name(), header).is_some_and(|text| folded(&text).contains(&*needle));
    shown || Header::read(header).all(field.name()).any(|field| folded(&field.text()).contains(&*needle))
}

fn in_header(header: &Header<'_>, needle: &str) -> bool {
    header.fields().iter().any(|field| folded(&field.text()).contains(needle))
}

fn in_file_name(tree: &Tree<'_>, entity: &Entity, needle: &str) -> bool {
    let name = part::file_name(&tree.header(entity), &entity.content_type);
    name.is_some_and(|name| folded(&name).contains(needle))
}

fn in_body(tree: &Tree<'_>, entity: &Entity, needle: &str) -> bool {
    body_text(tree, entity).is_some_and(|text| folded(&text).contains(needle))
}

/// The text of a part, if it is one.
fn body_text(tree: &Tree<'_>, entity: &Entity) -> Option<String> {
    if entity.structure != Structure::Leaf || entity.content_type.media_type != "text" {
        return None;
    }
    let text = presentation::text(&entity.content_type, &entity.encoding.decode(tree.body(entity)));
    Some(if entity.content_type.subtype == "html" { html_to_text(&text) } else { text })
}

/// The text in small letters, with one blank for all white space in a row.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    let is_folded = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    if text.bytes().all(is_folded) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        match c {
            // Letters whose capitals are those of other letters.
            'ς' => out.push('σ'),
            'ß' | 'ẞ' => out.push_str("ss"),
            c => out.extend(c.to_lowercase()),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
