//! What does the router have to know of a leg?

use std::net::{IpAddr, SocketAddr};

use crate::description::IceCredentials;
use crate::{Direction, Encoding, Fingerprint};

/// Everything that a negotiation has found out and the [`Router`](crate::Router) acts upon.
///
/// [`Negotiation::parameters`](crate::Negotiation::parameters) makes it; nothing in it refers back to SDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegParameters {
    /// The SSRC under which the gateway sends on this leg.
    pub ssrc: u32,
    /// The canonical name in the gateway's RTCP (RFC 3550 §6.5.1).
    pub cname: String,
    /// The agreed codecs, in order of preference; at most a handful.
    pub payloads: Vec<Payload>,
    /// The gateway's own direction on this leg: it sends to the peer, receives from it, both or neither.
    pub direction: Direction,
    /// How packets travel.
    pub transport: TransportParameters,
}

/// One codec of a leg and its payload types, which may differ between the two ways (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The codec.
    pub encoding: Encoding,
    /// The payload type under which the peer sends it here.
    pub receive: u8,
    /// The payload type under which the peer wants to receive it.
    pub send: u8,
}

/// How packets travel on a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportParameters {
    /// ICE-lite, DTLS and SRTP on the shared port: a browser.
    WebRtc(WebRtcParameters),
    /// RTP and RTCP in the clear on a port pair of the leg's own: a phone.
    Rtp(RtpParameters),
}

/// The transport of a browser leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRtcParameters {
    /// What connectivity checks must carry. Changed credentials are an ICE restart; the old ones stay good until
    /// the first check with the new ones.
    pub local: IceCredentials,
    /// The peer's half, once it is known. Until then its checks are answered (a browser starts them before the
    /// gateway has read its answer), but no DTLS is spoken.
    pub remote: Option<RemoteCertificate>,
}

/// Who may be at the other end of the DTLS association. A change of it begins a new association (RFC 8842 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCertificate {
    /// The certificate must match one of these.
    pub fingerprints: Vec<Fingerprint>,
    /// `a=tls-id`, where the peer sends it.
    pub tls_id: Option<String>,
}

/// The transport of a phone leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpParameters {
    /// The peer's addresses, once they are known.
    pub remote: Option<RemoteRtp>,
    /// Which packets are the peer's.
    pub source: SourceRule,
}

/// Where a phone's SDP wants its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteRtp {
    /// Address and port of RTP.
    pub rtp: SocketAddr,
    /// Address and port of RTCP; equal to `rtp` when both share a port.
    pub rtcp: SocketAddr,
}

impl RemoteRtp {
    /// Whether RTP and RTCP share a port (RFC 5761).
    #[must_use]
    pub fn is_muxed(&self) -> bool {
        self.rtp == self.rtcp
    }
}

/// Where a peer's authenticated signalling comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalling {
    /// From where its author is.
    Direct(IpAddr),
    /// Through a NAT: what its author says of addresses does not hold.
    Translated(IpAddr),
}

/// Which packets on a plain-RTP leg are taken for the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceRule {
    /// Those from exactly the address and port that the SDP named.
    Named,
    /// The SDP names a private address that the signalling did not come from, though nothing else speaks of a NAT: its
    /// author may be there, or behind a NAT. The first packet from either fixes port and SSRC; until then packets go to
    /// where the SDP wants them.
    Either {
        /// The address that the signalling came from.
        from: IpAddr,
        /// Counts the peer's descriptions: the router learns once for each value.
        offer: u32,
    },
    /// The peer is behind a NAT, so its SDP names an address that nobody can reach: the first packet from the
    /// address of its authenticated signalling with a negotiated payload type fixes port and SSRC.
    Learned {
        /// The address that the signalling came from.
        from: IpAddr,
        /// Counts the peer's descriptions: the router learns once for each value.
        offer: u32,
    },
}
