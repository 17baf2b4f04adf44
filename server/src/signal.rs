//! What do the ends of a call tell each other?
//!
//! A call has one caller and any number of callees that ring: sessions, phones, the echo. Each end translates between
//! its own language (XIMSS messages, SIP) and these signals; the switch between them knows only these. Media are
//! proposed and accepted as codecs and directions: neither end learns of the other's addresses or keys.

use media::{LegId, Proposal};

/// Names a call among all of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallId(pub(crate) u64);

/// Names an end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct End {
    /// The call.
    pub(crate) call: CallId,
    /// 0 is the caller; the callees count from 1.
    pub(crate) branch: u8,
}

impl End {
    /// The caller's end.
    pub(crate) const fn caller(call: CallId) -> Self {
        Self { call, branch: 0 }
    }

    /// The end's leg, as the media threads know it.
    pub(crate) const fn leg(self) -> LegId {
        LegId(self.call.0 << 8 | self.branch as u64)
    }

    /// The end whose leg this is.
    pub(crate) const fn of_leg(leg: LegId) -> Self {
        Self { call: CallId(leg.0 >> 8), branch: (leg.0 & 0xff) as u8 }
    }
}

/// A signal from, or to, an end of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Addressed {
    /// Which end.
    pub(crate) end: End,
    /// The signal.
    pub(crate) signal: Signal,
}

/// What the ends of a call tell each other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Signal {
    /// To a callee: somebody calls.
    Invite(Box<Invite>),
    /// To the caller: a callee's device rings.
    Ringing {
        /// Which device.
        tag: String,
        /// Early media.
        media: Option<Media>,
    },
    /// To a callee: the answer to the offer that its `Ringing` carried.
    Answered(Proposal),
    /// To the caller: a callee has answered.
    Accepted(Box<Accepted>),
    /// To the callee that has answered: the caller knows. With the answer, if `Accepted` carried an offer.
    Confirmed(Option<Proposal>),
    /// To either: other media are proposed.
    Update(Proposal),
    /// To who has proposed them: these are agreed.
    UpdateAccepted(Proposal),
    /// To who has proposed them: they are not.
    UpdateRefused(u16),
    /// To whom they were proposed: they are not any more. What held before goes on.
    UpdateWithdrawn,
    /// To either: it is over, or never began.
    Ended(Ending),
}

/// A call that comes in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invite {
    /// Who calls, as an address that can be called.
    pub(crate) from: String,
    /// What the caller is called.
    pub(crate) from_name: Option<String>,
    /// The Call-ID that clients are told.
    pub(crate) call_id: String,
    /// The caller's offer.
    pub(crate) offer: Option<Proposal>,
    /// `Max-Forwards` of the next INVITE, against loops (RFC 3261 §16.3). None: it may go no further than here.
    pub(crate) hops: Option<u8>,
}

/// The hops of a call that begins here.
pub(crate) const HOPS: Option<u8> = Some(70);

/// A callee has answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Accepted {
    /// Which device.
    pub(crate) tag: String,
    /// Who has answered, as an address that can be called.
    pub(crate) peer: String,
    /// The answer to the caller's offer, or an offer if there was none. Absent, if an early answer holds.
    pub(crate) media: Option<Media>,
}

/// A proposal and which half of an exchange it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Media {
    /// It wants an answer.
    Offer(Proposal),
    /// It is one.
    Answer(Proposal),
}

/// How a call, or the ringing of one device, ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    /// A SIP status; none if somebody simply hung up.
    pub(crate) code: Option<u16>,
    /// In words; may be empty.
    pub(crate) text: String,
}

impl Ending {
    /// Somebody hung up, or the caller has given up.
    pub(crate) const fn hung_up() -> Self {
        Self { code: None, text: String::new() }
    }

    /// With a SIP status.
    pub(crate) fn with(code: u16, text: impl Into<String>) -> Self {
        Self { code: Some(code), text: text.into() }
    }

    /// Another device has answered.
    pub(crate) fn answered_elsewhere() -> Self {
        Self::with(200, "answered elsewhere")
    }
}

#[cfg(test)]
pub(crate) mod bench;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_tells_its_end() {
        let end = End { call: CallId(0x1234_5678_9abc), branch: 7 };
        assert_eq!(End::of_leg(end.leg()), end);
        assert_eq!(End::of_leg(End::caller(CallId(1)).leg()), End::caller(CallId(1)));
    }
}
