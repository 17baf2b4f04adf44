//! What single requests are answered with, byte for byte where it matters.

use std::time::Duration;

use super::bench::{Bench, STRANGER, TRUNK, events, lines, sent, value};
use super::call::sdp;
use super::network::UDP;
use crate::*;

/// A request from the trunk. `{}` in it stands for the method.
pub(super) fn request(method: &str, cseq: u32, branch: &str, more: &str) -> String {
    format!(
        "{method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK{branch}\r\n\
         From: <sip:carol@trunk.example>;tag=from\r\nTo: <sip:bob@example.com>\r\nCall-ID: call\r\n\
         CSeq: {cseq} {method}\r\nContact: <sip:carol@198.51.100.7>\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

/// The same within the dialog that our tag names.
pub(super) fn within(method: &str, cseq: u32, branch: &str, tag: &str) -> String {
    request(method, cseq, branch, "")
        .replace("To: <sip:bob@example.com>", &format!("To: <sip:bob@example.com>;tag={tag}"))
}

pub(super) fn tag(message: &str) -> String {
    value(message, "To").unwrap().split_once(";tag=").unwrap().1.to_owned()
}

pub(super) fn incoming(outputs: &[Output]) -> Option<Incoming> {
    events(outputs).iter().find_map(super::call::incoming)
}

/// A call from the trunk that was answered and acknowledged; our tag and its handle.
pub(super) fn established(bench: &mut Bench, invite: &str) -> (String, CallHandle) {
    let call = incoming(&bench.send(TRUNK, invite)).unwrap().call;
    let ok = sent(&bench.command(Command::Accept { call, sdp: sdp("answer") })).remove(0);
    let tag = tag(&ok);
    let told = events(&bench.send(TRUNK, within("ACK", 1, "ack", &tag)));
    assert_eq!(told, [Event::Acknowledged { call, sdp: None }]);
    (tag, call)
}

#[test]
fn options_tell_what_is_served() {
    let mut bench = Bench::new();
    let text = request("OPTIONS", 1, "1", "Timestamp: 54\r\n").replace(";branch", ";rport;branch");
    let answer = sent(&bench.send("203.0.113.9:1024", text)).remove(0);
    let tag = tag(&answer);
    assert_eq!(
        answer,
        format!(
            "SIP/2.0 200 OK\r\n\
             Via: SIP/2.0/UDP 198.51.100.7;rport=1024;branch=z9hG4bK1;received=203.0.113.9\r\n\
             From: <sip:carol@trunk.example>;tag=from\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\n\
             To: <sip:bob@example.com>;tag={tag}\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER\r\n\
             Accept: application/sdp\r\nServer: ximss-gateway/{}\r\nContent-Length: 0\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn a_stateless_answer_is_the_same_for_a_retransmission_and_different_for_another_request() {
    let mut bench = Bench::new();
    let first = sent(&bench.send(STRANGER, request("OPTIONS", 1, "1", "")));
    assert_eq!(sent(&bench.send(STRANGER, request("OPTIONS", 1, "1", ""))), first);
    assert_ne!(tag(&sent(&bench.send(STRANGER, request("OPTIONS", 1, "2", "")))[0]), tag(&first[0]));
    assert_eq!(bench.endpoint.statistics().server_transactions, 0);
}

#[test]
fn a_response_goes_to_the_port_of_the_via_unless_rport_asks_for_the_source_port() {
    let mut bench = Bench::new();
    for (via, to) in
        [("h", "203.0.113.9:5060"), ("h:7000", "203.0.113.9:7000"), ("h;rport", "203.0.113.9:1024")]
    {
        let text = request("OPTIONS", 1, via, "")
            .replace("198.51.100.7;branch=z9hG4bK", "")
            .replace("h;rport", "h ;rport");
        let outputs = bench.send("203.0.113.9:1024", text);
        let Some(Output::Transmit { flow, .. }) = outputs.first() else { panic!() };
        assert_eq!(*flow, FlowId::Udp { listener: UDP, remote: to.parse().unwrap() }, "{via}");
    }
}

#[test]
fn a_known_method_that_is_not_served_is_405_and_an_unknown_one_501_both_with_allow() {
    let mut bench = Bench::new();
    for (method, line) in
        [("INFO", "SIP/2.0 405 Method Not Allowed"), ("DANCE", "SIP/2.0 501 Not Implemented")]
    {
        let answer = sent(&bench.send(STRANGER, request(method, 1, "1", ""))).remove(0);
        assert_eq!(answer.lines().next(), Some(line));
        assert_eq!(value(&answer, "Allow"), Some("INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER"));
    }
}

#[test]
fn malformed_requests_are_told_what_is_wrong_with_them() {
    let mut bench = Bench::new();
    let long = format!("sip:{}@x", "a".repeat(MAX_URI));
    for (text, line) in [
        (
            request("OPTIONS", 1, "1", "Max-Forwards: 256\r\n"),
            "SIP/2.0 400 Malformed Max-Forwards: Number Out of Range",
        ),
        (request("OPTIONS", 1, "1", "To: <sip:x@y>\r\n"), "SIP/2.0 400 More Than One To"),
        (request("OPTIONS", 1, "1", "Call-ID : x\r\n"), "SIP/2.0 400 More Than One Call-ID"),
        (request("OPTIONS", 1, "1", "X: a\rb\r\n"), "SIP/2.0 400 Bare CR or LF"),
        (request("OPTIONS", 1, "1", "l: 5\r\n"), "SIP/2.0 400 Conflicting Content-Length"),
        (
            request("OPTIONS", 1, "1", "").replace("sip:bob@example.com SIP", &format!("{long} SIP")),
            "SIP/2.0 414 Request-URI Too Long",
        ),
        (
            request("OPTIONS", 1, "1", "").replace("sip:bob@example.com SIP", "sips:bob@example.com SIP"),
            "SIP/2.0 416 Unsupported URI Scheme",
        ),
        (request("INVITE", 1, "1", "Require: 100rel, x\r\n"), "SIP/2.0 420 Bad Extension"),
        (
            request("OPTIONS", 1, "1", "").replace(" SIP/2.0\r\nVia", " SIP/3.0\r\nVia"),
            "SIP/2.0 505 Version Not Supported",
        ),
        (
            request("OPTIONS", 1, "1", &"X: y\r\n".repeat(MAX_HEADERS)),
            "SIP/2.0 400 More Than 256 Header Fields",
        ),
    ] {
        assert_eq!(lines(&bench.send(TRUNK, text)), [line]);
    }
    assert_eq!(bench.endpoint.statistics().parse_errors, 8);
}

#[test]
fn an_unsupported_extension_is_named() {
    let mut bench = Bench::new();
    let answer =
        sent(&bench.send(TRUNK, request("INVITE", 1, "1", "Require: 100rel\r\nRequire: x\r\n"))).remove(0);
    assert_eq!(value(&answer, "Unsupported"), Some("100rel, x"));
}

#[test]
fn requests_within_unknown_dialogs_are_481_and_their_acks_are_dropped() {
    let mut bench = Bench::new();
    for method in ["INVITE", "BYE", "OPTIONS"] {
        assert_eq!(
            lines(&bench.send(TRUNK, within(method, 1, "1", "x"))),
            ["SIP/2.0 481 Call/Transaction Does Not Exist"]
        );
    }
    assert_eq!(
        lines(&bench.send(TRUNK, request("CANCEL", 1, "1", ""))),
        ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    );
    assert_eq!(
        lines(&bench.send(TRUNK, request("BYE", 1, "2", ""))),
        ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    );
    assert_eq!(bench.send(TRUNK, within("ACK", 1, "1", "x")), []);
    assert_eq!(bench.endpoint.statistics().dropped.get(&DropReason::StrayAck), Some(&1));
}

#[test]
fn a_copy_of_a_call_that_came_another_way_is_482() {
    let mut bench = Bench::new();
    assert!(incoming(&bench.send(TRUNK, request("INVITE", 1, "1", ""))).is_some());
    assert_eq!(lines(&bench.send(TRUNK, request("INVITE", 1, "2", ""))), ["SIP/2.0 482 Loop Detected"]);
    assert_eq!(
        lines(&bench.send(TRUNK, request("INVITE", 1, "1", ""))),
        ["SIP/2.0 100 Trying"],
        "a retransmission"
    );
}

#[test]
fn a_call_from_a_trunk_needs_a_contact() {
    let mut bench = Bench::new();
    let text = request("INVITE", 1, "1", "").replace("Contact: <sip:carol@198.51.100.7>\r\n", "");
    assert_eq!(lines(&bench.send(TRUNK, text)), ["SIP/2.0 100 Trying", "SIP/2.0 400 Missing Contact"]);
}

#[test]
fn a_call_that_expires_is_ended_with_487() {
    let mut bench = Bench::new();
    let call = incoming(&bench.send(TRUNK, request("INVITE", 1, "1", "Expires: 20\r\n"))).unwrap().call;
    let outputs = bench.wait(Duration::from_secs(20));
    assert_eq!(lines(&outputs), ["SIP/2.0 487 Request Terminated"]);
    assert_eq!(events(&outputs), [Event::Cancelled { call, reason: None }]);
}

#[test]
fn a_bye_before_the_answer_ends_the_call() {
    let mut bench = Bench::new();
    let call = incoming(&bench.send(TRUNK, request("INVITE", 1, "1", ""))).unwrap().call;
    let ringing = bench.command(Command::Progress { call, status: StatusCode::RINGING, sdp: None });
    let tag = tag(&sent(&ringing)[0]);
    let outputs = bench.send(TRUNK, within("BYE", 2, "2", &tag));
    assert_eq!(lines(&outputs), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    assert_eq!(events(&outputs), [Event::Cancelled { call, reason: None }]);
}

#[test]
fn a_request_that_was_overtaken_is_500() {
    let mut bench = Bench::new();
    let (tag, _) = established(&mut bench, &request("INVITE", 1, "1", ""));
    assert_eq!(lines(&bench.send(TRUNK, within("BYE", 1, "2", &tag))), ["SIP/2.0 500 CSeq Out of Order"]);
    assert_eq!(lines(&bench.send(TRUNK, within("INVITE", 1, "3", &tag))), ["SIP/2.0 500 CSeq Out of Order"]);
}

/// RFC 3261 §14.2.
#[test]
fn a_second_invite_before_the_first_is_answered_has_to_wait() {
    let mut bench = Bench::new();
    let call = incoming(&bench.send(TRUNK, request("INVITE", 1, "1", ""))).unwrap().call;
    let ringing = bench.command(Command::Progress { call, status: StatusCode::RINGING, sdp: None });
    let tag = tag(&sent(&ringing)[0]);
    let outputs = bench.send(TRUNK, within("INVITE", 2, "2", &tag));
    assert_eq!(lines(&outputs), ["SIP/2.0 100 Trying", "SIP/2.0 500 Server Internal Error"]);
    let after = value(&sent(&outputs)[1], "Retry-After").unwrap().parse::<u8>().unwrap();
    assert!(after <= 10);
    assert_eq!(events(&outputs), []);
    // The first is answered all the same, and acknowledged under its own number.
    let ok = bench.command(Command::Accept { call, sdp: sdp("answer") });
    assert_eq!(lines(&ok), ["SIP/2.0 200 OK"]);
    let outputs = bench.send(TRUNK, within("ACK", 1, "ack", &tag));
    assert_eq!(events(&outputs), [Event::Acknowledged { call, sdp: None }]);
}

#[test]
fn a_peer_can_cancel_its_own_change() {
    let mut bench = Bench::new();
    let (tag, call) = established(&mut bench, &request("INVITE", 1, "1", ""));
    let outputs = bench.send(TRUNK, within("INVITE", 2, "2", &tag));
    assert_eq!(events(&outputs), [Event::Reoffer { call, sdp: None }]);
    assert_eq!(
        lines(&bench.send(TRUNK, within("INVITE", 3, "3", &tag))),
        ["SIP/2.0 100 Trying", "SIP/2.0 500 Server Internal Error"]
    );
    let outputs = bench.send(TRUNK, within("CANCEL", 2, "2", &tag));
    assert_eq!(lines(&outputs), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    assert_eq!(events(&outputs), [Event::ReofferCancelled { call }]);
    assert_eq!(bench.command(Command::AnswerReoffer { call, sdp: sdp("late") }), []);
}

#[test]
fn the_proxies_of_a_call_are_repeated_to_the_caller_and_used_towards_it() {
    let mut bench = Bench::new();
    let proxies =
        "Record-Route: <sip:198.51.100.8;lr>, <sip:p1.example;lr>\r\nRecord-Route: <sip:p0.example;lr>\r\n";
    let call = incoming(&bench.send(TRUNK, request("INVITE", 1, "1", proxies))).unwrap().call;
    let ok = sent(&bench.command(Command::Accept { call, sdp: sdp("answer") })).remove(0);
    let repeated: String = ok
        .lines()
        .filter(|line| line.starts_with("Record-Route"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    assert_eq!(repeated, proxies);
    let tag = tag(&ok);
    bench.send(TRUNK, within("ACK", 1, "ack", &tag));
    let outputs = bench.command(Command::Hangup { call, reason: None });
    let bye = sent(&outputs).remove(0);
    let routes: Vec<_> = bye.lines().filter(|line| line.starts_with("Route")).collect();
    assert_eq!(
        (bye.lines().next(), routes),
        (
            Some("BYE sip:carol@198.51.100.7 SIP/2.0"),
            vec!["Route: <sip:198.51.100.8;lr>", "Route: <sip:p1.example;lr>", "Route: <sip:p0.example;lr>"]
        )
    );
    let Some(Output::Transmit { flow: FlowId::Udp { remote, .. }, .. }) = outputs.first() else { panic!() };
    assert_eq!(*remote, "198.51.100.8:5060".parse().unwrap());
}

/// Its Contact cannot be reached: requests go back the way its own came.
#[test]
fn a_caller_behind_an_address_translator_is_reached_where_it_came_from() {
    let mut bench = Bench::new();
    let text = request("INVITE", 1, "1", "").replace("@198.51.100.7>\r\n", "@10.0.0.7:5062>\r\n");
    let event = incoming(&bench.send("198.51.100.7:33333", &text)).unwrap();
    assert!(event.behind_nat);
    let ok = sent(&bench.command(Command::Accept { call: event.call, sdp: sdp("answer") })).remove(0);
    bench.send("198.51.100.7:33333", within("ACK", 1, "ack", &tag(&ok)));
    let outputs = bench.command(Command::Hangup { call: event.call, reason: None });
    let Some(Output::Transmit { flow: FlowId::Udp { remote, .. }, .. }) = outputs.first() else { panic!() };
    assert_eq!(*remote, "198.51.100.7:33333".parse().unwrap());
    assert_eq!(lines(&outputs), ["BYE sip:carol@10.0.0.7:5062 SIP/2.0"]);
}

/// RFC 3261 §17.2.3: without the cookie an ACK is matched by what it says.
#[test]
fn a_peer_of_rfc_2543_can_call() {
    let mut bench = Bench::new();
    let old = |text: String| text.replace("branch=z9hG4bK", "branch=").replace(";tag=from", "");
    let invite = old(request("INVITE", 1, "1", "").replace("Contact: <sip:carol@198.51.100.7>\r\n", ""));
    let call = incoming(&bench.send(TRUNK, &invite)).unwrap().call;
    let ok = sent(&bench.command(Command::Accept { call, sdp: sdp("answer") })).remove(0);
    let ack = old(within("ACK", 1, "1", &tag(&ok)));
    assert_eq!(events(&bench.send(TRUNK, ack)), [Event::Acknowledged { call, sdp: None }]);
    let bye = old(within("BYE", 2, "2", &tag(&ok)));
    assert_eq!(events(&bench.send(TRUNK, bye)), [Event::Ended { call, cause: EndCause::Remote(None) }]);
}

#[test]
fn a_refusal_is_acknowledged_within_its_transaction() {
    let mut bench = Bench::new();
    let call = incoming(&bench.send(TRUNK, request("INVITE", 1, "1", ""))).unwrap().call;
    let busy =
        Command::Reject { call, status: StatusCode::BUSY_HERE, phrase: None, reason: None, headers: vec![] };
    let tag = tag(&sent(&bench.command(busy))[0]);
    assert_eq!(lines(&bench.wait(Duration::from_millis(600))), ["SIP/2.0 486 Busy Here"]);
    bench.send(TRUNK, within("ACK", 1, "1", &tag));
    assert_eq!(bench.wait(Duration::from_secs(40)), []);
    assert_eq!(bench.endpoint.statistics().server_transactions, 0);
}

#[test]
fn responses_to_nobody_and_keep_alives_are_dropped() {
    let mut bench = Bench::new();
    let response = |via: &str| {
        format!(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n"
        )
    };
    let behind = response("192.0.2.1").replace("From:", "Via: SIP/2.0/UDP 192.0.2.3\r\nFrom:");
    let ours = [response("192.0.2.1"), response("192.0.2.2"), behind];
    for text in ours.into_iter().chain(["\r\n\r\n", "\0\0", "garbage"].map(str::to_owned)) {
        assert_eq!(bench.send(STRANGER, text), []);
    }
    let dropped = bench.endpoint.statistics().dropped;
    let expected = [
        (DropReason::KeepAlive, 2),
        (DropReason::Unreadable, 1),
        (DropReason::ForeignResponse, 2),
        (DropReason::StrayResponse, 1),
    ];
    assert_eq!(dropped, expected.into_iter().collect());
}
