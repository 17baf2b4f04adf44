//! A sans-IO SIP user agent: bytes, time and commands in; bytes, wishes and events out.

mod config;
mod date;
mod dialog;
mod digest;
mod endpoint;
mod error;
mod flow;
mod header;
mod host;
mod layout;
mod message;
mod method;
mod nonce;
#[cfg(test)]
mod origin;
mod outgoing;
mod params;
mod parse;
mod random;
mod registrar;
mod registration;
mod reply;
mod scan;
mod statistics;
mod status;
mod stream;
mod timer;
mod transaction;
mod uri;
mod write;

pub use config::{Caps, Config, RegistrarLimits, Trunk, TrunkSource};
pub use digest::{Credentials, DigestAlgorithm, Ha1, Secret};
pub use endpoint::{
    Address, Answered, AuthenticationId, CallHandle, Command, EndCause, Endpoint, Event, Identity, Incoming,
    Input, Invite, Output, Register, RegistrationId, RegistrationState, ResolveId, StoreId, Target,
};
pub use error::{Defect, Flaw, ParseError};
pub use flow::{ConnectionId, FlowId, Listener, ListenerId, Transport};
pub use header::{
    AuthParams, CSeq, Contacts, ExtraHeader, ExtraHeaderError, HeaderName, NameAddr, Reason, Via,
};
pub use host::{Host, HostPort};
pub use message::{Field, Headers, MAX_HEADERS, MAX_LINE, MAX_MESSAGE, MAX_URI, Message, Request, Response};
pub use method::Method;
pub use params::Params;
pub use registrar::Binding;
pub use statistics::{Drop, Statistics};
pub use status::StatusCode;
pub use stream::{Frame, Framer};
pub use timer::Timers;
pub use uri::{AddressOfRecord, SipUri, TelUri, Uri};
