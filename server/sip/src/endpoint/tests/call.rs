//! Calls between two endpoints, on a good and on a bad network.

use std::time::Duration;

use bytes::Bytes;

use super::network::{Faults, Network, Node};
use crate::*;

pub(super) const BAD: Faults = Faults { lost: 20, doubled: 20, delayed: 20 };
const SECOND: Duration = Duration::from_secs(1);

pub(super) fn sdp(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub(super) fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

pub(super) const CALLER: &str = "192.0.2.10:5060";
pub(super) const CALLEE: &str = "192.0.2.20:5060";

/// Two nodes that trust each other's address.
pub(super) fn pair(seed: u8, faults: Faults) -> (Network, Node, Node) {
    let mut network = Network::new(seed, faults);
    let caller = network.add(CALLER, "a.example", &["192.0.2.20"], |_| ());
    let callee = network.add(CALLEE, "b.example", &["192.0.2.10"], |_| ());
    (network, caller, callee)
}

pub(super) const CALL: u64 = 1;

/// A call of the first node to the second.
pub(super) fn invite(offer: Option<&str>, to: &str) -> Command {
    Command::Invite(Box::new(Invite {
        call: CallHandle::outgoing(CALL),
        target: Target::Uri { uri: uri(to), route: vec![] },
        from: NameAddr::new(Some("Alice \"A\""), uri("sip:alice@a.example")),
        to: NameAddr::new(None, uri("sip:bob@b.example")),
        sdp: offer.map(sdp),
        max_forwards: 69,
        headers: vec![ExtraHeader::new("Alert-Info", "<http://a.example/ring>").unwrap()],
        credentials: None,
    }))
}

pub(super) fn incoming(event: &Event) -> Option<Incoming> {
    if let Event::Incoming(incoming) = event { Some((**incoming).clone()) } else { None }
}

fn answered(event: &Event) -> Option<Answered> {
    if let Event::Answered(answered) = event { Some((**answered).clone()) } else { None }
}

/// Waits for this very event.
pub(super) fn expect(network: &mut Network, node: Node, wanted: &Event) {
    network.run_until(node, |event| (event == wanted).then_some(()));
}

/// Sets a call up; gives the handles of both ends.
pub(super) fn establish(network: &mut Network, caller: Node, callee: Node) -> (CallHandle, CallHandle) {
    let out = CallHandle::outgoing(CALL);
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    let call = network.run_until(callee, incoming).call;
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    network.run_until(caller, answered);
    expect(network, callee, &Event::Acknowledged { call, sdp: None });
    (out, call)
}

#[test]
fn a_call_is_offered_progresses_is_answered_and_ended_by_the_caller() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    let out = CallHandle::outgoing(CALL);
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    let event = network.run_until(callee, incoming);
    let call = event.call;
    let tag = event.from.tag().map(str::to_owned);
    assert_eq!(
        event,
        Incoming {
            call,
            identity: Identity::Trunk("192.0.2.10".into()),
            request_uri: uri("sip:bob@192.0.2.20"),
            to: NameAddr::new(None, uri("sip:bob@b.example")),
            from: NameAddr::new(Some("Alice \"A\""), uri("sip:alice@a.example")).with_tag(tag.as_deref()),
            call_id: event.call_id.clone(),
            sdp: Some(sdp("offer")),
            max_forwards: 69,
            source: CALLER.parse().unwrap(),
            behind_nat: false,
        }
    );
    network.command(callee, Command::Progress { call, status: StatusCode::RINGING, sdp: None });
    network.command(
        callee,
        Command::Progress { call, status: StatusCode::SESSION_PROGRESS, sdp: Some(sdp("early")) },
    );
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    network.run(SECOND);
    let heard = network.events(caller);
    let Some(Event::Answered(answer)) = heard.get(3).cloned() else { panic!("{heard:?}") };
    let tag = answer.tag.clone();
    assert_eq!(
        heard,
        [
            Event::Progress { call: out, status: StatusCode::RINGING, tag: tag.clone(), sdp: None },
            Event::Located { call: out, source: CALLEE.parse().unwrap(), behind_nat: false },
            Event::Progress {
                call: out,
                status: StatusCode::SESSION_PROGRESS,
                tag: tag.clone(),
                sdp: Some(sdp("early"))
            },
            Event::Answered(Box::new(Answered {
                call: out,
                tag: tag.clone(),
                peer: NameAddr::new(None, uri("sip:bob@b.example")).with_tag(tag.as_deref()),
                sdp: Some(sdp("answer")),
                source: CALLEE.parse().unwrap(),
                behind_nat: false,
            })),
        ]
    );
    assert_eq!(network.events(callee), [Event::Acknowledged { call, sdp: None }]);
    let reason = Reason::q850(16, "Normal call clearing");
    network.command(caller, Command::Hangup { call: out, reason: Some(reason.clone()) });
    network.run(SECOND);
    assert_eq!(network.events(caller), [Event::Ended { call: out, cause: EndCause::Local }]);
    assert_eq!(network.events(callee), [Event::Ended { call, cause: EndCause::Remote(Some(reason)) }]);
}

#[test]
fn a_peer_that_is_asked_whether_it_is_there_and_is_not_loses_the_call() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    let (out, call) = establish(&mut network, caller, callee);
    for _ in 0..2 {
        network.command(caller, Command::Probe { call: out });
        network.command(callee, Command::Probe { call });
        network.run(SECOND * 40);
        assert_eq!((network.events(caller), network.events(callee)), (vec![], vec![]), "both are there");
    }
    network.silent.insert(callee);
    network.command(caller, Command::Probe { call: out });
    network.command(caller, Command::Probe { call: out });
    network.run(SECOND * 33);
    let cause = EndCause::Lost(StatusCode::REQUEST_TIMEOUT);
    assert_eq!(network.events(caller), [Event::Ended { call: out, cause }]);
    let asked = network.log.iter().filter(|line| line.contains("OPTIONS")).count();
    assert!(asked > 4, "{:?}", network.log);
    network.run(SECOND * 40);
    assert_eq!(network.endpoint(caller).statistics().calls, 0);
    // Another was away and knows nothing of the call any more.
    let (mut network, caller, callee) = pair(2, Faults::default());
    let (out, call) = establish(&mut network, caller, callee);
    network.silent.insert(callee);
    network.command(callee, Command::Hangup { call, reason: None });
    network.run(SECOND * 70);
    network.silent.remove(&callee);
    network.command(caller, Command::Probe { call: out });
    network.run(SECOND);
    let cause = EndCause::Lost(StatusCode::CALL_DOES_NOT_EXIST);
    assert_eq!(network.events(caller), [Event::Ended { call: out, cause }]);
}

#[test]
fn the_callee_can_end_a_call_too() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    let (out, call) = establish(&mut network, caller, callee);
    network.command(callee, Command::Hangup { call, reason: None });
    network.run(SECOND);
    assert_eq!(network.events(caller), [Event::Ended { call: out, cause: EndCause::Remote(None) }]);
    assert_eq!(network.events(callee), [Event::Ended { call, cause: EndCause::Local }]);
}

#[test]
fn everything_is_forgotten_once_a_call_is_over() {
    let (mut network, caller, callee) = pair(1, BAD);
    let (out, _) = establish(&mut network, caller, callee);
    network.command(caller, Command::Hangup { call: out, reason: None });
    network.run(SECOND * 100);
    for node in [caller, callee] {
        let left = network.endpoint(node).statistics();
        assert_eq!(
            (left.calls, left.dialogs, left.client_transactions, left.server_transactions),
            (0, 0, 0, 0)
        );
    }
}
