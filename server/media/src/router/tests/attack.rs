//! What strangers and liars can do: nothing.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;

use super::bench::{Bench, Browser, Phone, check};
use crate::dtls::client::{Client, Version};
use crate::*;

const OPUS: [(Encoding, u8); 1] = [(Encoding::Opus, 111)];

fn echo() -> (Bench, Browser) {
    let mut bench = Bench::new();
    let browser = Browser::connected(&mut bench, 1, &OPUS);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    (bench, browser)
}

#[test]
fn a_stranger_gets_no_answer_to_anything() {
    let (mut bench, mut browser) = echo();
    let stranger: SocketAddr = "198.51.100.66:6666".parse().unwrap();
    let wrong = IceCredentials { ufrag: "leg1".into(), password: "guessed".into() };
    let unknown = IceCredentials { ufrag: "leg9".into(), password: "guessed".into() };
    let hello = Client::new(bench.now, Version::Either).step(bench.now, None);
    let media = browser.packet(111, b"injected");
    for datagram in
        [check(&wrong, true), check(&unknown, true), hello[0].clone(), media.clone(), vec![0x80; 200]]
    {
        bench.arrive(Socket::Shared, stranger, &datagram);
    }
    assert!(bench.take_sent(stranger).is_empty());
    assert!(browser.take_heard(&mut bench).is_empty());
    assert_eq!(bench.statistics(LegId(1)).drops, Drops { unauthentic: 1, ..Drops::default() });
    assert_eq!(bench.router.totals().drops, Drops { unauthentic: 1, source: 4, ..Drops::default() });
    bench.arrive(Socket::Shared, browser.address, &media);
    assert_eq!(browser.take_heard(&mut bench).len(), 1, "the packet itself was good");
}

#[test]
fn the_address_of_one_browser_cannot_be_claimed_by_another() {
    let (mut bench, mut victim) = echo();
    let mut thief = Browser::new(&mut bench, 2, &OPUS, Version::Either);
    let own = thief.address;
    thief.address = victim.address;
    bench.arrive(Socket::Shared, thief.address, &thief.check(true));
    assert!(bench.take_sent(victim.address).is_empty());
    victim.say(&mut bench, 111, b"still mine");
    assert_eq!(victim.take_heard(&mut bench).len(), 1);
    bench.pass(Duration::from_secs(6));
    victim.listen(&mut bench);
    bench.arrive(Socket::Shared, victim.address, &thief.check(true));
    assert_eq!(bench.take_sent(victim.address).len(), 1, "the victim was silent for too long");
    victim.send_check(&mut bench);
    victim.say(&mut bench, 111, b"mine again");
    assert_eq!(victim.take_heard(&mut bench).len(), 1);
    thief.address = own;
    thief.connect(&mut bench);
    assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(2) }]);
}

#[test]
fn a_flood_of_invented_streams_and_wrong_tags_is_counted_and_harmless() {
    let (mut bench, mut browser) = echo();
    for count in 0..10_000_u32 {
        let mut forged = browser.packet(111, b"sound");
        browser.index -= 1;
        forged[8..12].copy_from_slice(&count.to_be_bytes());
        bench.arrive(Socket::Shared, browser.address, &forged);
    }
    browser.say(&mut bench, 111, b"sound");
    assert_eq!(browser.take_heard(&mut bench).len(), 1);
    assert_eq!(bench.statistics(LegId(1)).drops, Drops { unauthentic: 10_000, ..Drops::default() });
    assert_eq!(bench.take_events(), []);
}

#[test]
fn a_replayed_packet_is_not_heard_twice() {
    let (mut bench, mut browser) = echo();
    let packets: Vec<_> = (0..200).map(|_| browser.packet(111, b"sound")).collect();
    for packet in packets.iter().chain(&packets) {
        bench.arrive(Socket::Shared, browser.address, packet);
    }
    assert_eq!(browser.take_heard(&mut bench).len(), 200);
    assert_eq!(bench.statistics(LegId(1)).drops, Drops { replayed: 200, ..Drops::default() });
}

#[test]
fn a_phone_that_repeats_a_number_never_makes_the_browser_leg_reuse_an_index() {
    let mut bench = Bench::new();
    let mut browser = Browser::connected(&mut bench, 1, &[(Encoding::Pcmu, 0)]);
    let mut phone = Phone::new(&mut bench, 2, &[(Encoding::Pcmu, 0)]);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(2) });
    let mut seen = std::collections::HashSet::new();
    for (sequence, ssrc) in
        [(10, 1), (10, 1), (11, 1), (9, 1), (10, 2), (11, 1), (500, 1), (11, 1), (9_000, 1), (9_001, 1)]
    {
        (phone.sequence, phone.ssrc) = (sequence, ssrc);
        phone.say(&mut bench, 0, &[u8::try_from(seen.len()).unwrap(); 20]);
        for (header, _) in browser.take_heard(&mut bench) {
            assert!(seen.insert(header.sequence), "{}", header.sequence);
        }
    }
    assert!(seen.len() >= 6, "{}", seen.len());
}

#[test]
fn dtls_beyond_what_a_handshake_needs_is_not_even_looked_at() {
    let (mut bench, mut browser) = echo();
    bench.pass(Duration::from_secs(5));
    for _ in 0..1_000 {
        bench.arrive(Socket::Shared, browser.address, &[22; 60]);
    }
    let excess = bench.statistics(LegId(1)).drops.excess;
    assert!(excess >= 1_000 - 2 * 64, "{excess}");
    browser.say(&mut bench, 111, b"sound");
    assert_eq!(browser.take_heard(&mut bench).len(), 1);
}

#[test]
fn two_phones_whose_descriptions_make_the_gateway_talk_to_itself_cost_no_more_than_a_few_calls() {
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &[(Encoding::Pcmu, 0)]);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    phone.say(&mut bench, 0, b"sound");
    let mut turns = 0;
    for _ in 0..20_000 {
        // What the gateway sends comes back at once, from the address that the description named.
        for sent in bench.take_sent(phone.address) {
            turns += 1;
            bench.arrive(Socket::Rtp(LegId(1)), phone.address, &sent.bytes);
        }
        bench.now += Duration::from_micros(50);
    }
    assert!(turns <= 2 * 500 + 1_000, "{turns} in a second");
    assert!(bench.statistics(LegId(1)).drops.excess > 0);
}

#[test]
fn two_legs_cannot_have_the_same_user_name_fragment() {
    let (mut bench, browser) = echo();
    let refused = bench
        .router
        .handle_command(bench.now, Command::Add { leg: LegId(7), parameters: browser.parameters.clone() });
    assert_eq!(refused, Err(CommandError::DuplicateUfrag("leg1".into())));
    let phone = Phone::new(&mut bench, 2, &OPUS);
    let refused = bench.router.handle_command(
        bench.now,
        Command::Update { leg: phone.leg, parameters: browser.parameters.clone() },
    );
    assert_eq!(refused, Err(CommandError::DuplicateUfrag("leg1".into())));
    let refused = bench
        .router
        .handle_command(bench.now, Command::Update { leg: LegId(1), parameters: phone.parameters });
    assert_eq!(refused, Err(CommandError::OtherKind(LegId(1))));
}

/// A datagram of some kind, good at first, and then changed in a few places, cut or lengthened.
#[derive(Debug, Clone)]
struct Mutation {
    kind: usize,
    changes: Vec<(prop::sample::Index, u8)>,
    length: Option<prop::sample::Index>,
    tail: Vec<u8>,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (
        0..6_usize,
        prop::collection::vec(change, 0..6),
        prop::option::weighted(0.3, any::<prop::sample::Index>()),
        prop::collection::vec(any::<u8>(), 0..8),
    )
        .prop_map(|(kind, changes, length, tail)| Mutation { kind, changes, length, tail })
}

impl Mutation {
    fn apply(&self, samples: &[Vec<u8>]) -> Vec<u8> {
        let mut datagram = samples[self.kind].clone();
        for (at, octet) in &self.changes {
            let at = at.index(datagram.len());
            datagram[at] = *octet;
        }
        if let Some(length) = &self.length {
            datagram.truncate(length.index(datagram.len() + 1));
        }
        datagram.extend(&self.tail);
        datagram
    }
}

#[test]
fn no_datagram_makes_the_router_panic_or_lose_the_call() {
    let (mut bench, mut browser) = echo();
    let phone = Phone::new(&mut bench, 2, &OPUS);
    bench.command(Command::Bridge { a: LegId(2), b: LegId(2) });
    let report = b"\x81\xc9\x00\x07\x00\x00\x00\x01\x00\x00\x20\x02aaaaaaaaaaaaaaaaaaaa".to_vec();
    let samples = [
        browser.check(true),
        Client::new(bench.now, Version::Either).step(bench.now, None)[0].clone(),
        browser.packet(111, b"some sound"),
        vec![0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x80, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9],
        report,
        vec![0x90, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 5, 6],
    ];
    let rtcp = SocketAddr::new(phone.address.ip(), phone.address.port() + 1);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases: 50_000, failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let cell = std::cell::RefCell::new(&mut bench);
    runner
        .run(&mutation(), |mutation| {
            let (datagram, mut bench) = (mutation.apply(&samples), cell.borrow_mut());
            bench.arrive(Socket::Shared, browser.address, &datagram);
            bench.arrive(Socket::Rtp(LegId(2)), phone.address, &datagram);
            bench.arrive(Socket::Rtcp(LegId(2)), rtcp, &datagram);
            bench.sent.clear();
            bench.now += Duration::from_micros(200);
            Ok(())
        })
        .unwrap();
    bench.take_events();
    browser.index += 1_000;
    browser.send_check(&mut bench);
    browser.say(&mut bench, 111, b"still here");
    assert_eq!(browser.take_heard(&mut bench).pop().unwrap().1, b"still here");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_description_makes_a_negotiation_panic(
        sample in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        length in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let samples = [
            include_str!("../../testdata/chromium_video_audio_data.sdp"),
            include_str!("../../testdata/firefox_max_bundle_video_first.sdp"),
            include_str!("../../testdata/baresip_webrtc.sdp"),
            include_str!("../../testdata/linphone_audio.sdp"),
        ];
        let mut octets = samples[sample].as_bytes().to_vec();
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        if let Some(length) = length {
            octets.truncate(length.index(octets.len() + 1));
        }
        let text = String::from_utf8_lossy(&octets);
        let certificate = Fingerprint::of(HashFunction::Sha256, b"certificate");
        let locals = [
            Local::WebRtc { address: "192.0.2.1:4000".parse().unwrap(), certificate },
            Local::Rtp { address: "2001:db8::1".parse().unwrap(), rtp_port: 4000, rtcp_port: 4001 },
        ];
        for local in locals {
            let mut negotiation = Negotiation::new(local, [0; 32]);
            if let Ok(proposal) = negotiation.handle_offer(&text) {
                let _ = negotiation.answer(&proposal);
            }
            negotiation.rollback();
            let _ = negotiation.offer(&Proposal::any());
            let _ = negotiation.handle_answer(&text);
            let _ = negotiation.parameters();
        }
    }
}
