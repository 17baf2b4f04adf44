//! What the endpoint tells its user.

use std::net::SocketAddr;

use bytes::Bytes;

use super::{AuthenticationId, CallHandle, RegistrationId, StoreId};
use crate::address::AddressOfRecord;
use crate::header::{NameAddr, Reason};
use crate::registrar::Binding;
use crate::status::StatusCode;
use crate::uri::Uri;

/// An event. The events of one call end with exactly one of [`Rejected`](Self::Rejected),
/// [`Cancelled`](Self::Cancelled) and [`Ended`](Self::Ended); after it the handle is free.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A call came in; the caller is known.
    Incoming(Box<Incoming>),
    /// Our call goes on: a provisional response other than 100.
    Progress {
        /// The call.
        call: CallHandle,
        /// 101 to 199.
        status: StatusCode,
        /// The To tag: each fork of the call has one of its own. `None` if the peer sent none.
        tag: Option<String>,
        /// The answer for early media.
        sdp: Option<Bytes>,
    },
    /// Where a peer's signalling comes from, before an event that brings its description: when that was not known yet,
    /// or has changed.
    Located {
        /// The call.
        call: CallHandle,
        /// Where it comes from.
        source: SocketAddr,
        /// Whether an address translator is between, as in [`Incoming`] and [`Answered`].
        behind_nat: bool,
    },
    /// Our call was answered.
    Answered(Box<Answered>),
    /// Our call was refused: by the peer, or with 408 because nothing came, or 503 because nothing could be sent.
    Rejected {
        /// The call.
        call: CallHandle,
        /// 300 to 699.
        status: StatusCode,
        /// The reason phrase.
        phrase: String,
        /// When it may be tried again, in seconds.
        retry_after: Option<u32>,
    },
    /// The ACK of our 2xx came.
    Acknowledged {
        /// The call.
        call: CallHandle,
        /// The peer's answer, if our 2xx held the offer.
        sdp: Option<Bytes>,
    },
    /// The caller gave up before we answered.
    Cancelled {
        /// The call.
        call: CallHandle,
        /// Why, such as that someone else answered.
        reason: Option<Reason>,
    },
    /// The call is over.
    Ended {
        /// The call.
        call: CallHandle,
        /// Who ended it.
        cause: EndCause,
    },
    /// The peer wants to change the session; answer with
    /// [`AnswerReoffer`](super::Command::AnswerReoffer) or [`RejectReoffer`](super::Command::RejectReoffer).
    Reoffer {
        /// The call.
        call: CallHandle,
        /// The peer's offer; `None` if it asks for ours.
        sdp: Option<Bytes>,
    },
    /// The peer no longer wants its change, or nothing was said to it for [`Timers::change`](crate::Timers::change). The
    /// session stays as it was.
    ReofferCancelled {
        /// The call.
        call: CallHandle,
    },
    /// The peer agreed to our change.
    ReofferAnswered {
        /// The call.
        call: CallHandle,
        /// Its answer, or its offer if we sent none: then [`Acknowledge`](super::Command::Acknowledge) must follow.
        sdp: Option<Bytes>,
    },
    /// The peer refused our change, or another is under way (491). The session stays as it was.
    ReofferRejected {
        /// The call.
        call: CallHandle,
        /// 300 to 699.
        status: StatusCode,
    },
    /// Someone claims to be an account: answer with [`Credentials`](super::Command::Credentials).
    Authenticate {
        /// Which question.
        id: AuthenticationId,
        /// The user name.
        user: String,
        /// The domain, as configured; it is the realm of the hashes.
        domain: String,
    },
    /// The bindings of an account changed: store them, then send [`BindingsStored`](super::Command::BindingsStored).
    /// The phone gets its answer only then.
    StoreBindings {
        /// Which set.
        id: StoreId,
        /// The account.
        address: AddressOfRecord,
        /// All its bindings now, in place of those before; none means that they are to be removed.
        bindings: Vec<Binding>,
    },
    /// Bindings of an account ran out. Nothing needs to be answered.
    BindingsExpired {
        /// The account.
        address: AddressOfRecord,
        /// Its bindings that are left.
        bindings: Vec<Binding>,
    },
    /// How a registration of ours stands.
    RegistrationChanged {
        /// Which.
        registration: RegistrationId,
        /// How it stands now.
        state: RegistrationState,
    },
}

/// A call that came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Its name from here on.
    pub call: CallHandle,
    /// Who the caller proved to be.
    pub identity: Identity,
    /// What was asked for.
    pub request_uri: Uri,
    /// To.
    pub to: NameAddr,
    /// From: what the caller claims, with a display name if it sent one.
    pub from: NameAddr,
    /// The Call-ID header field, to find the call in a trace.
    pub call_id: String,
    /// The offer; `None` if the caller asks for ours.
    pub sdp: Option<Bytes>,
    /// How many hops are left; 70 if the caller set no limit. A call that goes on elsewhere takes one less.
    pub max_forwards: u8,
    /// Where the INVITE came from.
    pub source: SocketAddr,
    /// Whether an address translator is between: the Via is not `source`, or the Contact of a caller without proxies is
    /// a private address that is not `source`. What the SDP says of addresses will not hold then.
    pub behind_nat: bool,
}

/// Who a caller proved to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A local account, by digest.
    Account(AddressOfRecord),
    /// A trunk of the configuration, by its address.
    Trunk(String),
}

/// A call of ours that was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The call.
    pub call: CallHandle,
    /// The To tag: which fork answered.
    pub tag: Option<String>,
    /// To, as the peer sent it.
    pub peer: NameAddr,
    /// The answer, or the peer's offer if we sent none: then [`Acknowledge`](super::Command::Acknowledge) must follow.
    pub sdp: Option<Bytes>,
    /// Where the response came from.
    pub source: SocketAddr,
    /// Whether an address translator is between: the Contact of a peer without proxies is a private address that is not
    /// `source`.
    pub behind_nat: bool,
}

/// Who ended a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndCause {
    /// The user, by [`Hangup`](super::Command::Hangup) or [`Reject`](super::Command::Reject).
    Local,
    /// The peer, by BYE, with its reason if it gave one.
    Remote(Option<Reason>),
    /// Our 2xx was never acknowledged, or the user never acknowledged the peer's, within 64·T1.
    Unacknowledged,
    /// The peer no longer knows the call, or no longer answers: 481 or 408 to a request within it.
    Lost(StatusCode),
}

/// How a registration of ours stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationState {
    /// It holds, for so many seconds from now; it is refreshed before.
    Registered {
        /// Seconds.
        expires: u32,
    },
    /// It was refused, or nothing came back; it is tried again by itself.
    Failed {
        /// 300 to 699; 408 if nothing came, 503 if nothing could be sent.
        status: StatusCode,
        /// The reason phrase.
        phrase: String,
        /// Seconds until the next attempt.
        retry_in: u64,
    },
    /// It was ended at the user's command.
    Unregistered,
}
