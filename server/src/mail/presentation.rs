//! How is a message presented as XML?

mod leaf;

use jiff::tz::TimeZone;
use protocol::{Email, Mime, MimeBody};

use super::header::Header;
use super::parameter::{ContentType, Parameterized};
use super::part::{self, PartId};
use super::room::Room;
use super::tree::{Entity, Structure, Tree};
use super::{address, charset, date, line, viewer};

/// Most header elements in one presentation, those of nested messages included.
const HEADER_ELEMENT_CAP: usize = 10_000;
/// Most bytes of header values in one presentation.
const HEADER_TEXT_CAP: usize = 2 * 1024 * 1024;
/// Most parameters shown of one field.
const PARAMETER_CAP: usize = 24;

/// The message has no such part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message has no part {0}")]
pub(crate) struct NoSuchPart(pub(crate) PartId);

/// A message as `folderRead` presents it, or the part of it with that number: a nested message as itself, any
/// other part without headers.
///
/// Texts are included in message order as long as their decoded sizes, in bytes, add up to no more than the
/// limit; those that do not fit are left empty. `zone` is the user's, for local times.
pub(crate) fn email(
    raw: &[u8],
    part: Option<&PartId>,
    total_size_limit: u64,
    zone: &TimeZone,
) -> Result<Email, NoSuchPart> {
    let tree = Tree::read(raw);
    let root = match part {
        None => 0,
        Some(id) => tree.find(part).ok_or_else(|| NoSuchPart(id.clone()))?,
    };
    let mut presenter = Presenter {
        tree: &tree,
        zone,
        text_left: total_size_limit,
        elements_left: HEADER_ELEMENT_CAP,
        header_text_left: HEADER_TEXT_CAP,
        room: Room::default(),
    };
    Ok(match (part, tree.entity(root).map(|entity| &entity.structure)) {
        (Some(id), Some(Structure::Message(child))) => presenter.email(*child, Some(id)),
        (Some(id), _) => Email {
            part_id: Some(id.to_string()),
            headers: Vec::new(),
            mime: presenter.mime(root).map(Box::new),
        },
        (None, _) => presenter.email(root, None),
    })
}

/// A presentation on its way, with what may still be put into it.
struct Presenter<'a> {
    tree: &'a Tree<'a>,
    zone: &'a TimeZone,
    text_left: u64,
    elements_left: usize,
    header_text_left: usize,
    /// For cards and calendars.
    room: Room,
}

impl Presenter<'_> {
    fn email(&mut self, index: usize, id: Option<&PartId>) -> Email {
        let headers = self.tree.entity(index).map(|entity| self.headers(&self.tree.header(entity)));
        Email {
            part_id: id.map(PartId::to_string),
            headers: headers.unwrap_or_default(),
            mime: self.mime(index).map(Box::new),
        }
    }

    /// The header elements, in message order.
    fn headers(&mut self, header: &Header<'_>) -> Vec<protocol::Header> {
        let mut elements = Vec::new();
        for field in header.fields() {
            // A field called MIME would be taken for the body.
            if !field.name.is_ascii() || !protocol::is_name(field.name) || field.is("MIME") {
                continue;
            }
            let name = field.name.to_owned();
            if protocol::is_address_field(&name) {
                for address::Address { name: real_name, address } in address::read(&field.unfolded()) {
                    let name = name.clone();
                    self.push(protocol::Header::Address { name, real_name, address }, &mut elements);
                }
            } else if let Some(date) = viewer::is_date(&name).then(|| date::read(&field.unfolded())).flatten()
            {
                let (time, time_shift) = (date.time, date.shift);
                let local_time = time.local(self.zone);
                self.push(protocol::Header::Date { name, time, local_time, time_shift }, &mut elements);
            } else {
                let is_priority = field.is("X-Priority");
                let value = field.text();
                let priority = if is_priority { viewer::priority(&value) } else { "" };
                self.push(protocol::Header::Text { name, value }, &mut elements);
                if !priority.is_empty() {
                    let (name, value) = ("Pty".to_owned(), priority.to_owned());
                    self.push(protocol::Header::Text { name, value }, &mut elements);
                }
            }
        }
        elements
    }

    /// Adds a header element unless there are too many.
    fn push(&mut self, element: protocol::Header, elements: &mut Vec<protocol::Header>) {
        let size = match &element {
            protocol::Header::Address { real_name, address, .. } => {
                address.len() + real_name.as_ref().map_or(0, String::len)
            }
            protocol::Header::Date { .. } => 0,
            protocol::Header::Text { value, .. } => value.len(),
        };
        if self.has_room(size) {
            elements.push(element);
        }
    }

    /// Whether one more header element with so many bytes of text has room, which it then takes.
    fn has_room(&mut self, size: usize) -> bool {
        let left = (self.elements_left.checked_sub(1), self.header_text_left.checked_sub(size));
        let (Some(elements_left), Some(header_text_left)) = left else { return false };
        (self.elements_left, self.header_text_left) = (elements_left, header_text_left);
        true
    }

    /// A part and those in it; levels are few, since the tree has no more than its cap.
    fn mime(&mut self, index: usize) -> Option<Mime> {
        let entity = self.tree.entity(index)?;
        let mut mime = described(self.tree, entity);
        mime.body = match &entity.structure {
            Structure::Multipart(parts) => {
                MimeBody::Parts(parts.iter().filter_map(|part| self.mime(*part)).collect())
            }
            Structure::Message(message) => {
                MimeBody::Email(Box::new(self.email(*message, entity.id.as_ref())))
            }
            Structure::Leaf => self.leaf(entity, &mut mime),
        };
        Some(mime)
    }
}

/// A part without what is in it.
pub(super) fn described(tree: &Tree<'_>, entity: &Entity) -> Mime {
    let ContentType { media_type, subtype, parameters } = &entity.content_type;
    let header = tree.header(entity);
    let disposition = header.first("Content-Disposition").map(|field| Parameterized::read(&field.unfolded()));
    let Parameterized { value: disposition, parameters: disposition_parameters } =
        disposition.unwrap_or_default();
    let others = |known: &&(String, String)| known.0 != "charset" && known.0 != "boundary";
    Mime {
        media_type: media_type.clone(),
        subtype: subtype.clone(),
        charset: entity.content_type.parameter("charset").map(str::to_owned),
        estimated_size: entity.encoding.estimate(tree.body(entity)),
        part_id: entity.id.as_ref().map(PartId::to_string),
        content_id: part::content_id(&header),
        disposition: Some(disposition).filter(|disposition| !disposition.is_empty()),
        description: header.text("Content-Description").filter(|text| !text.is_empty()),
        location: header.text("Content-Location").filter(|text| !text.is_empty()),
        class: header.text("Content-Class").filter(|text| !text.is_empty()),
        parameters: parameters.iter().filter(others).take(PARAMETER_CAP).cloned().collect(),
        disposition_parameters: disposition_parameters.into_iter().take(PARAMETER_CAP).collect(),
        parse_error: entity.problem.map(|problem| problem.to_string()),
        ..Mime::default()
    }
}

/// The decoded content of a text part, lines ending with LF.
pub(super) fn text(content_type: &ContentType, bytes: &[u8]) -> String {
    let text = charset::decode(content_type.parameter("charset"), bytes);
    line::with_lf(&text)
}

#[cfg(test)]
mod tests;
