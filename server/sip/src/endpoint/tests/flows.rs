//! Which flow reaches a phone: the one it registered on, the one it called on, over either family of addresses.

use std::time::Duration;

use bytes::Bytes;

use super::bench::{Bench, answer_challenge, events, lines, sent, value};
use super::call::{CALL, expect, incoming, invite, sdp};
use super::network::{Faults, Network, UDP};
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
            phrase: "No Server There Can Be Reached".into(),
            retry_after: None
        }]
    );
}

/// What the phone at the other end answers to a request.
fn response(request: &str, line: &str, contact: &str) -> String {
    let field = |name| format!("{name}: {}\r\n", value(request, name).unwrap());
    let same = ["Via", "From", "Call-ID", "CSeq"].map(field).concat();
    let to = value(request, "To").unwrap();
    format!("SIP/2.0 {line}\r\n{same}To: {to};tag=phone\r\nContact: <{contact}>\r\nContent-Length: 0\r\n\r\n")
}

#[test]
fn a_phone_that_calls_itself_by_a_name_is_reached_where_it_was_heard() {
    let mut bench = Bench::new();
    let source = "203.0.113.9:5062".parse().unwrap();
    let contact = "sip:alice@alices-pc.invalid:5060";
    let binding = Binding {
        address: AddressOfRecord::new("alice", "example.com"),
        contact: Uri::parse(contact).unwrap(),
        q: 1_000,
        expires_at: u64::MAX,
        call_id: "x".to_owned(),
        cseq: 1,
        instance: None,
        source,
        transport: Transport::Udp,
        listener: Some(UDP),
        user_agent: None,
    };
    let flow = FlowId::Udp { listener: UDP, remote: source };
    let goes_there = |outputs: &[Output]| {
        outputs.iter().all(|output| match output {
            Output::Transmit { flow: on, .. } => *on == flow,
            Output::Event(_) | Output::Timeout(_) => true,
            Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => false,
        })
    };
    let outputs = bench.command(call_to(&binding));
    let invite = sent(&outputs).remove(0);
    let outputs = bench.send("203.0.113.9:5062", response(&invite, "200 OK", contact));
    assert_eq!(lines(&outputs), [format!("ACK {contact} SIP/2.0")]);
    assert!(goes_there(&outputs), "{outputs:?}");
    let outputs = bench.command(Command::Hangup { call: CallHandle::outgoing(CALL), reason: None });
    assert_eq!(lines(&outputs), [format!("BYE {contact} SIP/2.0")]);
    assert!(goes_there(&outputs), "{outputs:?}");
}

/// RFC 3261 §14.2.
#[test]
fn an_invite_within_our_own_unanswered_call_has_to_wait() {
    let mut bench = Bench::new();
    let ours = sent(&bench.command(invite(Some("offer"), "sip:bob@198.51.100.7"))).remove(0);
    let theirs = format!(
        "INVITE sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKx\r\n\
         From: {};tag=callee\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:bob@198.51.100.7>\r\nContent-Length: 0\r\n\r\n",
        value(&ours, "To").unwrap(),
        value(&ours, "From").unwrap(),
        value(&ours, "Call-ID").unwrap()
    );
    let outputs = bench.send("198.51.100.7:5060", theirs);
    assert_eq!(lines(&outputs), ["SIP/2.0 100 Trying", "SIP/2.0 491 Request Pending"]);
    assert_eq!(events(&outputs), []);
}

#[test]
fn a_phone_that_moves_is_said_to_be_elsewhere_before_its_change() {
    let mut bench = Bench::new();
    let (tag, call) = super::serve::established(&mut bench, &super::serve::request("INVITE", 1, "1", ""));
    let change = |cseq: u32| super::serve::within("INVITE", cseq, &cseq.to_string(), &tag);
    let outputs = bench.send("198.51.100.7:5060", change(2));
    assert_eq!(events(&outputs), [Event::Reoffer { call, sdp: None }], "it is where it was");
    bench.command(Command::RejectReoffer { call, status: StatusCode::NOT_ACCEPTABLE_HERE });
    let outputs = bench.send("198.51.100.9:7000", change(3));
    let source = "198.51.100.9:7000".parse().unwrap();
    // Its Via still names the old address.
    let located = Event::Located { call, source, behind_nat: true };
    assert_eq!(events(&outputs), [located, Event::Reoffer { call, sdp: None }]);
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
