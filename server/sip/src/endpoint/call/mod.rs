//! What a call is, and where it stands.

mod hang_up;
mod incoming;
mod nat;
mod outgoing;
mod probe;
mod reoffer;
mod timeout;

pub(crate) use nat::{answer_behind_nat, is_named, request_behind_nat};

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::ingress::Source;
use super::serve::sure_flow;
use super::{CallHandle, DeliveryId, Endpoint, Event};
use crate::dialog::Dialog;
use crate::digest::Credentials;
use crate::flow::FlowId;
use crate::header::NameAddr;
use crate::message::Headers;
use crate::outgoing::{Outgoing, Proof};
use crate::reply::WayBack;
use crate::status::StatusCode;
use crate::timer::{TimerKey, Timers};
use crate::transaction::ServerId;

/// A call, for as long as anything is left to do for it; its user may have been told of its end before.
#[derive(Debug)]
pub(crate) struct Call {
    /// Our tag, by which requests within the call find it.
    pub(crate) tag: String,
    pub(crate) credentials: Option<Arc<Credentials>>,
    pub(crate) state: State,
    /// Whether the peer is a phone of a local account.
    of_account: bool,
    /// Where the user was told that the peer's signalling comes from.
    located: Option<(SocketAddr, bool)>,
    /// Our INVITE, once it was answered, while other forks may yet answer (RFC 3261 §13.2.2.4).
    forked: Option<Forked>,
    /// The ACKs we sent lately, to be sent again with each repetition of their 2xx.
    acknowledgements: VecDeque<Acknowledgement>,
}

/// Where a call stands.
#[derive(Debug)]
pub(crate) enum State {
    /// Our INVITE is on its way.
    Calling(Calling),
    /// The peer's INVITE waits for the user.
    Ringing(Ringing),
    /// There is a dialog.
    Confirmed(Confirmed),
    /// The user is done; something is left to say to the peer.
    Leaving(Leaving),
}

/// An outgoing call that was not answered.
#[derive(Debug)]
pub(crate) struct Calling {
    delivery: DeliveryId,
}

/// An incoming call that was not answered.
#[derive(Debug)]
pub(crate) struct Ringing {
    pub(crate) server: ServerId,
    pub(crate) dialog: Dialog,
    /// The provisional response sent last.
    pub(crate) progress: Option<(StatusCode, Option<Bytes>)>,
    /// When to repeat it (RFC 3261 §13.3.1.1).
    pub(crate) repeat: Option<Instant>,
    /// When the caller gives up by itself (RFC 3261 §13.3.1).
    pub(crate) expires: Option<Instant>,
}

/// An established call.
#[derive(Debug)]
pub(crate) struct Confirmed {
    pub(crate) dialog: Dialog,
    pub(crate) exchange: Exchange,
    /// A change of ours that met one of the peer's, to be tried again (RFC 3261 §14.1).
    backoff: Option<Backoff>,
    /// The peer is being asked whether it is still there.
    is_probed: bool,
}

/// What is under way between the two ends; only one thing can be.
#[derive(Debug)]
pub(crate) enum Exchange {
    /// Nothing.
    Idle,
    /// Our 2xx waits for its ACK.
    Unacknowledged(Success),
    /// The peer's 2xx held an offer; the user owes the answer, which goes into the ACK.
    Owed { invite: (u32, Option<Proof>), deadline: Instant },
    /// Our re-INVITE is on its way.
    Offering { delivery: DeliveryId, attempts: u8 },
    /// The peer's re-INVITE waits for the user.
    Offered { server: ServerId, cseq: u32, deadline: Instant },
}

/// A 2xx of ours to an INVITE, repeated until the ACK comes (RFC 3261 §13.3.1.4).
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) cseq: u32,
    bytes: Bytes,
    way_back: WayBack,
    again: Instant,
    interval: Duration,
    give_up: Instant,
}

/// A change of ours to be tried again.
#[derive(Debug)]
struct Backoff {
    at: Instant,
    sdp: Option<Bytes>,
    attempts: u8,
}

/// What is left to say after the user is done.
#[derive(Debug)]
pub(crate) enum Leaving {
    /// The INVITE is to be cancelled: when a provisional response comes, or has been; then there is a deadline.
    Cancelling { delivery: DeliveryId, reason: Option<String>, deadline: Option<Instant> },
    /// Our 2xx must be acknowledged before a BYE may be sent (RFC 3261 §15).
    AwaitingAck { dialog: Box<Dialog>, success: Success, reason: Option<String> },
    /// Other forks may yet answer.
    Lingering,
}

#[derive(Debug)]
struct Forked {
    invite: Box<Outgoing>,
    until: Instant,
}

#[derive(Debug)]
struct Acknowledgement {
    cseq: u32,
    tag: Option<String>,
    request: Box<Outgoing>,
    flow: Option<FlowId>,
}

/// How many ACKs of one call are kept: more forks than that are not met in the wild.
const MOST_ACKNOWLEDGEMENTS: usize = 16;

impl Confirmed {
    fn new(dialog: Dialog, exchange: Exchange) -> Self {
        Self { dialog, exchange, backoff: None, is_probed: false }
    }
}

impl Call {
    pub(crate) fn new(
        tag: String,
        credentials: Option<Arc<Credentials>>,
        of_account: bool,
        state: State,
    ) -> Self {
        let acknowledgements = VecDeque::new();
        Self { tag, credentials, state, of_account, located: None, forked: None, acknowledgements }
    }

    /// Where the user learns that the peer's signalling comes from.
    pub(crate) fn locate(&mut self, source: SocketAddr, behind_nat: bool) -> bool {
        self.located.replace((source, behind_nat)) != Some((source, behind_nat))
    }

    /// The flow to remember for the dialog: a connection, the only way through an address translator, or where the phone
    /// of an account was heard that calls itself by a name, which often nobody else knows.
    pub(crate) fn flow(
        &self,
        source: Source,
        behind_nat: bool,
        contact: Option<&NameAddr>,
    ) -> Option<FlowId> {
        sure_flow(source, behind_nat || self.of_account && is_named(contact))
    }

    /// When time matters next.
    fn deadline(&self) -> Option<Instant> {
        let forked = self.forked.as_ref().map(|forked| forked.until);
        match &self.state {
            State::Calling(_) => None,
            State::Ringing(ringing) => ringing.repeat.into_iter().chain(ringing.expires).min(),
            State::Confirmed(confirmed) => {
                let backoff = confirmed.backoff.as_ref().map(|backoff| backoff.at);
                confirmed.exchange.deadline().into_iter().chain(backoff).min()
            }
            State::Leaving(Leaving::Cancelling { deadline, .. }) => *deadline,
            State::Leaving(Leaving::AwaitingAck { success, .. }) => Some(success.deadline()),
            State::Leaving(Leaving::Lingering) => forked,
        }
    }
}

impl Exchange {
    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Idle | Self::Offering { .. } => None,
            Self::Unacknowledged(success) => Some(success.deadline()),
            Self::Owed { deadline, .. } | Self::Offered { deadline, .. } => Some(*deadline),
        }
    }
}

impl Success {
    fn new(now: Instant, cseq: u32, (bytes, way_back): (Bytes, WayBack), timers: &Timers) -> Self {
        let interval = timers.t1;
        Self { cseq, bytes, way_back, again: now + interval, interval, give_up: now + timers.give_up() }
    }

    fn deadline(&self) -> Instant {
        self.again.min(self.give_up)
    }

    /// The next repetition comes twice as late, but no later than T2.
    fn repeat(&mut self, now: Instant, timers: &Timers) -> (WayBack, Bytes) {
        self.interval = (self.interval * 2).min(timers.t2);
        self.again = now + self.interval;
        (self.way_back, self.bytes.clone())
    }
}

/// All calls.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    calls: BTreeMap<CallHandle, Call>,
    tags: BTreeMap<String, CallHandle>,
    incoming: u64,
}

impl Calls {
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    /// How many have a dialog.
    pub(crate) fn confirmed(&self) -> usize {
        self.calls.values().filter(|call| matches!(call.state, State::Confirmed(_))).count()
    }

    pub(crate) fn get(&self, handle: CallHandle) -> Option<&Call> {
        self.calls.get(&handle)
    }

    pub(crate) fn get_mut(&mut self, handle: CallHandle) -> Option<&mut Call> {
        self.calls.get_mut(&handle)
    }

    pub(crate) fn by_tag(&self, tag: &str) -> Option<CallHandle> {
        self.tags.get(tag).copied()
    }

    /// The dialog of an established call.
    pub(crate) fn dialog_mut(&mut self, handle: CallHandle) -> Option<&mut Dialog> {
        self.confirmed_mut(handle).map(|confirmed| &mut confirmed.dialog)
    }

    /// What is under way in an established call.
    pub(crate) fn exchange_mut(&mut self, handle: CallHandle) -> Option<&mut Exchange> {
        self.confirmed_mut(handle).map(|confirmed| &mut confirmed.exchange)
    }

    /// The dialog of a call, be it early, confirmed or about to end.
    pub(crate) fn any_dialog_mut(&mut self, handle: CallHandle) -> Option<&mut Dialog> {
        match &mut self.get_mut(handle)?.state {
            State::Ringing(ringing) => Some(&mut ringing.dialog),
            State::Confirmed(confirmed) => Some(&mut confirmed.dialog),
            State::Leaving(Leaving::AwaitingAck { dialog, .. }) => Some(dialog),
            State::Calling(_) | State::Leaving(Leaving::Cancelling { .. } | Leaving::Lingering) => None,
        }
    }

    /// Takes in a call that came in, and names it.
    pub(crate) fn insert_incoming(&mut self, call: Call) -> CallHandle {
        self.incoming += 1;
        let handle = CallHandle::incoming(self.incoming);
        self.insert(handle, call);
        handle
    }

    fn insert(&mut self, handle: CallHandle, call: Call) {
        self.tags.insert(call.tag.clone(), handle);
        self.calls.insert(handle, call);
    }

    fn remove(&mut self, handle: CallHandle) -> Option<Call> {
        let call = self.calls.remove(&handle)?;
        self.tags.remove(&call.tag);
        Some(call)
    }

    fn confirmed_mut(&mut self, handle: CallHandle) -> Option<&mut Confirmed> {
        match &mut self.get_mut(handle)?.state {
            State::Confirmed(confirmed) => Some(confirmed),
            State::Calling(_) | State::Ringing(_) | State::Leaving(_) => None,
        }
    }
}

impl Endpoint {
    /// Sets the time of a call anew, after something in it changed.
    pub(crate) fn watch_call(&mut self, handle: CallHandle) {
        let deadline = self.calls.get(handle).and_then(Call::deadline);
        self.timers.set(TimerKey::Call(handle), deadline);
    }

    /// Tells the user where the signalling of a peer comes from, if that is news.
    pub(crate) fn locate(&mut self, handle: CallHandle, source: Source, behind_nat: bool) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        if call.locate(source.remote, behind_nat) {
            self.tell(Event::Located { call: handle, source: source.remote, behind_nat });
        }
    }

    /// Nothing is left to say in a call: it goes, or stays for the forks that may yet answer.
    pub(crate) fn finish(&mut self, now: Instant, handle: CallHandle) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        if call.forked.as_ref().is_some_and(|forked| now < forked.until) {
            call.state = State::Leaving(Leaving::Lingering);
        } else {
            self.calls.remove(handle);
        }
        self.watch_call(handle);
    }
}

/// The session description of a message, if it has one.
pub(crate) fn session(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    (!body.is_empty() && headers.is_sdp()).then(|| body.clone())
}
