//! What does a folder show of a header?

use jiff::tz::Offset;

use super::*;

const HEADER: &[u8] = b"Return-Path: <bounce@example.org>\r\n\
    From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>, plain@example.org\r\n\
    To: Ann <ann@example.org>\r\n\
    To: bob@example.org\r\n\
    Cc: nobody:;\r\n\
    Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= an alle\r\n\
    Date: Thu, 29 Feb 2024 13:00:00 +0100\r\n\
    Resent-Date: someday\r\n\
    X-Priority: 2 (High)\r\n\
    X-Mailer: M\xfcller 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\n";

const META: Meta = Meta {
    uid: 12,
    original_uid: 7,
    size: 4711,
    internal_date: Some(1_709_208_000_000),
    flags: Flags::SEEN.union(Flags::MEDIA),
};

fn field(name: &str) -> Field {
    Field::new(name).unwrap()
}

/// What is shown of fields: name, real name, local time and text.
fn shown(names: &[&str], meta: &Meta, header: &[u8]) -> Vec<String> {
    let zone = TimeZone::fixed(Offset::constant(3));
    let wanted: Vec<_> = names.iter().map(|name| field(name)).collect();
    let one = |value: ViewerField| {
        let attributes =
            [value.real_name, value.local_time].into_iter().flatten().map(|text| format!("[{text}]"));
        format!("{}{}={}", value.field.name(), attributes.collect::<String>(), value.text)
    };
    viewer_fields(&wanted, meta, header, &zone).into_iter().map(one).collect()
}

#[test]
fn metadata_is_shown_under_the_names_of_the_protocol() {
    let expected = [
        "FLAGS=Seen,Media",
        "UID=12",
        "ORIGUID=7",
        "SIZE=4711",
        "INTERNALDATE[20240229T150000]=20240229T120000Z",
    ];
    assert_eq!(shown(&["FLAGS", "UID", "ORIGUID", "SIZE", "INTERNALDATE"], &META, HEADER), expected);
}

#[test]
fn addresses_are_shown_by_name_or_else_themselves_and_one_by_one_when_asked() {
    let expected = [
        "From=Jörg, plain@example.org",
        "E-From[Jörg]=j@example.org",
        "E-From=plain@example.org",
        "To=Ann, bob@example.org",
        "E-To[Ann]=ann@example.org",
        "E-To=bob@example.org",
        "Cc=nobody",
        "E-Cc[nobody]=",
        "Return-Path=bounce@example.org",
    ];
    assert_eq!(
        shown(&["From", "E-From", "To", "E-To", "Cc", "E-Cc", "Return-Path"], &META, HEADER),
        expected
    );
}

#[test]
fn dates_priority_and_other_fields_are_decoded() {
    let expected = [
        "Date[20240229T150000]=20240229T120000Z",
        "Pty=High",
        "Subject=Grüße an alle",
        "X-Mailer=Müller 1.0",
        "Content-Type=text/plain; charset=utf-8",
    ];
    assert_eq!(shown(&["Date", "Pty", "Subject", "X-Mailer", "Content-Type"], &META, HEADER), expected);
}

#[test]
fn fields_come_in_the_order_and_spelling_of_the_client() {
    let expected =
        ["subject=Grüße an alle", "FROM=Jörg, plain@example.org", "flags=Seen,Media", "pty=High", "UID=12"];
    assert_eq!(shown(&["subject", "FROM", "flags", "pty", "UID"], &META, HEADER), expected);
}

#[test]
fn what_is_not_there_is_shown_empty() {
    let names = ["Bcc", "E-Reply-To", "Resent-Date", "X-None", "Pty"];
    let expected = ["Bcc=", "E-Reply-To=", "Resent-Date=", "X-None=", "Pty="];
    assert_eq!(shown(&names, &META, b"Resent-Date: someday\r\n\r\n"), expected);
}

#[test]
fn of_a_message_that_has_gone_only_numbers_and_flags_are_shown() {
    let gone = Meta { internal_date: None, size: 0, ..META };
    let expected = ["FLAGS=Seen,Media", "UID=12", "INTERNALDATE=", "SIZE=", "Subject="];
    assert_eq!(shown(&["FLAGS", "UID", "INTERNALDATE", "SIZE", "Subject"], &gone, b""), expected);
}

#[test]
fn the_priority_is_high_low_or_nothing() {
    let table = [
        ("1", "High"),
        ("2 (High)", "High"),
        ("high", "High"),
        ("3", ""),
        ("5", "Low"),
        ("Low", "Low"),
        ("", ""),
    ];
    for (value, shown) in table {
        assert_eq!(priority(value), shown, "{value}");
    }
}

#[test]
fn messages_are_sorted_by_what_is_shown_without_capitals() {
    assert_eq!(sort_text("X-Mailer", HEADER), "Müller 1.0");
    assert_eq!(sort_text("subject", HEADER), "Grüße an alle");
    assert_eq!(sort_text("from", HEADER), "Jörg, plain@example.org");
    assert_eq!(sort_text("E-From", HEADER), "j@example.org, plain@example.org");
    assert_eq!(sort_text("Date", HEADER), "20240229T120000Z");
    assert_eq!(sort_text("X-None", HEADER), "");
    let ranks = ["X-Priority: 1\n\n", "X-Priority: 3\n\n", "\n", "X-Priority: 5\n\n"];
    assert_eq!(ranks.map(|header| sort_text("Pty", header.as_bytes())), ["1", "2", "2", "3"]);
}
