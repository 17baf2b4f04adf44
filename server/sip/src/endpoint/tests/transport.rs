//! Which way requests go: addresses of a name in turn, TCP for what is large, connections that break.

use std::time::Duration;

use super::call::{CALL, CALLEE, CALLER, expect, incoming, invite, pair, sdp, uri};
use super::network::{Faults, Network, Node};
use crate::*;

const SECOND: Duration = Duration::from_secs(1);
const LARGE: usize = 1_400;

fn out() -> CallHandle {
    CallHandle::outgoing(CALL)
}

/// `sender transport line` of what was sent, without times.
fn log(network: &Network) -> Vec<String> {
    network.log.iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

fn udp(address: &str) -> Address {
    Address { transport: Transport::Udp, address: address.parse().unwrap() }
}

fn rejected(network: &mut Network, node: Node) -> StatusCode {
    network.run_until(
        node,
        |event| if let Event::Rejected { status, .. } = event { Some(*status) } else { None },
    )
}

#[test]
fn a_large_request_goes_by_tcp_and_its_responses_come_back_on_the_connection() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.command(caller, invite(Some(&"o".repeat(LARGE)), "sip:bob@192.0.2.20"));
    let call = network.run_until(callee, incoming).call;
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    expect(&mut network, callee, &Event::Acknowledged { call, sdp: None });
    network.command(callee, Command::Hangup { call, reason: None });
    network.run(SECOND);
    assert_eq!(
        log(&network),
        [
            "0 TCP INVITE sip:bob@192.0.2.20 SIP/2.0",
            "1 TCP SIP/2.0 100 Trying",
            "1 TCP SIP/2.0 200 OK",
            "0 TCP ACK sip:bob@192.0.2.20:5060;transport=tcp SIP/2.0",
            "1 TCP BYE sip:alice@192.0.2.10:5060;transport=tcp SIP/2.0",
            "0 TCP SIP/2.0 200 OK",
        ]
    );
}

#[test]
fn a_large_request_goes_by_udp_when_tcp_is_refused() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.deaf.insert(callee);
    network.command(caller, invite(Some(&"o".repeat(LARGE)), "sip:bob@192.0.2.20"));
    network.run_until(callee, incoming);
    assert_eq!(log(&network)[0], "0 UDP INVITE sip:bob@192.0.2.20 SIP/2.0");
}

#[test]
fn a_large_ack_goes_by_udp_when_tcp_is_refused() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.deaf.insert(callee);
    network.command(caller, invite(None, "sip:bob@192.0.2.20"));
    let call = network.run_until(callee, incoming).call;
    network.command(callee, Command::Accept { call, sdp: sdp("offer") });
    network.run(SECOND);
    let answer = sdp(&"a".repeat(LARGE));
    network.command(caller, Command::Acknowledge { call: out(), sdp: answer.clone() });
    expect(&mut network, callee, &Event::Acknowledged { call, sdp: Some(answer) });
}

#[test]
fn a_connection_that_does_not_open_in_time_is_given_up() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.command(caller, invite(Some("offer"), "sip:bob@198.51.100.99;transport=tcp"));
    network.run(Duration::from_millis(5));
    assert_eq!(rejected(&mut network, caller), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((network.endpoint(caller).statistics().connections, network.events(callee)), (0, vec![]));
}

#[test]
fn the_addresses_of_a_name_are_tried_in_turn() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    let tcp = Address { transport: Transport::Tcp, ..udp("198.51.100.99:5060") };
    network.names.insert("b.example".into(), vec![tcp, udp("198.51.100.98:5060"), udp(CALLEE)]);
    network.command(caller, invite(Some("offer"), "sip:bob@b.example"));
    network.run(SECOND * 31);
    assert_eq!(network.events(callee), []);
    network.run(SECOND * 2);
    assert_eq!(network.events(callee).iter().filter_map(incoming).count(), 1);
}

#[test]
fn a_name_without_addresses_is_unavailable() {
    let (mut network, caller, _) = pair(1, Faults::default());
    network.command(caller, invite(Some("offer"), "sip:bob@nowhere.example"));
    assert_eq!(rejected(&mut network, caller), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn an_overloaded_address_is_passed_over_for_the_next() {
    let mut network = Network::new(1, Faults::default());
    let caller = network.add(CALLER, "a.example", &[], |_| ());
    network.add("192.0.2.30:5060", "b.example", &["192.0.2.10"], |config| config.caps.calls = 0);
    let callee = network.add(CALLEE, "b.example", &["192.0.2.10"], |_| ());
    network.names.insert("b.example".into(), vec![udp("192.0.2.30:5060"), udp(CALLEE)]);
    network.command(caller, invite(Some("offer"), "sip:bob@b.example"));
    network.run_until(callee, incoming);
    assert!(log(&network).contains(&"1 UDP SIP/2.0 503 Overloaded".to_owned()), "{:?}", log(&network));
}

#[test]
fn an_overloaded_peer_is_reported_with_the_time_it_names() {
    let mut network = Network::new(1, Faults::default());
    let caller = network.add(CALLER, "a.example", &[], |_| ());
    let _ = network.add(CALLEE, "b.example", &["192.0.2.10"], |config| config.caps.transactions = 0);
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
    let retry = |event: &Event| {
        if let Event::Rejected { retry_after, .. } = event { Some(*retry_after) } else { None }
    };
    assert!(network.run_until(caller, retry).is_some_and(|seconds| (5..=10).contains(&seconds)));
}

#[test]
fn a_call_goes_on_over_a_new_connection_when_its_own_is_cut() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20;transport=tcp"));
    let call = network.run_until(callee, incoming).call;
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    expect(&mut network, callee, &Event::Acknowledged { call, sdp: None });
    network.events(caller);
    network.cut();
    network.run(SECOND);
    assert_eq!([caller, callee].map(|node| network.endpoint(node).statistics().connections), [0, 0]);
    network.command(callee, Command::Reoffer { call, sdp: Some(sdp("hold")) });
    expect(&mut network, caller, &Event::Reoffer { call: out(), sdp: Some(sdp("hold")) });
    network.command(caller, Command::AnswerReoffer { call: out(), sdp: sdp("held") });
    expect(&mut network, callee, &Event::ReofferAnswered { call, sdp: Some(sdp("held")) });
    network.command(caller, Command::Hangup { call: out(), reason: None });
    expect(&mut network, callee, &Event::Ended { call, cause: EndCause::Remote(None) });
}

/// RFC 3261 §18.2.2.
#[test]
fn a_response_whose_connection_is_gone_opens_a_new_one_to_the_sent_by() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20;transport=tcp"));
    let call = network.run_until(callee, incoming).call;
    network.run(SECOND);
    network.cut();
    network.run(SECOND);
    network.command(callee, Command::Accept { call, sdp: sdp("answer") });
    expect(&mut network, callee, &Event::Acknowledged { call, sdp: None });
    assert!(network.events(caller).iter().any(|event| matches!(event, Event::Answered(_))));
}

#[test]
fn a_request_goes_through_its_route() {
    let (mut network, caller, callee) = pair(1, Faults::default());
    let Command::Invite(mut call) = invite(Some("offer"), "sip:bob@b.example") else { panic!() };
    call.target = Target::Uri { uri: uri("sip:bob@b.example"), route: vec![uri("sip:192.0.2.20;lr")] };
    network.command(caller, Command::Invite(call));
    assert_eq!(network.run_until(callee, incoming).request_uri, uri("sip:bob@b.example"));
}

#[test]
fn what_cannot_be_routed_is_rejected_at_once() {
    let (mut network, caller, _) = pair(1, Faults::default());
    network.command(caller, invite(Some("offer"), "tel:+15551234"));
    assert_eq!(rejected(&mut network, caller), StatusCode::UNSUPPORTED_URI_SCHEME);
    network.command(caller, invite(Some("offer"), "sip:bob@b.example;transport=tls"));
    assert_eq!(rejected(&mut network, caller), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(log(&network), Vec::<String>::new());
}

#[test]
fn an_unreachable_port_is_known_at_once_from_the_failed_flow() {
    let (mut network, caller, _) = pair(1, Faults::default());
    network.command(caller, invite(Some("offer"), "sip:bob@198.51.100.98"));
    let remote = "198.51.100.98:5060".parse().unwrap();
    network.inject(caller, Input::Failed { flow: FlowId::Udp { listener: super::network::UDP, remote } });
    assert_eq!(rejected(&mut network, caller), StatusCode::SERVICE_UNAVAILABLE);
}
