//! What is found in a message, and what is not?

use super::*;

const MESSAGE: &[u8] = b"From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>\r\n\
    Subject: Holiday\r\n plans\r\n\
    X-Priority: 1\r\n\
    Content-Type: multipart/mixed; boundary=x\r\n\r\n\
    --x\r\n\
    Content-Type: text/plain; charset=iso-8859-7\r\n\r\n\
    \xcf\xc4\xcf\xd3 and a\r\n   broken line\r\n\
    --x\r\n\
    Content-Type: text/html; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n\
    <p class=3D\"hidden\">caf&eacute; <b>o=\r\nle</b></p>\r\n\
    --x\r\n\
    Content-Type: message/rfc822\r\n\r\n\
    Subject: nested subject\r\n\r\n\
    nested text\r\n\
    --x\r\n\
    Content-Type: application/pdf\r\n\
    Content-Disposition: attachment; filename*=utf-8''r%c3%a9sum%c3%a9.pdf\r\n\r\n\
    pdf content\r\n\
    --x--\r\n";

#[test]
fn texts_are_found_decoded_in_any_case_and_over_line_ends() {
    for needle in ["οδος", "ΟΔΟΣ", "a broken LINE", "CAFÉ ole", "nested text", ""] {
        assert!(matches_body(MESSAGE, needle), "{needle}");
        assert!(matches_anywhere(MESSAGE, needle), "{needle}");
    }
}

#[test]
fn markup_encodings_and_files_are_no_text() {
    for needle in ["hidden", "<b>", "caf&eacute;", "pdf content", "=3D"] {
        assert!(!matches_body(MESSAGE, needle), "{needle}");
    }
}

#[test]
fn the_header_is_not_the_body_but_that_of_a_nested_message_is() {
    assert!(matches_body(MESSAGE, "nested subject"));
    for needle in ["holiday plans", "jörg", "RÉSUMÉ.pdf"] {
        assert!(!matches_body(MESSAGE, needle), "{needle}");
        assert!(matches_anywhere(MESSAGE, needle), "{needle}");
    }
}

#[test]
fn a_field_is_searched_as_it_is_decoded_and_as_it_is_shown() {
    let matches = |name: &str, needle| matches_header(MESSAGE, &Field::new(name).unwrap(), needle);
    assert!(matches("subject", "HOLIDAY plans"));
    assert!(matches("From", "jörg") && matches("From", "j@example"));
    assert!(matches("E-From", "j@example") && !matches("E-From", "jörg"));
    assert!(matches("Pty", "high"));
    assert!(!matches("Subject", "jörg") && !matches("Cc", "") && !matches("UID", ""));
}

#[test]
fn a_text_is_in_the_texts_of_the_index_just_where_it_is_found() {
    let texts = texts(MESSAGE).unwrap();
    let needles = [
        "οδοσ",
        "a broken line",
        "café ole",
        "nested text",
        "hidden",
        "pdf content",
        "nested subject",
        "holiday plans",
        "jörg",
        "résumé.pdf",
        "=3d",
        "high",
        "οδοσ and",
        "jörg <j",
        "priority",
        "line café",
        "plans ",
    ];
    let fields = ["From", "Subject", "E-From", "Pty", "X-Priority", "Content-Type"]
        .map(|name| Field::new(name).unwrap());
    for needle in needles {
        let (head, shown, body) =
            (texts.head.contains(needle), texts.shown.contains(needle), texts.body.contains(needle));
        assert_eq!(body, matches_body(MESSAGE, needle), "{needle}");
        assert_eq!(head || body, matches_anywhere(MESSAGE, needle), "{needle}");
        for field in &fields {
            assert!(head || shown || !matches_header(MESSAGE, field, needle), "{needle} in {}", field.name());
        }
    }
    let long = [b"Subject: a\r\n\r\n".as_slice(), &[b'x'; 300_000]].concat();
    assert_eq!(super::texts(&long), None);
}
