//! Digests against the examples of their specification, and against what was not offered.

use super::*;

/// RFC 7616 §3.9.1.
fn example(algorithm: &str) -> (Challenge, Credentials) {
    let text = format!(
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
    );
    let credentials = Credentials {
        realm: None,
        user: "Mufasa".to_owned(),
        secret: Secret::Password("Circle of Life".to_owned()),
    };
    (Challenge::of(&AuthParams::parse(text.as_bytes()).unwrap()).unwrap(), credentials)
}

#[test]
fn the_examples_of_the_specification_come_out() {
    let method = Method::Other("GET".into());
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let (challenge, credentials) = example(algorithm);
        assert_eq!(
            challenge.answer(&credentials, &method, "/dir/index.html", cnonce),
            format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                 response=\"{response}\", algorithm={algorithm}, qop=auth, nc=00000001, cnonce=\"{cnonce}\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        );
    }
}

#[test]
fn an_answer_verifies_with_the_right_hashes_only() {
    for algorithm in ["MD5", "SHA-256"] {
        let (challenge, credentials) = example(algorithm);
        let value = challenge.answer(&credentials, &Method::Invite, "sip:a@b", "c");
        let answer = Authorization::of(&AuthParams::parse(value.as_bytes()).unwrap()).unwrap();
        let right = Ha1::new("Mufasa", "http-auth@example.org", "Circle of Life");
        let wrong = Ha1::new("Mufasa", "http-auth@example.org", "circle of life");
        assert_eq!(
            (
                answer.is_by(&right, &Method::Invite),
                answer.is_by(&wrong, &Method::Invite),
                answer.is_by(&right, &Method::Bye)
            ),
            (true, false, false)
        );
    }
}

#[test]
fn the_form_without_a_quality_of_protection_verifies_and_has_no_count() {
    let (mut challenge, credentials) = example("MD5");
    challenge.qop = false;
    let value = challenge.answer(&credentials, &Method::Register, "sip:b", "unused");
    let answer = Authorization::of(&AuthParams::parse(value.as_bytes()).unwrap()).unwrap();
    let right = Ha1::new("Mufasa", "http-auth@example.org", "Circle of Life");
    assert_eq!((answer.count, answer.is_by(&right, &Method::Register)), (None, true));
}

#[test]
fn what_was_not_offered_cannot_be_answered_or_answered_with() {
    let parse = |text: &str| AuthParams::parse(text.as_bytes()).unwrap();
    for text in [
        "Basic realm=\"a\", nonce=\"n\"",
        "Digest realm=\"a\", nonce=\"n\", algorithm=MD5-sess",
        "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"",
        "Digest realm=\"a\"",
    ] {
        assert_eq!(Challenge::of(&parse(text)), None, "{text}");
    }
    let full = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:b\", response=\"x\"";
    assert!(Authorization::of(&parse(full)).is_some());
    for rest in [
        ", qop=auth",
        ", qop=auth, nc=zz, cnonce=\"c\"",
        ", qop=auth-int, nc=1, cnonce=\"c\"",
        ", algorithm=SHA-512-256",
    ] {
        assert_eq!(Authorization::of(&parse(&format!("{full}{rest}"))), None, "{rest}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let (_, credentials) = example("MD5");
    assert!(!format!("{credentials:?} {:?}", Ha1::new("a", "b", "c")).contains("Circle"));
}
