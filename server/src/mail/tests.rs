//! Does everything hold for all samples, and for what is like them?

use std::collections::HashSet;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use protocol::{Content, Element, Email, Field, Flags, Limits, Mime, MimeBody};

use super::samples::{Sample, outline, samples};
use super::*;

#[test]
fn every_sample_has_its_outline_whatever_its_lines_end_with() {
    for Sample { name, raw, outline: expected } in samples() {
        let with_end = |end: &[u8]| raw.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(end);
        for end in [b"\n".as_slice(), b"\r\n", b"\r"] {
            assert_eq!(outline(&with_end(end)), *expected, "{name}, lines ending with {end:?}");
        }
    }
}

#[test]
fn every_part_is_found_by_the_number_it_is_shown_with() {
    for Sample { name, raw, .. } in samples() {
        let email = email(raw, None, u64::MAX, &TimeZone::UTC).unwrap();
        let mut numbers = HashSet::new();
        for mime in parts(&email) {
            let Some(number) = &mime.part_id else { continue };
            assert!(numbers.insert(number.clone()), "{name} has {number} twice");
            let id = PartId::parse(number).unwrap();
            assert_eq!(id.to_string(), *number);
            let outline = Outline::read(raw);
            let at = outline.find(Some(&id)).unwrap();
            let part = Part::at(raw, at).unwrap();
            assert!(part.undecoded().starts_with(part.header()));
            let content_type = &outline.entry(at).unwrap().content_type;
            assert!(content_type.starts_with(&format!("{}/", mime.media_type)), "{name}, {number}");
            if let MimeBody::Text(text) = &mime.body {
                let decoded = charset::decode(mime.charset.as_deref(), &part.decoded()).into_owned();
                assert_eq!(line::with_lf(&decoded), *text, "{name}, {number}");
                assert_eq!(part.decoded().len() as u64, mime.estimated_size, "{name}, {number}");
            }
        }
    }
}

#[test]
fn all_that_is_shown_of_a_sample_is_found_by_searching() {
    for Sample { name, raw, .. } in samples() {
        let email = email(raw, None, u64::MAX, &TimeZone::UTC).unwrap();
        let texts = parts(&email).into_iter().filter_map(|mime| match &mime.body {
            MimeBody::Text(text) if mime.subtype != "html" => Some(text.to_uppercase()),
            MimeBody::Text(_)
            | MimeBody::Omitted
            | MimeBody::Parts(_)
            | MimeBody::Email(_)
            | MimeBody::Xml(_) => None,
        });
        for text in texts {
            assert!(matches_body(raw, &text), "{name}: {text}");
            assert!(matches_anywhere(raw, &text), "{name}: {text}");
        }
        assert!(!matches_anywhere(raw, "not to be found"), "{name}");
    }
}

/// All parts of a presentation.
fn parts(email: &Email) -> Vec<&Mime> {
    let mut found: Vec<&Mime> = Vec::new();
    let mut open: Vec<&Mime> = email.mime.as_deref().into_iter().collect();
    while let Some(mime) = open.pop() {
        found.push(mime);
        match &mime.body {
            MimeBody::Parts(parts) => open.extend(parts),
            MimeBody::Email(email) => open.extend(email.mime.as_deref()),
            MimeBody::Omitted | MimeBody::Text(_) | MimeBody::Xml(_) => {}
        }
    }
    found
}

/// Runs everything on a message, and returns how long its presentation is, in bytes.
fn run_everything(raw: &[u8]) -> usize {
    let zone = TimeZone::UTC;
    let email = email(raw, None, 10_000_000, &zone).unwrap();
    let mut element = Element::new("folderMessage");
    email.write(&mut element);
    let xml = element.to_xml();
    let limits = Limits { bytes: usize::MAX, nodes: usize::MAX, depth: 3 * LEVEL_CAP, attributes: 64 };
    Element::read(xml.as_bytes(), &limits).unwrap();

    let shown = parts(&email);
    assert!(shown.len() <= PART_CAP);
    let outline = Outline::read(raw);
    for mime in shown.iter().filter(|mime| mime.part_id.is_some()).take(8) {
        let id = PartId::parse(mime.part_id.as_deref().unwrap()).unwrap();
        let at = outline.find(Some(&id)).unwrap();
        let (part, entry) = (Part::at(raw, at).unwrap(), outline.entry(at).unwrap());
        assert!(part.decoded().len() <= raw.len());
        let length = entry.blocks.as_ref().map_or(part.decoded().len() as u64, Blocks::length);
        assert_eq!(length, part.decoded().len() as u64);
        assert!(entry.file_name.as_ref().is_none_or(|name| name.disposition("attachment").is_ascii()));
        assert!(presentation::email(raw, Some(&id), u64::MAX, &zone).is_ok());
    }
    outline.related(None, "p1@x");

    let header = header_block(raw);
    assert!(raw.starts_with(header) && header.len() <= HEADER_CAP);
    let names = ["FLAGS", "From", "E-To", "Date", "Subject", "Pty", "SIZE", "INTERNALDATE", "Content-Type"];
    let wanted = names.map(|name| Field::new(name).unwrap());
    let meta = Meta { uid: 1, original_uid: 1, size: 1, internal_date: Some(0), flags: Flags::SEEN };
    let fields = viewer_fields(&wanted, &meta, header, &zone);
    assert!(fields.len() >= wanted.len());
    for name in names {
        sort_text(name, header);
    }
    super::fields(raw);
    matches_anywhere(raw, "not to be found");
    matches_body(raw, "not to be found");
    xml.len()
}

/// A change to a message: where, as a fraction of its length, and what.
#[derive(Debug, Clone)]
enum Change {
    Delete(f64, usize),
    Insert(f64, Vec<u8>),
    Repeat(f64, usize, usize),
    Flip(f64, u8),
    Cut(f64),
}

fn change() -> impl Strategy<Value = Change> {
    let place = 0.0..1.0_f64;
    let pieces = [
        "--xx",
        "--xx--",
        "\r\n\r\n",
        "\n",
        "\r",
        "=?utf-8?Q?",
        "=?utf-8?B?",
        "?=",
        "\"",
        "(",
        "<",
        ":",
        ";",
    ];
    let more = [
        "filename*0*=utf-8''%e2",
        "filename*1=",
        "Content-Type: multipart/mixed; boundary=xx\n",
        "\0",
        "\u{1b}$B",
    ];
    let inserted = prop::sample::select([pieces.as_slice(), more.as_slice()].concat());
    prop_oneof![
        (place.clone(), 1..40_usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (place.clone(), inserted).prop_map(|(at, text)| Change::Insert(at, text.as_bytes().to_vec())),
        (place.clone(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place.clone(), 1..60_usize, 1..40_usize)
            .prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        (place.clone(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        place.prop_map(Change::Cut),
    ]
}

fn apply(raw: &mut Vec<u8>, change: Change) {
    let place = |at: f64| (raw.len() as f64 * at) as usize;
    match change {
        Change::Delete(at, length) => {
            let from = place(at);
            raw.drain(from..(from + length).min(raw.len()));
        }
        Change::Insert(at, bytes) => {
            let at = place(at);
            raw.splice(at..at, bytes);
        }
        Change::Repeat(at, length, times) => {
            let from = place(at);
            let piece = raw[from..(from + length).min(raw.len())].repeat(times);
            raw.splice(from..from, piece);
        }
        Change::Flip(at, byte) => {
            let at = place(at);
            if let Some(known) = raw.get_mut(at) {
                *known = byte;
            }
        }
        Change::Cut(at) => raw.truncate(place(at)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn changed_samples_do_no_harm_and_are_shown_within_bounds(
        number in 0..samples().count(),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        changes in prop::collection::vec(change(), 1..12),
    ) {
        let sample = samples().nth(number).unwrap();
        let lines: Vec<_> = sample.raw.split(|byte| *byte == b'\n').collect();
        let mut raw = lines.join(end.as_bytes());
        for change in changes {
            apply(&mut raw, change);
        }
        let shown = run_everything(&raw);
        prop_assert!(shown <= 4096 + 64 * raw.len(), "{shown} bytes of {}", raw.len());
    }
}

#[test]
fn nesting_beyond_the_limit_is_shown_as_far_as_the_limit() {
    let nested = |level: usize| format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
    let deep: String = (0..2_000).map(nested).collect();
    let outline = outline(deep.as_bytes());
    assert_eq!(outline.lines().count(), 1 + 1 + LEVEL_CAP);
    assert!(outline.lines().last().unwrap().contains("nested more than 32 levels deep"));
    run_everything(deep.as_bytes());
    run_everything("Content-Type: message/rfc822\n\n".repeat(50_000).as_bytes());
}

#[test]
fn parts_beyond_the_limit_are_not_shown() {
    let raw = format!("Content-Type: multipart/mixed; boundary=x\n\n{}--x--\n", "--x\n\na\n".repeat(5_000));
    let email = email(raw.as_bytes(), None, u64::MAX, &TimeZone::UTC).unwrap();
    let mime = email.mime.as_deref().unwrap();
    assert_eq!(mime.parse_error.as_deref(), Some("the message has more than 1000 parts"));
    let MimeBody::Parts(shown) = &mime.body else { panic!("no parts") };
    let last = shown.last().unwrap().part_id.as_deref();
    assert_eq!((parts(&email).len(), last), (PART_CAP, Some("999")));
    assert!(Outline::read(raw.as_bytes()).find(PartId::parse("999").as_ref()).is_some());
    run_everything(raw.as_bytes());
}

#[test]
fn messages_encoded_within_each_other_are_decoded_within_bounds() {
    let mut raw = b"Subject: core\n\ntext\n".to_vec();
    for _ in 0..6 {
        let quoted = raw.iter().map(|byte| format!("={byte:02X}")).collect::<String>();
        raw =
            format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n{quoted}")
                .into();
    }
    assert!(outline(&raw).contains("Subject=\"core\""), "each level is a third of the one before");
    let inner = "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n".repeat(30);
    let raw = format!("{inner}{}", "x".repeat(100_000));
    assert!(outline(raw.as_bytes()).contains("the nested message is encoded too often"));
}

#[test]
fn floods_of_headers_addresses_and_parameters_are_cut() {
    let flood = |piece: &str| piece.repeat(512 * 1024 / piece.len());
    let parts =
        "--x\nContent-Type: message/rfc822\n\n".to_owned() + &"To: a,b,c,d,e,f,g,h\n".repeat(200) + "\n";
    let floods = [
        flood("a:\n"),
        "To: ".to_owned() + &flood(",a"),
        "Content-Type: text/plain".to_owned() + &flood(";a=1"),
        "Subject: ".to_owned() + &flood("=?utf-8?Q?"),
        "Subject: ".to_owned() + &flood("=?utf-8?B?"),
        "Subject: ".to_owned() + &flood("=?a?q?b?= "),
        "Date: ".to_owned() + &flood("1 Jan 2001 12:00 ("),
        flood("From a\n"),
        flood(" \n"),
        "Content-Type: multipart/mixed; boundary=x\n\n".to_owned() + &flood(&parts),
        "Content-Type: multipart/mixed; boundary=x\n\n".to_owned() + &flood("--x"),
        "Content-Type: text/html\n\n".to_owned() + &flood("<a href=&"),
    ];
    for raw in floods {
        let shown = run_everything(raw.as_bytes());
        assert!(shown < 12 * 1024 * 1024 + raw.len() * 6, "{shown} bytes of {:?}", &raw[..60]);
    }
}
