//! Calls that are not answered: refused, given up, lost.

use super::bench::{Bench, TRUNK, events, lines};
use super::call::{CALL, incoming, invite, pair, sdp};
use super::network::{Faults, Network, Node};
use super::serve::request;
use crate::*;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const OUT: u64 = CALL;

fn out() -> CallHandle {
    CallHandle::outgoing(OUT)
}

/// A call that rings.
fn ringing(seed: u8) -> (Network, Node, Node, CallHandle) {
    let (mut network, caller, callee) = pair(seed, Faults::default());
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    let call = network.run_until(callee, incoming).call;
    network.command(callee, Command::Progress { call, status: StatusCode::RINGING, sdp: None });
    network.run(SECOND);
    network.events(caller);
    (network, caller, callee, call)
}

fn sent(network: &Network, node: Node, start: &str) -> usize {
    let begins = |line: &&String| {
        let mut words = line.splitn(4, ' ').skip(1);
        words.next() == Some(&node.to_string()) && words.nth(1).is_some_and(|line| line.starts_with(start))
    };
    network.log.iter().filter(begins).count()
}

#[test]
fn a_refused_call_tells_the_code_the_phrase_and_when_to_try_again() {
    let (mut network, caller, callee, call) = ringing(1);
    let headers = vec![ExtraHeader::new("Warning", "399 b.example \"no\"").unwrap()];
    let refusal = Command::Reject {
        call,
        status: StatusCode::BUSY_HERE,
        phrase: Some("On the phone".into()),
        reason: None,
        headers,
    };
    network.command(callee, refusal);
    network.run(SECOND);
    assert_eq!(network.events(callee), [Event::Ended { call, cause: EndCause::Local }]);
    assert_eq!(
        network.events(caller),
        [Event::Rejected {
            call: out(),
            status: StatusCode::BUSY_HERE,
            phrase: "On the phone".into(),
            retry_after: None
        }]
    );
}

#[test]
fn a_call_that_is_given_up_while_it_rings_is_cancelled_with_its_reason() {
    let (mut network, caller, callee, call) = ringing(1);
    let reason = Reason::sip(StatusCode::OK, "Call completed elsewhere");
    network.command(caller, Command::Hangup { call: out(), reason: Some(reason.clone()) });
    assert_eq!(network.events(caller), [Event::Ended { call: out(), cause: EndCause::Local }]);
    network.run(SECOND);
    assert_eq!(network.events(callee), [Event::Cancelled { call, reason: Some(reason) }]);
    assert_eq!(network.events(caller), []);
    assert_eq!((sent(&network, caller, "CANCEL"), sent(&network, callee, "SIP/2.0 487")), (1, 1));
}

#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.silent.insert(callee);
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    let call = network.run_until(callee, incoming).call;
    network.command(caller, Command::Hangup { call: out(), reason: None });
    network.run(Duration::from_millis(300));
    assert_eq!(sent(&network, caller, "CANCEL"), 0);
    network.silent.clear();
    network.run(SECOND);
    assert_eq!(sent(&network, caller, "CANCEL"), 1);
    assert_eq!(network.events(callee), [Event::Cancelled { call, reason: None }]);
}

#[test]
fn a_call_answered_while_its_cancel_is_on_its_way_is_acknowledged_and_ended() {
    let (mut network, caller, callee, call) = ringing(1);
    network.command(caller, Command::Hangup { call: out(), reason: None });
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    network.run(SECOND);
    assert_eq!(network.events(caller), [Event::Ended { call: out(), cause: EndCause::Local }]);
    assert_eq!(
        network.events(callee),
        [Event::Acknowledged { call, sdp: None }, Event::Ended { call, cause: EndCause::Remote(None) }]
    );
}

#[test]
fn a_cancelled_call_that_is_never_answered_is_forgotten() {
    let (mut network, caller, callee, _) = ringing(1);
    network.silent.insert(callee);
    network.command(caller, Command::Hangup { call: out(), reason: None });
    network.run(SECOND * 33);
    let left = network.endpoint(caller).statistics();
    assert_eq!((left.calls, left.client_transactions), (0, 0));
}

#[test]
fn a_call_that_nobody_hears_is_rejected_with_408() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.silent.insert(caller);
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    network.run(SECOND * 33);
    assert_eq!(network.events(callee), []);
    assert_eq!(
        network.events(caller),
        [Event::Rejected {
            call: out(),
            status: StatusCode::REQUEST_TIMEOUT,
            phrase: "No Server There Answers".into(),
            retry_after: None
        }]
    );
    assert_eq!(sent(&network, caller, "INVITE"), 7);
}

#[test]
fn a_call_that_is_given_up_and_that_nobody_hears_is_forgotten_without_another_word() {
    let (mut network, caller, _) = pair(1, Faults::default());
    network.silent.insert(caller);
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    network.command(caller, Command::Hangup { call: out(), reason: None });
    network.run(SECOND * 33);
    assert_eq!(network.events(caller), [Event::Ended { call: out(), cause: EndCause::Local }]);
    assert_eq!(network.endpoint(caller).statistics().calls, 0);
}

#[test]
fn an_incoming_call_that_is_hung_up_on_is_refused_with_480_and_the_reason() {
    let (mut network, caller, callee, call) = ringing(1);
    network.command(callee, Command::Hangup { call, reason: Some(Reason::q850(31, "Normal")) });
    network.run(SECOND);
    assert_eq!(network.events(callee), [Event::Ended { call, cause: EndCause::Local }]);
    let Some(Event::Rejected { status, .. }) = network.events(caller).pop() else { panic!() };
    assert_eq!(status, StatusCode::TEMPORARILY_UNAVAILABLE);
}

#[test]
fn an_answer_that_is_never_acknowledged_ends_in_a_bye_after_64_t1() {
    let (mut network, caller, callee, call) = ringing(1);
    network.silent.insert(caller);
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    network.run(SECOND * 31);
    assert_eq!(network.events(callee), []);
    network.run(SECOND);
    assert_eq!(network.events(callee), [Event::Ended { call, cause: EndCause::Unacknowledged }]);
    // At 0, 0.5, 1.5, 3.5 s and every 4 s from there (RFC 3261 §13.3.1.4).
    assert_eq!((sent(&network, callee, "SIP/2.0 200"), sent(&network, callee, "BYE")), (11, 1));
}

#[test]
fn hanging_up_before_the_ack_waits_for_it() {
    let (mut network, caller, callee, call) = ringing(1);
    network.silent.insert(caller);
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    network.run(SECOND);
    network.command(callee, Command::Hangup { call, reason: None });
    network.run(SECOND);
    assert_eq!(sent(&network, callee, "BYE"), 0);
    network.silent.clear();
    network.run(SECOND * 5);
    assert_eq!((sent(&network, callee, "BYE"), sent(&network, caller, "SIP/2.0 200")), (1, 1));
    assert_eq!(network.events(callee), [Event::Ended { call, cause: EndCause::Local }]);
}

#[test]
fn a_long_ringing_call_repeats_its_provisional_response_every_minute() {
    let (mut network, caller, callee, _) = ringing(1);
    network.run(SECOND * 130);
    assert_eq!(sent(&network, callee, "SIP/2.0 180"), 3);
    let _ = network.events(caller);
}

#[test]
fn commands_for_calls_that_are_over_are_dropped_and_counted() {
    let (mut network, caller, callee, call) = ringing(1);
    network.command(caller, Command::Hangup { call: out(), reason: None });
    network.run(SECOND * 40);
    network.events(callee);
    for command in [
        Command::Progress { call, status: StatusCode::RINGING, sdp: None },
        Command::Accept { call, sdp: sdp("x") },
        Command::Reject { call, status: StatusCode::DECLINE, phrase: None, reason: None, headers: vec![] },
        Command::Acknowledge { call, sdp: sdp("x") },
        Command::Reoffer { call, sdp: None },
        Command::AnswerReoffer { call, sdp: sdp("x") },
        Command::RejectReoffer { call, status: StatusCode::DECLINE },
        Command::Hangup { call, reason: None },
    ] {
        network.command(callee, command);
    }
    let dropped = network.endpoint(callee).statistics().dropped;
    assert_eq!((dropped.get(&DropReason::StaleCommand), network.events(callee)), (Some(&8), vec![]));
}

#[test]
fn a_handle_in_use_cannot_be_used_again() {
    let (mut network, caller, callee, _) = ringing(1);
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    network.run(SECOND);
    assert_eq!((network.events(callee), network.events(caller)), (vec![], vec![]));
}

/// RFC 3261 §9.2, §22.1: it cannot be challenged.
#[test]
fn a_cancel_from_somewhere_else_cancels_nothing() {
    let mut bench = Bench::new();
    let invite = request("INVITE", 1, "1", "");
    let call = super::serve::incoming(&bench.send(TRUNK, &invite)).unwrap().call;
    let cancel = request("CANCEL", 1, "1", "");
    let outputs = bench.send("198.51.100.8:5060", &cancel);
    assert_eq!(
        (lines(&outputs), events(&outputs)),
        (vec!["SIP/2.0 481 Call/Transaction Does Not Exist".to_owned()], vec![])
    );
    let outputs = bench.send("198.51.100.7:5070", &cancel);
    assert_eq!(events(&outputs), [Event::Cancelled { call, reason: None }]);
}
