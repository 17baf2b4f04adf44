//! A call of ours that several phones answer, and challenges on its way.

use std::time::Duration;

use super::bench::{Bench, TRUNK, events, lines, sent, value};
use super::call::{CALL, invite};
use crate::*;

/// A response to a request of ours.
fn response(request: &str, status: &str, tag: &str, more: &str) -> String {
    let copied: String = request
        .lines()
        .skip(1)
        .filter(|line| {
            ["Via", "From", "Call-ID", "CSeq"].iter().any(|name| line.starts_with(&format!("{name}:")))
        })
        .map(|line| format!("{line}\r\n"))
        .collect();
    format!(
        "SIP/2.0 {status}\r\n{copied}To: <sip:bob@b.example>;tag={tag}\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

fn contact(place: &str) -> String {
    format!("Contact: <sip:bob@{place}>\r\n")
}

fn called() -> (Bench, String) {
    let mut bench = Bench::new();
    let request = sent(&bench.command(invite(Some("offer"), "sip:bob@198.51.100.7"))).remove(0);
    (bench, request)
}

#[test]
fn an_invite_is_written_in_full() {
    let (_, request) = called();
    let branch = request.split_once("branch=").unwrap().1.split(';').next().unwrap();
    let tag = value(&request, "From").unwrap().split_once("tag=").unwrap().1;
    let call_id = value(&request, "Call-ID").unwrap();
    assert_eq!(
        request,
        format!(
            "INVITE sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport\r\n\
             Max-Forwards: 69\r\nFrom: \"Alice \\\"A\\\"\" <sip:alice@a.example>;tag={tag}\r\nTo: <sip:bob@b.example>\r\n\
             Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@192.0.2.1:5060>\r\n\
             Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER\r\nAlert-Info: <http://a.example/ring>\r\n\
             User-Agent: ximss-gateway/{}\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\noffer",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn each_fork_rings_under_its_own_tag() {
    let (mut bench, request) = called();
    for tag in ["one", "two"] {
        let told = events(&bench.send(TRUNK, response(&request, "180 Ringing", tag, &contact("192.0.2.50"))));
        let call = CallHandle::outgoing(CALL);
        assert_eq!(
            told,
            [Event::Progress { call, status: StatusCode::RINGING, tag: Some(tag.into()), sdp: None }]
        );
    }
}

#[test]
fn a_second_answer_is_acknowledged_and_ended_and_repetitions_only_acknowledged() {
    let (mut bench, request) = called();
    let one = response(&request, "200 OK", "one", &contact("192.0.2.50"));
    let two = response(&request, "200 OK", "two", &contact("192.0.2.51"));
    let first = bench.send(TRUNK, &one);
    assert_eq!((lines(&first), events(&first).len()), (vec!["ACK sip:bob@192.0.2.50 SIP/2.0".to_owned()], 1));
    let second = bench.send(TRUNK, &two);
    assert_eq!(lines(&second), ["ACK sip:bob@192.0.2.51 SIP/2.0", "BYE sip:bob@192.0.2.51 SIP/2.0"]);
    assert_eq!(events(&second), []);
    assert_eq!(lines(&bench.send(TRUNK, &one)), ["ACK sip:bob@192.0.2.50 SIP/2.0"]);
    assert_eq!(lines(&bench.send(TRUNK, &two)), ["ACK sip:bob@192.0.2.51 SIP/2.0"]);
}

#[test]
fn a_fork_that_answers_after_the_call_was_ended_is_ended_too() {
    let (mut bench, request) = called();
    bench.send(TRUNK, response(&request, "200 OK", "one", &contact("192.0.2.50")));
    let bye =
        sent(&bench.command(Command::Hangup { call: CallHandle::outgoing(CALL), reason: None })).remove(0);
    bench.send(TRUNK, response(&bye, "200 OK", "one", ""));
    let late = bench.send(TRUNK, response(&request, "200 OK", "two", &contact("192.0.2.51")));
    assert_eq!(lines(&late), ["ACK sip:bob@192.0.2.51 SIP/2.0", "BYE sip:bob@192.0.2.51 SIP/2.0"]);
    bench.wait(Duration::from_secs(70));
    let left = bench.endpoint.statistics();
    assert_eq!((left.calls, left.client_transactions), (0, 0));
}

/// The callee is behind an address translator: its Contact cannot be reached, and its answer says so.
#[test]
fn an_answer_from_behind_an_address_translator_is_acknowledged_on_its_flow() {
    let (mut bench, request) = called();
    let outputs =
        bench.send("198.51.100.7:5060", response(&request, "200 OK", "one", &contact("10.0.0.5:5070")));
    let Some(Output::Transmit { flow: FlowId::Udp { remote, .. }, .. }) = outputs.first() else { panic!() };
    assert_eq!(*remote, "198.51.100.7:5060".parse().unwrap());
    let Some(Event::Answered(answered)) = events(&outputs).pop() else { panic!() };
    assert!(answered.behind_nat);
}

#[test]
fn an_answer_without_a_contact_is_acknowledged_where_the_invite_went() {
    let (mut bench, request) = called();
    let outputs = bench.send(TRUNK, response(&request, "200 OK", "one", ""));
    assert_eq!(lines(&outputs), ["ACK sip:bob@198.51.100.7 SIP/2.0"]);
}

#[test]
fn the_proxies_of_an_answered_call_are_used_in_reverse() {
    let (mut bench, request) = called();
    let more = format!(
        "{}Record-Route: <sip:p2.example;lr>\r\nRecord-Route: <sip:198.51.100.9;lr>\r\n",
        contact("192.0.2.50")
    );
    let ack = sent(&bench.send(TRUNK, response(&request, "200 OK", "one", &more))).remove(0);
    let routes: Vec<_> = ack.lines().filter(|line| line.starts_with("Route")).collect();
    assert_eq!(routes, ["Route: <sip:198.51.100.9;lr>", "Route: <sip:p2.example;lr>"]);
}

/// An endpoint that calls with credentials for the realm `b.example`.
fn called_with_credentials() -> (Bench, String) {
    let mut bench = Bench::new();
    let Command::Invite(mut call) = invite(Some("offer"), "sip:bob@198.51.100.7") else { panic!() };
    let secret = Secret::Password("secret".into());
    call.credentials = Some(Credentials { realm: Some("b.example".into()), user: "alice".into(), secret });
    let request = sent(&bench.command(Command::Invite(call))).remove(0);
    (bench, request)
}

fn challenge(header: &str, nonce: &str, more: &str) -> String {
    format!("{header}: Digest realm=\"b.example\", nonce=\"{nonce}\"{more}\r\n")
}

#[test]
fn a_challenge_is_answered_under_the_next_number_and_a_new_branch() {
    for (status, asks, answers) in [
        ("401 Unauthorized", "WWW-Authenticate", "Authorization"),
        ("407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization"),
    ] {
        let (mut bench, request) = called_with_credentials();
        let two = challenge(asks, "n", ", algorithm=SHA-512-256, qop=\"auth\"")
            + &challenge(asks, "n", ", algorithm=SHA-256, qop=\"auth\"");
        let outputs = sent(&bench.send(TRUNK, response(&request, status, "x", &two)));
        let (ack, again) = (&outputs[0], &outputs[1]);
        assert_eq!((value(ack, "Via"), value(ack, "CSeq")), (value(&request, "Via"), Some("1 ACK")));
        assert_eq!(
            (value(again, "CSeq"), value(again, "Call-ID")),
            (Some("2 INVITE"), value(&request, "Call-ID"))
        );
        assert_ne!(value(again, "Via"), value(&request, "Via"));
        let answer = value(again, answers).unwrap();
        assert!(answer.contains("algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\""), "{answer}");
        let ack = sent(&bench.send(TRUNK, response(again, "200 OK", "y", &contact("192.0.2.50")))).remove(0);
        assert_eq!(value(&ack, answers), Some(answer), "an ACK repeats the proof of its INVITE");
    }
}

#[test]
fn the_same_challenge_again_is_the_end_and_a_stale_one_is_answered_once_more() {
    let (mut bench, request) = called_with_credentials();
    let status = "401 Unauthorized";
    let second =
        sent(&bench.send(TRUNK, response(&request, status, "x", &challenge("WWW-Authenticate", "n1", ""))))
            .remove(1);
    let third =
        sent(&bench.send(
            TRUNK,
            response(&second, status, "y", &challenge("WWW-Authenticate", "n2", ", stale=true")),
        ))
        .remove(1);
    assert_eq!(value(&third, "CSeq"), Some("3 INVITE"));
    let outputs = bench
        .send(TRUNK, response(&third, status, "z", &challenge("WWW-Authenticate", "n3", ", stale=true")));
    assert_eq!(lines(&outputs), ["ACK sip:bob@198.51.100.7 SIP/2.0"]);
    let Some(Event::Rejected { status, .. }) = events(&outputs).pop() else { panic!() };
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_new_challenge_that_is_not_stale_means_a_wrong_password() {
    let (mut bench, request) = called_with_credentials();
    let status = "401 Unauthorized";
    let second =
        sent(&bench.send(TRUNK, response(&request, status, "x", &challenge("WWW-Authenticate", "n1", ""))))
            .remove(1);
    let outputs = bench.send(TRUNK, response(&second, status, "y", &challenge("WWW-Authenticate", "n2", "")));
    assert_eq!((lines(&outputs).len(), events(&outputs).len()), (1, 1));
}

#[test]
fn a_challenge_of_another_realm_gets_no_answer() {
    let (mut bench, request) = called_with_credentials();
    let rogue = "WWW-Authenticate: Digest realm=\"evil.example\", nonce=\"n\"\r\n";
    let outputs = bench.send(TRUNK, response(&request, "401 Unauthorized", "x", rogue));
    assert_eq!(lines(&outputs), ["ACK sip:bob@198.51.100.7 SIP/2.0"]);
}

#[test]
fn a_call_that_was_given_up_answers_no_challenge() {
    let (mut bench, request) = called_with_credentials();
    bench.command(Command::Hangup { call: CallHandle::outgoing(CALL), reason: None });
    let outputs = bench
        .send(TRUNK, response(&request, "401 Unauthorized", "x", &challenge("WWW-Authenticate", "n1", "")));
    assert_eq!(
        (lines(&outputs), events(&outputs)),
        (vec!["ACK sip:bob@198.51.100.7 SIP/2.0".to_owned()], vec![])
    );
    assert_eq!(bench.endpoint.statistics().calls, 0);
}
