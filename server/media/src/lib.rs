//! The media core of the gateway: it negotiates the legs of a call and relays their packets.
//!
//! Two halves, which share nothing but [`LegParameters`]:
//!
//! - **Signalling side.** A [`Negotiation`] is the offer/answer state of one leg: it reads the peer's SDP, writes the
//!   gateway's, and turns either into a [`Proposal`], the only thing that crosses to the other leg of the call. It
//!   knows no addresses of the other leg, no keys, no clock.
//! - **Media side.** A [`Router`] owns the legs of one media thread: ICE-lite, DTLS and SRTP for browsers on one
//!   shared port, plain RTP for phones on port pairs of their own. It is driven by [`Router::handle_command`],
//!   [`Router::handle_datagram`] and [`Router::handle_timeout`], and drained by [`Router::poll_output`].
//!
//! Nothing here opens a socket, reads a clock or spawns a thread. Randomness comes in as seeds; only the libraries
//! below draw their own for what no caller should hold: [`Certificate::generate`] and the DTLS key exchange.
//! [`PortPool`] chooses port pairs, and leaves binding them to whoever has sockets.
//!
//! # One call, from a browser to a phone
//!
//! ```
//! use std::time::{Instant, SystemTime};
//!
//! use media::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let offer_of_the_browser = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testdata/chromium_audio.sdp"));
//! # let seed = |octet: u8| [octet; 32];
//! # let now = Instant::now();
//! // Once for the process, and once for each media thread. Seeds are 32 octets of the system's randomness.
//! let certificate = Certificate::generate()?;
//! let mut router = Router::new(certificate.clone(), seed(0), now, SystemTime::now())?;
//!
//! // The browser's offer becomes a proposal, and that an offer to the phone.
//! let address = "198.51.100.1:40000".parse()?;
//! let mut browser =
//!     Negotiation::new(Local::WebRtc { address, certificate: certificate.fingerprint() }, seed(1));
//! let mut ports = PortPool::new(40_002, 49_999)?;
//! let pair = ports.take(now).ok_or("all media ports are taken")?;
//! let local = Local::Rtp { address: address.ip(), rtp_port: pair.rtp(), rtcp_port: pair.rtcp() };
//! let mut phone = Negotiation::new(local, seed(2));
//! let proposal = browser.handle_offer(offer_of_the_browser)?;
//! let invite = phone.offer(&proposal)?;
//! assert!(invite.contains("m=audio 40002 RTP/AVP 111 9 0 8 "));
//!
//! // The phone takes G.711, so that is what the browser is answered.
//! let answer_of_the_phone = "v=0\r\no=- 1 1 IN IP4 203.0.113.7\r\ns=-\r\nc=IN IP4 203.0.113.7\r\nt=0 0\r\n\
//!                            m=audio 5004 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
//! let agreed = phone.handle_answer(answer_of_the_phone)?;
//! let answer = browser.answer(&agreed)?;
//! assert!(answer.contains("m=audio 40000 UDP/TLS/RTP/SAVPF 0 126"));
//! browser.confirm();
//! phone.confirm();
//!
//! // The router learns of both legs and of their bridge.
//! let (to_browser, to_phone) = (LegId(1), LegId(2));
//! for (leg, negotiation) in [(to_browser, &browser), (to_phone, &phone)] {
//!     let parameters = negotiation.parameters().ok_or("nothing agreed")?;
//!     router.handle_command(now, Command::Add { leg, parameters })?;
//! }
//! router.handle_command(now, Command::Bridge { a: to_browser, b: to_phone })?;
//!
//! // From here on datagrams go in and come out.
//! let mut packet = *b"\x80\x00\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x07sound";
//! let from = "203.0.113.7:5004".parse()?;
//! router.handle_datagram(now, Arrival { socket: Socket::Rtp(to_phone), from, data: &mut packet });
//! assert_eq!(router.poll_output(), Output::Event(Event::Connected { leg: to_phone }));
//! // The browser has not connected yet, so there is nothing to send; the next report is due in a few seconds.
//! assert!(matches!(router.poll_output(), Output::Timeout(Some(due)) if due > now));
//! # Ok(())
//! # }
//! ```
//!
//! A re-offer of either peer goes the same way: `handle_offer` on its leg, `offer` on the other, `handle_answer`
//! there, `answer` back, then an [`Command::Update`] for both; `rollback` where it is refused. An offer to a browser
//! is followed by an [`Command::Add`] at once, as its checks may come before its answer. A leg that is its own echo
//! answers [`Proposal::echo`] and is bridged with itself.
//!
//! # What can be relied on
//!
//! - Media is taken only from a source that ICE or the SDP has validated, and sent only to one
//!   ([`SourceRule`], [`WebRtcParameters`]); SRTP is authenticated before anything is learned from it.
//! - A leg hears one stream for the whole call: one SSRC, no gap and no repetition in the numbers, whatever feeds it.
//! - Nothing that a peer sends ends more than its own leg; what is not understood is dropped and counted
//!   ([`Drops`]). Every table that a peer could make grow has an end.

mod allowance;
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
    LegParameters, Payload, RemoteCertificate, RemoteRtp, RtpParameters, Signalling, SourceRule,
    TransportParameters, WebRtcParameters,
};
pub use ports::{PortPair, PortPool, PortRangeError};
pub use proposal::Proposal;
pub use router::{Router, StartError};
pub use statistics::{Drops, FarEnd, Received, Sent, Statistics, Totals};
