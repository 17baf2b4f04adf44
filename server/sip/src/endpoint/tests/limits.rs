//! Messages larger and more numerous than the caps, and streams that misbehave.

use std::time::Duration;

use bytes::Bytes;

use super::bench::{Bench, TRUNK, answer_challenge, events, lines, sent};
use super::call::{CALL, invite};
use super::network::TCP;
use super::serve::{incoming, request};
use crate::*;

const FIRST: u64 = 1;

/// Opens a connection from the trunk.
fn connect(bench: &mut Bench, number: u64) -> (ConnectionId, Vec<Output>) {
    connect_from(bench, "198.51.100.7", number)
}

fn connect_from(bench: &mut Bench, ip: &str, number: u64) -> (ConnectionId, Vec<Output>) {
    let connection = ConnectionId::accepted(number);
    let remote = format!("{ip}:{}", 40_000 + number).parse().unwrap();
    (connection, bench.input(Input::Accepted { connection, listener: TCP, remote }))
}

fn stream(bench: &mut Bench, connection: ConnectionId, text: &str) -> Vec<Output> {
    bench.input(Input::Stream { connection, bytes: Bytes::copy_from_slice(text.as_bytes()) })
}

fn options(branch: &str) -> String {
    request("OPTIONS", 1, branch, "").replace("/UDP", "/TCP")
}

#[test]
fn beyond_the_cap_of_transactions_requests_get_503_and_nothing_grows() {
    let mut bench = Bench::with(|config| config.caps.transactions = 10);
    for number in 0..10_000_u32 {
        let text = request("INVITE", 1, &number.to_string(), "")
            .replace("Call-ID: call", &format!("Call-ID: {number}"));
        let expected = if number < 10 { "SIP/2.0 100 Trying" } else { "SIP/2.0 503 Overloaded" };
        assert_eq!(lines(&bench.send(TRUNK, text)), [expected]);
    }
    let left = bench.endpoint.statistics();
    assert_eq!((left.server_transactions, left.calls, left.overload), (10, 10, 9_990));
}

#[test]
fn beyond_the_cap_of_calls_neither_end_makes_another() {
    let mut bench = Bench::with(|config| config.caps.calls = 1);
    assert!(incoming(&bench.send(TRUNK, request("INVITE", 1, "1", ""))).is_some());
    let second = request("INVITE", 1, "2", "").replace("Call-ID: call", "Call-ID: other");
    assert_eq!(lines(&bench.send(TRUNK, second)), ["SIP/2.0 503 Overloaded"]);
    let outputs = bench.command(invite(Some("offer"), "sip:bob@198.51.100.7"));
    assert_eq!(
        outputs,
        [Output::Event(Event::Rejected {
            call: CallHandle::outgoing(CALL),
            status: StatusCode::SERVICE_UNAVAILABLE,
            phrase: "Overloaded".into(),
            retry_after: None,
        })]
    );
}

#[test]
fn our_own_requests_are_bounded_too() {
    let mut bench = Bench::with(|config| config.caps.transactions = 0);
    let outputs = bench.command(invite(Some("offer"), "sip:bob@198.51.100.7"));
    assert!(matches!(
        outputs[..],
        [Output::Event(Event::Rejected { status: StatusCode::SERVICE_UNAVAILABLE, .. })]
    ));
}

#[test]
fn beyond_the_cap_of_connections_a_new_one_is_closed() {
    let mut bench = Bench::with(|config| config.caps.connections = 1);
    assert_eq!(connect(&mut bench, FIRST).1, []);
    let (second, outputs) = connect(&mut bench, 2);
    assert_eq!(outputs, [Output::Close { connection: second }]);
}

#[test]
fn what_waits_for_a_connection_is_bounded() {
    let mut bench = Bench::with(|config| config.caps.connection_queue = 500);
    let outputs = bench.command(invite(Some("offer"), "sip:bob@198.51.100.7;transport=tcp"));
    assert!(matches!(outputs[..], [Output::Connect { .. }]));
    assert_eq!(bench.endpoint.statistics().dropped.get(&DropReason::NoConnection), Some(&1));
}

#[test]
fn a_ping_on_a_connection_is_answered_and_requests_around_it_are_served() {
    let mut bench = Bench::new();
    let (connection, _) = connect(&mut bench, FIRST);
    let outputs =
        stream(&mut bench, connection, &format!("\r\n\r\n{}\r\n\r\n{}", options("1"), options("2")));
    let flow = FlowId::Tcp(connection);
    assert_eq!(lines(&outputs), ["", "SIP/2.0 200 OK", "", "SIP/2.0 200 OK"]);
    assert_eq!(outputs[0], Output::Transmit { flow, bytes: Bytes::from_static(b"\r\n") });
}

#[test]
fn a_stream_that_cannot_be_cut_into_messages_is_answered_and_closed() {
    let mut bench = Bench::new();
    let long = "x".repeat(MAX_MESSAGE);
    for (number, text, line) in [
        (1, options("1").replace("Content-Length: 0\r\n", ""), "SIP/2.0 400 Missing Content-Length"),
        (
            2,
            options("1").replace("Content-Length: 0", "Content-Length: 99999999"),
            "SIP/2.0 513 Message Too Large",
        ),
        (
            3,
            options("1").replace("Content-Length: 0", "Content-Length: 0\r\nl: 9"),
            "SIP/2.0 400 Conflicting Content-Length",
        ),
        (
            4,
            options("1").replace("Content-Length: 0", &format!("X: {long}\r\nContent-Length: 0")),
            "SIP/2.0 513 Message Too Large",
        ),
    ] {
        let (connection, _) = connect(&mut bench, number);
        let outputs = stream(&mut bench, connection, &text);
        assert_eq!(lines(&outputs), [line]);
        assert_eq!(outputs.last(), Some(&Output::Close { connection }));
    }
    let left = bench.endpoint.statistics();
    assert_eq!((left.connections, left.dropped.get(&DropReason::BrokenStream)), (0, Some(&4)));
}

#[test]
fn bytes_for_a_closed_connection_are_dropped() {
    let mut bench = Bench::new();
    let (connection, _) = connect(&mut bench, FIRST);
    bench.input(Input::Closed { connection });
    assert_eq!(stream(&mut bench, connection, &options("1")), []);
    assert_eq!(bench.endpoint.statistics().dropped.get(&DropReason::NoConnection), Some(&1));
}

#[test]
fn a_message_that_comes_too_slowly_closes_its_connection() {
    let mut bench = Bench::new();
    let (connection, _) = connect(&mut bench, FIRST);
    for byte in options("1").chars().take(31) {
        assert_eq!(stream(&mut bench, connection, &byte.to_string()), []);
        assert_eq!(bench.wait(Duration::from_secs(1)), []);
    }
    assert_eq!(bench.wait(Duration::from_secs(1)), [Output::Close { connection }]);
}

#[test]
fn a_connection_without_messages_is_closed_after_two_hours() {
    let mut bench = Bench::new();
    let (connection, _) = connect(&mut bench, FIRST);
    assert_eq!(bench.wait(Duration::from_secs(3_600)), []);
    stream(&mut bench, connection, "\r\n\r\n");
    assert_eq!(bench.wait(Duration::from_secs(7_199)), []);
    assert_eq!(bench.wait(Duration::from_secs(1)), [Output::Close { connection }]);
}

#[test]
fn a_stranger_keeps_its_connection_for_32_seconds_whatever_it_sends() {
    let mut bench = Bench::new();
    let (connection, _) = connect_from(&mut bench, "203.0.113.9", FIRST);
    for number in 0..31 {
        assert_eq!(stream(&mut bench, connection, &options(&number.to_string())).len(), 1);
        assert_eq!(bench.wait(Duration::from_secs(1)), []);
    }
    assert_eq!(bench.wait(Duration::from_secs(1)), [Output::Close { connection }]);
}

#[test]
fn who_has_proved_to_be_an_account_keeps_its_connection() {
    let mut bench = Bench::new();
    let (connection, _) = connect_from(&mut bench, "203.0.113.9", FIRST);
    let register = request("REGISTER", 1, "1", "")
        .replace("/UDP", "/TCP")
        .replace("sip:bob@example.com", "sip:alice@example.com");
    let challenge = sent(&stream(&mut bench, connection, &register)).remove(0);
    let proved = register.replace("branch=z9hG4bK1", "branch=z9hG4bK2").replace("CSeq: 1", "CSeq: 2");
    let proved = answer_challenge(&challenge, proved.as_bytes(), "alice", "password").unwrap();
    let outputs = stream(&mut bench, connection, std::str::from_utf8(&proved).unwrap());
    let Some(Event::Authenticate { id, user, domain }) = events(&outputs).pop() else {
        panic!("{outputs:?}")
    };
    bench.command(Command::Credentials { id, ha1: Some(Ha1::new(&user, &domain, "password")) });
    let closed = |outputs: Vec<Output>| outputs.contains(&Output::Close { connection });
    assert!(!closed(bench.wait(Duration::from_secs(7_199))));
    assert!(closed(bench.wait(Duration::from_secs(1))));
}

#[test]
fn a_datagram_of_the_largest_size_is_read_and_a_larger_one_refused() {
    let mut bench = Bench::new();
    let filled = |size: usize| {
        let text = request("OPTIONS", 1, "1", "").replace("Content-Length: 0\r\n", "");
        let missing = size - text.len();
        format!("{text}{}", "x".repeat(missing))
    };
    assert_eq!(lines(&bench.send(TRUNK, filled(MAX_MESSAGE))), ["SIP/2.0 200 OK"]);
    assert_eq!(lines(&bench.send(TRUNK, filled(MAX_MESSAGE + 1))), ["SIP/2.0 513 Message Too Large"]);
}
