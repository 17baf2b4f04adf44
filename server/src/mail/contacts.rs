//! Which contacts are in a message?

use super::part::PartId;
use super::tree::{Entity, Structure, Tree};
use super::vcard::{Card, Shown, Style};

/// The contacts of a message as text, one after the other.
pub(crate) fn contacts(raw: &[u8], style: Style) -> String {
    let tree = Tree::read(raw);
    let cards = tree.entities().flat_map(|(_, entity)| of(&tree, entity));
    cards.filter(Card::is_contact).map(|card| card.to_text(style)).collect()
}

/// The value of the property of that name, in any case, at that place among those of the name: of the first card of the
/// part of that number, or, for none, of the message.
pub(crate) fn contact_property(raw: &[u8], part: Option<&PartId>, name: &str, index: usize) -> Option<Shown> {
    let tree = Tree::read(raw);
    let cards = match part {
        Some(_) => of(&tree, tree.entity(tree.find(part)?)?),
        None => tree.entities().map(|(_, entity)| of(&tree, entity)).find(|cards| !cards.is_empty())?,
    };
    cards.first()?.property(name, index)
}

/// The cards of a part; none if it is something else, or cannot be read.
fn of(tree: &Tree<'_>, entity: &Entity) -> Vec<Card> {
    if entity.structure != Structure::Leaf || !Card::has_type(&entity.content_type) {
        return Vec::new();
    }
    let bytes = entity.encoding.decode(tree.body(entity));
    Card::read(&bytes, entity.content_type.parameter("charset")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nBEGIN:VCARD\nFN:no card\nEND:VCARD\n\
        --x\nContent-Type: text/vcard\nContent-Transfer-Encoding: base64\n\nQkVHSU46VkNBUkQKTjpBO0IKRk46QSBCCkVORDpWQ0FSRAo=\n\
        --x\nContent-Type: text/directory; charset=iso-8859-1\n\nBEGIN:VCARD\nN:J\xf6\nFN:J\xf6\nTEL:1\nTEL:2\nEND:VCARD\n\
        --x\nContent-Type: text/x-vgroup\n\nBEGIN:VGROUP\nFN:G\nEND:VGROUP\n--x\nContent-Type: text/vcard\n\nbroken\n--x--\n";

    #[test]
    fn all_contacts_are_found_and_nothing_else() {
        let new = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:A;B\r\nFN:A B\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nN:J\u{f6}\r\n\
            FN:J\u{f6}\r\nTEL:1\r\nTEL:2\r\nEND:VCARD\r\n";
        assert_eq!(contacts(MESSAGE, Style::New), new);
        let old = contacts(MESSAGE, Style::Old);
        assert!(
            old.contains("VERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6\r\n"),
            "{old}"
        );
        assert_eq!(contacts(b"Subject: x\n\nBEGIN:VCARD\nEND:VCARD", Style::New), "");
    }

    #[test]
    fn a_property_is_that_of_the_part_or_of_the_first_card() {
        let value = |part: Option<&str>, name, index| {
            let shown = contact_property(MESSAGE, part.and_then(PartId::parse).as_ref(), name, index)?;
            Some(String::from_utf8(shown.bytes).unwrap())
        };
        assert_eq!(value(None, "fn", 0).as_deref(), Some("A B"));
        assert_eq!(value(Some("03"), "TEL", 1).as_deref(), Some("2"));
        assert_eq!(value(Some("03"), "TEL", 2), None);
        assert_eq!(value(Some("01"), "FN", 0), None);
        assert_eq!(value(Some("04"), "FN", 0).as_deref(), Some("G"));
        assert_eq!(value(Some("09"), "FN", 0), None);
    }
}
