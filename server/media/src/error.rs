//! Why can a session description not be negotiated?

use sdp_types::ParserError;

use crate::fingerprint::FingerprintError;

/// Why [`Negotiation`](crate::Negotiation) refuses a description or a step.
///
/// A failed call leaves the negotiation as it was. Where a variant has a `line`, it is the `m=` line concerned,
/// or the attribute's own line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is longer than [`Description::MAX_LENGTH`](crate::Description::MAX_LENGTH).
    #[error("session description of {0} octets")]
    TooLong(usize),
    /// The text is not SDP; the inner error names the line by its number.
    #[error("not a session description: {0}")]
    Syntax(#[from] ParserError),
    /// More media sections than any client has use for.
    #[error("session description with {0} media sections")]
    TooManySections(usize),
    /// More attributes than any client has use for.
    #[error("session description with {0} attributes")]
    TooManyAttributes(usize),
    /// There is no `m=audio` line.
    #[error("no audio section")]
    NoAudio,
    /// The audio section is refused (port 0).
    #[error("audio refused: {line}")]
    Refused {
        /// The `m=` line.
        line: String,
    },
    /// The transport profile is not one that this kind of leg speaks.
    #[error("unsupported media transport: {line}")]
    Profile {
        /// The `m=` line.
        line: String,
    },
    /// No codec of the section passes through the gateway.
    #[error("no usable codec: {line}")]
    NoCodec {
        /// The `m=` line.
        line: String,
    },
    /// The two legs have no audio codec in common.
    #[error("no codec in common with the other party")]
    NoCommonCodec,
    /// A plain-RTP section without an address that media can be sent to: absent, a name, multicast, of the
    /// other IP family, or the gateway's own.
    #[error("unusable media address: {line}")]
    Address {
        /// The `c=` line or, when there is none, the `m=` line.
        line: String,
    },
    /// A browser leg without ICE credentials (RFC 8839 §5.4).
    #[error("no ICE credentials: {line}")]
    NoIce {
        /// The `m=` line.
        line: String,
    },
    /// A browser leg without a usable certificate fingerprint: nobody could be authenticated (RFC 5763 §5).
    #[error("no certificate fingerprint: {line}")]
    NoFingerprint {
        /// The `m=` line.
        line: String,
    },
    /// A fingerprint that cannot be read.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// A browser leg that wants a second port for RTCP; on the shared port there is none.
    #[error("no rtcp-mux: {line}")]
    NoRtcpMux {
        /// The `m=` line.
        line: String,
    },
    /// The peer insists on being the DTLS server, which the gateway always is.
    #[error("unsupported DTLS role: {line}")]
    Setup {
        /// The `a=setup` line.
        line: String,
    },
    /// The peer is ICE-lite as well: nobody would make a connectivity check.
    #[error("both sides are ICE-lite")]
    BothLite,
    /// An offer came while ours waits for its answer: the 491 of SIP (RFC 3261 §14.2).
    #[error("offers crossed")]
    Glare,
    /// The peer's offer has to be answered, or rolled back, first.
    #[error("an offer of the peer waits for its answer")]
    OfferPending,
    /// There is no offer of ours that this could answer, or its answer was confirmed.
    #[error("an answer to no offer")]
    UnexpectedAnswer,
    /// There is no offer of the peer to answer, or its answer was confirmed.
    #[error("no offer to answer")]
    NothingToAnswer,
}
