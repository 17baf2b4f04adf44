//! What the answers to a REGISTER of ours mean.

use bytes::Bytes;

use super::*;
use crate::endpoint::RegistrationId;
use crate::message::Message;
use crate::uri::Uri;

fn registration() -> (Registration, Random) {
    let uri = |text: &str| Uri::parse(text).unwrap();
    let settings = Register {
        registration: RegistrationId(1),
        registrar: uri("sip:trunk.example"),
        route: vec![],
        address: uri("sip:us@trunk.example"),
        contact_user: "us".into(),
        expires: 600,
        credentials: None,
    };
    let mut random = Random::new([1; 32]);
    let delivery = DeliveryId(1);
    (Registration::new(settings, delivery, &mut random), random)
}

fn response(status: u16, more: &str) -> Response {
    let text = format!(
        "SIP/2.0 {status} x\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:us@trunk.example>;tag=1\r\n\
         To: <sip:us@trunk.example>;tag=2\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n{more}\r\n"
    );
    let Message::Response(response) = Message::parse(Bytes::from(text)).unwrap() else { panic!() };
    *response
}

/// What an answer means to a new registration whose Contact is `<sip:us@192.0.2.1:5060>`.
fn meaning(status: u16, more: &str) -> Answer {
    let (mut registration, mut random) = registration();
    let request = registration.request(false);
    registration.answered(
        &request,
        &response(status, more),
        "<sip:us@192.0.2.1:5060>;expires=600",
        &mut random,
    )
}

#[test]
fn the_registrar_says_for_how_long_it_registered_us() {
    for (more, expires) in [
        ("Contact: <sip:other@h>;expires=9, <sip:us@192.0.2.1:5060>;expires=120\r\nExpires: 60\r\n", 120),
        ("Contact: <sip:us@192.0.2.1:5060>\r\nExpires: 60\r\n", 60),
        ("Expires: 60\r\n", 60),
        ("", 600),
        ("Contact: <sip:us@192.0.2.1:5060>;expires=0\r\n", 1),
    ] {
        assert_eq!(meaning(200, more), Answer::Granted { expires }, "{more}");
    }
}

#[test]
fn a_longer_time_is_asked_for_once_and_then_after_a_while() {
    let (mut registration, mut random) = registration();
    let mut answer = |more: &str| {
        let request = registration.request(false);
        let answer = registration.answered(&request, &response(423, more), "", &mut random);
        (answer == Answer::TooBrief, registration.expires)
    };
    assert_eq!(answer("Min-Expires: 900\r\n"), (true, 900));
    assert_eq!(answer("Min-Expires: 1000\r\n"), (false, 1000));
    assert_eq!(answer("Min-Expires: 5\r\n"), (false, 1000));
    assert_eq!(answer(""), (false, 1000));
}

#[test]
fn a_refusal_is_waited_out_as_long_as_the_registrar_asks_but_not_for_ever() {
    let wait = |more: &str| match meaning(503, more) {
        Answer::Refused { retry_in } => retry_in.as_secs(),
        other @ (Answer::Granted { .. } | Answer::TooBrief) => panic!("{other:?}"),
    };
    assert!((15..=30).contains(&wait("")));
    assert_eq!(wait("Retry-After: 120\r\n"), 120);
    assert_eq!(wait("Retry-After: 999999999999\r\n"), LONGEST_WAIT);
}

#[test]
fn requests_count_up_and_one_that_leaves_asks_for_no_time() {
    let (mut registration, _) = registration();
    let parts = |request: Outgoing| (request.cseq, request.contact.unwrap().expires, request.fields);
    assert_eq!(parts(registration.request(false)), (1, Some(600), vec![(HeaderName::Expires, "600".into())]));
    assert_eq!(parts(registration.request(true)), (2, Some(0), vec![(HeaderName::Expires, "0".into())]));
}

#[test]
fn a_refresh_comes_well_before_the_end() {
    let now = crate::origin::origin();
    let after =
        [1, 2, 60, 1_200, 3_600].map(|expires| (Registration::refresh_at(now, expires) - now).as_secs());
    assert_eq!(after, [1, 1, 30, 600, 3_000]);
}
