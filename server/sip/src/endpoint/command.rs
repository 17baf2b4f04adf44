//! What the user of the endpoint asks of it.

use std::net::SocketAddr;

use bytes::Bytes;

use super::{AuthenticationId, CallHandle, RegistrationId, StoreId};
use crate::digest::{Credentials, Ha1};
use crate::flow::Transport;
use crate::header::{ExtraHeader, NameAddr, Reason};
use crate::registrar::Binding;
use crate::status::StatusCode;
use crate::uri::Uri;

/// A command. One for a call that is over, or that does not fit its state, is dropped and counted: events and commands
/// cross on their way, and neither side can know better.
#[derive(Debug, Clone)]
pub enum Command {
    /// Call someone. Ends in [`Event::Answered`](super::Event::Answered) or in
    /// [`Event::Rejected`](super::Event::Rejected).
    Invite(Box<Invite>),
    /// Tell the caller how an incoming call goes on: 101 to 199, with early media if there is an SDP.
    Progress {
        /// The incoming call.
        call: CallHandle,
        /// The status code; one that is not provisional is dropped.
        status: StatusCode,
        /// The answer that early media uses; the final answer should then be the same (RFC 3261 §13.2.1).
        sdp: Option<Bytes>,
    },
    /// Answer an incoming call with 200.
    Accept {
        /// The incoming call.
        call: CallHandle,
        /// The answer to the caller's offer, or an offer if there was none.
        sdp: Bytes,
    },
    /// Refuse an incoming call.
    Reject {
        /// The incoming call.
        call: CallHandle,
        /// The status code; one below 300 is dropped.
        status: StatusCode,
        /// The reason phrase in place of the usual one.
        phrase: Option<String>,
        /// Why, for a Reason header field.
        reason: Option<Reason>,
        /// Header fields to add.
        headers: Vec<ExtraHeader>,
    },
    /// Answer the offer that came in the 2xx to an INVITE without one. Where our INVITE held the offer the endpoint
    /// acknowledges by itself.
    Acknowledge {
        /// The call.
        call: CallHandle,
        /// The answer.
        sdp: Bytes,
    },
    /// Change the session of an established call. Ends in
    /// [`Event::ReofferAnswered`](super::Event::ReofferAnswered) or
    /// [`Event::ReofferRejected`](super::Event::ReofferRejected).
    Reoffer {
        /// The call.
        call: CallHandle,
        /// The new offer, or `None` to ask the peer for one.
        sdp: Option<Bytes>,
    },
    /// Take back the change that was asked of the peer. [`Event::ReofferRejected`](super::Event::ReofferRejected) follows,
    /// or [`Event::ReofferAnswered`](super::Event::ReofferAnswered) if it has agreed already.
    WithdrawReoffer {
        /// The call.
        call: CallHandle,
    },
    /// Agree to a change that the peer asked for.
    AnswerReoffer {
        /// The call.
        call: CallHandle,
        /// The answer, or an offer if the peer sent none.
        sdp: Bytes,
    },
    /// Refuse a change that the peer asked for; the session stays as it was.
    RejectReoffer {
        /// The call.
        call: CallHandle,
        /// The status code, usually 488; one below 300 is dropped.
        status: StatusCode,
    },
    /// Ask the peer of an established call whether it is still there. If it does not answer, or knows nothing of the call,
    /// [`Event::Ended`](super::Event::Ended) follows; else nothing.
    Probe {
        /// The call.
        call: CallHandle,
    },
    /// End a call, in whichever way its state needs: CANCEL once there was a provisional response, BYE, or a final
    /// response of 480. [`Event::Ended`](super::Event::Ended) follows at once; what is left to send is the endpoint's.
    Hangup {
        /// The call.
        call: CallHandle,
        /// Why, for a Reason header field.
        reason: Option<Reason>,
    },
    /// The answer to [`Event::Authenticate`](super::Event::Authenticate).
    Credentials {
        /// Which question.
        id: AuthenticationId,
        /// What the account's password hashes to; `None` if there is no such account.
        ha1: Option<Ha1>,
    },
    /// The answer to [`Event::StoreBindings`](super::Event::StoreBindings).
    BindingsStored {
        /// Which set.
        id: StoreId,
        /// Whether it is durable now.
        ok: bool,
    },
    /// Register at a trunk and stay registered. A second one of the same name replaces the first.
    Register(Box<Register>),
    /// End a registration. [`Event::RegistrationChanged`](super::Event::RegistrationChanged) follows.
    Unregister {
        /// Which.
        registration: RegistrationId,
    },
}

/// A call to make.
#[derive(Debug, Clone)]
pub struct Invite {
    /// The name the call is to have.
    pub call: CallHandle,
    /// Where the INVITE goes.
    pub target: Target,
    /// Who calls.
    pub from: NameAddr,
    /// Who is called.
    pub to: NameAddr,
    /// The offer; without one the peer is asked for its own.
    pub sdp: Option<Bytes>,
    /// How many hops the INVITE may take: 70, or one less than the INVITE this call goes on from, against loops.
    pub max_forwards: u8,
    /// Header fields to add.
    pub headers: Vec<ExtraHeader>,
    /// What to answer a challenge with.
    pub credentials: Option<Credentials>,
}

/// Where a call goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// A registered phone: over the flow it registered on as long as that exists.
    Binding(Box<Binding>),
    /// A URI, through proxies if there are any in `route`, the first of them first.
    Uri {
        /// The Request-URI.
        uri: Uri,
        /// The proxies. One without the parameter `lr` is a strict router.
        route: Vec<Uri>,
    },
}

/// A registration to keep at a trunk.
#[derive(Debug, Clone)]
pub struct Register {
    /// Its name.
    pub registration: RegistrationId,
    /// The registrar, such as `sip:example.com`: the Request-URI.
    pub registrar: Uri,
    /// The proxies on the way there.
    pub route: Vec<Uri>,
    /// The address of record to register, for From and To.
    pub address: Uri,
    /// The user part of our Contact.
    pub contact_user: String,
    /// How long to register for, in seconds. The registrar may shorten it.
    pub expires: u32,
    /// What to answer a challenge with.
    pub credentials: Option<Credentials>,
}

/// An address that a name stands for, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// How to reach it.
    pub transport: Transport,
    /// Where it is.
    pub address: SocketAddr,
}
