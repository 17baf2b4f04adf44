//! Tests of composing: what is written is read back, by our own reader and by Python's.

use std::io::Write;
use std::process::{Command, Stdio};

use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use protocol::{Email, Header, Mime, MimeBody, MimeSource};

use super::super::parameter::ContentType;
use super::super::{Outline, Part, email as read};
use super::*;

/// 2024-02-29 12:00:00 UTC.
const NOW: i64 = 1_709_208_000_000;

fn stamp(zone: &TimeZone) -> Stamp<'_> {
    Stamp { now: NOW, domain: "example.org", zone, seed: "seed", count: 0 }
}

fn attached(content: &[u8]) -> Attached {
    Attached {
        content_type: ContentType::read("application/x-test"),
        file_name: Some("as it was.bin".to_owned()),
        size: content.len() as u64,
        transfer: Transfer::Base64,
    }
}

/// The bytes of a message with what is attached, without or with secret recipients.
fn bytes(composed: &Composed, contents: &[Vec<u8>], with_secrets: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in composed.pieces() {
        match piece {
            Piece::Bytes(bytes) => out.extend_from_slice(bytes),
            Piece::Secret(bytes) if with_secrets => out.extend_from_slice(bytes),
            Piece::Secret(_) => {}
            Piece::Attached(number, Transfer::Base64) => append_base64(&contents[*number], &mut out),
            Piece::Attached(number, _) => out.extend_from_slice(&contents[*number]),
        }
    }
    out
}

fn written(email: &Email, contents: &[Vec<u8>]) -> Vec<u8> {
    let attached: Vec<Attached> = contents.iter().map(|content| attached(content)).collect();
    let composed = compose(email, &attached, &mut stamp(&TimeZone::UTC)).unwrap();
    let raw = bytes(&composed, contents, true);
    assert_eq!(composed.size(&attached), raw.len() as u64);
    raw
}

fn text(name: &str, value: &str) -> Header {
    Header::Text { name: name.to_owned(), value: value.to_owned() }
}

fn address(name: &str, real_name: &str, address: &str) -> Header {
    let real_name = Some(real_name.to_owned()).filter(|name| !name.is_empty());
    Header::Address { name: name.to_owned(), real_name, address: address.to_owned() }
}

fn text_part(subtype: &str, text: &str) -> Mime {
    let body = if text.is_empty() { MimeBody::Omitted } else { MimeBody::Text(text.to_owned()) };
    Mime { media_type: "text".to_owned(), subtype: subtype.to_owned(), body, ..Mime::default() }
}

fn file_part(name: &str) -> Mime {
    Mime {
        media_type: "attachment".to_owned(),
        source: Some(MimeSource::Upload("u".to_owned())),
        disposition_parameters: vec![("filename".to_owned(), name.to_owned())],
        ..Mime::default()
    }
}

fn multipart(subtype: &str, parts: Vec<Mime>) -> Mime {
    let body = MimeBody::Parts(parts);
    Mime { media_type: "multipart".to_owned(), subtype: subtype.to_owned(), body, ..Mime::default() }
}

fn message(headers: Vec<Header>, mime: Mime) -> Email {
    Email { headers, mime: Some(Box::new(mime)), ..Email::default() }
}

#[test]
fn a_simple_message_gets_what_was_left_out() {
    let email = message(
        vec![address("To", "Bob", "bob@x"), text("Subject", "hi"), address("To", "", "carol@x")],
        text_part("plain", "hello\nthere"),
    );
    let expected = "To: Bob <bob@x>, carol@x\r\nSubject: hi\r\nDate: Thu, 29 Feb 2024 12:00:00 +0000\r\n\
                    Message-ID: <seed.1@example.org>\r\nMIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
                    hello\r\nthere\r\n";
    assert_eq!(String::from_utf8(written(&email, &[])).unwrap(), expected);
}

#[test]
fn what_a_client_says_is_honoured_if_it_makes_sense() {
    let header = |headers: Vec<Header>| {
        let raw = written(&message(headers, text_part("plain", "")), &[]);
        String::from_utf8(raw).unwrap().split("MIME-Version").next().unwrap().to_owned()
    };
    let given = vec![
        text("Date", "20240228T110000Z"),
        text("Message-ID", "<mine@x>"),
        text("Message-ID", "<second@x>"),
        text("References", "<a@b> junk <c@d>"),
        text("In-Reply-To", "nothing"),
        text("Pty", "High"),
        text("Content-Type", "text/evil"),
        text("MIME-Version", "2.0"),
    ];
    assert_eq!(
        header(given),
        "Date: Wed, 28 Feb 2024 11:00:00 +0000\r\nMessage-ID: <mine@x>\r\nReferences: <a@b> <c@d>\r\n\
         X-Priority: 2 (High)\r\n"
    );
    let wrong = vec![text("Date", "20300101T000000Z"), text("Message-ID", "<a\r\nb@x>")];
    assert_eq!(
        header(wrong),
        "Date: Thu, 29 Feb 2024 12:00:00 +0000\r\nMessage-ID: <seed.1@example.org>\r\n"
    );
}

#[test]
fn secret_recipients_are_in_one_copy_only() {
    let nested = message(vec![address("Bcc", "", "deep@x")], text_part("plain", "inner"));
    let mut forwarded = Mime { body: MimeBody::Email(Box::new(nested)), ..Mime::default() };
    forwarded.media_type = "message".to_owned();
    let headers = vec![address("bcc", "", "eve@x"), address("To", "", "bob@x"), address("Bcc", "", "eva@x")];
    let email = message(headers, multipart("mixed", vec![text_part("plain", "a"), forwarded]));
    let composed = compose(&email, &[], &mut stamp(&TimeZone::UTC)).unwrap();
    let [sent, own] = [false, true].map(|secrets| String::from_utf8(bytes(&composed, &[], secrets)).unwrap());
    assert!(composed.has_secrets() && own.starts_with("bcc: eve@x, eva@x\r\nTo: bob@x\r\n"), "{own}");
    assert!(
        !sent.to_lowercase().contains("bcc") && !sent.contains("deep@x") && !own.contains("deep@x"),
        "{sent}"
    );
    assert_eq!(own.replace("bcc: eve@x, eva@x\r\n", ""), sent);
}

#[test]
fn what_cannot_be_written_is_told() {
    let of = |mime: Mime| compose(&message(vec![], mime), &[], &mut stamp(&TimeZone::UTC)).unwrap_err();
    assert_eq!(of(multipart("mixed", vec![])), Unwritable::NoParts);
    let image = Mime { media_type: "image".to_owned(), subtype: "png".to_owned(), ..Mime::default() };
    assert_eq!(of(image), Unwritable::NoContent("image/png".to_owned()));
    let large = Mime { estimated_size: 7, ..text_part("plain", "") };
    assert_eq!(of(large), Unwritable::NoContent("text/plain".to_owned()));
    let odd = Mime { subtype: "a b".to_owned(), ..text_part("", "x") };
    assert_eq!(of(odd), Unwritable::Type("text/a b".to_owned()));
    let id = Mime { content_id: Some("a\r\nb".to_owned()), ..text_part("plain", "x") };
    assert_eq!(of(id), Unwritable::ContentId("a\r\nb".to_owned()));
    let mut long = text_part("plain", "x");
    long.disposition_parameters = vec![("filename".to_owned(), "x".repeat(2_000))];
    assert_eq!(of(long), Unwritable::Parameter("Disposition-filename".to_owned()));
    let odd =
        compose(&message(vec![text("Ü", "x")], text_part("plain", "")), &[], &mut stamp(&TimeZone::UTC));
    assert_eq!(odd.unwrap_err(), Unwritable::FieldName("Ü".to_owned()));
}

#[test]
fn related_parts_and_flowed_texts_keep_what_they_say() {
    let mut page = text_part("html", "<img src='cid:a@b'>");
    page.description = Some("Seite ö".to_owned());
    let mut image = file_part("a.png");
    (image.media_type, image.subtype) = ("image".to_owned(), "png".to_owned());
    (image.content_id, image.class) = (Some("<a@b>".to_owned()), Some("photo".to_owned()));
    let mut flowed = text_part("plain", "one \ntwo \n");
    flowed.parameters = vec![("format".to_owned(), "flowed".to_owned())];
    let mime = multipart("alternative", vec![flowed, multipart("related", vec![page, image])]);
    let raw = written(&message(vec![], mime), &[vec![1, 2, 3]]);
    let shown = read(&raw, None, None, &TimeZone::UTC).unwrap().mime.unwrap();
    let MimeBody::Parts(parts) = &shown.body else { panic!("{shown:?}") };
    assert_eq!(parts[0].parameters, [("format".to_owned(), "flowed".to_owned())]);
    assert_eq!(parts[0].body, MimeBody::Text("one \ntwo \n".to_owned()));
    assert_eq!(parts[1].parameters, [("type".to_owned(), "text/html".to_owned())]);
    let MimeBody::Parts(parts) = &parts[1].body else { panic!("{shown:?}") };
    assert_eq!(parts[0].description.as_deref(), Some("Seite ö"));
    let image = &parts[1];
    assert_eq!((image.content_id.as_deref(), image.disposition.as_deref()), (Some("a@b"), Some("inline")));
    assert_eq!((image.media_type.as_str(), image.class.as_deref()), ("image", Some("photo")));
}

#[test]
fn a_message_that_is_attached_stays_as_it_is() {
    let inner = b"Subject: inner\r\n\r\n.dot\r\nFrom here\r\n".to_vec();
    let mail = Attached {
        content_type: ContentType::read("message/rfc822"),
        transfer: Transfer::SevenBit,
        ..attached(&inner)
    };
    let email = message(vec![], multipart("mixed", vec![text_part("plain", "see"), file_part("m.eml")]));
    let composed = compose(&email, &[mail], &mut stamp(&TimeZone::UTC)).unwrap();
    let raw = bytes(&composed, std::slice::from_ref(&inner), false);
    let outline = Outline::read(&raw);
    let at = outline.find(super::super::PartId::parse("02").as_ref()).unwrap();
    assert_eq!(*Part::at(&raw, at).unwrap().decoded(), *inner);
    let shown = read(&raw, super::super::PartId::parse("02").as_ref(), None, &TimeZone::UTC).unwrap();
    assert_eq!(shown.headers, [text("Subject", "inner")]);
}

/// A message of any shape with the contents of its files.
#[derive(Debug, Clone)]
struct Sample {
    email: Email,
    contents: Vec<Vec<u8>>,
}

/// Texts of everything that may come.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,120}",
        "\\PC{0,80}",
        "[\\x00-\\x1f a-zäж=?_.]{0,60}",
        "(=\\?utf-8\\?[QB]\\?[a-z=]{0,9}\\?= ?){1,3}",
        "([a-z]{1,12} ){0,60}",
    ]
}

fn any_body() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[ -~]{0,100}",
        "\\PC{0,200}",
        "\\.{1,3}",
        "From [a-z]{0,5}",
        "[ \\t]{0,4}",
        "-{2}=_seed\\.[0-9]"
    ];
    vec(line, 0..6).prop_map(|lines| lines.join("\n"))
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let file =
        (any_text(), vec(any::<u8>(), 0..300)).prop_map(|(name, content)| (file_part(&name), vec![content]));
    let plain = any_body().prop_map(|body| (text_part("plain", &body), Vec::new()));
    let page = any_body().prop_map(|body| (text_part("html", &body), Vec::new()));
    let leaf = prop_oneof![plain, page, file];
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        let kind = prop_oneof![Just("mixed"), Just("alternative"), Just("related")];
        (kind, vec(inner, 1..4)).prop_map(|(subtype, parts)| {
            let (parts, contents): (Vec<Mime>, Vec<Vec<Vec<u8>>>) = parts.into_iter().unzip();
            (multipart(subtype, parts), contents.concat())
        })
    });
    let entry = (any_text(), "[a-z]{1,9}(\\.[a-z0-9+]{1,9})?@[a-z]{1,9}\\.example");
    (any_text(), vec(entry, 0..8), tree).prop_map(|(subject, entries, (mime, contents))| {
        let mut headers = vec![address("From", "Ann", "ann@x.example"), text("Subject", &subject)];
        let names = ["To", "Cc"];
        let entries = entries.iter().enumerate();
        headers.extend(entries.map(|(at, (name, to))| address(names[at % 2], name, to)));
        Sample { email: message(headers, mime), contents }
    })
}

/// A field's value as readers have it: on one line, no blanks around it.
fn cleaned(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// The leaves of a part: type, file name, and the text of those that are texts.
fn leaves(mime: &Mime, is_root: bool) -> Vec<(String, Option<String>, Option<String>)> {
    match &mime.body {
        MimeBody::Parts(parts) => parts.iter().flat_map(|part| leaves(part, false)).collect(),
        body @ (MimeBody::Omitted | MimeBody::Text(_) | MimeBody::Email(_) | MimeBody::Xml(_)) => {
            let name = mime.disposition_parameters.iter().find(|(name, _)| name == "filename");
            let name = name.map(|(_, name)| cleaned(name));
            let text = if let MimeBody::Text(text) = body { text.as_str() } else { "" };
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            // Whether a text at the end of a message ends with a line end is not told.
            let text = if is_root { text.trim_end_matches('\n').to_owned() } else { text };
            let text = Some(text.trim_start_matches('\u{feff}').to_owned()).filter(|_| name.is_none());
            let kind = if name.is_some() { "file" } else { mime.subtype.as_str() };
            vec![(kind.to_owned(), name, text)]
        }
    }
}

fn addresses(email: &Email, wanted: &str) -> Vec<(String, String)> {
    let entry = |header: &Header| {
        let Header::Address { name, real_name, address } = header else { return None };
        let real_name = cleaned(real_name.as_deref().unwrap_or_default());
        (name == wanted).then(|| (real_name, address.clone()))
    };
    email.headers.iter().filter_map(entry).collect()
}

/// An outline goes level by level.
fn sorted(mut files: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    files.sort();
    files
}

fn files(raw: &[u8]) -> Vec<Vec<u8>> {
    let outline = Outline::read(raw);
    let entries = (0..).map_while(|at| outline.entry(at).map(|entry| (at, entry)));
    let files = entries.filter(|(_, entry)| entry.content_type == "application/x-test");
    sorted(files.map(|(at, _)| Part::at(raw, at).unwrap().decoded().into_owned()).collect())
}

fn subject(email: &Email) -> Option<String> {
    email.headers.iter().find_map(|header| {
        let Header::Text { name, value } = header else { return None };
        (name == "Subject").then(|| cleaned(value))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_composed_reads_back(Sample { email, contents } in any_sample()) {
        let raw = written(&email, &contents);
        let text = String::from_utf8(raw.clone()).unwrap();
        prop_assert!(text.is_ascii());
        for line in text.split("\r\n") {
            // A long word of a header field stays as it is.
            let is_one_word = line.split(' ').count() <= 2 && line.len() < 998;
            prop_assert!((line.len() <= 78 || is_one_word) && !line.contains(['\r', '\n', '\0']), "{line}");
            prop_assert!(!line.starts_with('.') && !line.starts_with("From "), "{line}");
        }
        prop_assert!(text.ends_with("\r\n"));
        let shown = read(&raw, None, None, &TimeZone::UTC).unwrap();
        prop_assert_eq!(subject(&shown), subject(&email));
        for name in ["From", "To", "Cc"] {
            prop_assert_eq!(addresses(&shown, name), addresses(&email, name), "{}", text);
        }
        let (shown, own) = (shown.mime.unwrap(), email.mime.unwrap());
        let kind = |mime: &Mime| leaves(mime, true);
        prop_assert_eq!(kind(&renamed(*shown)), kind(&own), "{}", text);
        prop_assert_eq!(files(&raw), sorted(contents));
    }
}

/// The parts with the subtype of files hidden, which is not the client's.
fn renamed(mut mime: Mime) -> Mime {
    mime.disposition_parameters.retain(|(name, _)| name == "filename");
    if let MimeBody::Parts(parts) = mime.body {
        mime.body = MimeBody::Parts(parts.into_iter().map(renamed).collect());
    }
    mime
}

const PYTHON: &str = r#"
import base64, email, email.policy, json, sys
for line in sys.stdin:
    raw = base64.b64decode(line)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    leaves = []
    for part in m.walk():
        if part.is_multipart():
            continue
        name = part.get_filename()
        data = part.get_payload(decode=True)
        if name is None:
            data = data.decode(part.get_content_charset()).replace("\r\n", "\n")
        else:
            data = base64.b64encode(data).decode()
        leaves.append(["file" if name is not None else part.get_content_subtype(), name, data])
    people = lambda field: [[a.display_name, a.addr_spec] for f in m.get_all(field, []) for a in f.addresses]
    defects = [str(d) for part in m.walk() for d in part.defects]
    print(json.dumps([str(m["subject"]), people("To"), people("Cc"), leaves, defects]))
"#;

#[test]
fn python_reads_what_we_compose_as_we_do() {
    let mut runner = TestRunner::deterministic();
    // Characters that Python's header classes do not bring through in any form: controls and encoded words in words.
    let letters = |text: String| -> String {
        let text: String =
            text.chars().filter(|c| !c.is_control() && !c.is_whitespace() || *c == ' ').collect();
        text.replace("=?", "").split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let mut samples = Vec::new();
    while samples.len() < 300 {
        let mut sample = any_sample().new_tree(&mut runner).unwrap().current();
        for header in &mut sample.email.headers {
            match header {
                Header::Address { real_name, .. } => *real_name = real_name.take().map(letters),
                Header::Text { value, .. } => *value = letters(std::mem::take(value)),
                Header::Date { .. } => {}
            }
        }
        samples.push(sample);
    }
    let mut python = Command::new("python3")
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    let messages: Vec<Vec<u8>> =
        samples.iter().map(|sample| written(&sample.email, &sample.contents)).collect();
    let lines: String = messages
        .iter()
        .map(|raw| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, raw) + "\n")
        .collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.lines().count(), samples.len());
    for ((line, sample), raw) in output.lines().zip(&samples).zip(&messages) {
        let shown: serde_json::Value = serde_json::from_str(line).unwrap();
        let mime = sample.email.mime.as_ref().unwrap();
        let mut contents = sample.contents.iter();
        let leaf = |(kind, name, text): (String, Option<String>, Option<String>)| {
            let data = text.unwrap_or_else(|| {
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD, contents.next().unwrap())
            });
            serde_json::json!([kind, name, data])
        };
        let expected: Vec<serde_json::Value> = leaves(mime, false).into_iter().map(leaf).collect();
        let mut leaves = shown[3].as_array().unwrap().clone();
        if !matches!(mime.body, MimeBody::Parts(_)) && expected[0][1].is_null() {
            let trimmed =
                |value: &serde_json::Value| value.as_str().unwrap().trim_end_matches('\n').to_owned();
            assert_eq!(trimmed(&leaves[0][2]), trimmed(&expected[0][2]));
            leaves = expected.clone();
        }
        let raw = String::from_utf8_lossy(raw);
        assert_eq!(leaves, expected, "{raw}");
        assert_eq!(shown[0].as_str(), subject(&sample.email).as_deref(), "{raw}");
        for (at, name) in [(1, "To"), (2, "Cc")] {
            // Python keeps the blank between two encoded words of a name, against RFC 2047 §6.2.
            let expected = serde_json::json!(addresses(&sample.email, name)).to_string();
            assert_eq!(shown[at].to_string().replace(' ', ""), expected.replace(' ', ""), "{raw}");
        }
        assert_eq!(shown[4], serde_json::json!([]), "{raw}");
    }
}
