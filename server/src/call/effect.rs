//! How does what a call wants become real?

use std::collections::BTreeMap;
use std::sync::Arc;

use media::{Command, Negotiation};
use protocol::{CallLeg, CallStart, Description, ErrorCode, Presentation};

use super::client::Refusal;
use super::{Call, Effect, NewLeg};
use crate::failure::Failure;
use crate::leg::{LegKind, NoLeg};
use crate::session::Session;
use crate::signal::{Addressed, End, Ending, Signal};
use crate::signalling;

/// The calls of a session.
pub(crate) struct Calls {
    by_leg: BTreeMap<CallLeg, Call>,
    incoming: u32,
    /// The form of descriptions that the client wants.
    presentation: Presentation,
    /// The kind of leg for calls that come in without a description of the client's.
    kind: LegKind,
}

impl Default for Calls {
    fn default() -> Self {
        Self { by_leg: BTreeMap::new(), incoming: 0, presentation: Presentation::Xml, kind: LegKind::WebRtc }
    }
}

impl Calls {
    /// `signalBind` tells what the client can do with media, and in which form it wants descriptions.
    pub(crate) fn bind(&mut self, capabilities: Option<&Description>, otherwise: LegKind) {
        self.presentation = capabilities.map_or(Presentation::Xml, |description| description.presentation);
        self.kind = capabilities.map_or(otherwise, |description| LegKind::of(&description.text));
    }
}

/// `callStart`: the client calls somebody.
pub(crate) fn start(session: &mut Session, request: CallStart) -> Result<(), Failure> {
    let CallStart { leg, peer, peer_name: _, sdp } = request;
    if leg.is_incoming() {
        let text = "names that begin with inp are for calls that come in";
        return Err(Failure::because(ErrorCode::BadRequest, text));
    }
    if session.calls.by_leg.contains_key(&leg) {
        return Err(ErrorCode::CallLegInUse.into());
    }
    if session.calls.by_leg.len() >= session.hub.config.session.calls as usize {
        return Err(Failure::because(ErrorCode::LimitReached, "the session has too many calls"));
    }
    let end = End::caller(session.hub.next_call());
    let kind = sdp.as_ref().map_or(session.calls.kind, |sdp| LegKind::of(&sdp.text));
    let presentation = sdp.as_ref().map_or(session.calls.presentation, |sdp| sdp.presentation);
    let account = Arc::clone(session.handle.account());
    let from = (account.address.clone(), account.real_name.clone());
    let started =
        Call::start(end, leg.clone(), presentation, from, sdp.as_ref(), &mut new_leg(session, end, kind));
    let (call, invite, effects) = started.inspect_err(|_| forget_leg(session, end))?;
    let handle = session.handle.clone();
    if !session.hub.signalling.start(signalling::Start { end, caller: handle, peer, invite }) {
        forget_leg(session, end);
        return Err(Failure::because(ErrorCode::LimitReached, "too many calls are being set up: try again"));
    }
    session.calls.by_leg.insert(leg, call);
    session.hub.metrics.calls.inc();
    perform(session, end, effects);
    Ok(())
}

/// Reaches the call of this name with a request of the client.
pub(crate) fn reach(
    session: &mut Session,
    leg: &CallLeg,
    sdp: Option<&Description>,
    run: impl FnOnce(&mut Call, NewLeg<'_>) -> Result<Vec<Effect>, Refusal>,
) -> Result<(), Failure> {
    let call = session.calls.by_leg.get(leg).ok_or(ErrorCode::NoSuchCall)?;
    let end = call.end();
    let kind = sdp.map_or(session.calls.kind, |sdp| LegKind::of(&sdp.text));
    let mut make = new_leg(session, end, kind);
    let call = session.calls.by_leg.get_mut(leg).ok_or(ErrorCode::NoSuchCall)?;
    let effects = run(call, &mut make)?;
    perform(session, end, effects);
    Ok(())
}

/// `callKill`: the call ends, if it has not, and its name is free.
pub(crate) fn release(session: &mut Session, leg: &CallLeg) -> Result<(), Failure> {
    forget(session, leg, Call::kill)
}

fn forget(session: &mut Session, leg: &CallLeg, end: fn(&mut Call) -> Vec<Effect>) -> Result<(), Failure> {
    let mut call = session.calls.by_leg.remove(leg).ok_or(ErrorCode::NoSuchCall)?;
    session.hub.metrics.calls.dec();
    let effects = end(&mut call);
    perform(session, call.end(), effects);
    Ok(())
}

/// The session ends, and its calls with it.
pub(crate) fn hang_up_all(session: &mut Session) {
    let legs: Vec<CallLeg> = session.calls.by_leg.keys().cloned().collect();
    for leg in legs {
        // Each is there.
        _ = forget(session, &leg, Call::abandon);
    }
}

/// Something happened at the other end of a call.
pub(crate) fn on_signal(session: &mut Session, addressed: Addressed) {
    let Addressed { end, signal } = addressed;
    if let Signal::Invite(invite) = signal {
        return incoming(session, end, *invite);
    }
    let leg = session.calls.by_leg.iter().find(|(_, call)| call.end() == end && !call.is_over());
    let Some(leg) = leg.map(|(leg, _)| leg.clone()) else { return };
    let mut make = new_leg(session, end, session.calls.kind);
    if let Some(call) = session.calls.by_leg.get_mut(&leg) {
        let effects = call.handle_signal(signal, &mut make);
        perform(session, end, effects);
    }
}

fn incoming(session: &mut Session, end: End, invite: crate::signal::Invite) {
    let refuse = |session: &Session, code, text: &str| {
        forget_leg(session, end);
        session.hub.signalling.tell(Addressed { end, signal: Signal::Ended(Ending::with(code, text)) });
    };
    if session.calls.by_leg.len() >= session.hub.config.session.calls as usize {
        return refuse(session, 486, "Busy Here");
    }
    // The client may use such a name for something else: then the next one.
    let leg = loop {
        session.calls.incoming = session.calls.incoming.wrapping_add(1);
        let leg = CallLeg::incoming(session.calls.incoming);
        if !session.calls.by_leg.contains_key(&leg) {
            break leg;
        }
    };
    let (kind, presentation) = (session.calls.kind, session.calls.presentation);
    match Call::incoming(end, leg.clone(), presentation, invite, &mut new_leg(session, end, kind)) {
        Ok((call, effects)) => {
            session.calls.by_leg.insert(leg, call);
            session.hub.metrics.calls.inc();
            perform(session, end, effects);
        }
        Err(problem) => refuse(session, problem.status(), &problem.to_string()),
    }
}

fn new_leg(session: &Session, end: End, kind: LegKind) -> impl FnMut() -> Result<Negotiation, NoLeg> + use<> {
    let hub = Arc::clone(&session.hub);
    move || hub.media.new_leg(end, kind)
}

/// A leg that was begun comes to nothing.
fn forget_leg(session: &Session, end: End) {
    session.hub.media.tell(end.call, Command::Remove { leg: end.leg() });
}

fn perform(session: &mut Session, end: End, effects: Vec<Effect>) {
    for effect in effects {
        match effect {
            Effect::Client(message) => session.notify(message),
            Effect::Signal(signal) => session.hub.signalling.tell(Addressed { end, signal }),
            Effect::Media(command) => session.hub.media.tell(end.call, command),
        }
    }
}
