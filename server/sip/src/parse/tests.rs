//! What is a message, what is not, and what can be said of what is not.

use bytes::Bytes;

use super::*;

const COMMON: &str =
    "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n";

fn parse(text: &str) -> Result<Message, ParseError> {
    Message::parse(Bytes::copy_from_slice(text.as_bytes()))
}

fn request(text: &str) -> Request {
    match parse(text) {
        Ok(Message::Request(request)) => *request,
        other => panic!("{other:?}"),
    }
}

fn refusal(text: &str) -> (Defect, bool) {
    let error = parse(text).unwrap_err();
    (error.defect.clone(), error.is_answerable())
}

#[test]
fn a_request_is_read_with_its_mandatory_header_fields() {
    let read = request(&format!(
        "OPTIONS sip:c@d SIP/2.0\r\n{COMMON}CSeq: 7 OPTIONS\r\nMax-Forwards: 5\r\nl: 2\r\n\r\nhello"
    ));
    assert_eq!(
        (
            read.method,
            read.uri.to_string(),
            read.via.branch(),
            read.from.tag(),
            read.to.to_string(),
            read.call_id.as_str()
        ),
        (Method::Options, "sip:c@d".into(), Some("z9hG4bK1"), Some("1"), "<sip:c@d>".into(), "x")
    );
    assert_eq!((read.cseq.number, read.max_forwards, &read.body[..]), (7, Some(5), &b"he"[..]));
}

#[test]
fn a_response_is_read_whatever_its_phrase() {
    for (line, phrase) in [("SIP/2.0 100 ", ""), ("SIP/2.0 200 = 2**3 \u{43d}", "= 2**3 \u{43d}")] {
        let Ok(Message::Response(read)) = parse(&format!("{line}\r\n{COMMON}CSeq: 7 INVITE\r\n\r\n")) else {
            panic!()
        };
        assert_eq!(read.phrase, phrase);
    }
}

#[test]
fn a_malformed_request_is_answerable_once_its_method_and_a_via_are_known() {
    let via = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n";
    for (text, defect, answerable) in [
        (
            format!("INVITE sip:a@b SIP/2.0\r\n{via}CSeq: 1 INVITE\r\n\r\n"),
            Defect::Missing(HeaderName::From),
            true,
        ),
        (
            "INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n".to_owned(),
            Defect::Missing(HeaderName::Via),
            false,
        ),
        (
            format!("ACK sip:a@b SIP/2.0\r\n{via}CSeq: 1 ACK\r\n\r\n"),
            Defect::Missing(HeaderName::From),
            false,
        ),
        (format!("OPTIONS sip:a@b SIP/7.0\r\n{via}\r\n"), Defect::Version, true),
        (format!("OPTIONS  sip:a@b  SIP/2.0\r\n{via}\r\n"), Defect::StartLine, true),
        (format!("OPTIONS sip:a@b SIP/2.0  \r\n{via}\r\n"), Defect::StartLine, true),
        (format!("OPTIONS <sip:a@b> SIP/2.0\r\n{via}\r\n"), Defect::RequestUri(Flaw::Bracket), true),
        (format!("OPTIONS sip:a@b?Route=x SIP/2.0\r\n{via}\r\n"), Defect::RequestUri(Flaw::UriHeaders), true),
        (format!("OPTIONS sip:{} SIP/2.0\r\n{via}\r\n", "a".repeat(MAX_URI)), Defect::UriTooLong, true),
        (format!("OPTIONS sip:a@b SIP/2.0\r\n{via}Bare: \r x\r\n\r\n"), Defect::BareLineBreak, true),
        (format!("OPTIONS sip:a@b SIP/2.0\r\n{via}l: 1\r\n\r\n"), Defect::BodyTooShort, true),
        (
            format!("OPTIONS sip:a@b SIP/2.0\r\n{via}l: 1\r\nl: 2\r\n\r\nxx"),
            Defect::ConflictingContentLength,
            true,
        ),
        (format!("OP\u{e9} sip:a@b SIP/2.0\r\n{via}\r\n"), Defect::StartLine, false),
        (format!("INVITE\r\n{via}\r\n"), Defect::StartLine, false),
        (format!("SIP/2.0 700 x\r\n{via}\r\n"), Defect::StatusCode, false),
        (format!("SIP/2.0 4294967301 x\r\n{via}\r\n"), Defect::StatusCode, false),
    ] {
        assert_eq!(refusal(&text), (defect, answerable), "{text}");
    }
}

#[test]
fn the_method_of_the_cseq_must_be_that_of_the_request_line() {
    assert_eq!(
        refusal(&format!("OPTIONS sip:a@b SIP/2.0\r\n{COMMON}CSeq: 1 INVITE\r\n\r\n")),
        (Defect::CSeqMethod, true)
    );
}

#[test]
fn a_field_that_may_occur_once_is_refused_twice_even_with_the_same_value() {
    assert_eq!(
        refusal(&format!("OPTIONS sip:a@b SIP/2.0\r\n{COMMON}CSeq: 1 OPTIONS\r\nf: <sip:a@b>;tag=1\r\n\r\n")),
        (Defect::Repeated(HeaderName::From), true)
    );
}

#[test]
fn the_same_content_length_twice_is_one() {
    let read = request(&format!(
        "OPTIONS sip:a@b SIP/2.0\r\n{COMMON}CSeq: 1 OPTIONS\r\nl: 1\r\nContent-Length: 01\r\n\r\nxy"
    ));
    assert_eq!(&read.body[..], b"x");
}

#[test]
fn a_message_is_written_byte_for_byte_without_what_followed_it() {
    let text =
        format!("OPTIONS sip:a@b SIP/2.0\r\n{COMMON}CSeq :  1\r\n\tOPTIONS  \r\nX:\u{e9}\r\nl: 1\r\n\r\nx");
    let read = parse(&format!("\r\n{text}trailing")).unwrap();
    assert_eq!(String::from_utf8_lossy(&read.write()), text);
}
