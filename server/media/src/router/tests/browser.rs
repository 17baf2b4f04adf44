//! How a browser leg comes up, stays up and goes.

use std::time::Duration;

use super::bench::{Bench, Browser, Phone, check};
use crate::dtls::client::Version;
use crate::random::Random;
use crate::*;

const OPUS: [(Encoding, u8); 1] = [(Encoding::Opus, 111)];

#[test]
fn a_browser_connects_with_either_version_of_dtls() {
    for version in [Version::Dtls12, Version::Dtls13, Version::Either] {
        let mut bench = Bench::new();
        let mut browser = Browser::new(&mut bench, 1, &OPUS, version);
        browser.connect(&mut bench);
        assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(1) }], "{version:?}");
        assert!(browser.protection.is_some());
    }
}

#[test]
fn a_browser_connects_over_ipv6() {
    let mut bench = Bench::new();
    let mut browser = Browser::new(&mut bench, 1, &OPUS, Version::Either);
    browser.address = "[2001:db8::7]:20001".parse().unwrap();
    browser.connect(&mut bench);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    browser.say(&mut bench, 111, b"sound");
    assert_eq!(browser.take_heard(&mut bench)[0].1, b"sound");
}

#[test]
fn a_fifth_of_the_handshakes_datagrams_may_be_lost() {
    for seed in 0..40 {
        let mut bench = Bench::new();
        bench.random = Random::new([seed; 32]);
        bench.loss = 20;
        let version = if seed % 4 == 0 { Version::Dtls12 } else { Version::Either };
        let mut browser = Browser::new(&mut bench, 1, &OPUS, version);
        browser.connect(&mut bench);
        assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(1) }], "seed {seed}");
    }
}

#[test]
fn another_certificate_than_promised_is_sent_away_and_nothing_is_relayed() {
    for version in [Version::Dtls12, Version::Either] {
        let mut bench = Bench::new();
        let mut browser = Browser::new(&mut bench, 1, &OPUS, version);
        let other = Certificate::generate().unwrap().fingerprint();
        browser.parameters.transport = match browser.parameters.transport {
            TransportParameters::WebRtc(transport) => TransportParameters::WebRtc(WebRtcParameters {
                remote: Some(RemoteCertificate { fingerprints: vec![other], tls_id: None }),
                ..transport
            }),
            TransportParameters::Rtp(_) => panic!("a browser"),
        };
        bench.command(Command::Update { leg: LegId(1), parameters: browser.parameters.clone() });
        bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
        browser.connect(&mut bench);
        assert_eq!(
            bench.take_events(),
            [Event::Lost { leg: LegId(1), why: Loss::WrongCertificate }],
            "{version:?}"
        );
        assert!(browser.client.is_closed || browser.client.is_broken, "{version:?}: it was told");
        if browser.protection.is_some() {
            browser.say(&mut bench, 111, b"hello");
            assert!(browser.take_heard(&mut bench).is_empty());
            assert_eq!(bench.statistics(LegId(1)).drops.unconnected, 1);
        }
    }
}

#[test]
fn a_bad_hello_does_not_end_the_call() {
    let mut bench = Bench::new();
    let mut browser = Browser::new(&mut bench, 1, &OPUS, Version::Either);
    browser.send_check(&mut bench);
    for hello in [hello([0xfe, 0xfd], 0x0000), hello([0xfe, 0xfd], 0xc02b), hello([0xfe, 0xff], 0xc02b)] {
        bench.arrive(Socket::Shared, browser.address, &hello);
    }
    bench.arrive(Socket::Shared, browser.address, &[22; 40]);
    browser.connect(&mut bench);
    assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(1) }]);
}

/// A whole ClientHello of this version that offers one cipher suite and no extension: TLS_NULL_WITH_NULL_NULL is
/// passed over, without the extended master secret and in DTLS 1.0 it is an error.
fn hello(version: [u8; 2], suite: u16) -> Vec<u8> {
    let body = [&version[..], &[1; 32], &[0, 0, 0, 2], &suite.to_be_bytes(), &[1, 0]].concat();
    let length = u8::try_from(body.len()).unwrap();
    let handshake = [&[1, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length][..], &body].concat();
    let length = u8::try_from(handshake.len()).unwrap();
    [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, length][..], &handshake].concat()
}

#[test]
fn a_handshake_that_never_ends_is_given_up_after_thirty_seconds() {
    let mut bench = Bench::new();
    let mut browser = Browser::new(&mut bench, 1, &OPUS, Version::Either);
    browser.send_check(&mut bench);
    let hello = browser.client.step(bench.now, None);
    bench.arrive(Socket::Shared, browser.address, &hello[0]);
    for _ in 0..35 {
        bench.pass(Duration::from_secs(1));
        bench.arrive(Socket::Shared, browser.address, &browser.check(true));
    }
    assert_eq!(bench.take_events(), [Event::Lost { leg: LegId(1), why: Loss::HandshakeFailed }]);
}

#[test]
fn a_browser_that_closes_its_association_is_lost_at_once() {
    let mut bench = Bench::new();
    let mut browser = Browser::connected(&mut bench, 1, &OPUS);
    let farewell = browser.client.close();
    browser.send_flight(&mut bench, farewell);
    assert_eq!(bench.take_events(), [Event::Lost { leg: LegId(1), why: Loss::Closed }]);
}

#[test]
fn a_removed_browser_is_told_goodbye() {
    let mut bench = Bench::new();
    let mut browser = Browser::connected(&mut bench, 1, &OPUS);
    bench.command(Command::Remove { leg: LegId(1) });
    browser.listen(&mut bench);
    assert!(browser.client.is_closed);
    let farewell = browser.reports.pop().unwrap();
    assert_eq!(farewell[farewell.len() - 8..], [0x81, 203, 0, 1, 0, 0, 0x10, 1], "RTCP BYE");
    assert!(matches!(bench.take_events()[..], [Event::Statistics { leg: LegId(1), is_final: true, .. }]));
    assert_eq!(bench.due, None);
    browser.send_check(&mut bench);
    assert_eq!(bench.router.totals().drops.source, 1, "nobody knows it any more");
}

#[test]
fn without_checks_for_thirty_seconds_nothing_is_sent_any_more_until_they_come_again() {
    let mut bench = Bench::new();
    let mut browser = Browser::connected(&mut bench, 1, &OPUS);
    let mut phone = Phone::new(&mut bench, 2, &OPUS);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(2) });
    for _ in 0..10 {
        bench.pass(Duration::from_secs(3));
        browser.send_check(&mut bench);
        phone.say(&mut bench, 111, b"still there");
    }
    assert_eq!(browser.take_heard(&mut bench).len(), 10);
    bench.take_events();
    bench.pass(Duration::from_secs(31));
    assert_eq!(bench.take_events(), [Event::Lost { leg: LegId(1), why: Loss::ConsentExpired }]);
    browser.listen(&mut bench);
    phone.say(&mut bench, 111, b"anybody?");
    bench.pass(Duration::from_secs(20));
    assert!(bench.take_sent(browser.address).is_empty());
    assert_eq!(bench.statistics(phone.leg).drops.unconnected, 1);
    browser.send_check(&mut bench);
    assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(1) }]);
    phone.say(&mut bench, 111, b"back");
    assert_eq!(browser.take_heard(&mut bench)[0].1, b"back");
}

#[test]
fn a_browser_that_never_checks_is_lost_after_thirty_seconds_once_it_was_told_where() {
    let mut bench = Bench::new();
    let browser = Browser::new(&mut bench, 1, &OPUS, Version::Either);
    bench.pass(Duration::from_secs(29));
    assert_eq!(bench.take_events(), []);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.take_events(), [Event::Lost { leg: browser.leg, why: Loss::ConsentExpired }]);
    bench.pass(Duration::from_secs(100));
    assert_eq!(bench.take_events(), []);
}

#[test]
fn checks_are_answered_before_the_peers_answer_is_known_but_dtls_waits() {
    let mut bench = Bench::new();
    let mut browser = Browser::new(&mut bench, 1, &OPUS, Version::Either);
    let complete = browser.parameters.clone();
    let TransportParameters::WebRtc(mut transport) = complete.transport.clone() else { panic!("a browser") };
    transport.remote = None;
    transport.local.ufrag = "early".into();
    let early = LegParameters { transport: TransportParameters::WebRtc(transport), ..complete.clone() };
    bench.command(Command::Remove { leg: LegId(1) });
    bench.take_events();
    bench.command(Command::Add { leg: LegId(3), parameters: early.clone() });
    browser.parameters = early;
    browser.address.set_port(20_003);
    bench.pass(Duration::from_secs(60));
    bench.arrive(Socket::Shared, browser.address, &browser.check(true));
    assert_eq!(bench.take_sent(browser.address).len(), 1);
    let hello = browser.client.step(bench.now, None);
    browser.send_flight(&mut bench, hello);
    assert_eq!(bench.statistics(LegId(3)).drops.unconnected, 1);
    let TransportParameters::WebRtc(transport) = &mut browser.parameters.transport else {
        panic!("a browser")
    };
    let TransportParameters::WebRtc(known) = complete.transport else { panic!("a browser") };
    transport.remote = known.remote;
    bench.command(Command::Update { leg: LegId(3), parameters: browser.parameters.clone() });
    browser.connect(&mut bench);
    assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(3) }]);
}

#[test]
fn a_browser_moves_to_another_address_by_an_ice_restart_and_keeps_its_keys() {
    let mut bench = Bench::new();
    let mut browser = Browser::connected(&mut bench, 1, &OPUS);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    browser.say(&mut bench, 111, b"one");
    let first = browser.take_heard(&mut bench);
    let TransportParameters::WebRtc(transport) = &mut browser.parameters.transport else {
        panic!("a browser")
    };
    let old = transport.local.clone();
    transport.local = IceCredentials { ufrag: "anew".into(), password: "another password, long too".into() };
    bench.command(Command::Update { leg: LegId(1), parameters: browser.parameters.clone() });
    browser.say(&mut bench, 111, b"two");
    assert_eq!(browser.take_heard(&mut bench).len(), 1, "the old path serves meanwhile");
    let before = browser.address;
    browser.address.set_port(20_500);
    browser.send_check(&mut bench);
    bench.arrive(Socket::Shared, before, &check(&old, true));
    browser.say(&mut bench, 111, b"three");
    let third = browser.take_heard(&mut bench);
    assert_eq!(third[0].0.sequence, first[0].0.sequence + 2);
    assert_eq!(bench.take_events(), []);
}

#[test]
fn a_reloaded_page_with_a_new_certificate_begins_a_new_association_on_the_same_leg() {
    let mut bench = Bench::new();
    let mut browser = Browser::connected(&mut bench, 1, &OPUS);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    browser.say(&mut bench, 111, b"before");
    browser.take_heard(&mut bench);
    let mut reloaded = Browser::new(&mut bench, 2, &OPUS, Version::Either);
    let parameters = reloaded.parameters.clone();
    bench.command(Command::Remove { leg: LegId(2) });
    bench.command(Command::Update { leg: LegId(1), parameters });
    bench.take_events();
    reloaded.connect(&mut bench);
    assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(1) }]);
    reloaded.say(&mut bench, 111, b"after");
    assert_eq!(reloaded.take_heard(&mut bench)[0].1, b"after");
}
