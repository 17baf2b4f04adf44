//! Which flow reaches a phone: the one it registered on, the one it called on, over either family of addresses.

use std::time::Duration;

use bytes::Bytes;

use super::bench::{Bench, answer_challenge, events, lines, sent, value};
use super::call::{CALL, expect, incoming, invite, sdp};
use super::network::{Faults, Network};
use crate::*;

const SECOND: Duration = Duration::from_secs(1);

fn call_to(binding: &Binding) -> Command {
    let Command::Invite(mut call) = invite(Some("offer"), "sip:alice@example.com") else { panic!() };
    call.target = Target::Binding(Box::new(binding.clone()));
    Command::Invite(call)
}

/// A phone behind an address translator that registers on a connection to the second of two TCP listeners.
fn registered_on_a_connection() -> (Bench, ConnectionId, Binding) {
    let mut bench = Bench::with(|config| {
        let advertised = HostPort { host: Host::Name("second.example".into()), port: Some(5070) };
        config.listeners.push(Listener {
            id: ListenerId(5),
            transport: Transport::Tcp,
            ipv6: false,
            advertised,
        });
    });
    let connection = ConnectionId::accepted(1);
    let remote = "203.0.113.9:40000".parse().unwrap();
    bench.input(Input::Accepted { connection, listener: ListenerId(5), remote });
    let text = "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.5;branch=z9hG4bK1\r\n\
        From: <sip:alice@example.com>;tag=1\r\nTo: <sip:alice@example.com>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n\
        Contact: <sip:alice@10.0.0.5;transport=tcp>\r\nContent-Length: 0\r\n\r\n";
    let mut stream =
        |bytes: &[u8]| bench.input(Input::Stream { connection, bytes: Bytes::copy_from_slice(bytes) });
    let challenge = sent(&stream(text.as_bytes())).remove(0);
    let answered = answer_challenge(&challenge, text.as_bytes(), "alice", "password").unwrap();
    let Some(Event::Authenticate { id, user, domain }) = events(&stream(&answered)).pop() else { panic!() };
    let ha1 = Some(Ha1::new(&user, &domain, "password"));
    let outputs = bench.command(Command::Credentials { id, ha1 });
    let Some(Event::StoreBindings { id, bindings, .. }) = events(&outputs).pop() else { panic!() };
    assert_eq!(lines(&bench.command(Command::BindingsStored { id, ok: true })), ["SIP/2.0 200 OK"]);
    (bench, connection, bindings[0].clone())
}

#[test]
fn a_phone_is_called_on_the_connection_it_registered_on_in_the_name_of_its_listener() {
    let (mut bench, connection, binding) = registered_on_a_connection();
    let outputs = bench.command(call_to(&binding));
    let Some(Output::Transmit { flow, .. }) = outputs.first() else { panic!("{outputs:?}") };
    assert_eq!(*flow, FlowId::Tcp(connection));
    let request = sent(&outputs).remove(0);
    assert!(value(&request, "Via").unwrap().starts_with("SIP/2.0/TCP second.example:5070;branch="));
    assert_eq!(value(&request, "Contact"), Some("<sip:alice@second.example:5070;transport=tcp>"));
}

#[test]
fn once_its_connection_is_gone_a_phone_is_looked_for_at_its_contact() {
    let (mut bench, connection, binding) = registered_on_a_connection();
    bench.input(Input::Closed { connection });
    let outputs = bench.command(call_to(&binding));
    let Some(Output::Connect { connection, remote }) = outputs.first() else { panic!("{outputs:?}") };
    assert_eq!(*remote, "10.0.0.5:5060".parse().unwrap());
    let outputs = bench.input(Input::Failed { flow: FlowId::Tcp(*connection) });
    assert_eq!(
        events(&outputs),
        [Event::Rejected {
            call: CallHandle::outgoing(CALL),
            status: StatusCode::SERVICE_UNAVAILABLE,
            phrase: "Service Unavailable".into(),
            retry_after: None
        }]
    );
}

#[test]
fn calls_are_made_over_ipv6_by_udp_and_tcp() {
    for transport in ["udp", "tcp"] {
        let mut network = Network::new(1, Faults::default());
        let caller = network.add("[2001:db8::a]:5060", "a.example", &["2001:db8::b"], |_| ());
        let callee = network.add("[2001:db8::b]:5060", "b.example", &["2001:db8::a"], |_| ());
        network
            .command(caller, invite(Some("offer"), &format!("sip:bob@[2001:db8::b];transport={transport}")));
        let event = network.run_until(callee, incoming);
        assert_eq!((event.source.ip(), event.behind_nat), ("2001:db8::a".parse().unwrap(), false));
        let call = event.call;
        network.command(callee, Command::Accept { call, sdp: sdp("answer") });
        expect(&mut network, callee, &Event::Acknowledged { call, sdp: None });
        network.command(callee, Command::Hangup { call, reason: None });
        network.run(SECOND);
        let ended = Event::Ended { call: CallHandle::outgoing(CALL), cause: EndCause::Remote(None) };
        assert_eq!(network.events(caller).pop(), Some(ended));
    }
}

/// RFC 5118 §4.5 and §4.10: what an address looks like in `received` and in a URI.
#[test]
fn ipv6_addresses_are_read_where_the_grammar_or_habit_has_them() {
    let mut bench = Bench::new();
    for (via, uri, line) in [
        ("[2001:db8::9:1];received=[2001:db8::9:255]", "sip:[2001:db8::10]", "SIP/2.0 200 OK"),
        ("[2001:db8::9:1]:6050;received=2001:db8::9:255", "sip:a@[2001:db8::10]:5070", "SIP/2.0 200 OK"),
        ("[::ffff:192.0.2.10]:19823", "sip:[2001:db8::192.0.2.1]", "SIP/2.0 200 OK"),
        ("host", "sip:2001:db8::10", "SIP/2.0 400 Malformed Request-URI: Number Out of Range"),
        ("host", "sip:[2001:db8:::192.0.2.1]", "SIP/2.0 400 Malformed Request-URI: Bad Host"),
    ] {
        let text = super::serve::request("OPTIONS", 1, "1", "")
            .replace("sip:bob@example.com SIP", &format!("{uri} SIP"))
            .replace("198.51.100.7;branch", &format!("{via};branch"));
        assert_eq!(lines(&bench.send("[2001:db8::1]:5060", text)), [line], "{via} {uri}");
    }
}
