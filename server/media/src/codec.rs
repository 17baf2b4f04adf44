//! Which codecs pass through the gateway, and what they are called in SDP?

use std::fmt;

/// An RTP payload format that the gateway passes through.
///
/// The set is closed: whatever else a peer offers is left out of the negotiation, since nothing is ever
/// transcoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// Opus, `opus/48000/2` (RFC 7587).
    Opus,
    /// G.722, `G722/8000`: 16 kHz audio whose RTP clock is 8,000 Hz for historical reasons (RFC 3551 §4.5.2).
    G722,
    /// G.711 µ-law, `PCMU/8000` (RFC 3551 §4.5.14).
    Pcmu,
    /// G.711 A-law, `PCMA/8000` (RFC 3551 §4.5.14).
    Pcma,
    /// Comfort noise, `CN/8000` (RFC 3389).
    ComfortNoise,
    /// DTMF events on the 48 kHz clock of Opus, `telephone-event/48000` (RFC 4733).
    TelephoneEvent48,
    /// DTMF events on the 8 kHz clock, `telephone-event/8000` (RFC 4733).
    TelephoneEvent8,
}

impl Encoding {
    /// Every encoding, in the order in which the gateway offers them when nobody else has a say.
    pub const ALL: [Self; 7] = [
        Self::Opus,
        Self::G722,
        Self::Pcmu,
        Self::Pcma,
        Self::ComfortNoise,
        Self::TelephoneEvent48,
        Self::TelephoneEvent8,
    ];

    /// The encoding that an `a=rtpmap` value such as `opus/48000/2` names, if it passes through.
    ///
    /// Names are compared without regard to case (RFC 8866 §6.6); an absent channel count is one.
    #[must_use]
    pub fn from_rtpmap(value: &str) -> Option<Self> {
        let mut parts = value.trim().split('/');
        let (name, clock_rate) = (parts.next()?, parts.next()?.parse::<u32>().ok()?);
        let channels = parts.next().map_or(Some(1), |text| text.trim().parse::<u8>().ok())?;
        Self::ALL.into_iter().find(|encoding| {
            encoding.name().eq_ignore_ascii_case(name)
                && encoding.clock_rate() == clock_rate
                && encoding.channels() == channels
        })
    }

    /// The encoding of a payload type that needs no `a=rtpmap` (RFC 3551 §6).
    #[must_use]
    pub fn from_static(payload_type: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| {
            encoding.static_payload_type().is_some_and(|its_static| its_static == payload_type)
        })
    }

    /// The payload type assigned by RFC 3551 §6, for the encodings that have one.
    #[must_use]
    pub fn static_payload_type(self) -> Option<u8> {
        match self {
            Self::Pcmu => Some(0),
            Self::Pcma => Some(8),
            Self::G722 => Some(9),
            Self::ComfortNoise => Some(13),
            Self::Opus | Self::TelephoneEvent48 | Self::TelephoneEvent8 => None,
        }
    }

    /// The payload type to propose when the gateway is free to choose: the static one, or what is customary.
    #[must_use]
    pub(crate) fn customary_payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::ComfortNoise => 13,
            Self::Opus => 111,
            Self::TelephoneEvent48 => 110,
            Self::TelephoneEvent8 => 101,
        }
    }

    /// The name in `a=rtpmap`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::G722 => "G722",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::ComfortNoise => "CN",
            Self::TelephoneEvent48 | Self::TelephoneEvent8 => "telephone-event",
        }
    }

    /// The RTP clock, in Hz.
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Opus | Self::TelephoneEvent48 => 48_000,
            Self::G722 | Self::Pcmu | Self::Pcma | Self::ComfortNoise | Self::TelephoneEvent8 => 8_000,
        }
    }

    /// The channel count in `a=rtpmap`; one is not written.
    #[must_use]
    pub fn channels(self) -> u8 {
        match self {
            Self::Opus => 2,
            Self::G722
            | Self::Pcmu
            | Self::Pcma
            | Self::ComfortNoise
            | Self::TelephoneEvent48
            | Self::TelephoneEvent8 => 1,
        }
    }

    /// Whether it carries sound by itself: a call needs at least one such codec.
    #[must_use]
    pub fn is_audio(self) -> bool {
        match self {
            Self::Opus | Self::G722 | Self::Pcmu | Self::Pcma => true,
            Self::ComfortNoise | Self::TelephoneEvent48 | Self::TelephoneEvent8 => false,
        }
    }

    /// Whether it carries DTMF events.
    #[must_use]
    pub fn is_telephone_event(self) -> bool {
        match self {
            Self::TelephoneEvent48 | Self::TelephoneEvent8 => true,
            Self::Opus | Self::G722 | Self::Pcmu | Self::Pcma | Self::ComfortNoise => false,
        }
    }
}

impl fmt::Display for Encoding {
    /// Writes the value of `a=rtpmap`, e.g. `opus/48000/2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name(), self.clock_rate())?;
        match self.channels() {
            1 => Ok(()),
            channels => write!(f, "/{channels}"),
        }
    }
}

/// An encoding with its format parameters, free of any payload type number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Codec {
    /// What it is.
    pub encoding: Encoding,
    /// The value of `a=fmtp` after the payload type, as the peer wrote it. For Opus it says what the
    /// *receiver* prefers (RFC 7587 §7), so it is handed on unchanged to the other leg.
    pub parameters: Option<String>,
}

impl From<Encoding> for Codec {
    /// The codec with the parameters that the gateway gives when no peer has named any.
    fn from(encoding: Encoding) -> Self {
        let parameters = match encoding {
            Encoding::Opus => Some("minptime=10;useinbandfec=1"),
            Encoding::TelephoneEvent48 | Encoding::TelephoneEvent8 => Some("0-15"),
            Encoding::G722 | Encoding::Pcmu | Encoding::Pcma | Encoding::ComfortNoise => None,
        };
        Self { encoding, parameters: parameters.map(str::to_owned) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_found_again_by_the_rtpmap_that_it_writes() {
        for encoding in Encoding::ALL {
            assert_eq!(Encoding::from_rtpmap(&encoding.to_string()), Some(encoding));
        }
    }

    #[test]
    fn rtpmap_values_of_real_clients_are_recognised() {
        let cases = [
            ("OPUS/48000/2", Some(Encoding::Opus)),
            ("opus/48000", None),
            ("opus/16000/2", None),
            ("G722/8000/1", Some(Encoding::G722)),
            ("pcmu/8000", Some(Encoding::Pcmu)),
            ("PCMA/16000", None),
            ("telephone-event/48000", Some(Encoding::TelephoneEvent48)),
            ("telephone-event/8000", Some(Encoding::TelephoneEvent8)),
            ("telephone-event/16000", None),
            ("CN/16000", None),
            ("red/48000/2", None),
            ("opus", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(Encoding::from_rtpmap(value), expected, "{value}");
        }
    }

    #[test]
    fn static_payload_types_are_those_of_rfc_3551() {
        let found: Vec<_> =
            (0..=127).filter_map(|number| Some((number, Encoding::from_static(number)?))).collect();
        assert_eq!(
            found,
            [(0, Encoding::Pcmu), (8, Encoding::Pcma), (9, Encoding::G722), (13, Encoding::ComfortNoise)]
        );
    }
}
