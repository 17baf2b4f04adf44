//! What of a message is kept in columns, to be sorted and searched?

use storage::{Blob, Flags, NewMessage};

use super::address::{self, Address};
use super::date;
use super::header::{Header, header_block};
use super::parameter::Parameterized;
use super::part;
use super::tree::{Entity, Structure, Tree};

/// A message to be stored, of which `raw` is what its blob holds.
pub(crate) fn new_message(raw: &[u8], blob: Blob, internal_date: i64, flags: Flags) -> NewMessage {
    let header = header_block(raw).to_vec();
    NewMessage { blob, internal_date, flags, original_uid: None, fields: fields(raw), header }
}

/// The columns of a message.
pub(crate) fn fields(raw: &[u8]) -> storage::Fields {
    let tree = Tree::read(raw);
    let header = Header::read(raw);
    let text = |name| header.text(name).unwrap_or_default();
    let readable = |name| {
        let entries = address::of(&header, name);
        entries.iter().map(Address::readable).collect::<Vec<_>>().join(", ")
    };
    let author = address::of(&header, "From").into_iter().next();
    let (from_name, from_address) = author.map(|author| (author.name, author.address)).unwrap_or_default();
    storage::Fields {
        sent: header.first("Date").and_then(|field| date::read(&field.unfolded())).map(|date| date.time.0),
        subject: text("Subject"),
        from_name: from_name.unwrap_or_default(),
        from_address,
        to: readable("To"),
        cc: readable("Cc"),
        message_id: text("Message-ID").trim_matches(['<', '>']).to_owned(),
        attachment: tree.entities().any(|(_, entity)| is_attachment(&tree, entity)),
    }
}

/// Whether a part is a file that came with the message rather than a piece of its text.
fn is_attachment(tree: &Tree<'_>, entity: &Entity) -> bool {
    let header = tree.header(entity);
    let disposition =
        header.first("Content-Disposition").map(|field| Parameterized::read(&field.unfolded()).value);
    let content_type = &entity.content_type;
    let parent = entity.parent.and_then(|parent| tree.entity(parent));
    let is_in = |media_type: &str| parent.is_some_and(|p| p.content_type.is("multipart", media_type));
    match (&entity.structure, disposition.as_deref()) {
        (Structure::Multipart(_), _) => false,
        (_, Some("attachment")) => true,
        // Forwarded as a whole; in a digest or a report the nested message is the content.
        (Structure::Message(_), _) => parent.is_some() && !is_in("digest") && !is_in("report"),
        (Structure::Leaf, _) if content_type.media_type == "text" => {
            part::file_name(&header, content_type).is_some() && disposition.as_deref() != Some("inline")
        }
        // Images of a page, signatures and the like belong to the text.
        (Structure::Leaf, _) => {
            let is_of_page = is_in("related") && part::content_id(&header).is_some();
            !is_of_page && !["signed", "encrypted", "report"].into_iter().any(is_in)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_attachment(multipart: &str, part: &str) -> bool {
        let text = "--x\r\n\r\ntext\r\n--x\r\n";
        let head = format!("Content-Type: multipart/{multipart}; boundary=x\r\n\r\n");
        fields(format!("{head}{text}{part}\r\n\r\n1\r\n--x--\r\n").as_bytes()).attachment
    }

    #[test]
    fn files_are_attachments_and_what_belongs_to_the_text_is_none() {
        let table = [
            ("mixed", "Content-Type: application/pdf", true),
            ("mixed", "Content-Type: image/png\r\nContent-Disposition: inline", true),
            ("mixed", "Content-Type: text/plain\r\nContent-Disposition: attachment", true),
            ("mixed", "Content-Type: text/plain; name=a.txt", true),
            ("mixed", "Content-Type: text/plain; name=a.txt\r\nContent-Disposition: inline", false),
            ("mixed", "Content-Type: text/html", false),
            ("mixed", "Content-Type: message/rfc822", true),
            ("related", "Content-Type: image/png\r\nContent-ID: <a>", false),
            ("related", "Content-Type: image/png", true),
            (
                "related",
                "Content-Type: image/png\r\nContent-ID: <a>\r\nContent-Disposition: attachment",
                true,
            ),
            ("alternative", "Content-Type: text/calendar", false),
            ("signed", "Content-Type: application/pgp-signature", false),
            ("encrypted", "Content-Type: application/octet-stream", false),
            ("report", "Content-Type: message/delivery-status", false),
            ("report", "Content-Type: message/rfc822", false),
            ("digest", "", false),
        ];
        for (multipart, part, attachment) in table {
            assert_eq!(has_attachment(multipart, part), attachment, "{part} in {multipart}");
        }
    }

    #[test]
    fn the_columns_are_decoded_and_readable() {
        let raw = b"From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>, ann@example.org\r\nTo: Bob <bob@example.org>\r\n\
                    To: list@example.org\r\nCc: Friends: \"Eve, E.\" <eve@example.org>;\r\nSubject: =?utf-8?Q?Gr=C3=BC?=\r\n\
                    Date: Thu, 29 Feb 2024 13:00:00 +0100\r\nMessage-ID: <1@example.org>\r\n\r\nx\r\n";
        let expected = storage::Fields {
            sent: Some(1_709_208_000_000),
            subject: "Gr\u{fc}".to_owned(),
            from_name: "J\u{f6}rg".to_owned(),
            from_address: "j@example.org".to_owned(),
            to: "Bob <bob@example.org>, list@example.org".to_owned(),
            cc: "Eve, E. <eve@example.org>".to_owned(),
            message_id: "1@example.org".to_owned(),
            attachment: false,
        };
        assert_eq!(fields(raw), expected);
        assert_eq!(fields(b""), storage::Fields::default());
    }
}
