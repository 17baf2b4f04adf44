//! The media core of the gateway.

mod buffers;
mod codec;
mod description;
mod direction;
mod dtls;
mod dtmf;
mod error;
mod fingerprint;
mod ice_lite;
mod interface;
mod leg;
mod legs;
mod negotiation;
mod parameters;
mod ports;
mod proposal;
mod random;
mod reception;
mod router;
mod rtcp;
mod rtp;
mod sending;
mod srtp;
mod statistics;
mod timers;
mod window;

pub use codec::{Codec, Encoding};
pub use description::{Description, Host, IceCredentials, Section, Setup};
pub use direction::Direction;
pub use dtls::{Certificate, CertificateError};
pub use dtmf::Digit;
pub use error::Error;
pub use fingerprint::{Fingerprint, FingerprintError, HashFunction};
pub use interface::{Arrival, Command, CommandError, Event, LegId, Loss, Output, Socket, Transmit};
pub use negotiation::{Local, Negotiation};
pub use parameters::{
    LegParameters, Payload, RemoteCertificate, RemoteRtp, RtpParameters, SourceRule, TransportParameters,
    WebRtcParameters,
};
pub use ports::{PortPair, PortPool, PortRangeError};
pub use proposal::Proposal;
pub use router::{Router, StartError};
pub use statistics::{Drops, FarEnd, Received, Sent, Statistics, Totals};
