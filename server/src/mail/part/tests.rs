//! Are parts found by the numbers and ids that URLs have?

use super::*;

const MESSAGE: &[u8] = b"Subject: outer\r\n\
    Content-Type: multipart/mixed; boundary=o\r\n\r\n\
    --o\r\n\
    Content-Type: multipart/related; boundary=r\r\n\r\n\
    --r\r\n\
    Content-Type: text/html; charset=iso-8859-1\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n\
    <img src=3D\"cid:pic\">=FC\r\n\
    --r\r\n\
    Content-Type: image/png; name=\"=?utf-8?Q?=C3=BC.png?=\"\r\n\
    Content-ID: <pic>\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n\
    iVBORw==\r\n\
    --r--\r\n\
    --o\r\n\
    Content-Type: message/rfc822\r\n\r\n\
    Subject: inner\r\n\
    Content-Type: image/gif\r\n\
    Content-ID: <pic>\r\n\r\n\
    GIF\r\n\
    --o\r\n\
    Content-Type: image/gif\r\n\
    Content-ID: <far>\r\n\r\n\
    GIF89a\r\n\
    --o--\r\n";

fn id(text: &str) -> PartId {
    PartId::parse(text).unwrap()
}

fn part<'a>(raw: &'a [u8], id: Option<&str>) -> Option<Part<'a>> {
    let at = Outline::read(raw).find(id.map(self::id).as_ref())?;
    Part::at(raw, at)
}

fn entry<'o>(outline: &'o Outline, id: &str) -> &'o Entry {
    outline.entry(outline.find(Some(&self::id(id))).unwrap()).unwrap()
}

fn found(text: &str) -> Part<'static> {
    part(MESSAGE, Some(text)).unwrap()
}

#[test]
fn numbers_are_read_only_as_they_are_written() {
    for text in ["01", "02-01", "99-99", "100", "01-1000"] {
        assert_eq!(id(text).to_string(), text);
    }
    for wrong in
        ["", "1", "001", "00", "01-", "-01", "01--01", "1-01", "01-B", "+1", "01 ", "1001", "99999999", "٠١"]
    {
        assert_eq!(PartId::parse(wrong), None, "{wrong}");
    }
    assert_eq!(PartId::parse(&["01"; 1000].join("-")), None);
}

#[test]
fn the_whole_message_has_no_number() {
    let whole = part(MESSAGE, None).unwrap();
    assert_eq!(whole.undecoded(), MESSAGE);
    assert_eq!(whole.header(), &MESSAGE[..61]);
    assert_eq!(*whole.decoded(), MESSAGE[61..]);
    assert_eq!(Outline::read(MESSAGE).entry(0).unwrap().content_type, "multipart/mixed");
}

#[test]
fn a_part_has_its_header_and_its_body_decoded_but_in_its_character_set() {
    let html = found("01-01");
    let header =
        b"Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    assert_eq!(html.header(), header);
    assert_eq!(html.undecoded(), [header.as_slice(), b"<img src=3D\"cid:pic\">=FC"].concat());
    assert_eq!(*html.decoded(), *b"<img src=\"cid:pic\">\xfc");
    assert_eq!(entry(&Outline::read(MESSAGE), "01-01").content_type, "text/html; charset=iso-8859-1");
}

#[test]
fn a_file_has_its_name() {
    let image = found("01-02");
    assert_eq!(*image.decoded(), *b"\x89PNG");
    let outline = Outline::read(MESSAGE);
    let disposition = entry(&outline, "01-02").file_name.as_ref().map(|name| name.disposition("inline"));
    assert_eq!(disposition.as_deref(), Some("inline; filename=\"_.png\"; filename*=UTF-8''%C3%BC.png"));
}

#[test]
fn a_nested_message_is_the_body_of_its_part_and_its_only_part_is_the_first() {
    let message = b"Subject: inner\r\nContent-Type: image/gif\r\nContent-ID: <pic>\r\n\r\nGIF";
    assert_eq!(*found("02").decoded(), *message);
    assert_eq!(found("02-01").undecoded(), message);
    assert_eq!(*found("02-01").decoded(), *b"GIF");
}

#[test]
fn a_part_that_is_not_there_is_not_found() {
    for absent in ["04", "01-03", "02-02", "02-01-01", "01-01-01"] {
        assert_eq!(Outline::read(MESSAGE).find(Some(&id(absent))), None, "{absent}");
        assert_eq!(Outline::read(MESSAGE).related(Some(&id(absent)), "pic"), None, "{absent}");
    }
    assert_eq!(Outline::read(b"Subject: simple\r\n\r\nbody").find(Some(&id("01"))), None);
}

#[test]
fn a_content_id_means_the_nearest_part_that_has_it() {
    let related = |from: Option<&str>, content_id| {
        let at = Outline::read(MESSAGE).related(from.map(id).as_ref(), content_id)?;
        let part = Part::at(MESSAGE, at)?;
        Some(part.decoded().into_owned())
    };
    assert_eq!(related(Some("01-01"), "pic").as_deref(), Some(b"\x89PNG".as_slice()));
    assert_eq!(related(Some("02-01"), "pic").as_deref(), Some(b"GIF".as_slice()));
    assert_eq!(related(Some("01-01"), "far").as_deref(), Some(b"GIF89a".as_slice()));
    assert_eq!(related(None, "pic").as_deref(), Some(b"\x89PNG".as_slice()));
    assert_eq!(related(Some("01-01"), "nowhere"), None);
}

#[test]
fn a_message_that_was_encoded_has_parts_like_any_other() {
    let raw = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogaW5uZXIKClRleHQK\r\n--o--\r\n";
    let inner = part(raw, Some("01-01")).unwrap();
    assert_eq!(inner.header(), b"Subject: inner\n\n");
    assert_eq!(*inner.decoded(), *b"Text\n");
    assert_eq!(*part(raw, Some("01")).unwrap().decoded(), *b"Subject: inner\n\nText\n");
    let outline = Outline::read(raw);
    assert_eq!((entry(&outline, "01").is_plain, entry(&outline, "01-01").is_plain), (true, false));
}

#[test]
fn the_outline_says_which_bytes_are_a_part() {
    let outline = Outline::read(MESSAGE);
    for id in ["01", "01-01", "01-02", "02", "02-01", "03"] {
        let (entry, part) = (entry(&outline, id), found(id));
        let bytes = |range: Range<u64>| &MESSAGE[range.start as usize..range.end as usize];
        assert_eq!(bytes(entry.whole.clone()), part.undecoded(), "{id}");
        assert_eq!(bytes(entry.whole.start..entry.body), part.header(), "{id}");
        let length = entry.blocks.as_ref().map_or(entry.whole.end - entry.body, Blocks::length);
        assert_eq!(length, part.decoded().len() as u64, "{id}");
    }
    assert!(outline.weight() > 1_000);
}
