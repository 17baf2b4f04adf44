//! What is shown of a message, and how much of it?

use jiff::tz::Offset;
use protocol::{Header as Element, Time};

use super::*;

const MESSAGE: &[u8] = b"Received: from x\r\n\
    From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>\r\n\
    To: Ann <ann@example.org>, bob@example.org\r\n\
    Date: Thu, 29 Feb 2024 13:00:00 +0100\r\n\
    X-Priority: 5\r\n\
    2nd: no name of XML\r\n\
    Content-Type: multipart/mixed; boundary=x; charset=utf-8\r\n\r\n\
    --x\r\n\
    Content-Type: text/plain; charset=utf-8; format=flowed\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n\
    R3LDvMOfZQ0K\r\n\
    --x\r\n\
    Content-Type: message/rfc822\r\n\r\n\
    Subject: inner\r\n\r\n\
    inner text\r\n\
    --x\r\n\
    Content-Type: application/pdf; name=a.pdf\r\n\
    Content-Disposition: Attachment; filename=a.pdf\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n\
    JVBERi0xLjQK\r\n\
    --x--\r\n";

fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(-5))
}

fn shown(limit: u64) -> Email {
    email(MESSAGE, None, limit, &zone()).unwrap()
}

fn text(name: &str, value: &str) -> Element {
    Element::Text { name: name.to_owned(), value: value.to_owned() }
}

fn address(name: &str, real_name: Option<&str>, address: &str) -> Element {
    let real_name = real_name.map(str::to_owned);
    Element::Address { name: name.to_owned(), real_name, address: address.to_owned() }
}

fn part(media_type: &str, subtype: &str, part_id: Option<&str>, body: MimeBody) -> Mime {
    let (media_type, subtype) = (media_type.to_owned(), subtype.to_owned());
    Mime { media_type, subtype, part_id: part_id.map(str::to_owned), body, ..Mime::default() }
}

fn first() -> Mime {
    Mime {
        charset: Some("utf-8".to_owned()),
        estimated_size: 9,
        parameters: vec![("format".to_owned(), "flowed".to_owned())],
        ..part("text", "plain", Some("01"), MimeBody::Text("Grüße\n".to_owned()))
    }
}

fn inner() -> Email {
    let body = MimeBody::Text("inner text".to_owned());
    Email {
        part_id: Some("02".to_owned()),
        headers: vec![text("Subject", "inner")],
        mime: Some(Box::new(Mime { estimated_size: 10, ..part("text", "plain", Some("02-01"), body) })),
    }
}

fn pdf() -> Mime {
    Mime {
        estimated_size: 9,
        disposition: Some("attachment".to_owned()),
        parameters: vec![("name".to_owned(), "a.pdf".to_owned())],
        disposition_parameters: vec![("filename".to_owned(), "a.pdf".to_owned())],
        ..part("application", "pdf", Some("03"), MimeBody::Omitted)
    }
}

/// The texts of the first part and of the nested message.
fn texts(email: &Email) -> (MimeBody, MimeBody) {
    let MimeBody::Parts(parts) = &email.mime.as_ref().unwrap().body else { panic!("no parts") };
    let MimeBody::Email(inner) = &parts[1].body else { panic!("no message") };
    (parts[0].body.clone(), inner.mime.as_ref().unwrap().body.clone())
}

#[test]
fn a_message_is_its_headers_in_order_and_the_tree_of_its_parts() {
    let nested = Mime {
        estimated_size: 28,
        ..part("message", "rfc822", Some("02"), MimeBody::Email(Box::new(inner())))
    };
    let parts = MimeBody::Parts(vec![first(), nested, pdf()]);
    let body_length = (MESSAGE.len() - crate::mail::header_block(MESSAGE).len()) as u64;
    let expected = Email {
        part_id: None,
        headers: vec![
            text("Received", "from x"),
            address("From", Some("Jörg"), "j@example.org"),
            address("To", Some("Ann"), "ann@example.org"),
            address("To", None, "bob@example.org"),
            Element::Date {
                name: "Date".to_owned(),
                time: Time(1_709_208_000_000),
                local_time: "20240229T070000".to_owned(),
                time_shift: 3600,
            },
            text("X-Priority", "5"),
            text("Pty", "Low"),
            text("Content-Type", "multipart/mixed; boundary=x; charset=utf-8"),
        ],
        mime: Some(Box::new(Mime {
            charset: Some("utf-8".to_owned()),
            estimated_size: body_length,
            ..part("multipart", "mixed", None, parts)
        })),
    };
    assert_eq!(shown(u64::MAX), expected);
}

#[test]
fn a_part_is_shown_alone_and_a_nested_message_as_itself() {
    let shown = |number| email(MESSAGE, PartId::parse(number).as_ref(), u64::MAX, &zone()).unwrap();
    let alone = Email { part_id: Some("03".to_owned()), headers: vec![], mime: Some(Box::new(pdf())) };
    assert_eq!(shown("03"), alone);
    assert_eq!(shown("02"), inner());
    let absent = PartId::parse("04").unwrap();
    assert_eq!(email(MESSAGE, Some(&absent), u64::MAX, &zone()), Err(NoSuchPart(absent)));
}

#[test]
fn texts_are_included_in_order_as_long_as_they_fit_together() {
    let grüße = MimeBody::Text("Grüße\n".to_owned());
    let inner_text = MimeBody::Text("inner text".to_owned());
    assert_eq!(texts(&shown(19)), (grüße.clone(), inner_text.clone()));
    assert_eq!(texts(&shown(18)), (grüße.clone(), MimeBody::Omitted));
    assert_eq!(texts(&shown(9)), (grüße, MimeBody::Omitted));
    assert_eq!(texts(&shown(8)), (MimeBody::Omitted, MimeBody::Omitted));
    assert_eq!(texts(&shown(0)), (MimeBody::Omitted, MimeBody::Omitted));
}

#[test]
fn a_text_that_does_not_fit_has_its_size_and_a_later_one_may_fit() {
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=x\n\n--x\n\n{}\n--x\n\nshort\n--x--\n",
        "long ".repeat(100)
    );
    let email = email(raw.as_bytes(), None, 10, &zone()).unwrap();
    let MimeBody::Parts(parts) = &email.mime.as_ref().unwrap().body else { panic!("no parts") };
    let long = Mime { estimated_size: 500, ..part("text", "plain", Some("01"), MimeBody::Omitted) };
    let body = MimeBody::Text("short".to_owned());
    let short = Mime { estimated_size: 5, ..part("text", "plain", Some("02"), body) };
    assert_eq!(*parts, [long, short]);
}

/// What is shown of a message of this type with this body.
fn body(content_type: &str, body: &str) -> Mime {
    let raw = format!("Content-Type: {content_type}\n\n{body}");
    *email(raw.as_bytes(), None, u64::MAX, &zone()).unwrap().mime.unwrap()
}

fn xml(mime: &Mime) -> String {
    let MimeBody::Xml(elements) = &mime.body else { panic!("{:?}", mime.body) };
    elements.iter().map(protocol::Element::to_xml).collect()
}

#[test]
fn contacts_groups_and_calendars_are_shown_as_xml() {
    for subtype in ["x-vcard", "vcard", "directory; profile=vcard"] {
        let shown =
            body(&format!("text/{subtype}"), "BEGIN:VCARD\nFN:a\nEND:VCARD\nBEGIN:VCARD\nFN:b\nEND:VCARD\n");
        let expected = "<vCard><FN><VALUE>a</VALUE></FN></vCard><vCard><FN><VALUE>b</VALUE></FN></vCard>";
        assert_eq!(xml(&shown), expected, "{subtype}");
    }
    let group = body("text/x-vgroup", "BEGIN:VGROUP\nFN:a\nEND:VGROUP\n");
    assert_eq!(xml(&group), "<vCardGroup><FN><VALUE>a</VALUE></FN></vCardGroup>");
    let calendar = body("text/calendar; charset=iso-8859-1", "BEGIN:VCALENDAR\nX-A:b\nEND:VCALENDAR\n");
    assert_eq!(
        xml(&calendar),
        "<iCalendar xmlns=\"urn:ietf:params:xml:ns:xcal\"><vCalendar><x-a>b</x-a></vCalendar></iCalendar>"
    );
}

#[test]
fn what_is_not_what_it_says_is_left_out_with_the_reason() {
    let shown = body("text/vcard", "hello");
    assert_eq!(shown.body, MimeBody::Omitted);
    assert_eq!(shown.parse_error.as_deref(), Some("it has none of the lines BEGIN:VCARD and BEGIN:VGROUP"));
    let shown = body("text/calendar", "");
    assert_eq!(shown.parse_error.as_deref(), Some("it has no line BEGIN:VCALENDAR"));
}

#[test]
fn a_small_text_that_stands_for_much_is_left_out() {
    let head = "x".repeat(10_000);
    let many = ",".repeat(249_000);
    let calendar = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nCATEGORIES;X={head}:{many}\n");
    let parameters: String = (0..50).map(|at| format!(";X-{at}=")).collect();
    let wide = format!("BEGIN:VCALENDAR\nRESOURCES{parameters}:{}\n", ",".repeat(2_000));
    let card = format!("BEGIN:VCARD\nNICKNAME:{many}\n");
    let types = format!("BEGIN:VCARD\n{}", "TEL;TYPE=A;TYPE=B;TYPE=C;TYPE=D:1\n".repeat(40_000));
    for (content_type, text) in
        [("text/calendar", calendar), ("text/calendar", wide), ("text/vcard", card), ("text/vcard", types)]
    {
        let shown = body(content_type, &text);
        assert_eq!(shown.body, MimeBody::Omitted, "{content_type}");
        let reason = shown.parse_error.unwrap();
        assert!(reason.contains("too much in it"), "{reason}");
    }
    // All parts share it.
    let part = format!("--x\nContent-Type: text/vcard\n\nBEGIN:VCARD\nNICKNAME:{}\n", ",".repeat(30_000));
    let shown = body("multipart/mixed; boundary=x", &part.repeat(10));
    let MimeBody::Parts(parts) = &shown.body else { panic!("{:?}", shown.body) };
    let omitted = parts.iter().filter(|part| part.body == MimeBody::Omitted).count();
    assert_eq!((parts.len(), omitted), (10, 7));
}

#[test]
fn reports_are_shown_with_a_block_for_each_recipient() {
    let status = "Reporting-MTA: dns; x\nArrival-Date: today\n\nFinal-Recipient: rfc822;a@x\nStatus: 5.1.1\n\n\n\
        Final-Recipient: rfc822;b@x\nAction: failed\n";
    let expected = "<MIMEReport><Reporting-MTA>dns; x</Reporting-MTA><Arrival-Date>today</Arrival-Date>\
        <Recipient><Final-Recipient>rfc822;a@x</Final-Recipient><Status>5.1.1</Status></Recipient>\
        <Recipient><Final-Recipient>rfc822;b@x</Final-Recipient><Action>failed</Action></Recipient></MIMEReport>";
    assert_eq!(xml(&body("message/delivery-status", status)), expected);
    let read = "Reporting-UA: x; y\nDisposition: manual-action/MDN-sent-manually; =?utf-8?Q?=C3=B6?=\n";
    let expected = "<MIMEReport><Reporting-UA>x; y</Reporting-UA>\
        <Disposition>manual-action/MDN-sent-manually; \u{f6}</Disposition></MIMEReport>";
    assert_eq!(xml(&body("message/disposition-notification", read)), expected);
    for empty in ["", "no fields", "\n\n\n"] {
        assert_eq!(xml(&body("message/delivery-status", empty)), "<MIMEReport/>");
    }
}

#[test]
fn headers_alone_are_shown_as_the_message_that_has_them() {
    let shown = body("text/rfc822-headers", "Subject: x\nTo: a@x\n");
    let MimeBody::Email(email) = shown.body else { panic!("no message") };
    assert_eq!((email.headers, email.mime), (vec![text("Subject", "x"), address("To", None, "a@x")], None));
}
