//! The XIMSS wire: what goes between a thin client and the gateway. Pure: no sockets, storage, SIP or runtime.
//!
//! From the outside in:
//!
//! - [`Frames`] tells messages apart on a byte stream; [`Element`] reads and writes their XML within [`Limits`].
//! - [`Request`] and [`Message`] are the two tables: what a client may send, and what the server sends. One
//!   declaration of each message gives its struct, both directions ([`Wire`]), and the client's types
//!   ([`typescript()`]).
//! - What messages are made of: [`MessageSet`], [`Field`], [`Flags`], [`Time`], [`Email`], [`Description`] and so on.
//!
//! Two levels of failure: bytes that are no document ([`XmlError`]) end a connection; a document that is no
//! request ([`RequestError`]) is answered.
//!
//! ```
//! use protocol::{Element, Limits, Message, Request, Response};
//!
//! let element = Element::read(br#"<noop id="A1"/>"#, &Limits::BEFORE_LOGIN)?;
//! assert!(matches!(Request::decode(&element)?, Request::Noop(_)));
//! let answer = Message::from(Response::OK).encode(element.attribute("id"));
//! assert_eq!(answer.to_xml(), r#"<response id="A1"/>"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call;
mod code;
mod content;
mod email;
mod error;
mod features;
mod field;
mod file;
mod flags;
mod folder;
mod frame;
pub mod message;
mod message_set;
mod preference;
mod recipient;
pub mod request;
mod rights;
mod scalar;
mod sdp;
mod subscription;
mod time;
mod typescript;
mod wire;
mod xml;

pub use call::{BindMode, CallLeg, SignalCode};
pub use code::ErrorCode;
pub use email::{ADDRESS_FIELDS, Email, Header, Mime, MimeBody, MimeSource, is_address_field};
pub use error::DecodeError;
pub use features::Features;
pub use field::{Field, ViewerField};
pub use file::{
    FileAcl, FileAclEntry, FileContent, FileKind, FilePasswords, FilePosition, FileSubscriptionEdit, FileType,
};
pub use flags::{FlagTerms, Flags};
pub use folder::{CopyReport, DeleteMode, ReportMode, SearchEnd, SortOrder};
pub use frame::Frames;
pub use message::*;
pub use message_set::{MessageSet, Range};
pub use preference::{Preference, PreferenceName, PreferenceValue};
pub use recipient::Recipient;
pub use request::*;
pub use rights::{Rights, RightsEdit};
pub use scalar::Scalar;
pub use sdp::{Description, Presentation};
pub use subscription::{SubscriptionEdit, SubscriptionMode};
pub use time::{Time, TimeDelta};
pub use typescript::typescript;
pub use wire::{Attribute, Content, Flag, Form, Presence, Property, Schema, Wire};
pub use xml::{Element, Limits, Node, XmlError, is_name, is_xml_char};
