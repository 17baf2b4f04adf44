//! Late offers, and calls that change.

use std::time::Duration;

use super::call::{CALL, establish, expect, incoming, invite, pair, sdp};
use super::network::{Faults, Network, Node};
use crate::*;

const SECOND: Duration = Duration::from_secs(1);

fn out() -> CallHandle {
    CallHandle::outgoing(CALL)
}

fn call() -> (Network, Node, Node, CallHandle) {
    let (mut network, caller, callee) = pair(1, Faults::default());
    let (_, call) = establish(&mut network, caller, callee);
    (network, caller, callee, call)
}

fn reoffer(call: CallHandle, text: &str) -> Command {
    Command::Reoffer { call, sdp: Some(sdp(text)) }
}

#[test]
fn an_invite_without_an_offer_is_answered_with_one_and_acknowledged_with_the_answer() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.command(caller, invite(None, "sip:bob@192.0.2.20"));
    let event = network.run_until(callee, incoming);
    assert_eq!(event.sdp, None);
    let call = event.call;
    network.command(callee, Command::Accept { call, sdp: sdp("offer") });
    network.run(SECOND * 2);
    let Some(Event::Answered(answered)) = network.events(caller).pop() else { panic!() };
    assert_eq!(answered.sdp, Some(sdp("offer")));
    assert_eq!(network.events(callee), []);
    network.command(caller, Command::Acknowledge { call: out(), sdp: sdp("answer") });
    network.run(SECOND);
    assert_eq!(network.events(callee), [Event::Acknowledged { call, sdp: Some(sdp("answer")) }]);
}

#[test]
fn an_offer_that_the_user_never_answers_ends_the_call() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.command(caller, invite(None, "sip:bob@192.0.2.20"));
    let call = network.run_until(callee, incoming).call;
    network.command(callee, Command::Accept { call, sdp: sdp("offer") });
    network.run(SECOND);
    // The callee would say BYE itself a moment before, for want of the ACK.
    network.silent.insert(callee);
    network.run(SECOND * 40);
    assert_eq!(
        network.events(caller).pop(),
        Some(Event::Ended { call: out(), cause: EndCause::Unacknowledged })
    );
}

#[test]
fn hanging_up_instead_of_answering_an_offer_acknowledges_and_ends_the_call() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.command(caller, invite(None, "sip:bob@192.0.2.20"));
    let call = network.run_until(callee, incoming).call;
    network.command(callee, Command::Accept { call, sdp: sdp("offer") });
    network.run(SECOND);
    network.command(caller, Command::Hangup { call: out(), reason: None });
    network.run(SECOND);
    assert_eq!(
        network.events(callee),
        [Event::Acknowledged { call, sdp: None }, Event::Ended { call, cause: EndCause::Remote(None) }]
    );
}

#[test]
fn either_end_can_change_the_session() {
    let (mut network, caller, callee, call) = call();
    for (from, mine, to, theirs) in [(caller, out(), callee, call), (callee, call, caller, out())] {
        network.command(from, reoffer(mine, "hold"));
        network.run(SECOND);
        assert_eq!(network.events(to), [Event::Reoffer { call: theirs, sdp: Some(sdp("hold")) }]);
        network.command(to, Command::AnswerReoffer { call: theirs, sdp: sdp("held") });
        network.run(SECOND);
        assert_eq!(network.events(from), [Event::ReofferAnswered { call: mine, sdp: Some(sdp("held")) }]);
        assert_eq!(network.events(to), [Event::Acknowledged { call: theirs, sdp: None }]);
    }
}

#[test]
fn a_change_may_ask_the_peer_for_its_offer() {
    let (mut network, caller, callee, call) = call();
    network.command(caller, Command::Reoffer { call: out(), sdp: None });
    expect(&mut network, callee, &Event::Reoffer { call, sdp: None });
    network.command(callee, Command::AnswerReoffer { call, sdp: sdp("their offer") });
    expect(&mut network, caller, &Event::ReofferAnswered { call: out(), sdp: Some(sdp("their offer")) });
    network.command(caller, Command::Acknowledge { call: out(), sdp: sdp("our answer") });
    expect(&mut network, callee, &Event::Acknowledged { call, sdp: Some(sdp("our answer")) });
}

#[test]
fn a_refused_change_leaves_the_call_as_it_was() {
    let (mut network, caller, callee, call) = call();
    network.command(caller, reoffer(out(), "video"));
    expect(&mut network, callee, &Event::Reoffer { call, sdp: Some(sdp("video")) });
    network.command(callee, Command::RejectReoffer { call, status: StatusCode::NOT_ACCEPTABLE_HERE });
    network.run(SECOND);
    let status = StatusCode::NOT_ACCEPTABLE_HERE;
    assert_eq!(network.events(caller), [Event::ReofferRejected { call: out(), status }]);
    network.command(callee, Command::Hangup { call, reason: None });
    expect(&mut network, caller, &Event::Ended { call: out(), cause: EndCause::Remote(None) });
}

/// RFC 3261 §14.1: both back off; the callee, which does not own the Call-ID, comes first.
#[test]
fn two_changes_that_meet_are_both_made_in_the_end() {
    let (mut network, caller, callee, call) = call();
    network.command(caller, reoffer(out(), "from caller"));
    network.command(callee, reoffer(call, "from callee"));
    let back = |event: &Event| if let Event::Reoffer { sdp, .. } = event { Some(sdp.clone()) } else { None };
    assert_eq!(network.run_until(caller, back), Some(sdp("from callee")));
    network.command(caller, Command::AnswerReoffer { call: out(), sdp: sdp("one") });
    assert_eq!(network.run_until(callee, back), Some(sdp("from caller")));
    network.command(callee, Command::AnswerReoffer { call, sdp: sdp("two") });
    expect(&mut network, callee, &Event::ReofferAnswered { call, sdp: Some(sdp("one")) });
    expect(&mut network, caller, &Event::ReofferAnswered { call: out(), sdp: Some(sdp("two")) });
}

#[test]
fn a_change_while_another_is_under_way_is_refused_at_once() {
    let (mut network, caller, callee, call) = call();
    network.command(caller, reoffer(out(), "one"));
    network.command(caller, reoffer(out(), "two"));
    assert_eq!(
        network.events(caller),
        [Event::ReofferRejected { call: out(), status: StatusCode::REQUEST_PENDING }]
    );
    expect(&mut network, callee, &Event::Reoffer { call, sdp: Some(sdp("one")) });
    network.command(callee, reoffer(call, "three"));
    assert_eq!(
        network.events(callee),
        [Event::ReofferRejected { call, status: StatusCode::REQUEST_PENDING }]
    );
}

#[test]
fn a_change_that_the_user_never_answers_is_refused_and_the_call_goes_on() {
    let (mut network, caller, callee, call) = call();
    network.command(caller, reoffer(out(), "one"));
    expect(&mut network, callee, &Event::Reoffer { call, sdp: Some(sdp("one")) });
    network.run(SECOND * 9);
    assert_eq!(network.events(callee), []);
    network.run(SECOND * 2);
    assert_eq!(network.events(callee), [Event::ReofferCancelled { call }]);
    let status = StatusCode::SERVER_INTERNAL_ERROR;
    assert_eq!(network.events(caller), [Event::ReofferRejected { call: out(), status }]);
    network.command(caller, reoffer(out(), "two"));
    expect(&mut network, callee, &Event::Reoffer { call, sdp: Some(sdp("two")) });
}

#[test]
fn a_change_that_is_taken_back_is_cancelled_and_the_call_goes_on() {
    let (mut network, caller, callee, call) = call();
    network.command(caller, reoffer(out(), "one"));
    expect(&mut network, callee, &Event::Reoffer { call, sdp: Some(sdp("one")) });
    network.run(SECOND);
    network.command(caller, Command::WithdrawReoffer { call: out() });
    network.run(SECOND);
    assert_eq!(network.events(callee), [Event::ReofferCancelled { call }]);
    let status = StatusCode::REQUEST_TERMINATED;
    assert_eq!(network.events(caller), [Event::ReofferRejected { call: out(), status }]);
    network.command(callee, reoffer(call, "two"));
    expect(&mut network, caller, &Event::Reoffer { call: out(), sdp: Some(sdp("two")) });
}

#[test]
fn a_change_that_waits_to_be_tried_again_is_not_once_it_is_taken_back() {
    let (mut network, caller, callee, call) = call();
    network.command(caller, reoffer(out(), "from caller"));
    network.command(callee, reoffer(call, "from callee"));
    // Each is told 491 by the other.
    network.run(Duration::from_millis(100));
    network.command(callee, Command::WithdrawReoffer { call });
    let status = StatusCode::REQUEST_TERMINATED;
    assert_eq!(network.events(callee), [Event::ReofferRejected { call, status }]);
    network.run(SECOND * 5);
    assert_eq!(network.events(caller), []);
    assert_eq!(network.events(callee), [Event::Reoffer { call, sdp: Some(sdp("from caller")) }]);
}

#[test]
fn a_change_that_the_peer_does_not_answer_ends_the_call() {
    let (mut network, caller, callee, _) = call();
    network.silent.insert(callee);
    network.command(caller, reoffer(out(), "one"));
    network.run(SECOND * 33);
    let cause = EndCause::Lost(StatusCode::REQUEST_TIMEOUT);
    assert_eq!(network.events(caller), [Event::Ended { call: out(), cause }]);
}

#[test]
fn a_call_can_be_hung_up_amid_a_change_from_either_end() {
    let rejected = Event::ReofferRejected { call: out(), status: StatusCode::REQUEST_TERMINATED };
    for (hangs_up, before) in [(true, vec![]), (false, vec![rejected])] {
        let (mut network, caller, callee, call) = call();
        network.command(caller, reoffer(out(), "one"));
        expect(&mut network, callee, &Event::Reoffer { call, sdp: Some(sdp("one")) });
        let (node, mine, other, theirs) =
            if hangs_up { (caller, out(), callee, call) } else { (callee, call, caller, out()) };
        network.command(node, Command::Hangup { call: mine, reason: None });
        network.run(SECOND);
        assert_eq!(network.events(node), [Event::Ended { call: mine, cause: EndCause::Local }]);
        let ended = Event::Ended { call: theirs, cause: EndCause::Remote(None) };
        assert_eq!(network.events(other), before.into_iter().chain([ended]).collect::<Vec<_>>());
        network.run(SECOND * 70);
        assert_eq!([caller, callee].map(|node| network.endpoint(node).statistics().calls), [0, 0]);
    }
}
