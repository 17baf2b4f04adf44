//! The table of bindings itself: its order, its times and its bounds.

use super::*;

fn address(user: &str) -> AddressOfRecord {
    AddressOfRecord::new(user, "example.com")
}

fn held(user: &str, port: u16, q: u16, expires_at: u64) -> Held {
    let source = SocketAddr::from(([203, 0, 113, 9], port));
    let listener = ListenerId(0);
    let binding = Binding {
        address: address(user),
        contact: Uri::parse(&format!("sip:{user}@203.0.113.9:{port}")).unwrap(),
        q,
        expires_at,
        call_id: "x".into(),
        cseq: 1,
        instance: None,
        source,
        transport: Transport::Udp,
        listener: Some(listener),
        user_agent: None,
    };
    Held { binding, flow: Some(FlowId::Udp { listener, remote: source }) }
}

fn registrar() -> Registrar {
    Registrar::new(RegistrarLimits::default(), &Caps::default())
}

fn ports(held: &[&Held]) -> Vec<u16> {
    held.iter().map(|held| held.binding.source.port()).collect()
}

#[test]
fn live_bindings_come_the_most_wanted_first() {
    let mut registrar = registrar();
    let all = vec![held("a", 1, 100, 50), held("a", 2, 900, 60), held("a", 3, 500, 10)];
    registrar.replace(&address("a"), all);
    assert_eq!(ports(&registrar.held(&address("a"), 10)), [2, 1]);
    assert_eq!(ports(&registrar.held(&address("b"), 10)), Vec::<u16>::new());
}

#[test]
fn bindings_run_out_account_by_account_in_the_order_of_their_times() {
    let mut registrar = registrar();
    registrar.replace(&address("a"), vec![held("a", 1, 0, 50), held("a", 2, 0, 70)]);
    registrar.replace(&address("b"), vec![held("b", 3, 0, 60)]);
    assert_eq!((registrar.next_expiry(), registrar.expire(49), registrar.len()), (Some(50), None, 3));
    assert_eq!(registrar.expire(65), Some((address("a"), vec![held("a", 2, 0, 70).binding])));
    assert_eq!(registrar.expire(65), Some((address("b"), vec![])));
    assert_eq!((registrar.expire(65), registrar.next_expiry(), registrar.len()), (None, Some(70), 1));
}

#[test]
fn replaced_bindings_leave_no_trace() {
    let mut registrar = registrar();
    registrar.replace(&address("a"), vec![held("a", 1, 0, 50)]);
    registrar.replace(&address("a"), vec![held("a", 2, 0, 90)]);
    assert_eq!((registrar.next_expiry(), registrar.len()), (Some(90), 1));
    assert_eq!(registrar.flow(&held("a", 1, 0, 50).binding), None);
    assert_eq!(registrar.flow(&held("a", 2, 0, 90).binding), held("a", 2, 0, 90).flow);
    registrar.replace(&address("a"), vec![]);
    assert_eq!((registrar.next_expiry(), registrar.len()), (None, 0));
}

#[test]
fn a_preference_is_read_in_thousandths() {
    let read = ["1", "0", "0.5", "0.05", "1.000", "0.123", "1.001", "0.1234", "2", "x", "-1"].map(parse_q);
    let wanted = [1000, 0, 500, 50, 1000, 123].map(Some);
    assert_eq!((&read[..6], &read[6..]), (&wanted[..], &[None; 5][..]));
}
