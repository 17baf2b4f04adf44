//! The media core of the gateway.

mod codec;
mod description;
mod direction;
mod error;
mod fingerprint;
mod negotiation;
mod parameters;
mod proposal;
mod random;

pub use codec::{Codec, Encoding};
pub use description::{Description, Host, IceCredentials, Section, Setup};
pub use direction::Direction;
pub use error::Error;
pub use fingerprint::{Fingerprint, FingerprintError, HashFunction};
pub use negotiation::{Local, Negotiation};
pub use parameters::{
    LegParameters, Payload, RemoteCertificate, RemoteRtp, RtpParameters, SourceRule, TransportParameters,
    WebRtcParameters,
};
pub use proposal::Proposal;
