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
use super::{part, viewer};

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
        let is_nested =
            entity.parent.and_then(|parent| tree.entity(parent)).is_some_and(|parent| {
                match parent.structure {
                    Structure::Message(_) => true,
                    Structure::Leaf | Structure::Multipart(_) => false,
                }
            });
        (is_nested && in_header(&tree.header(entity), &needle)) || in_body(&tree, entity, &needle)
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
    if entity.structure != Structure::Leaf || entity.content_type.media_type != "text" {
        return false;
    }
    let text = presentation::text(&entity.content_type, &entity.encoding.decode(tree.body(entity)));
    let text = if entity.content_type.subtype == "html" { html_to_text(&text) } else { text };
    folded(&text).contains(needle)
}

/// The text in small letters, with one blank for all white space in a row.
fn folded(text: &str) -> Cow<'_, str> {
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
