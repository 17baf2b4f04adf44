//! What a dialog makes of the messages that begin it, and of those within it.

use bytes::Bytes;

use super::*;
use crate::message::Message;

fn parse(text: &str) -> Message {
    Message::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

fn request(text: &str) -> Request {
    let Message::Request(request) = parse(text) else { panic!() };
    *request
}

const PROXIES: &str = "Record-Route: <sip:p2.example;lr>\r\nRecord-Route: <sip:p1.example;lr>\r\n";

/// A request of carol's in a dialog with the tags `local` and `remote`.
fn from_peer(method: &str, cseq: u32, more: &str) -> Request {
    request(&format!(
        "{method} sip:bob@us SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:carol@them>;tag=remote\r\n\
         To: <sip:bob@us>;tag=local\r\nCall-ID: x\r\nCSeq: {cseq} {method}\r\n{more}\r\n"
    ))
}

fn incoming(more: &str) -> Dialog {
    let text = from_peer("INVITE", 5, more);
    Dialog::of_request(&Request { to: text.to.clone().with_tag(None), ..text }, "local", None).unwrap()
}

/// Request-URI, Routes, From, To and CSeq of a request.
fn parts(request: &Outgoing) -> (String, Vec<String>, String, String, u32) {
    let routes = request.routes.iter().map(ToString::to_string).collect();
    (request.uri.to_string(), routes, request.from.to_string(), request.to.to_string(), request.cseq)
}

#[test]
fn a_call_that_came_in_goes_back_through_its_proxies_in_their_order() {
    let mut dialog = incoming(&format!("Contact: <sip:carol@pc;method=INVITE?x=y>\r\n{PROXIES}"));
    assert_eq!(
        parts(&dialog.request(Method::Bye)),
        (
            "sip:carol@pc".into(),
            vec!["<sip:p2.example;lr>".into(), "<sip:p1.example;lr>".into()],
            "<sip:bob@us>;tag=local".into(),
            "<sip:carol@them>;tag=remote".into(),
            1
        )
    );
    assert_eq!(dialog.request(Method::Invite).cseq, 2);
}

#[test]
fn a_call_of_ours_goes_through_its_proxies_in_reverse() {
    let invite = incoming("Contact: <sip:carol@pc>\r\n").request(Method::Invite);
    let text = format!(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:bob@us>;tag=local\r\n\
         To: <sip:carol@them>;tag=fork\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:carol@phone>\r\n{PROXIES}\r\n"
    );
    let Message::Response(response) = parse(&text) else { panic!() };
    let dialog = Dialog::of_response(&invite, &response, None);
    assert_eq!(
        parts(&dialog.acknowledge((1, None), None)),
        (
            "sip:carol@phone".into(),
            vec!["<sip:p1.example;lr>".into(), "<sip:p2.example;lr>".into()],
            "<sip:bob@us>;tag=local".into(),
            "<sip:carol@them>;tag=fork".into(),
            1
        )
    );
}

#[test]
fn requests_are_taken_in_order_and_those_of_other_dialogs_are_not() {
    let mut dialog = incoming("Contact: <sip:carol@pc>\r\n");
    let mut take = |request: &Request| dialog.take(request);
    assert_eq!(take(&from_peer("BYE", 5, "")), Err(Misfit::OutOfOrder));
    assert_eq!(take(&from_peer("BYE", 7, "")), Ok(()));
    assert_eq!(take(&from_peer("BYE", 6, "")), Err(Misfit::OutOfOrder));
    let stranger = from_peer("BYE", 8, "");
    let other_tag = Request { from: stranger.from.clone().with_tag(Some("other")), ..stranger.clone() };
    assert_eq!(take(&other_tag), Err(Misfit::Stranger));
    assert_eq!(take(&Request { call_id: "y".into(), ..stranger.clone() }), Err(Misfit::Stranger));
    assert_eq!(take(&Request { to: stranger.to.clone().with_tag(None), ..stranger }), Err(Misfit::Stranger));
}

#[test]
fn a_new_contact_moves_the_peer_and_its_absence_does_not() {
    let mut dialog = incoming("Contact: <sip:carol@pc>\r\n");
    dialog.refresh(None, None);
    assert_eq!(dialog.request(Method::Bye).uri.to_string(), "sip:carol@pc");
    dialog.refresh(Some(NameAddr::parse(b"<sip:carol@car>").unwrap()), None);
    assert_eq!(dialog.request(Method::Bye).uri.to_string(), "sip:carol@car");
}

#[test]
fn a_route_set_says_better_than_a_flow_where_requests_go() {
    let flow = Some(FlowId::Tcp(crate::flow::ConnectionId::accepted(1)));
    for (more, used) in [("", flow), (PROXIES, None)] {
        let text = from_peer("INVITE", 5, &format!("Contact: <sip:carol@pc>\r\n{more}"));
        assert_eq!(Dialog::of_request(&text, "local", flow).unwrap().flow(), used);
    }
}

#[test]
fn a_dialog_needs_one_contact_that_can_be_read() {
    for (more, defect) in [
        ("", Defect::Missing(HeaderName::Contact)),
        ("Contact: <sip:a@b>, <sip:c@d>\r\n", Defect::Repeated(HeaderName::Contact)),
        ("Contact: <x>\r\n", Defect::Malformed(HeaderName::Contact, Flaw::Scheme)),
        ("Contact: <tel:+1>\r\n", Defect::Malformed(HeaderName::Contact, Flaw::Scheme)),
    ] {
        let found = Dialog::of_request(&from_peer("INVITE", 5, more), "local", None).map(|_| ());
        assert_eq!(found, Err(defect));
    }
}
