//! What is prepared when a message is answered or sent on?

use jiff::tz::Offset;

use super::*;

const MESSAGE: &str = "From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>\r\nTo: me@example.org, Ann <ann@example.org>\r\n\
    Cc: ANN@example.org, bob@example.org, ME@example.org\r\nSubject: RE: Re[2]: lunch\r\nMessage-ID: <3@x>\r\n\
    References: <1@x>\r\n <2@x>\r\nDate: Thu, 29 Feb 2024 13:00:00 +0100\r\n\
    Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
    --a\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\n> old \r\n> text\r\nnew \r\ntext\r\n\r\n-- \r\nJ\r\n\
    --a\r\nContent-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: text/html\r\n\r\n\
    <html><body><p>new text<img src=\"cid:p@x\"></blockquote></body></html>\r\n--r\r\nContent-Type: image/png\r\nContent-ID: <p@x>\r\n\r\nPNG\r\n\
    --r--\r\n--a--\r\n--m\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nPDF\r\n\
    --m\r\nContent-Type: message/rfc822\r\n\r\nFrom: eve@example.org\r\nSubject: inner\r\n\r\ninner text\r\n--m--\r\n";

fn occasion(part: Option<&str>) -> Occasion {
    Occasion {
        folder: "INBOX".to_owned(),
        uid: 7,
        part: part.and_then(PartId::parse),
        own: vec!["me@example.org".to_owned()],
        zone: TimeZone::fixed(Offset::constant(-5)),
    }
}

fn made(raw: &str, mode: ReadMode) -> Email {
    reply(raw.as_bytes(), mode, u64::MAX, &occasion(None)).unwrap()
}

/// The header fields as lines.
fn headers(email: &Email) -> Vec<String> {
    let line = |field: &Field| match field {
        Field::Address { name, real_name, address } => {
            format!("{name}: {} <{address}>", real_name.as_deref().unwrap_or_default())
        }
        Field::Date { name, .. } => name.clone(),
        Field::Text { name, value } => format!("{name}: {value}"),
    };
    email.headers.iter().map(line).collect()
}

/// All parts that are no multiparts.
fn leaves(email: &Email) -> Vec<Mime> {
    let mut open: Vec<Mime> = email.mime.iter().map(|mime| Mime::clone(mime)).collect();
    let mut found = Vec::new();
    while let Some(mime) = open.pop() {
        if let MimeBody::Parts(parts) = mime.body {
            open.extend(parts.into_iter().rev());
        } else {
            found.push(mime);
        }
    }
    found
}

fn text(email: &Email) -> String {
    let first = leaves(email).swap_remove(0);
    let MimeBody::Text(text) = first.body else { panic!("{first:?}") };
    text
}

/// What the references among the parts name.
fn references(email: &Email) -> Vec<String> {
    let reference = |mime: Mime| {
        let Some(MimeSource::Message { folder, uid }) = mime.source else { return None };
        let part = mime.part_id.unwrap_or_default();
        Some(format!("{folder}/{uid}/{part} {}/{}", mime.media_type, mime.subtype))
    };
    leaves(email).into_iter().filter_map(reference).collect()
}

#[test]
fn an_answer_goes_to_the_author_and_belongs_to_the_thread() {
    let email = made(MESSAGE, ReadMode::ReplyFrom);
    let expected = [
        "To: J\u{f6}rg <j@example.org>",
        "Subject: Re: lunch",
        "In-Reply-To: <3@x>",
        "References: <1@x> <2@x> <3@x>",
    ];
    assert_eq!(headers(&email), expected);
    assert_eq!(
        text(&email),
        "On Thu, 29 Feb 2024 at 07:00, J\u{f6}rg <j@example.org> wrote:\n>> old text\n> new text\n>\n> -- \n> J\n"
    );
    assert_eq!(references(&email), [""; 0]);
}

#[test]
fn an_answer_to_all_reaches_each_once_and_not_the_user() {
    let to = |raw: &str| {
        let lines = headers(&made(raw, ReadMode::ReplyAll));
        lines.into_iter().filter(|line| line.starts_with("To") || line.starts_with("Cc")).collect::<Vec<_>>()
    };
    assert_eq!(
        to(MESSAGE),
        ["To: J\u{f6}rg <j@example.org>", "To: Ann <ann@example.org>", "Cc:  <bob@example.org>"]
    );
    let with_reply_to = MESSAGE.replacen("From:", "Reply-To: list@example.org\r\nFrom:", 1);
    assert_eq!(to(&with_reply_to)[0], "To:  <list@example.org>");
    let own = "From: me@example.org\r\nTo: a@example.org\r\nCc: b@example.org\r\n\r\n";
    assert_eq!(to(own), ["To:  <a@example.org>", "Cc:  <b@example.org>"]);
    assert_eq!(to("From: me@example.org\r\nTo: me@example.org\r\n\r\n"), ["To:  <me@example.org>"]);
    assert_eq!(to("Subject: x\r\n\r\n"), [""; 0]);
}

#[test]
fn threads_are_those_of_the_standard() {
    let fields = |raw: &str| {
        let lines = headers(&made(raw, ReadMode::ReplyFrom));
        lines.into_iter().filter(|line| line.contains("Re") && line.contains('<')).collect::<Vec<_>>()
    };
    assert_eq!(
        fields("Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n\r\n"),
        ["In-Reply-To: <2@x>", "References: <1@x> <2@x>"]
    );
    assert_eq!(
        fields("Message-ID: <2@x>\r\nIn-Reply-To: <0@x> <1@x>\r\n\r\n"),
        ["In-Reply-To: <2@x>", "References: <2@x>"]
    );
    assert_eq!(fields("References: <1@x>\r\n\r\n"), ["References: <1@x>"]);
    assert_eq!(fields("Message-ID: <a b@x> <>\r\n\r\n"), [""; 0]);
}

#[test]
fn a_message_for_others_has_its_files_as_references() {
    let email = made(MESSAGE, ReadMode::Forward);
    assert_eq!(headers(&email), ["Subject: Fwd: RE: Re[2]: lunch"]);
    let expected = "---------- Forwarded message ----------\nFrom: J\u{f6}rg <j@example.org>\n\
        Date: Thu, 29 Feb 2024 at 07:00\nSubject: RE: Re[2]: lunch\nTo: me@example.org, Ann <ann@example.org>\n\
        Cc: ANN@example.org, bob@example.org, ME@example.org\n\n> old text\nnew text\n\n-- \nJ\n";
    assert_eq!(text(&email), expected);
    assert_eq!(references(&email), ["INBOX/7/02 application/pdf", "INBOX/7/03 message/rfc822"]);
    let pdf = &leaves(&email)[1];
    assert_eq!(pdf.disposition_parameters, [("filename".to_owned(), "a.pdf".to_owned())]);
}

#[test]
fn html_is_quoted_within_itself_and_keeps_its_pictures() {
    let email = made(MESSAGE, ReadMode::ReplyFromHtml);
    let expected = "<p>On Thu, 29 Feb 2024 at 07:00, J\u{f6}rg &lt;j@example.org&gt; wrote:</p>\n\
        <blockquote type=\"cite\"><p>new text<img src=\"cid:p@x\"></p></blockquote>\n";
    assert_eq!(text(&email), expected);
    assert_eq!(references(&email), ["INBOX/7/01-02-02 image/png"]);
    assert_eq!(leaves(&email)[1].content_id.as_deref(), Some("p@x"));
    let email = made(MESSAGE, ReadMode::ForwardHtml);
    assert_eq!(references(&email).len(), 3);
    assert!(text(&email).contains("<b>From:</b> J\u{f6}rg &lt;j@example.org&gt;<br>"));
    let plain = made("From: a@x\r\n\r\n1 < 2\r\n  3\r\n", ReadMode::ReplyAllHtml);
    assert!(
        text(&plain).contains("<div style=\"white-space: pre-wrap\">1 &lt; 2\n  3</div>"),
        "{}",
        text(&plain)
    );
}

#[test]
fn html_alone_is_quoted_as_plain_text() {
    let raw = "From: a@x\r\nContent-Type: text/html\r\n\r\n<p>one<br>two</p>\r\n";
    assert_eq!(text(&made(raw, ReadMode::ReplyFrom)), "a@x wrote:\n> one\n> two\n");
}

#[test]
fn a_nested_message_is_answered_by_the_number_of_its_part() {
    let email = reply(MESSAGE.as_bytes(), ReadMode::ReplyFrom, u64::MAX, &occasion(Some("03"))).unwrap();
    assert_eq!(headers(&email), ["To:  <eve@example.org>", "Subject: Re: inner"]);
    assert_eq!(text(&email), "eve@example.org wrote:\n> inner text\n");
    for other in ["02", "09"] {
        let refused = reply(MESSAGE.as_bytes(), ReadMode::ReplyFrom, u64::MAX, &occasion(Some(other)));
        assert_eq!(refused, Err(NoSuchPart(PartId::parse(other).unwrap())));
    }
}

#[test]
fn a_message_that_is_a_file_goes_as_a_whole() {
    let email = made("Subject: x\r\nContent-Type: application/pdf\r\n\r\nPDF", ReadMode::Forward);
    assert_eq!(references(&email), ["INBOX/7/ message/rfc822"]);
}

#[test]
fn texts_beyond_the_limit_are_left_out() {
    let email = reply(MESSAGE.as_bytes(), ReadMode::ReplyFrom, 10, &occasion(None)).unwrap();
    assert_eq!(text(&email), "On Thu, 29 Feb 2024 at 07:00, J\u{f6}rg <j@example.org> wrote:\n");
}

#[test]
fn flowed_paragraphs_are_broken_anew_and_others_are_not() {
    let long = "word ".repeat(40);
    let raw = |kind: &str| {
        format!("From: a@x\r\nContent-Type: text/plain; {kind}\r\n\r\n{}\r\nend\r\n", long.trim_end())
    };
    let flowed = text(&made(&raw("format=flowed").replace("word\r\n", "word \r\n"), ReadMode::ReplyFrom));
    assert!(flowed.lines().count() > 3 && flowed.lines().all(|line| line.chars().count() <= 78), "{flowed}");
    let fixed = text(&made(&raw("charset=utf-8"), ReadMode::ReplyFrom));
    assert_eq!(fixed.lines().count(), 3);
    let joined = "From: a@x\r\nContent-Type: text/plain; format=flowed; delsp=yes\r\n\r\n  a \r\nb\r\n";
    assert_eq!(text(&made(joined, ReadMode::ReplyFrom)), "a@x wrote:\n> ab\n");
}

#[test]
fn subjects_say_what_a_message_is_once() {
    let subject = |subject: &str, mode| {
        let email = made(&format!("Subject: {subject}\r\n\r\n"), mode);
        headers(&email)
            .into_iter()
            .find_map(|line| line.strip_prefix("Subject: ").map(str::to_owned))
            .unwrap()
    };
    assert_eq!(subject("x", ReadMode::ReplyFrom), "Re: x");
    assert_eq!(subject("re : RE(3): x: y", ReadMode::ReplyFrom), "Re: x: y");
    assert_eq!(subject("", ReadMode::ReplyFrom), "Re:");
    assert_eq!(subject("Fw: FWD: x", ReadMode::Forward), "Fwd: x");
    assert_eq!(subject("Re: x", ReadMode::Forward), "Fwd: Re: x");
}
