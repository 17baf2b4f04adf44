//! What goes into the router, and what comes out of it?

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::dtmf::Digit;
use crate::parameters::LegParameters;
use crate::statistics::Statistics;

/// The name of a leg. The caller chooses it; it is never used again for another leg of the same router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// A socket, as the router knows it; which real one that is, is the driver's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Socket {
    /// The one UDP port of the media thread, shared by all browser legs.
    Shared,
    /// The RTP port of a phone leg.
    Rtp(LegId),
    /// The RTCP port of a phone leg.
    Rtcp(LegId),
}

/// A datagram that arrived.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Where it arrived.
    pub socket: Socket,
    /// Who sent it, if the network is to be believed. An IPv4 address that a dual-stack socket shows as IPv6 has to
    /// be turned back first, for the SDP names it as IPv4.
    pub from: SocketAddr,
    /// The whole datagram. It is decrypted where it lies, so nothing in it is to be relied on afterwards.
    pub data: &'a mut [u8],
}

/// What the signalling wants of the router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A leg begins.
    Add {
        /// Its name.
        leg: LegId,
        /// Its kind, and all that its negotiation has found out so far.
        parameters: LegParameters,
    },
    /// A leg was negotiated further; its kind, SSRC and name stay as they were added.
    Update {
        /// Which leg.
        leg: LegId,
        /// All of its parameters, the unchanged ones too.
        parameters: LegParameters,
    },
    /// What one leg receives the other shall send, both ways; with itself a leg is its own echo. Bridges that
    /// either had before are taken down.
    Bridge {
        /// One leg.
        a: LegId,
        /// The other, or the same.
        b: LegId,
    },
    /// The leg's bridge is taken down; both ends stay alive.
    Unbridge {
        /// Either end.
        leg: LegId,
    },
    /// The leg's figures are wanted now: an [`Event::Statistics`] follows.
    Report {
        /// Which leg.
        leg: LegId,
    },
    /// The leg ends. It says goodbye (RTCP BYE, DTLS close_notify) and leaves its figures as an
    /// [`Event::Statistics`].
    Remove {
        /// Which leg.
        leg: LegId,
    },
}

/// Why a command could not be carried out. It has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no such leg; perhaps not any more.
    #[error("no leg {0:?}")]
    UnknownLeg(LegId),
    /// There is such a leg already.
    #[error("leg {0:?} exists")]
    DuplicateLeg(LegId),
    /// Another leg has the same ICE user name fragment, by which the shared port tells legs apart.
    #[error("ICE user name fragment {0:?} is in use")]
    DuplicateUfrag(String),
    /// A browser leg cannot become a phone leg, nor the reverse.
    #[error("leg {0:?} is of the other kind")]
    OtherKind(LegId),
}

/// What the router wants done, or says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A datagram to be sent.
    Transmit(Transmit),
    /// Something that the signalling may want to know.
    Event(Event),
    /// There is nothing else for now: [`Router::handle_timeout`](crate::Router::handle_timeout) is due at this
    /// instant, or never if nothing is scheduled.
    Timeout(Option<Instant>),
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// From where.
    pub socket: Socket,
    /// To whom.
    pub to: SocketAddr,
    /// The whole datagram. It shares a buffer with others: drop it once it is sent.
    pub bytes: Bytes,
}

/// What happened to a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Media can flow: a browser's ICE and DTLS are up, or a phone's first packet was accepted. It comes again
    /// after [`Loss::ConsentExpired`] or [`Loss::Silence`], when the peer is back.
    Connected {
        /// Which leg.
        leg: LegId,
    },
    /// Media cannot flow any more. Only the signalling ends calls: the leg stays until it is removed.
    Lost {
        /// Which leg.
        leg: LegId,
        /// Why.
        why: Loss,
    },
    /// The peer pressed a key, and let go of it.
    Dtmf {
        /// Which leg.
        leg: LegId,
        /// The key.
        digit: Digit,
        /// For how long.
        duration: Duration,
    },
    /// The figures of a leg, as asked for or as its last words.
    Statistics {
        /// Which leg.
        leg: LegId,
        /// All of its figures since it was added.
        statistics: Box<Statistics>,
        /// The leg was removed: nothing more will be heard of it.
        is_final: bool,
    },
}

/// Why a leg was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// No connectivity check for 30 s (RFC 7675): the browser is gone, or was never there. Should it come back,
    /// by the same credentials or after an ICE restart, the leg goes on.
    ConsentExpired,
    /// The DTLS certificate is not the one that the SDP promised. Nothing was relayed.
    WrongCertificate,
    /// The DTLS handshake did not come to an end within 30 s.
    HandshakeFailed,
    /// The browser closed the DTLS association: its page is gone, or it hung up.
    Closed,
    /// A phone has sent neither RTP nor RTCP for a minute: it is gone, or silent on purpose, as some are on hold. It comes
    /// again after each further minute.
    Silence,
}
