//! What crosses a bridge.

use std::time::Duration;

use super::bench::{Bench, Browser, FRAME, Phone, is_unbroken, sequences};
use crate::*;

const BROWSER: [(Encoding, u8); 3] =
    [(Encoding::Opus, 111), (Encoding::Pcmu, 0), (Encoding::TelephoneEvent8, 126)];
const PHONE: [(Encoding, u8); 3] =
    [(Encoding::Pcmu, 0), (Encoding::Opus, 96), (Encoding::TelephoneEvent8, 101)];

fn bridged() -> (Bench, Browser, Phone) {
    let mut bench = Bench::new();
    let browser = Browser::connected(&mut bench, 1, &BROWSER);
    let phone = Phone::new(&mut bench, 2, &PHONE);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(2) });
    (bench, browser, phone)
}

/// Changes the direction of a leg.
fn direct(bench: &mut Bench, leg: LegId, parameters: &LegParameters, direction: Direction) {
    let parameters = LegParameters { direction, ..parameters.clone() };
    bench.command(Command::Update { leg, parameters });
}

#[test]
fn sound_passes_both_ways_under_each_sides_payload_types() {
    let (mut bench, mut browser, mut phone) = bridged();
    for _ in 0..50 {
        browser.say(&mut bench, 111, b"from the browser");
        phone.say(&mut bench, 96, b"from the phone");
        bench.pass(FRAME);
    }
    let (to_phone, to_browser) = (phone.take_heard(&mut bench), browser.take_heard(&mut bench));
    assert_eq!((to_phone.len(), to_browser.len()), (50, 50));
    assert!(to_phone.iter().all(|(header, payload)| {
        (header.payload_type, header.ssrc, &payload[..]) == (96, 0x2002, b"from the browser")
    }));
    assert!(to_browser.iter().all(|(header, payload)| {
        (header.payload_type, header.ssrc, &payload[..]) == (111, 0x1001, b"from the phone")
    }));
    for heard in [&to_phone, &to_browser] {
        assert!(is_unbroken(&sequences(heard)));
        assert_eq!(heard.iter().filter(|(header, _)| header.marker).count(), 1, "at the beginning");
    }
    let steps: Vec<u32> =
        to_phone.windows(2).map(|pair| pair[1].0.timestamp.wrapping_sub(pair[0].0.timestamp)).collect();
    assert!(steps.iter().all(|step| *step == 960), "{steps:?}");
}

#[test]
fn extensions_csrcs_and_padding_stay_behind() {
    let (mut bench, mut browser, mut phone) = bridged();
    let mut packet = phone.packet(0, &[]);
    packet[0] = 0xb1;
    packet.extend([1, 2, 3, 4]);
    packet.extend([0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]);
    packet.extend(b"sound\0\0\x03");
    bench.arrive(Socket::Rtp(LegId(2)), phone.address, &packet);
    let heard = browser.take_heard(&mut bench);
    assert_eq!((heard[0].0.length, &heard[0].1[..]), (12, &b"sound"[..]));
}

#[test]
fn two_browsers_hear_each_other() {
    let mut bench = Bench::new();
    let mut one = Browser::connected(&mut bench, 1, &BROWSER);
    let mut other = Browser::connected(&mut bench, 2, &[(Encoding::Opus, 109)]);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(2) });
    one.say(&mut bench, 111, b"one");
    other.say(&mut bench, 109, b"other");
    one.say(&mut bench, 0, b"in a codec that the other does not have");
    assert_eq!(one.take_heard(&mut bench)[0].1, b"other");
    let heard = other.take_heard(&mut bench);
    assert_eq!((heard.len(), heard[0].0.payload_type, &heard[0].1[..]), (1, 109, &b"one"[..]));
    assert_eq!(bench.statistics(LegId(1)).drops, Drops { payload_type: 1, ..Drops::default() });
}

#[test]
fn an_echo_comes_back_until_the_bridge_is_taken_down() {
    let mut bench = Bench::new();
    let mut browser = Browser::connected(&mut bench, 1, &BROWSER);
    browser.say(&mut bench, 111, b"nobody");
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    browser.say(&mut bench, 111, b"echo");
    bench.command(Command::Unbridge { leg: LegId(1) });
    browser.say(&mut bench, 111, b"nobody");
    let heard: Vec<_> = browser.take_heard(&mut bench).into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(heard, [b"echo"]);
    assert_eq!(bench.statistics(LegId(1)).drops.unbridged, 2);
}

#[test]
fn a_hold_of_a_quarter_of_an_hour_ends_with_sound_both_ways() {
    let (mut bench, mut browser, mut phone) = bridged();
    browser.index = 65_000;
    let mut exchange = |bench: &mut Bench, frames: u32| {
        for frame in 0..frames {
            browser.say(bench, 111, b"from the browser");
            phone.say(bench, 96, b"from the phone");
            bench.pass(FRAME);
            if frame % 200 == 0 {
                browser.send_check(bench);
            }
        }
        (phone.take_heard(bench), browser.take_heard(bench), phone.parameters.clone())
    };
    let (to_phone, to_browser, parameters) = exchange(&mut bench, 10);
    direct(&mut bench, LegId(2), &parameters, Direction::Inactive);
    let (held_phone, held_browser, _) = exchange(&mut bench, 15 * 60 * 50);
    assert_eq!((held_phone.len(), held_browser.len()), (0, 0));
    direct(&mut bench, LegId(2), &parameters, Direction::SendReceive);
    let (later_phone, later_browser, _) = exchange(&mut bench, 10);
    for (before, after) in [(to_phone, later_phone), (to_browser, later_browser)] {
        assert_eq!((before.len(), after.len()), (10, 10));
        assert!(is_unbroken(&[sequences(&before), sequences(&after)].concat()), "no number was skipped");
        assert!(after[0].0.marker);
        let pause = after[0].0.timestamp.wrapping_sub(before[9].0.timestamp);
        assert_eq!(pause, (45_000 + 1) * 960, "the timestamp went on with the clock");
    }
    assert!(browser.reports.len() > 100, "RTCP kept the path alive");
    let drops = bench.statistics(LegId(1)).drops;
    assert_eq!(drops, Drops { direction: 45_000, ..Drops::default() });
}

#[test]
fn each_direction_stops_what_it_says() {
    use Direction::{Inactive, ReceiveOnly, SendOnly, SendReceive};
    for (direction, reaches_browser, reaches_phone) in [
        (SendReceive, true, true),
        (SendOnly, true, false),
        (ReceiveOnly, false, true),
        (Inactive, false, false),
    ] {
        let (mut bench, mut browser, mut phone) = bridged();
        direct(&mut bench, LegId(1), &browser.parameters, direction);
        browser.say(&mut bench, 0, b"from the browser");
        phone.say(&mut bench, 0, b"from the phone");
        let heard = (!browser.take_heard(&mut bench).is_empty(), !phone.take_heard(&mut bench).is_empty());
        assert_eq!(heard, (reaches_browser, reaches_phone), "{direction:?}");
    }
}

#[test]
fn another_phone_takes_the_place_of_the_first_in_one_unbroken_stream() {
    let (mut bench, mut browser, mut phone) = bridged();
    let mut other = Phone::new(&mut bench, 3, &[(Encoding::Pcmu, 0)]);
    other.ssrc = 0x7777;
    other.sequence = 12;
    for _ in 0..5 {
        phone.say(&mut bench, 0, b"first");
        bench.pass(FRAME);
    }
    bench.command(Command::Bridge { a: LegId(3), b: LegId(1) });
    for _ in 0..5 {
        other.say(&mut bench, 0, b"second");
        phone.say(&mut bench, 0, b"first");
        bench.pass(FRAME);
    }
    let heard = browser.take_heard(&mut bench);
    assert!(is_unbroken(&sequences(&heard)));
    let said: Vec<&[u8]> = heard.iter().map(|(_, payload)| &payload[..]).collect();
    assert_eq!(said, [&[&b"first"[..]; 5][..], &[&b"second"[..]; 5]].concat());
    let markers: Vec<usize> =
        heard.iter().enumerate().filter(|(_, (header, _))| header.marker).map(|(index, _)| index).collect();
    assert_eq!(markers, [0, 5]);
    assert_eq!(bench.statistics(LegId(2)).drops.unbridged, 5);
}

#[test]
fn the_sequence_wraps_around_many_times_without_a_fault() {
    let (mut bench, mut browser, mut phone) = bridged();
    for count in 0..200_000_u32 {
        browser.say(&mut bench, 111, b"b");
        phone.say(&mut bench, 96, b"p");
        bench.now += Duration::from_millis(2);
        if count % 1_000 == 0 {
            bench.pass(FRAME);
            browser.send_check(&mut bench);
            assert!(is_unbroken(&sequences(&browser.take_heard(&mut bench))));
            phone.take_heard(&mut bench);
        }
    }
    let (one, other) = (bench.statistics(LegId(1)), bench.statistics(LegId(2)));
    assert_eq!((one.received.packets, one.received.lost, one.sent.packets), (200_000, 0, 200_000));
    assert_eq!((other.received.packets, other.received.lost, other.sent.packets), (200_000, 0, 200_000));
    assert_eq!((one.drops, other.drops), (Drops::default(), Drops::default()));
}

#[test]
fn a_key_press_crosses_the_bridge_and_is_reported_once() {
    let (mut bench, mut browser, mut phone) = bridged();
    browser.say(&mut bench, 0, b"sound");
    let timestamp = browser.timestamp;
    for (end, duration) in [(0, 160_u16), (0, 320), (0x80, 480), (0x80, 480), (0x80, 480)] {
        browser.timestamp = timestamp;
        let [d0, d1] = duration.to_be_bytes();
        browser.say(&mut bench, 126, &[11, end | 10, d0, d1]);
        bench.pass(FRAME);
    }
    let press = Event::Dtmf {
        leg: LegId(1),
        digit: Digit::from_code(11).unwrap(),
        duration: Duration::from_millis(60),
    };
    assert_eq!(bench.take_events(), [press]);
    let heard = phone.take_heard(&mut bench);
    let events: Vec<_> = heard.iter().filter(|(header, _)| header.payload_type == 101).collect();
    assert_eq!(events.len(), 5);
    assert!(events.iter().all(|(header, _)| header.timestamp == events[0].0.timestamp));
    assert!(is_unbroken(&sequences(&heard)));
}

#[test]
fn a_key_press_whose_end_is_lost_is_reported_when_it_falls_silent() {
    let (mut bench, mut browser, _phone) = bridged();
    browser.say(&mut bench, 126, &[5, 10, 0, 160]);
    bench.pass(Duration::from_millis(299));
    assert_eq!(bench.take_events(), []);
    bench.pass(Duration::from_millis(1));
    let press = Event::Dtmf {
        leg: LegId(1),
        digit: Digit::from_code(5).unwrap(),
        duration: Duration::from_millis(20),
    };
    assert_eq!(bench.take_events(), [press]);
}

#[test]
fn a_removed_leg_leaves_its_partner_alive() {
    let (mut bench, mut browser, mut phone) = bridged();
    bench.command(Command::Remove { leg: LegId(2) });
    phone.say(&mut bench, 0, b"gone");
    browser.say(&mut bench, 0, b"alone");
    let mut other = Phone::new(&mut bench, 4, &PHONE);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(4) });
    other.say(&mut bench, 0, b"hello");
    assert_eq!(browser.take_heard(&mut bench)[0].1, b"hello");
    assert_eq!(bench.statistics(LegId(1)).drops.unbridged, 1);
}

#[test]
fn codecs_renegotiated_on_one_leg_are_known_at_the_other_end_at_once() {
    let (mut bench, mut browser, mut phone) = bridged();
    let payloads = vec![Payload { encoding: Encoding::Pcmu, receive: 0, send: 99 }];
    bench.command(Command::Update {
        leg: LegId(1),
        parameters: LegParameters { payloads, ..browser.parameters.clone() },
    });
    phone.say(&mut bench, 0, b"sound");
    phone.say(&mut bench, 96, b"in a codec that was given up");
    let heard = browser.take_heard(&mut bench);
    assert_eq!((heard.len(), heard[0].0.payload_type), (1, 99));
}
