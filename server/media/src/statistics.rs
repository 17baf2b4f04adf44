//! How did a leg fare, in figures?

use std::time::Duration;

/// The figures of one leg since it was added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// What came from the peer and was taken for its.
    pub received: Received,
    /// What was sent to the peer.
    pub sent: Sent,
    /// What the peer's last report says of its end.
    pub far_end: Option<FarEnd>,
    /// What was dropped, by reason.
    pub drops: Drops,
}

/// What a leg received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// RTP packets.
    pub packets: u64,
    /// Their payload, in octets.
    pub octets: u64,
    /// Packets that never came, by the gaps in the sequence numbers.
    pub lost: u64,
    /// The interarrival jitter of the current stream (RFC 3550 §6.4.1).
    pub jitter: Duration,
}

/// What a leg sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// RTP packets.
    pub packets: u64,
    /// Their payload, in octets.
    pub octets: u64,
}

/// What the peer says of the stream that it receives (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FarEnd {
    /// The share lost since its report before, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost in all; negative when there were duplicates.
    pub lost: i32,
    /// Its interarrival jitter.
    pub jitter: Duration,
    /// The time to the peer and back, where its report allows to tell.
    pub round_trip: Option<Duration>,
}

/// What was dropped, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// From an address that neither ICE nor the SDP has validated.
    pub source: u64,
    /// Not what it claims to be, or cut short.
    pub malformed: u64,
    /// A wrong SRTP tag or STUN integrity.
    pub unauthentic: u64,
    /// Seen before: an SRTP index, or a place in the outgoing stream.
    pub replayed: u64,
    /// A payload type that was not negotiated, or that the other leg has no use for.
    pub payload_type: u64,
    /// Against the negotiated direction: the call is on hold.
    pub direction: u64,
    /// The leg is bridged with none.
    pub unbridged: u64,
    /// The leg, or the one it is bridged with, is not connected yet or any more.
    pub unconnected: u64,
    /// DTLS beyond what a handshake needs, or media beyond what any call has.
    pub excess: u64,
}

/// Why a datagram was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Source,
    Malformed,
    Unauthentic,
    Replayed,
    PayloadType,
    Direction,
    Unbridged,
    Unconnected,
    Excess,
}

impl Drops {
    pub(crate) fn count(&mut self, reason: Refused) {
        let counter = match reason {
            Refused::Source => &mut self.source,
            Refused::Malformed => &mut self.malformed,
            Refused::Unauthentic => &mut self.unauthentic,
            Refused::Replayed => &mut self.replayed,
            Refused::PayloadType => &mut self.payload_type,
            Refused::Direction => &mut self.direction,
            Refused::Unbridged => &mut self.unbridged,
            Refused::Unconnected => &mut self.unconnected,
            Refused::Excess => &mut self.excess,
        };
        *counter = counter.wrapping_add(1);
    }

    /// Every reason's name and count, for metrics.
    #[must_use]
    pub fn by_reason(&self) -> [(&'static str, u64); 9] {
        [
            ("source", self.source),
            ("malformed", self.malformed),
            ("unauthentic", self.unauthentic),
            ("replayed", self.replayed),
            ("payload_type", self.payload_type),
            ("direction", self.direction),
            ("unbridged", self.unbridged),
            ("unconnected", self.unconnected),
            ("excess", self.excess),
        ]
    }
}

/// The figures of a whole router since it was made, legs that are gone included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Legs at present.
    pub legs: usize,
    /// RTP packets that were accepted.
    pub received: u64,
    /// RTP packets that were sent.
    pub sent: u64,
    /// Connectivity checks that were answered.
    pub checks: u64,
    /// DTLS handshakes that were completed.
    pub handshakes: u64,
    /// What was dropped, that of no leg included.
    pub drops: Drops,
}
