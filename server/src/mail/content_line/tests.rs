//! Are lines read as address books write them, and written as they are read?

use super::*;

fn lines(text: &[u8]) -> Vec<ContentLine> {
    read(text, None).unwrap()
}

fn value(text: &[u8]) -> String {
    match lines(text).pop().unwrap().value {
        Value::Text(text) | Value::Base64(text) => text,
    }
}

#[test]
fn a_line_has_a_group_a_name_parameters_and_a_value() {
    let line = lines(b"item1.tel;type=\"home\",CELL;x-a=\"a;b:c\";type=pref:+1;2\r\n").pop().unwrap();
    let parameters = [("TYPE", "home"), ("TYPE", "CELL"), ("X-A", "a;b:c"), ("TYPE", "pref")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let value = Value::Text("+1;2".to_owned());
    assert_eq!(line, ContentLine { group: "item1".to_owned(), name: "TEL".to_owned(), parameters, value });
}

#[test]
fn folded_lines_are_whole_again_in_the_manner_of_their_version() {
    assert_eq!(value(b"NOTE:one\r\n  two\r\n\tthree\r\n"), "one twothree");
    assert_eq!(value(b"VERSION:2.1\nNOTE:one\n two\n"), "one two");
    assert_eq!(value("NOTE:J\u{f6}".as_bytes()), "J\u{f6}");
    assert_eq!(value(b"NOTE:J\xc3\r\n \xb6\r\n"), "J\u{f6}", "broken within a character");
}

#[test]
fn values_are_decoded_as_their_line_says() {
    let table: &[(&[u8], &str)] = &[
        (b"N;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=B6rg;=\r\nx=0D=0Ay\r\n", "J\u{f6}rg;x\ny"),
        (b"N;QUOTED-PRINTABLE;CHARSET=iso-8859-1:J=F6rg=\n=20x\n", "J\u{f6}rg x"),
        (b"N:J\xf6rg\n", "J\u{f6}rg"),
        (b"PHOTO;ENCODING=b:AAEC\n AwQ=\n", "AAECAwQ="),
        (b"PHOTO;BASE64:AAEC\nAwQ=\n\nN:x", "x"),
        (b"PHOTO;BASE64:AAEC\nAwQ=\n\n", "AAECAwQ="),
        (b"NOTE;X=\"open:text\n", "text"),
        (b"\xff\xfeN\0:\0\xf6\0", "\u{f6}"),
    ];
    for (text, expected) in table {
        assert_eq!(value(text), *expected, "{}", text.escape_ascii());
    }
    assert!(
        matches!(read(b"N:J\xf6", Some("koi8-r")).unwrap()[0].value, Value::Text(ref text) if text == "J\u{416}")
    );
}

#[test]
fn what_is_no_content_line_is_stepped_over() {
    assert_eq!(lines(b"\n\nhello\n;x:y\n: z\n<N>:1\n"), []);
    assert_eq!(lines(b""), []);
}

#[test]
fn a_text_beyond_the_limits_is_refused() {
    assert_eq!(read(&vec![b'\n'; TEXT_CAP + 1], None), Err(Unreadable::TooLarge));
    assert_eq!(read(&b"A:\n".repeat(LINE_CAP + 1), None), Err(Unreadable::TooManyLines));
}

#[test]
fn texts_read_back_as_written() {
    for text in ["a,b;c\\d\ne", "", "\\n", "x\\"] {
        assert_eq!(unescape(&escape(text), false), text);
        assert_eq!(components(&escape(text), ';').len(), 1);
    }
    assert_eq!(components("a\\;b;c\\\\;", ';'), ["a\\;b", "c\\\\", ""]);
    for text in ["plain", "a;b", "say \"x\"", "^n", "a\nb"] {
        assert_eq!(parameter_value(&parameter(text), false), text);
    }
}

#[test]
fn long_lines_are_folded_between_characters() {
    let mut out = String::new();
    let line = format!("NOTE:{}", "\u{20ac}".repeat(100));
    write(&mut out, &line);
    assert!(out.split("\r\n").all(|line| line.len() <= WIDTH));
    assert_eq!(value(out.as_bytes()), "\u{20ac}".repeat(100));
}
