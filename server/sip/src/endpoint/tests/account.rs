//! Phones of local accounts: they prove who they are, register, call and are called.

use std::time::Duration;

use super::call::{BAD, CALL, expect, incoming, invite, sdp, uri};
use super::network::{Faults, Network, Node, UDP, UNIX_TIME};
use crate::*;

const SECOND: Duration = Duration::from_secs(1);
const GATEWAY: &str = "192.0.2.1:5060";
const PHONE: &str = "203.0.113.5:5062";
const REGISTRATION: RegistrationId = RegistrationId(7);

/// A gateway with the account alice, and a phone that trusts it.
fn gateway_and_phone(seed: u8, faults: Faults) -> (Network, Node, Node) {
    let mut network = Network::new(seed, faults);
    let gateway = network.add(GATEWAY, "example.com", &[], |_| ());
    let phone = network.add(PHONE, "phone.invalid", &["192.0.2.1"], |_| ());
    network.account(gateway, "alice", "wonderland");
    (network, gateway, phone)
}

fn credentials(user: &str, password: &str) -> Option<Credentials> {
    let (realm, secret) = (Some("example.com".to_owned()), Secret::Password(password.to_owned()));
    Some(Credentials { realm, user: user.to_owned(), secret })
}

fn call_from(user: &str, credentials: Option<Credentials>) -> Command {
    let Command::Invite(mut call) = invite(Some("offer"), "sip:bob@example.com") else { panic!() };
    call.from = NameAddr::new(None, uri(&format!("sip:{user}@example.com")));
    call.target = Target::Uri { uri: uri("sip:bob@example.com"), route: vec![uri("sip:192.0.2.1;lr")] };
    call.credentials = credentials;
    Command::Invite(call)
}

fn register(expires: u32, password: &str) -> Command {
    Command::Register(Box::new(Register {
        registration: REGISTRATION,
        registrar: uri("sip:example.com"),
        route: vec![uri("sip:192.0.2.1;lr")],
        address: uri("sip:alice@example.com"),
        contact_user: "alice".into(),
        expires,
        credentials: credentials("alice", password),
    }))
}

fn alice() -> AddressOfRecord {
    AddressOfRecord::new("alice", "example.com")
}

fn state(event: &Event) -> Option<RegistrationState> {
    if let Event::RegistrationChanged { state, .. } = event { Some(state.clone()) } else { None }
}

fn status(event: &Event) -> Option<StatusCode> {
    if let Event::Rejected { status, .. } = event { Some(*status) } else { None }
}

fn registered(network: &mut Network, gateway: Node, phone: Node) -> Binding {
    network.command(phone, register(3600, "wonderland"));
    assert_eq!(network.run_until(phone, state), RegistrationState::Registered { expires: 3600 });
    network.events(gateway);
    network.endpoint(gateway).contacts(network.now, &alice()).remove(0)
}

#[test]
fn an_account_calls_after_one_challenge() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    network.command(phone, call_from("alice", credentials("alice", "wonderland")));
    let event = network.run_until(gateway, incoming);
    assert_eq!((event.identity, event.source), (Identity::Account(alice()), PHONE.parse().unwrap()));
    let lines: Vec<_> = network.log.iter().map(|line| line.splitn(4, ' ').nth(3).unwrap()).collect();
    assert_eq!(
        lines,
        [
            "INVITE sip:bob@example.com SIP/2.0",
            "SIP/2.0 401 Unauthorized",
            "ACK sip:bob@example.com SIP/2.0",
            "INVITE sip:bob@example.com SIP/2.0",
            "SIP/2.0 100 Trying",
        ]
    );
}

#[test]
fn a_wrong_password_an_unknown_account_and_no_credentials_are_refused_alike() {
    for credentials in [credentials("alice", "looking glass"), credentials("carol", "x"), None] {
        let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
        let user = credentials.as_ref().map_or("alice", |known| known.user.as_str()).to_owned();
        network.command(phone, call_from(&user, credentials));
        assert_eq!(network.run_until(phone, status), StatusCode::UNAUTHORIZED);
        network.run(SECOND * 40);
        assert_eq!(network.events(gateway), []);
        assert_eq!(network.endpoint(gateway).statistics().server_transactions, 0);
    }
}

#[test]
fn an_account_cannot_call_in_the_name_of_another() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    network.command(phone, call_from("carol", credentials("alice", "wonderland")));
    assert_eq!(network.run_until(phone, status), StatusCode::FORBIDDEN);
    assert_eq!(network.events(gateway), []);
}

#[test]
fn credentials_are_not_given_to_another_realm() {
    let (mut network, _, phone) = gateway_and_phone(1, Faults::default());
    let mut elsewhere = credentials("alice", "wonderland").unwrap();
    elsewhere.realm = Some("other.example".to_owned());
    network.command(phone, call_from("alice", Some(elsewhere)));
    assert_eq!(network.run_until(phone, status), StatusCode::UNAUTHORIZED);
    let invites = network.log.iter().filter(|line| line.contains("INVITE")).count();
    assert_eq!(invites, 1);
}

#[test]
fn hashes_do_in_place_of_a_password() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    let secret = Secret::Ha1(Ha1::new("alice", "example.com", "wonderland"));
    let hashed = Credentials { secret, ..credentials("alice", "").unwrap() };
    network.command(phone, call_from("alice", Some(hashed)));
    network.run_until(gateway, incoming);
}

#[test]
fn a_call_given_up_while_its_credentials_are_looked_up_is_forgotten() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    network.command(phone, call_from("alice", credentials("alice", "wonderland")));
    network.run(Duration::from_millis(15));
    network.command(phone, Command::Hangup { call: CallHandle::outgoing(CALL), reason: None });
    network.run(SECOND * 70);
    assert_eq!(network.events(gateway), []);
    assert_eq!([gateway, phone].map(|node| network.endpoint(node).statistics().calls), [0, 0]);
}

#[test]
fn a_phone_registers_and_its_binding_is_stored_before_it_is_told() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    network.command(phone, register(600, "wonderland"));
    assert_eq!(network.run_until(phone, state), RegistrationState::Registered { expires: 600 });
    let binding = network.endpoint(gateway).contacts(network.now, &alice()).remove(0);
    assert_eq!(
        binding,
        Binding {
            address: alice(),
            contact: uri("sip:alice@203.0.113.5:5062"),
            q: 1000,
            expires_at: UNIX_TIME + 600,
            call_id: binding.call_id.clone(),
            cseq: 2,
            instance: None,
            source: PHONE.parse().unwrap(),
            transport: Transport::Udp,
            listener: Some(UDP),
            user_agent: Some(concat!("ximss-gateway/", env!("CARGO_PKG_VERSION")).into()),
        }
    );
    let stored: Vec<_> = network.events(gateway);
    let [Event::StoreBindings { address, bindings, .. }] = &stored[..] else { panic!("{stored:?}") };
    assert_eq!((address, bindings), (&alice(), &vec![binding]));
}

#[test]
fn a_binding_that_cannot_be_stored_is_not_confirmed_and_is_tried_again() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    network.storing(gateway, false);
    network.command(phone, register(600, "wonderland"));
    let RegistrationState::Failed { status, retry_in, .. } = network.run_until(phone, state) else {
        panic!()
    };
    assert_eq!((status, (15..=30).contains(&retry_in)), (StatusCode::SERVER_INTERNAL_ERROR, true));
    assert_eq!(network.endpoint(gateway).contacts(network.now, &alice()), []);
    network.storing(gateway, true);
    network.run(SECOND * 31);
    assert_eq!(
        network.events(phone).iter().filter_map(state).next_back(),
        Some(RegistrationState::Registered { expires: 600 })
    );
}

#[test]
fn a_registration_is_refreshed_before_it_runs_out_and_can_be_ended() {
    let (mut network, gateway, phone) = gateway_and_phone(1, BAD);
    registered(&mut network, gateway, phone);
    network.run(SECOND * 10_000);
    assert_eq!(network.endpoint(gateway).contacts(network.now, &alice()).len(), 1);
    network.command(phone, Command::Unregister { registration: REGISTRATION });
    expect(
        &mut network,
        phone,
        &Event::RegistrationChanged { registration: REGISTRATION, state: RegistrationState::Unregistered },
    );
    assert_eq!(network.endpoint(gateway).contacts(network.now, &alice()), []);
}

#[test]
fn a_registration_that_is_too_brief_is_made_longer() {
    let (mut network, _, phone) = gateway_and_phone(1, Faults::default());
    network.command(phone, register(10, "wonderland"));
    assert_eq!(network.run_until(phone, state), RegistrationState::Registered { expires: 60 });
}

#[test]
fn a_refused_registration_is_tried_again_ever_more_rarely() {
    let (mut network, _, phone) = gateway_and_phone(1, Faults::default());
    network.command(phone, register(600, "wrong"));
    network.run(SECOND * 10_000);
    let events = network.events(phone);
    let waits: Vec<_> = events
        .iter()
        .filter_map(state)
        .map(|state| if let RegistrationState::Failed { retry_in, .. } = state { retry_in } else { panic!() })
        .collect();
    let bounds = [30, 60, 120, 240, 480, 960, 1_800, 1_800];
    let within = waits.iter().zip(bounds).all(|(&wait, most)| (most / 2 - 1..=most).contains(&wait));
    assert!(within && waits.len() > 8, "{waits:?}");
}

#[test]
fn a_binding_that_runs_out_is_told_of() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    registered(&mut network, gateway, phone);
    network.silent.insert(phone);
    network.run(SECOND * 3_600);
    assert_eq!(network.events(gateway), [Event::BindingsExpired { address: alice(), bindings: vec![] }]);
    assert_eq!(network.endpoint(gateway).statistics().bindings, 0);
}

#[test]
fn a_registered_phone_is_called_over_the_flow_it_registered_on() {
    let (mut network, gateway, phone) = gateway_and_phone(1, BAD);
    let binding = registered(&mut network, gateway, phone);
    let Command::Invite(mut call) = invite(Some("offer"), "sip:alice@example.com") else { panic!() };
    call.target = Target::Binding(Box::new(binding));
    network.command(gateway, Command::Invite(call));
    let event = network.run_until(phone, incoming);
    assert_eq!(event.request_uri, uri("sip:alice@203.0.113.5:5062"));
    network.command(phone, Command::Accept { call: event.call, sdp: sdp("answer") });
    expect(&mut network, phone, &Event::Acknowledged { call: event.call, sdp: None });
}

#[test]
fn bindings_are_restored_after_a_restart() {
    let (mut network, gateway, phone) = gateway_and_phone(1, Faults::default());
    let binding = registered(&mut network, gateway, phone);
    let mut bench = super::bench::Bench::new();
    let expired = Binding { contact: uri("sip:old@192.0.2.9"), expires_at: UNIX_TIME, ..binding.clone() };
    bench.endpoint.restore(bench.now, vec![binding.clone(), expired]);
    assert_eq!(bench.endpoint.contacts(bench.now, &alice()), vec![binding.clone()]);
    assert_eq!(
        super::bench::events(&bench.wait(Duration::ZERO)),
        [Event::BindingsExpired { address: alice(), bindings: vec![binding] }]
    );
}
