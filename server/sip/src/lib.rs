//! A sans-IO SIP user agent: bytes, time and commands in; bytes, wishes and events out.
//!
//! One [`Endpoint`] serves a whole process: every call, every registered phone, every registration at a trunk. It has
//! no sockets, no clock and no randomness of its own. Whoever drives it
//!
//! 1. hands in what happens: [`Endpoint::handle_input`] for the network, [`Endpoint::handle_command`] for its user,
//!    [`Endpoint::handle_timeout`] for time;
//! 2. after each of them does what [`Endpoint::poll_output`] says, until that is [`Output::Timeout`].
//!
//! [`Command`]s go down, [`Event`]s come up. A call is known by its [`CallHandle`]; its events end with exactly one of
//! [`Event::Rejected`], [`Event::Cancelled`] and [`Event::Ended`]. Session descriptions are opaque bytes here, and
//! passwords live elsewhere: [`Event::Authenticate`] asks for their hashes. So do bindings: [`Event::StoreBindings`]
//! has them stored before a phone is told that it is registered.
//!
//! # A call
//!
//! ```
//! use std::net::SocketAddr;
//! use std::time::Instant;
//!
//! use bytes::Bytes;
//! use sip::*;
//!
//! // Two endpoints, each with one UDP listener; bob takes calls from alice's address without a password.
//! let addresses: [SocketAddr; 2] = ["192.0.2.1:5060".parse()?, "192.0.2.2:5060".parse()?];
//! let udp = ListenerId(0);
//! let (start, unix_time) = (Instant::now(), 1_700_000_000);
//! let mut endpoints = [0, 1].map(|number: u8| {
//!     let address = addresses[usize::from(number)];
//!     let listener = Listener { id: udp, transport: Transport::Udp, ipv6: false, advertised: address.into() };
//!     let mut config = Config::new(vec!["example.com".to_owned()], vec![listener], [0x5e; 32]);
//!     let sources = vec![TrunkSource::address(addresses[0].ip(), None)];
//!     config.trunks = vec![Trunk { name: "alice".to_owned(), sources }];
//!     Endpoint::new(config, [number; 32], start, unix_time) // Really: 32 random bytes.
//! });
//!
//! // Alice calls.
//! let call = CallHandle::outgoing(1);
//! endpoints[0].handle_command(start, Command::Invite(Box::new(Invite {
//!     call,
//!     target: Target::Uri { uri: "sip:bob@192.0.2.2".parse()?, route: vec![] },
//!     from: NameAddr::new(Some("Alice"), "sip:alice@example.com".parse()?),
//!     to: NameAddr::new(None, "sip:bob@192.0.2.2".parse()?),
//!     sdp: Some(Bytes::from_static(b"offer")),
//!     max_forwards: 70,
//!     headers: vec![],
//!     credentials: None,
//! })));
//!
//! // The driver: here datagrams arrive at once, and bob answers every call.
//! let mut told = Vec::new();
//! let mut idle = 0;
//! for turn in (0..2).cycle() {
//!     match endpoints[turn].poll_output() {
//!         Output::Transmit { bytes, .. } => {
//!             let datagram = Input::Datagram { listener: udp, remote: addresses[turn], bytes };
//!             endpoints[1 - turn].handle_input(start, datagram);
//!         }
//!         Output::Event(Event::Incoming(incoming)) => {
//!             assert_eq!(incoming.identity, Identity::Trunk("alice".to_owned()));
//!             let answer = Command::Accept { call: incoming.call, sdp: Bytes::from_static(b"answer") };
//!             endpoints[turn].handle_command(start, answer);
//!         }
//!         Output::Event(event) => told.push(event),
//!         Output::Timeout(_) => idle += 1, // Sleep until then, or until something comes in.
//!         Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => {}
//!     }
//!     if idle > 20 {
//!         break;
//!     }
//! }
//!
//! // Bob knows that his answer arrived, and alice has it.
//! let [Event::Acknowledged { sdp: None, .. }, Event::Answered(answered)] = &told[..] else { panic!("{told:?}") };
//! assert_eq!((answered.call, answered.sdp.as_deref()), (call, Some(&b"answer"[..])));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | question | file |
//! |---|---|
//! | what a message is, and whether bytes are one | `layout` (where its parts lie), `parse`, `message`, `stream` |
//! | what a header field says | `header/*`, `uri`, `address`, `host`, `params`, `escape`, `scan` |
//! | how our own are written | `write`, `outgoing` (requests), `reply` (responses) |
//! | what is retransmitted, and when it is given up | `transaction/*`, `timer` |
//! | what a call, a dialog, a registration is | `endpoint/call/*`, `dialog`, `registration`, `registrar` |
//! | what is done with a request | `endpoint/ingress`, then `endpoint/serve/*`, one file a method |
//! | which way a request of ours goes | `endpoint/delivery`, `endpoint/next_hop`, `endpoint/egress` |
//! | who may do what | `endpoint/authenticate`, `digest`, `nonce` |

mod address;
mod config;
mod date;
mod dialog;
mod digest;
mod endpoint;
mod error;
mod escape;
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

pub use address::AddressOfRecord;
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
pub use statistics::{DropReason, Statistics};
pub use status::StatusCode;
pub use stream::{Frame, Framer};
pub use timer::Timers;
pub use uri::{SipUri, TelUri, Uri};
