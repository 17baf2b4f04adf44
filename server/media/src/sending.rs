//! Where does a relayed packet go in the stream that a leg receives?
//!
//! A leg hears one stream for the whole call: one SSRC, sequence numbers without a break, a timestamp that follows
//! the clock. What feeds it changes: another SSRC, another bridge, a hold and its end.

use std::time::{Duration, Instant};

use crate::random::Random;
use crate::rtp::{Header, Outgoing};
use crate::window::Window;

/// The stream that the gateway sends on one leg.
#[derive(Debug)]
pub(crate) struct Sending {
    ssrc: u32,
    /// Every index used, of those that still matter.
    window: Window,
    /// The index of the first packet.
    first: u64,
    /// The newest timestamp, and when it was first sent.
    timestamp: u32,
    timed: Option<Instant>,
    clock_rate: u32,
    source: Option<Source>,
    packets: u64,
    octets: u64,
}

/// What feeds the stream at present, and how its numbers are shifted.
#[derive(Clone, Copy, Debug)]
struct Source {
    ssrc: u32,
    /// The newest sequence number, and the index that it was given.
    sequence: u16,
    index: u64,
    /// The index of the source's first packet: nothing of it may come before.
    first: u64,
    timestamp_shift: u32,
    /// The number after the last one that was far off: if it comes, the source has begun anew.
    suspect: Option<u16>,
}

/// A step between sequence numbers that is no loss but a new beginning (RFC 3550 appendix A.1, `MAX_DROPOUT`).
const LONGEST_GAP: i64 = 3_000;
/// How late a packet may be (RFC 3550 appendix A.1, `MAX_MISORDER`).
const LATEST: i64 = 100;

impl Sending {
    pub(crate) fn new(ssrc: u32, random: &mut Random) -> Self {
        Self {
            ssrc,
            window: Window::default(),
            first: first_index(random),
            timestamp: random.u32(),
            timed: None,
            clock_rate: 8_000,
            source: None,
            packets: 0,
            octets: 0,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The clock of the codec in use, in Hz.
    pub(crate) fn clock_rate(&self) -> u32 {
        self.clock_rate
    }

    /// Packets and payload octets sent.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.packets, self.octets)
    }

    /// The source pauses or goes away: its next packet, or another source's, follows the last one sent without a gap.
    pub(crate) fn interrupt(&mut self) {
        self.source = None;
    }

    /// New keys were agreed: the stream begins anew with roll-over counter 0, as the peer expects (RFC 3711 §3.3.1).
    pub(crate) fn restart(&mut self, random: &mut Random) {
        self.window = Window::default();
        self.first = first_index(random);
        self.source = None;
    }

    /// The place of a packet that came with `header`, on a clock of `clock_rate` Hz; none for a packet that is
    /// too late to have one, or whose place is taken.
    pub(crate) fn place(
        &mut self,
        now: Instant,
        header: &Header,
        clock_rate: u32,
        payload_type: u8,
        octets: usize,
    ) -> Option<Outgoing> {
        let (source, is_switch) = match self.follow(header) {
            Following::Continues(source) => (source, false),
            Following::Late(index) => return self.fill(header, index, payload_type, octets),
            Following::TooLate => return None,
            Following::Strays => {
                if let Some(source) = &mut self.source {
                    source.suspect = Some(header.sequence.wrapping_add(1));
                }
                return None;
            }
            Following::Begins => (self.begin(now, header, clock_rate), true),
        };
        let timestamp = header.timestamp.wrapping_add(source.timestamp_shift);
        if timestamp != self.timestamp || self.timed.is_none() {
            (self.timestamp, self.timed) = (timestamp, Some(now));
        }
        (self.source, self.clock_rate) = (Some(source), clock_rate);
        Some(self.take(source.index, timestamp, payload_type, header.marker || is_switch, octets))
    }

    /// The timestamp that a packet would have now, for a sender report (RFC 3550 §6.4.1).
    pub(crate) fn timestamp_at(&self, now: Instant) -> u32 {
        let elapsed = self.timed.map(|timed| now.saturating_duration_since(timed)).unwrap_or_default();
        self.timestamp.wrapping_add(ticks(elapsed, self.clock_rate))
    }

    fn follow(&self, header: &Header) -> Following {
        let Some(source) = self.source.filter(|source| source.ssrc == header.ssrc) else {
            return Following::Begins;
        };
        let step = header.sequence.wrapping_sub(source.sequence);
        match i64::from(step.cast_signed()) {
            forward @ 1..=LONGEST_GAP => Following::Continues(Source {
                sequence: header.sequence,
                index: source.index.saturating_add_signed(forward),
                suspect: None,
                ..source
            }),
            late if (-LATEST..=0).contains(&late) => {
                match source.index.checked_add_signed(late).filter(|index| *index >= source.first) {
                    Some(index) => Following::Late(index),
                    None => Following::TooLate,
                }
            }
            _ if source.suspect == Some(header.sequence) => Following::Begins,
            _ => Following::Strays,
        }
    }

    /// The source's first packet: right after the last one sent, on a timestamp as much later as the clock is.
    fn begin(&self, now: Instant, header: &Header, clock_rate: u32) -> Source {
        let index = self.window.highest().map_or(self.first, |highest| highest.saturating_add(1));
        let timestamp = match self.timed {
            None => self.timestamp,
            // At least a tick: two packets of different sources never share a timestamp.
            Some(timed) => {
                let elapsed = ticks(now.saturating_duration_since(timed), clock_rate);
                self.timestamp.wrapping_add(elapsed.max(1))
            }
        };
        Source {
            ssrc: header.ssrc,
            sequence: header.sequence,
            index,
            first: index,
            timestamp_shift: timestamp.wrapping_sub(header.timestamp),
            suspect: None,
        }
    }

    /// A packet that was overtaken goes where its number puts it, if that place is still free.
    fn fill(&mut self, header: &Header, index: u64, payload_type: u8, octets: usize) -> Option<Outgoing> {
        let source = self.source.filter(|_| self.window.is_free(index))?;
        let timestamp = header.timestamp.wrapping_add(source.timestamp_shift);
        Some(self.take(index, timestamp, payload_type, header.marker, octets))
    }

    fn take(
        &mut self,
        index: u64,
        timestamp: u32,
        payload_type: u8,
        marker: bool,
        octets: usize,
    ) -> Outgoing {
        self.window.mark(index);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets.try_into().unwrap_or(u64::MAX));
        Outgoing { marker, payload_type, index, timestamp, ssrc: self.ssrc }
    }
}

enum Following {
    /// The source's newest packet.
    Continues(Source),
    /// Overtaken by another; this is its index.
    Late(u64),
    TooLate,
    /// Far off; a second one like it would be a new beginning (RFC 3550 appendix A.1).
    Strays,
    /// The first of its source, or of a source that was interrupted or has begun anew.
    Begins,
}

/// Below 2¹⁵, so that the receiver cannot mistake an early loss for a roll-over (RFC 3711 §3.3.1).
fn first_index(random: &mut Random) -> u64 {
    u64::from(random.u32() & 0x7fff)
}

/// A length of time on an RTP clock, which wraps around.
pub(crate) fn ticks(elapsed: Duration, clock_rate: u32) -> u32 {
    // In 64 bits: every packet needs it twice, and a division of 128 bits is slow.
    let whole = elapsed.as_secs().wrapping_mul(u64::from(clock_rate));
    let part = u64::from(elapsed.subsec_nanos()) * u64::from(clock_rate) / 1_000_000_000;
    u32::try_from(whole.wrapping_add(part) & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
