//! What a phone's REGISTER does to the bindings of its account, one after the other.

use std::time::Duration;

use super::bench::{Bench, STRANGER, answer_challenge, events, lines, sent, value};
use crate::*;

/// A REGISTER of alice.
fn register(call_id: &str, cseq: u32, more: &str) -> String {
    format!(
        "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK{call_id}{cseq}\r\n\
         From: <sip:alice@example.com>;tag=1\r\nTo: <sip:alice@example.com>\r\nCall-ID: {call_id}\r\n\
         CSeq: {cseq} REGISTER\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

/// Sends a REGISTER, proves the account, and tells what came of it.
fn prove(bench: &mut Bench, text: &str) -> Vec<Output> {
    let challenge = sent(&bench.send(STRANGER, text.replace("z9hG4bK", "z9hG4bKc"))).remove(0);
    let answered = answer_challenge(&challenge, text.as_bytes(), "alice", "password").unwrap();
    let outputs = bench.send(STRANGER, answered);
    let Some(Event::Authenticate { id, user, domain }) = events(&outputs).pop() else { panic!() };
    bench.command(Command::Credentials { id, ha1: Some(Ha1::new(&user, &domain, "password")) })
}

/// The same with the bindings stored; the answer.
fn done(bench: &mut Bench, text: &str) -> String {
    let outputs = prove(bench, text);
    match events(&outputs).pop() {
        Some(Event::StoreBindings { id, .. }) => {
            sent(&bench.command(Command::BindingsStored { id, ok: true })).remove(0)
        }
        _ => sent(&outputs).remove(0),
    }
}

fn contacts(answer: &str) -> Vec<String> {
    answer.lines().filter_map(|line| line.strip_prefix("Contact: ")).map(str::to_owned).collect()
}

fn status(answer: &str) -> &str {
    answer.lines().next().unwrap()
}

#[test]
fn a_register_is_confirmed_with_every_binding_and_the_date() {
    let mut bench = Bench::new();
    done(&mut bench, &register("a", 1, "Contact: <sip:alice@203.0.113.9:1>;q=0.5;expires=100\r\n"));
    bench.wait(Duration::from_secs(10));
    let more = "Contact: <sip:alice@203.0.113.9:2>;+sip.instance=\"<urn:uuid:1>\", <sip:alice@203.0.113.9:3>;expires=99999\r\nExpires: 120\r\n";
    let answer = done(&mut bench, &register("b", 1, more));
    assert_eq!(
        contacts(&answer),
        [
            "<sip:alice@203.0.113.9:2>;q=1.000;expires=120;+sip.instance=\"<urn:uuid:1>\"",
            "<sip:alice@203.0.113.9:3>;q=1.000;expires=7200",
            "<sip:alice@203.0.113.9:1>;q=0.500;expires=90",
        ]
    );
    assert_eq!(value(&answer, "Date"), Some("Tue, 14 Nov 2023 22:13:30 GMT"));
    assert_eq!(
        contacts(&done(&mut bench, &register("c", 1, ""))).len(),
        3,
        "a REGISTER without Contact asks"
    );
}

#[test]
fn a_phone_is_answered_only_when_its_binding_is_stored() {
    let mut bench = Bench::new();
    let outputs = prove(&mut bench, &register("a", 1, "Contact: <sip:alice@203.0.113.9>\r\n"));
    assert_eq!(lines(&outputs), Vec::<String>::new());
    let Some(Event::StoreBindings { id, .. }) = events(&outputs).pop() else { panic!() };
    let alice = AddressOfRecord::new("alice", "example.com");
    assert_eq!(bench.endpoint.contacts(bench.now, &alice), []);
    assert_eq!(lines(&bench.command(Command::BindingsStored { id, ok: true })), ["SIP/2.0 200 OK"]);
    assert_eq!(bench.endpoint.contacts(bench.now, &alice).len(), 1);
    assert_eq!(bench.command(Command::BindingsStored { id, ok: true }), []);
}

#[test]
fn registers_of_one_account_are_stored_one_after_the_other() {
    let mut bench = Bench::new();
    let first = prove(&mut bench, &register("a", 1, "Contact: <sip:alice@203.0.113.9:1>\r\n"));
    let second = prove(&mut bench, &register("b", 1, "Contact: <sip:alice@203.0.113.9:2>\r\n"));
    assert_eq!(second, []);
    let Some(Event::StoreBindings { id, .. }) = events(&first).pop() else { panic!() };
    let outputs = bench.command(Command::BindingsStored { id, ok: true });
    assert_eq!(contacts(&sent(&outputs)[0]).len(), 1);
    let Some(Event::StoreBindings { id, bindings, .. }) = events(&outputs).pop() else { panic!() };
    assert_eq!(bindings.len(), 2);
    assert_eq!(contacts(&sent(&bench.command(Command::BindingsStored { id, ok: true }))[0]).len(), 2);
}

#[test]
fn a_store_that_takes_too_long_fails_all_that_wait_and_still_counts_when_it_is_done() {
    let mut bench = Bench::new();
    let first = prove(&mut bench, &register("a", 1, "Contact: <sip:alice@203.0.113.9:1>\r\n"));
    prove(&mut bench, &register("b", 1, "Contact: <sip:alice@203.0.113.9:2>\r\n"));
    let late = bench.wait(Duration::from_secs(32));
    assert_eq!(lines(&late), ["SIP/2.0 500 Server Internal Error", "SIP/2.0 500 Server Internal Error"]);
    let Some(Event::StoreBindings { id, .. }) = events(&first).pop() else { panic!() };
    assert_eq!(lines(&bench.command(Command::BindingsStored { id, ok: true })), Vec::<String>::new());
    assert_eq!(bench.endpoint.contacts(bench.now, &AddressOfRecord::new("alice", "example.com")).len(), 1);
    assert_eq!(
        contacts(&done(&mut bench, &register("b", 2, "Contact: <sip:alice@203.0.113.9:2>\r\n"))).len(),
        2
    );
}

#[test]
fn a_binding_is_refreshed_and_removed_by_later_registers_only() {
    let mut bench = Bench::new();
    let contact = "Contact: <sip:alice@203.0.113.9>\r\n";
    done(&mut bench, &register("a", 5, contact));
    assert_eq!(status(&done(&mut bench, &register("a", 4, contact))), "SIP/2.0 500 CSeq Out of Order");
    assert_eq!(contacts(&done(&mut bench, &register("a", 6, contact))).len(), 1);
    let removal = "Contact: <sip:alice@203.0.113.9>;expires=0\r\n";
    assert_eq!(contacts(&done(&mut bench, &register("other", 1, removal))).len(), 0);
    assert_eq!(bench.endpoint.statistics().bindings, 0);
}

#[test]
fn all_bindings_are_removed_by_a_star_with_expires_0() {
    let mut bench = Bench::new();
    done(&mut bench, &register("a", 1, "Contact: <sip:a@203.0.113.9>, <sip:b@203.0.113.9>\r\n"));
    for (cseq, more, line) in [
        (1, "Contact: *\r\n", "SIP/2.0 400 Contact * Needs Expires 0"),
        (
            2,
            "Contact: *, <sip:a@203.0.113.9>\r\nExpires: 0\r\n",
            "SIP/2.0 400 Malformed Contact: Missing Scheme",
        ),
        (3, "Contact: *\r\nExpires: 0\r\n", "SIP/2.0 200 OK"),
    ] {
        assert_eq!(status(&done(&mut bench, &register("b", cseq, more))), line);
    }
    assert_eq!(bench.endpoint.statistics().bindings, 0);
}

#[test]
fn a_time_too_short_is_423_with_the_shortest() {
    let mut bench = Bench::new();
    let answer = done(&mut bench, &register("a", 1, "Contact: <sip:alice@203.0.113.9>;expires=59\r\n"));
    assert_eq!(
        (status(&answer), value(&answer, "Min-Expires")),
        ("SIP/2.0 423 Interval Too Brief", Some("60"))
    );
}

#[test]
fn an_account_has_only_so_many_phones() {
    let mut bench = Bench::with(|config| config.caps.contacts_per_account = 2);
    let more = "Contact: <sip:a@203.0.113.9>, <sip:b@203.0.113.9>, <sip:c@203.0.113.9>\r\n";
    assert_eq!(status(&done(&mut bench, &register("a", 1, more))), "SIP/2.0 403 Too Many Contacts");
}

#[test]
fn a_phone_that_starts_anew_replaces_its_old_binding() {
    let mut bench = Bench::new();
    let contact =
        |port| format!("Contact: <sip:alice@203.0.113.9:{port}>;+sip.instance=\"<urn:uuid:7>\"\r\n");
    done(&mut bench, &register("a", 1, &contact(1)));
    let answer = done(&mut bench, &register("b", 1, &contact(2)));
    assert_eq!(
        contacts(&answer),
        ["<sip:alice@203.0.113.9:2>;q=1.000;expires=3600;+sip.instance=\"<urn:uuid:7>\""]
    );
}

#[test]
fn a_register_for_another_account_is_forbidden() {
    let mut bench = Bench::new();
    let text =
        register("a", 1, "Contact: <sip:alice@203.0.113.9>\r\n").replace("To: <sip:alice@", "To: <sip:bob@");
    assert_eq!(lines(&prove(&mut bench, &text)), ["SIP/2.0 403 Forbidden"]);
}

#[test]
fn what_is_malformed_in_a_contact_is_told() {
    let mut bench = Bench::new();
    for (cseq, more, line) in [
        (1, "Contact: <sip:alice@203.0.113.9>;q=2\r\n", "SIP/2.0 400 Malformed q"),
        (2, "Contact: <sip:alice@>\r\n", "SIP/2.0 400 Malformed Contact: Bad Host"),
    ] {
        assert_eq!(status(&done(&mut bench, &register("a", cseq, more))), line);
    }
}
