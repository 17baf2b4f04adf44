//! What have both sides said yes to, and what does the router make of it?

use std::net::IpAddr;

use super::composition::Slot;
use super::{Local, acceptance};
use crate::codec::{Codec, Encoding};
use crate::description::{Description, IceCredentials, Section};
use crate::parameters::{
    Payload, RemoteCertificate, RemoteRtp, RtpParameters, Signalling, SourceRule, TransportParameters,
    WebRtcParameters,
};
use crate::{Direction, Error, Proposal};

/// An offer of the peer that was found acceptable.
#[derive(Clone)]
pub(super) struct PeerOffer {
    pub(super) description: Description,
    /// The index of the audio section.
    pub(super) audio: usize,
    /// Ours, for the answer.
    pub(super) credentials: IceCredentials,
    /// Counts the peer's descriptions.
    pub(super) number: u32,
}

/// An offer of ours.
#[derive(Clone)]
pub(super) struct OwnOffer {
    pub(super) payloads: Vec<(Encoding, u8)>,
    pub(super) direction: Direction,
    pub(super) layout: Vec<Slot>,
    pub(super) audio: usize,
    pub(super) credentials: IceCredentials,
}

/// What both sides have said yes to.
#[derive(Clone)]
pub(super) struct Agreement {
    pub(super) remote: Description,
    pub(super) audio: usize,
    pub(super) layout: Vec<Slot>,
    pub(super) payloads: Vec<Payload>,
    pub(super) direction: Direction,
    pub(super) credentials: IceCredentials,
    pub(super) addresses: Option<RemoteRtp>,
    pub(super) number: u32,
}

impl PeerOffer {
    /// The codecs that the other leg took too, in the order that the other leg gave and with its parameters,
    /// under the offer's payload types.
    ///
    /// # Errors
    /// [`Error::NoCommonCodec`] when there is nothing to hear among them.
    pub(super) fn common(&self, proposal: &Proposal) -> Result<Vec<(u8, Codec)>, Error> {
        let section = self.description.sections.get(self.audio).ok_or(Error::NoAudio)?;
        let number_of = |encoding: Encoding| {
            section.codecs.iter().find(|(_, offered)| offered.encoding == encoding).map(|(number, _)| *number)
        };
        let codecs: Vec<_> = proposal
            .codecs
            .iter()
            .filter_map(|codec| Some((number_of(codec.encoding)?, codec.clone())))
            .collect();
        if !codecs.iter().any(|(_, codec)| codec.encoding.is_audio()) {
            return Err(Error::NoCommonCodec);
        }
        Ok(codecs)
    }

    /// What holds when this offer is answered with `codecs` and, before the offer's own wish, `direction`.
    pub(super) fn agreement(
        &self,
        local: &Local,
        codecs: &[(u8, Codec)],
        direction: Direction,
        held: Option<RemoteRtp>,
    ) -> Result<Agreement, Error> {
        let section = self.description.sections.get(self.audio).ok_or(Error::NoAudio)?;
        let payload = |(number, codec): &(u8, Codec)| Payload {
            encoding: codec.encoding,
            receive: *number,
            send: *number,
        };
        Ok(Agreement {
            audio: self.audio,
            layout: self.description.sections.iter().map(Slot::of).collect(),
            payloads: codecs.iter().map(payload).collect(),
            direction: direction.facing(section.effective_direction()),
            credentials: self.credentials.clone(),
            addresses: addresses(local, section, held),
            number: self.number,
            remote: self.description.clone(),
        })
    }
}

impl OwnOffer {
    /// The codecs of an answer that were offered, in the answer's order.
    ///
    /// # Errors
    /// [`Error::NoCommonCodec`] when there is nothing to hear among them.
    pub(super) fn accepted(&self, section: &Section) -> Result<(Vec<Payload>, Vec<Codec>), Error> {
        let number_of = |encoding: Encoding| {
            self.payloads.iter().find(|(offered, _)| *offered == encoding).map(|(_, n)| *n)
        };
        let (payloads, codecs): (Vec<_>, Vec<_>) = section
            .codecs
            .iter()
            .filter_map(|(send, codec)| {
                let (encoding, receive) = (codec.encoding, number_of(codec.encoding)?);
                Some((Payload { encoding, receive, send: *send }, codec.clone()))
            })
            .unzip();
        if !codecs.iter().any(|codec| codec.encoding.is_audio()) {
            return Err(Error::NoCommonCodec);
        }
        Ok((payloads, codecs))
    }

    /// The transport of a leg whose first offer waits for its answer: connectivity checks may come already.
    pub(super) fn transport(&self, local: &Local) -> TransportParameters {
        match local {
            Local::WebRtc { .. } => TransportParameters::WebRtc(WebRtcParameters {
                local: self.credentials.clone(),
                remote: None,
            }),
            Local::Rtp { .. } => {
                TransportParameters::Rtp(RtpParameters { remote: None, source: SourceRule::Named })
            }
        }
    }
}

impl Agreement {
    /// The peer's ICE credentials.
    pub(super) fn remote_ice(&self) -> Option<&IceCredentials> {
        let section = self.remote.sections.get(self.audio)?;
        self.remote.tagged(section).ice.as_ref()
    }

    pub(super) fn transport(&self, local: &Local, signalling: Option<Signalling>) -> TransportParameters {
        match local {
            Local::WebRtc { .. } => TransportParameters::WebRtc(WebRtcParameters {
                local: self.credentials.clone(),
                remote: self.certificate(),
            }),
            Local::Rtp { .. } => TransportParameters::Rtp(RtpParameters {
                remote: self.addresses,
                source: self.source(signalling),
            }),
        }
    }

    fn source(&self, signalling: Option<Signalling>) -> SourceRule {
        let offer = self.number;
        match (signalling, self.addresses) {
            (Some(Signalling::Translated(from)), _) => SourceRule::Learned { from, offer },
            (Some(Signalling::Direct(from)), Some(RemoteRtp { rtp, .. }))
                if rtp.ip() != from && is_private(rtp.ip()) =>
            {
                SourceRule::Either { from, offer }
            }
            (Some(Signalling::Direct(_)) | None, _) => SourceRule::Named,
        }
    }

    fn certificate(&self) -> Option<RemoteCertificate> {
        let section = self.remote.sections.get(self.audio)?;
        let tagged = self.remote.tagged(section);
        let describing = if section.fingerprints.is_empty() { tagged } else { section };
        let fingerprints = Some(describing.fingerprints.clone()).filter(|list| !list.is_empty())?;
        Some(RemoteCertificate { fingerprints, tls_id: tagged.tls_id.clone() })
    }
}

/// Whether an address means something else elsewhere (RFC 1918, RFC 6598, RFC 4193, link-local).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = matches!(address.octets(), [100, 64..=127, _, _]);
            address.is_private() || address.is_link_local() || shared
        }
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// The peer's media addresses: as its description names them or, when that only says hold, as they were `held`.
pub(super) fn addresses(local: &Local, section: &Section, held: Option<RemoteRtp>) -> Option<RemoteRtp> {
    match local {
        Local::WebRtc { .. } => None,
        Local::Rtp { .. } => {
            let named = acceptance::address(local, section).ok().flatten();
            named.map(|rtp| RemoteRtp { rtp, rtcp: section.rtcp_address(rtp) }).or(held)
        }
    }
}
