//! What does one leg of a call propose to the other?

use crate::Direction;
use crate::codec::{Codec, Encoding};
use crate::description::Section;

/// What crosses from one leg to the other: codecs without payload types, and who sends.
///
/// It is neutral: the leg that made it may be a browser, the one that gets it a phone, and neither learns of the
/// other's addresses, keys or payload type numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Codecs in the peer's order of preference.
    pub codecs: Vec<Codec>,
    /// The direction that the peer wrote: `sendonly` is a peer that puts the call on hold.
    pub direction: Direction,
    /// The packet length that the peer wishes to receive, in milliseconds.
    pub ptime: Option<u16>,
    /// The longest packet that the peer accepts, in milliseconds.
    pub maxptime: Option<u16>,
}

impl Proposal {
    /// Everything the gateway can pass through, for an offer that no peer has made: a call without SDP.
    #[must_use]
    pub fn any() -> Self {
        let codecs = Encoding::ALL.into_iter().map(Codec::from).collect();
        Self { codecs, direction: Direction::SendReceive, ptime: None, maxptime: None }
    }

    /// The same with another direction: how a call is put on hold, or resumed, from this side.
    #[must_use]
    pub fn with_direction(self, direction: Direction) -> Self {
        Self { direction, ..self }
    }

    /// What a leg that hears itself agrees to: the same codecs, and whatever direction its peer allows.
    #[must_use]
    pub fn echo(self) -> Self {
        self.with_direction(Direction::SendReceive)
    }

    /// Whether there is anything to hear in it.
    #[must_use]
    pub fn has_audio(&self) -> bool {
        self.codecs.iter().any(|codec| codec.encoding.is_audio())
    }

    pub(crate) fn of(section: &Section, codecs: Vec<Codec>) -> Self {
        Self {
            codecs,
            direction: section.effective_direction(),
            ptime: section.ptime,
            maxptime: section.maxptime,
        }
    }
}
