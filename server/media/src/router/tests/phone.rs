//! What a phone leg accepts, and what it answers.

use std::time::Duration;

use super::bench::{Bench, FRAME, Phone, Sent};
use crate::*;

const PCMU: [(Encoding, u8); 1] = [(Encoding::Pcmu, 0)];

#[test]
fn a_phone_is_connected_by_its_first_packet_and_hears_its_echo() {
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &PCMU);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    phone.say(&mut bench, 0, b"hello");
    assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(1) }]);
    let heard = phone.take_heard(&mut bench);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].1, b"hello");
    assert_eq!(heard[0].0.ssrc, 0x2001);
    assert!(heard[0].0.marker);
}

#[test]
fn packets_from_anywhere_else_are_dropped_and_counted() {
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &PCMU);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    phone.say(&mut bench, 0, b"right");
    let injected = phone.packet(0, b"wrong");
    for from in ["192.0.2.2:30004", "192.0.2.3:30002", "[2001:db8::1]:30002"] {
        bench.arrive(Socket::Rtp(LegId(1)), from.parse().unwrap(), &injected);
    }
    bench.arrive(Socket::Rtcp(LegId(1)), phone.address, &injected);
    bench.arrive(Socket::Rtp(LegId(9)), phone.address, &injected);
    assert_eq!(phone.take_heard(&mut bench).len(), 1);
    let drops = bench.statistics(LegId(1)).drops;
    assert_eq!(drops, Drops { source: 3, malformed: 1, ..Drops::default() });
    assert_eq!(bench.router.totals().drops.source, 4, "that of the unknown leg too");
}

#[test]
fn a_phone_behind_a_nat_is_learned_once_and_again_only_after_an_offer() {
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &PCMU);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    let from = "203.0.113.5".parse().unwrap();
    let mut packets: Vec<_> = (0..6).map(|_| phone.packet(0, b"sound")).collect();
    let mut learn = |bench: &mut Bench, offer| {
        if let TransportParameters::Rtp(transport) = &mut phone.parameters.transport {
            transport.source = SourceRule::Learned { from, offer };
        }
        bench.command(Command::Update { leg: LegId(1), parameters: phone.parameters.clone() });
    };
    learn(&mut bench, 1);
    let mut arrive = |bench: &mut Bench, from: &str| {
        bench.arrive(Socket::Rtp(LegId(1)), from.parse().unwrap(), &packets.remove(0));
        std::mem::take(&mut bench.sent).into_iter().map(|sent| sent.to.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(arrive(&mut bench, "192.0.2.2:30002"), [""; 0], "what the SDP named");
    assert_eq!(arrive(&mut bench, "203.0.113.5:7777"), ["203.0.113.5:7777"]);
    assert_eq!(arrive(&mut bench, "203.0.113.5:8888"), [""; 0]);
    learn(&mut bench, 1);
    assert_eq!(arrive(&mut bench, "203.0.113.5:8888"), [""; 0], "the same offer again");
    learn(&mut bench, 2);
    assert_eq!(arrive(&mut bench, "203.0.113.5:8888"), ["203.0.113.5:8888"]);
    assert_eq!(arrive(&mut bench, "203.0.113.5:7777"), [""; 0]);
}

#[test]
fn a_phone_that_is_silent_for_a_minute_is_said_to_be_lost_and_found_again() {
    let second = Duration::from_secs(1);
    let silence = Event::Lost { leg: LegId(1), why: Loss::Silence };
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &PCMU);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    phone.say(&mut bench, 0, b"sound");
    bench.take_events();
    bench.pass(second * 55);
    assert_eq!(bench.take_events(), []);
    bench.pass(second * 20);
    assert_eq!(bench.take_events(), std::slice::from_ref(&silence));
    bench.pass(second * 70);
    assert_eq!(bench.take_events(), std::slice::from_ref(&silence), "once a minute");
    phone.say(&mut bench, 0, b"sound");
    assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(1) }]);
}

#[test]
fn reports_tell_what_came_and_what_was_sent() {
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &PCMU);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    for count in 0..100 {
        let packet = phone.packet(0, &[0; 160]);
        if count % 10 != 9 {
            bench.arrive(Socket::Rtp(LegId(1)), phone.address, &packet);
        }
        bench.pass(FRAME);
    }
    let rtcp = "192.0.2.2:30003".parse().unwrap();
    bench.take_sent(rtcp);
    bench.pass(Duration::from_secs(8));
    let report = bench.take_sent(rtcp).remove(0);
    assert_eq!(report.socket, Socket::Rtcp(LegId(1)));
    let words: Vec<u32> =
        report.bytes.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
    assert_eq!(words[0] >> 16, 0x81c8, "a sender report with one block");
    assert_eq!(words[1], 0x2001, "ours");
    assert_eq!((words[5], words[6]), (90, 90 * 160), "packets and octets sent");
    assert_eq!(words[7], 0xf000_0000, "theirs");
    assert_eq!(words[8] & 0xff_ffff, 9, "the last loss is not visible yet");
    assert_eq!(words[9], 65_098, "the highest number");
    let stated = bench.statistics(LegId(1));
    assert_eq!((stated.received.packets, stated.received.lost, stated.sent.packets), (90, 9, 90));
}

#[test]
fn what_the_phone_reports_of_our_stream_is_kept() {
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &PCMU);
    bench.command(Command::Bridge { a: LegId(1), b: LegId(1) });
    let rtcp: std::net::SocketAddr = "192.0.2.2:30003".parse().unwrap();
    phone.say(&mut bench, 0, b"hello");
    bench.pass(Duration::from_secs(8));
    let reports: Vec<Sent> = bench.take_sent(rtcp);
    // The middle of the NTP time of our first sender report, echoed at once.
    let first = &reports.first().unwrap().bytes;
    let middle = &first[10..14];
    let block =
        [&0x2001_u32.to_be_bytes()[..], &[25, 0, 0, 3], &[0, 0, 0, 9], &[0, 0, 0, 80], middle, &[0; 4]];
    let report = [&[0x81, 201, 0, 7, 0xf0, 0, 0, 0][..], &block.concat()].concat();
    bench.arrive(Socket::Rtcp(LegId(1)), "192.0.2.9:30003".parse().unwrap(), &report);
    assert_eq!(bench.statistics(LegId(1)).far_end, None, "not from the phone");
    bench.arrive(Socket::Rtcp(LegId(1)), rtcp, &report);
    let far_end = bench.statistics(LegId(1)).far_end.unwrap();
    assert_eq!((far_end.fraction_lost, far_end.lost, far_end.jitter), (25, 3, Duration::from_millis(10)));
    let since_report = far_end.round_trip.unwrap();
    assert!(
        since_report <= Duration::from_secs(8) && since_report > Duration::from_millis(400),
        "{since_report:?}"
    );
}

#[test]
fn rtcp_on_a_shared_port_is_told_apart() {
    let mut bench = Bench::new();
    let mut phone = Phone::new(&mut bench, 1, &PCMU);
    if let TransportParameters::Rtp(transport) = &mut phone.parameters.transport {
        transport.remote = Some(RemoteRtp { rtp: phone.address, rtcp: phone.address });
    }
    bench.command(Command::Update { leg: LegId(1), parameters: phone.parameters.clone() });
    let report = [&[0x81, 201, 0, 7, 0xf0, 0, 0, 0][..], &0x2001_u32.to_be_bytes(), &[25], &[0; 19]].concat();
    bench.arrive(Socket::Rtp(LegId(1)), phone.address, &report);
    assert_eq!(bench.statistics(LegId(1)).far_end.unwrap().fraction_lost, 25);
    bench.pass(Duration::from_secs(10));
    assert!(bench.take_sent(phone.address).iter().all(|sent| sent.socket == Socket::Rtp(LegId(1))));
}

#[test]
fn a_removed_phone_is_told_goodbye_by_rtcp() {
    let mut bench = Bench::new();
    let phone = Phone::new(&mut bench, 1, &PCMU);
    bench.command(Command::Remove { leg: phone.leg });
    let farewell = bench.take_sent("192.0.2.2:30003".parse().unwrap()).remove(0);
    assert_eq!(farewell.bytes[farewell.bytes.len() - 8..], [0x81, 203, 0, 1, 0, 0, 0x20, 1]);
    assert_eq!(
        bench.take_events(),
        [Event::Statistics { leg: LegId(1), statistics: Box::default(), is_final: true }]
    );
}

#[test]
fn commands_for_legs_that_are_not_there_change_nothing() {
    let mut bench = Bench::new();
    let phone = Phone::new(&mut bench, 1, &PCMU);
    let now = bench.now;
    let mut refused = |command| bench.router.handle_command(now, command).unwrap_err();
    let parameters = phone.parameters;
    assert_eq!(
        refused(Command::Add { leg: LegId(1), parameters: parameters.clone() }),
        CommandError::DuplicateLeg(LegId(1))
    );
    assert_eq!(refused(Command::Update { leg: LegId(2), parameters }), CommandError::UnknownLeg(LegId(2)));
    assert_eq!(refused(Command::Bridge { a: LegId(1), b: LegId(2) }), CommandError::UnknownLeg(LegId(2)));
    assert_eq!(refused(Command::Unbridge { leg: LegId(2) }), CommandError::UnknownLeg(LegId(2)));
    assert_eq!(refused(Command::Report { leg: LegId(2) }), CommandError::UnknownLeg(LegId(2)));
    assert_eq!(refused(Command::Remove { leg: LegId(2) }), CommandError::UnknownLeg(LegId(2)));
}
