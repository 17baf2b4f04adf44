//! How well does a stream arrive (RFC 3550 §6.4.1, appendix A)?

use std::time::{Duration, Instant};

use crate::rtcp::ReportBlock;
use crate::rtp::Header;
use crate::sending::ticks;

/// What is known of the stream that one leg receives.
#[derive(Debug)]
pub(crate) struct Reception {
    ssrc: u32,
    clock_rate: u32,
    /// The reference of arrival times.
    epoch: Instant,
    /// The first and the highest sequence number, extended by the count of cycles.
    base: u64,
    highest: u64,
    received: u64,
    /// Packets expected before the source last jumped.
    expected_earlier: u64,
    /// The number after the last one that was far off: if it comes, the source has begun anew.
    suspect: Option<u16>,
    expected_before: u64,
    received_before: u64,
    transit: Option<u32>,
    /// In units of 1/16 tick (appendix A.8).
    jitter: u64,
    /// The middle of the last sender report's NTP time, and when it came.
    sender_report: Option<(u32, Instant)>,
}

/// A step between sequence numbers that is no loss but a new beginning (appendix A.1, `MAX_DROPOUT`).
const LONGEST_GAP: i64 = 3_000;

impl Reception {
    /// A stream that begins with this packet.
    pub(crate) fn new(now: Instant, header: &Header, clock_rate: u32) -> Self {
        // One cycle ahead, so that packets before the first one have a number as well.
        let base = u64::from(header.sequence) + (1 << 16);
        Self {
            ssrc: header.ssrc,
            clock_rate,
            epoch: now,
            base,
            highest: base,
            received: 0,
            expected_earlier: 0,
            suspect: None,
            expected_before: 0,
            received_before: 0,
            transit: None,
            jitter: 0,
            sender_report: None,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Counts a packet. `is_steady` tells a packet whose timestamp is that of its sending, which an event's is not.
    pub(crate) fn note(&mut self, now: Instant, header: &Header, clock_rate: u32, is_steady: bool) {
        let [.., h0, h1] = self.highest.to_be_bytes();
        let step = header.sequence.wrapping_sub(u16::from_be_bytes([h0, h1]));
        let step = i64::from(step.cast_signed());
        if step.abs() <= LONGEST_GAP {
            let number = self.highest.saturating_add_signed(step);
            self.highest = self.highest.max(number);
            self.base = self.base.min(number);
        } else if self.suspect == Some(header.sequence) {
            self.begin_again(header.sequence);
        } else {
            self.suspect = Some(header.sequence.wrapping_add(1));
            return;
        }
        self.suspect = None;
        self.received += 1;
        if clock_rate != self.clock_rate {
            (self.clock_rate, self.transit) = (clock_rate, None);
        }
        if is_steady {
            self.note_transit(now, header.timestamp);
        }
    }

    /// Notes a sender report of this stream: the middle 32 bits of its NTP time.
    pub(crate) fn note_sender_report(&mut self, now: Instant, middle: u32) {
        self.sender_report = Some((middle, now));
    }

    /// Packets expected but not received; negative never, though duplicates may hide losses (§6.4.1).
    pub(crate) fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// The interarrival jitter (§6.4.1).
    pub(crate) fn jitter(&self) -> Duration {
        let nanoseconds = (self.jitter / 16).saturating_mul(1_000_000_000);
        Duration::from_nanos(nanoseconds.checked_div(u64::from(self.clock_rate)).unwrap_or(0))
    }

    /// The block of the next report; none if nothing came since the last one (§6.4).
    pub(crate) fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        if self.received == self.received_before {
            return None;
        }
        let expected = self.expected();
        let expected_now = expected.saturating_sub(self.expected_before);
        let received_now = self.received.saturating_sub(self.received_before);
        (self.expected_before, self.received_before) = (expected, self.received);
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction = lost_now.saturating_mul(256).checked_div(expected_now).unwrap_or(0);
        let (last, delay) = match self.sender_report {
            None => (0, 0),
            Some((middle, came)) => (middle, ticks(now.saturating_duration_since(came), 65_536)),
        };
        Some(ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: i32::try_from(self.lost()).unwrap_or(i32::MAX),
            highest: wrapped(self.highest - (1 << 16)),
            jitter: u32::try_from(self.jitter / 16).unwrap_or(u32::MAX),
            last_sender_report: last,
            delay_since: delay,
        })
    }

    fn expected(&self) -> u64 {
        if self.received == 0 { 0 } else { self.expected_earlier + (self.highest - self.base) + 1 }
    }

    /// The source jumped: what was expected so far stays counted, the numbers begin again.
    fn begin_again(&mut self, sequence: u16) {
        self.expected_earlier = self.expected();
        self.base = u64::from(sequence) + (1 << 16);
        self.highest = self.base;
    }

    /// Appendix A.8, in integers.
    fn note_transit(&mut self, now: Instant, timestamp: u32) {
        let arrival = ticks(now.saturating_duration_since(self.epoch), self.clock_rate);
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = u64::from(transit.wrapping_sub(before).cast_signed().unsigned_abs());
            self.jitter = (self.jitter + difference).saturating_sub((self.jitter + 8) >> 4);
        }
    }
}

/// The lower 32 bits.
fn wrapped(value: u64) -> u32 {
    let [.., b0, b1, b2, b3] = value.to_be_bytes();
    u32::from_be_bytes([b0, b1, b2, b3])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(sequence: u16, timestamp: u32) -> Header {
        let mut packet = vec![0x80, 0];
        packet.extend(sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(7_u32.to_be_bytes());
        Header::parse(&packet).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "a test has to start its virtual clock somewhere")]
    fn start() -> Instant {
        Instant::now()
    }

    /// Packets 20 ms apart, with the given sequence numbers.
    fn received(sequences: impl IntoIterator<Item = u16>) -> (Reception, Instant) {
        let mut now = start();
        let mut reception: Option<Reception> = None;
        for (count, sequence) in sequences.into_iter().enumerate() {
            let header = header(sequence, u32::try_from(count).unwrap() * 160);
            let reception = reception.get_or_insert_with(|| Reception::new(now, &header, 8_000));
            reception.note(now, &header, 8_000, true);
            now += Duration::from_millis(20);
        }
        (reception.unwrap(), now)
    }

    #[test]
    fn nothing_is_lost_when_packets_are_only_overtaken() {
        let (reception, _) = received([5, 7, 6, 4, 8]);
        assert_eq!(reception.lost(), 0);
    }

    #[test]
    fn losses_are_counted_over_the_wrap_of_the_sequence_number() {
        let (mut reception, now) = received((65_500..=65_535).chain(10..20));
        let block = reception.report(now).unwrap();
        assert_eq!(block.lost, 10);
        assert_eq!(block.highest, 65_536 + 19);
        assert_eq!(block.fraction_lost, 45, "10 of 56, in 1/256");
        assert_eq!(reception.report(now), None, "nothing came since");
        reception.note(now, &header(20, 0), 8_000, true);
        let block = reception.report(now).unwrap();
        assert_eq!((block.lost, block.fraction_lost), (10, 0));
    }

    #[test]
    fn a_jump_of_the_source_is_no_loss() {
        let (reception, _) = received([1, 2, 3, 30_000, 30_001, 30_003]);
        assert_eq!(reception.lost(), 1);
        let (reception, _) = received([1, 2, 30_000, 3, 4]);
        assert_eq!((reception.lost(), reception.received), (0, 4));
    }

    #[test]
    fn a_steady_stream_has_no_jitter_and_a_late_packet_makes_some() {
        let (mut reception, now) = received(0..100);
        assert_eq!(reception.jitter(), Duration::ZERO);
        let late = now + Duration::from_millis(16);
        reception.note(late, &header(100, 100 * 160), 8_000, true);
        assert_eq!(reception.report(late).unwrap().jitter, 8, "128 ticks, of which a sixteenth counts");
        assert_eq!(reception.jitter(), Duration::from_millis(1));
    }

    #[test]
    fn the_report_refers_to_the_last_sender_report() {
        let (mut reception, now) = received(0..10);
        assert_eq!(reception.report(now).unwrap().last_sender_report, 0);
        reception.note(now, &header(10, 1_600), 8_000, true);
        reception.note_sender_report(now, 0xabcd_0123);
        let block = reception.report(now + Duration::from_millis(2_500)).unwrap();
        assert_eq!((block.last_sender_report, block.delay_since), (0xabcd_0123, 163_840));
    }
}
