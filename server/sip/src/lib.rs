//! A sans-IO SIP user agent: bytes, time and commands in; bytes, wishes and events out.

mod error;
mod header;
mod host;
mod layout;
mod message;
mod method;
mod params;
mod parse;
mod scan;
mod status;
mod stream;
mod uri;

pub use error::{Defect, Flaw, ParseError};
pub use header::{
    AuthParams, CSeq, Contacts, ExtraHeader, ExtraHeaderError, HeaderName, NameAddr, Reason, Via,
};
pub use host::{Host, HostPort};
pub use message::{Field, Headers, MAX_HEADERS, MAX_LINE, MAX_MESSAGE, MAX_URI, Message, Request, Response};
pub use method::Method;
pub use params::Params;
pub use status::StatusCode;
pub use stream::{Frame, Framer};
pub use uri::{AddressOfRecord, SipUri, TelUri, Uri};
