//! How do calls find their callees, and how do phones, sessions and the switch hear of each other?
//!
//! One task owns the SIP endpoint, the switch and the phones' ends of calls; `net/sip.rs` drives it with what comes from
//! the network. Sessions reach it through a [`Handle`].

mod binding;
mod route;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use media::Negotiation;
use sip::{CallHandle, Command, Endpoint, Event, Identity, Incoming, NameAddr, StatusCode};
use tokio::sync::mpsc;
use tracing::{debug, error, info, warn};

pub(crate) use binding::restore;
pub(crate) use route::{Route, Routes};

use crate::account::Address;
use crate::hub::Hub;
use crate::leg::{LegKind, NoLeg};
use crate::phone::{self, Effect, Phone};
use crate::session::{self, Input};
use crate::signal::{Addressed, CallId, End, Ending, Invite, Signal};
use crate::switch::{Output, Switch};

/// Orders that may wait. Half of that is kept for calls that there are already.
const ORDERS: usize = 8_192;

/// How sessions reach the signalling task.
#[derive(Clone)]
pub(crate) struct Handle(mpsc::Sender<Order>);

/// What sessions want.
pub(crate) enum Order {
    /// Somebody is to be called.
    Start(Box<Start>),
    /// An end of a call tells something.
    Signal(Box<Addressed>),
    /// There are new domains; these are all.
    Domains(Vec<String>),
}

/// A session calls somebody.
pub(crate) struct Start {
    /// The caller's end.
    pub(crate) end: End,
    /// The session.
    pub(crate) caller: session::Handle,
    /// Whom it calls, as the user wrote it.
    pub(crate) peer: String,
    /// What callees are told.
    pub(crate) invite: Invite,
}

impl Handle {
    /// A handle, and where its orders come out.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Order>) {
        let (sender, orders) = mpsc::channel(ORDERS);
        (Self(sender), orders)
    }

    /// Starts a call; `false` if there are too many already.
    pub(crate) fn start(&self, start: Start) -> bool {
        self.0.capacity() > ORDERS / 2 && self.0.try_send(Order::Start(Box::new(start))).is_ok()
    }

    /// Phones of these domains can register from now on.
    pub(crate) async fn set_domains(&self, domains: Vec<String>) {
        // Signalling that has stopped needs to know nothing.
        _ = self.0.send(Order::Domains(domains)).await;
    }

    /// Tells the other end of a call something.
    pub(crate) fn tell(&self, addressed: Addressed) {
        if self.0.try_send(Order::Signal(Box::new(addressed))).is_err() {
            error!("a call is out of step: signalling does not keep up, or has stopped");
        }
    }
}

/// What has to be waited for, and is then told by [`Signalling::handle_done`].
pub(crate) enum Errand {
    /// Where does a call go?
    Route {
        /// The call.
        call: CallId,
        /// Whom the caller wants.
        to: String,
        /// The domain of addresses that name none.
        domain: String,
        /// The session that calls; it does not ring itself.
        caller: Option<session::Handle>,
        /// Whether the caller is a user of ours.
        is_ours: bool,
    },
    /// What does an account's password hash to?
    Authenticate {
        /// Which question.
        id: sip::AuthenticationId,
        /// The account.
        user: String,
        /// Its domain.
        domain: String,
    },
    /// Make bindings durable.
    Store {
        /// Which set; none if nobody waits.
        id: Option<sip::StoreId>,
        /// The account.
        address: sip::AddressOfRecord,
        /// All of its bindings.
        bindings: Vec<sip::Binding>,
    },
}

/// What an errand has brought.
pub(crate) enum Done {
    /// Where a call goes.
    Routed {
        /// The call.
        call: CallId,
        /// Its callee.
        route: Route,
        /// The session that calls.
        caller: Option<session::Handle>,
    },
    /// Something that the endpoint has asked for.
    Sip(Command),
    /// Nobody waits for it.
    Nothing,
}

/// The signalling of the server.
pub(crate) struct Signalling {
    hub: Arc<Hub>,
    endpoint: Endpoint,
    switch: Switch,
    routes: Arc<Routes>,
    /// The phones' ends of calls.
    phones: HashMap<End, Phone>,
    /// The same by the endpoint's names.
    ends: HashMap<CallHandle, End>,
    /// The sessions' ends of calls.
    sessions: HashMap<End, session::Handle>,
    next_handle: u64,
    errands: Vec<Errand>,
    /// The server stops: no calls are taken in.
    stops: bool,
}

/// What is told to who calls while the server stops.
const STOPPING: &str = "the server stops";

impl Signalling {
    pub(crate) fn new(hub: Arc<Hub>, endpoint: Endpoint, routes: Routes) -> Self {
        Self {
            hub,
            endpoint,
            switch: Switch::default(),
            routes: Arc::new(routes),
            phones: HashMap::new(),
            ends: HashMap::new(),
            sessions: HashMap::new(),
            next_handle: 0,
            errands: Vec::new(),
            stops: false,
        }
    }

    /// The endpoint, for what comes from the network.
    pub(crate) const fn endpoint(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    /// Where calls can go.
    pub(crate) const fn routes(&self) -> &Arc<Routes> {
        &self.routes
    }

    /// How many calls there are.
    pub(crate) fn calls(&self) -> usize {
        self.switch.count()
    }

    /// The server stops: all calls end, and none begins.
    pub(crate) fn end_calls(&mut self, now: Instant) {
        self.stops = true;
        self.switch.end_all(&Ending::with(503, STOPPING));
        self.settle(now);
    }

    /// Whether nothing is under way that a phone has to be told of.
    pub(crate) fn is_idle(&self) -> bool {
        self.calls() == 0 && self.endpoint.statistics().client_transactions == 0
    }

    /// What has to be waited for.
    pub(crate) fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// A session wants something.
    pub(crate) fn handle_order(&mut self, now: Instant, order: Order) {
        match order {
            Order::Start(start) => self.start(now, *start),
            Order::Signal(addressed) => {
                if matches!(addressed.signal, Signal::Ended(_)) {
                    self.sessions.remove(&addressed.end);
                }
                self.switch.handle(*addressed);
            }
            Order::Domains(domains) => self.endpoint.set_domains(domains),
        }
        self.settle(now);
    }

    /// The endpoint tells something.
    pub(crate) fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Incoming(incoming) => self.incoming(now, *incoming),
            Event::Authenticate { id, user, domain } => {
                self.errands.push(Errand::Authenticate { id, user, domain });
            }
            Event::StoreBindings { id, address, bindings } => {
                self.errands.push(Errand::Store { id: Some(id), address, bindings });
            }
            Event::BindingsExpired { address, bindings } => {
                self.errands.push(Errand::Store { id: None, address, bindings });
            }
            Event::RegistrationChanged { registration, state } => {
                info!(?registration, ?state, "registration at a trunk");
            }
            Event::Progress { call, .. }
            | Event::Located { call, .. }
            | Event::Rejected { call, .. }
            | Event::Acknowledged { call, .. }
            | Event::Cancelled { call, .. }
            | Event::Ended { call, .. }
            | Event::Reoffer { call, .. }
            | Event::ReofferCancelled { call }
            | Event::ReofferAnswered { call, .. }
            | Event::ReofferRejected { call, .. } => self.tell_end_of(now, call, event),
            Event::Answered(ref answered) => {
                let call = answered.call;
                self.tell_end_of(now, call, event);
            }
        }
        self.settle(now);
    }

    /// An errand is done.
    pub(crate) fn handle_done(&mut self, now: Instant, done: Done) {
        match done {
            Done::Routed { call, route, caller } => self.routed(now, call, route, caller.as_ref()),
            Done::Sip(command) => self.endpoint.handle_command(now, command),
            Done::Nothing => {}
        }
        self.settle(now);
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.switch.handle_timeout(now);
        self.settle(now);
    }

    /// What happened to a leg. A phone that is silent may be gone: then it does not answer either.
    pub(crate) fn handle_leg(&mut self, now: Instant, event: &media::Event) {
        if let media::Event::Lost { leg, why: media::Loss::Silence } = event
            && let Some(phone) = self.phones.get(&End::of_leg(*leg))
        {
            self.endpoint.handle_command(now, Command::Probe { call: phone.handle() });
            self.settle(now);
        }
    }

    /// Why an account cannot make a call just now.
    fn obstacle(&self, account: Option<&str>) -> Option<Ending> {
        let most = self.hub.config.sip.calls_per_account as usize;
        if self.stops {
            Some(Ending::with(503, STOPPING))
        } else if account.is_some_and(|account| self.switch.count_of(account) >= most) {
            Some(Ending::with(480, "the account has too many calls"))
        } else {
            None
        }
    }

    // ---- calls of sessions

    fn start(&mut self, now: Instant, Start { end, caller, peer, invite }: Start) {
        info!(call = end.call.0, from = %invite.from, to = %peer, "call from a session");
        self.sessions.insert(end, caller.clone());
        let account = caller.account();
        if let Some(ending) = self.obstacle(Some(&account.address)) {
            return self.tell_session(Addressed { end, signal: Signal::Ended(ending) });
        }
        let (address, domain) = (account.address.clone(), account.domain.clone());
        self.switch.start(now, end.call, invite, Some(address));
        let errand = Errand::Route { call: end.call, to: peer, domain, caller: Some(caller), is_ours: true };
        self.errands.push(errand);
    }

    // ---- calls of phones

    fn incoming(&mut self, now: Instant, incoming: Incoming) {
        let Incoming {
            call: handle,
            identity,
            request_uri,
            from,
            call_id,
            sdp,
            max_forwards,
            source,
            behind_nat,
            ..
        } = incoming;
        let account = match &identity {
            Identity::Account(address) => Some(format!("{}@{}", address.user(), address.domain())),
            Identity::Trunk(_) => None,
        };
        if let Some(ending) = self.obstacle(account.as_deref()) {
            return self.reject(now, handle, ending);
        }
        let end = End::caller(self.hub.next_call());
        let located = (source, behind_nat);
        let phone = Phone::incoming(end, handle, sdp.as_ref(), located, &mut self.new_leg(end));
        let (phone, offer, effects) = match phone {
            Ok(phone) => phone,
            Err(problem) => {
                debug!(call = call_id, %problem, "a phone's offer cannot be used");
                self.forget_leg(end);
                return self.reject(now, handle, Ending::with(problem.status(), problem.to_string()));
            }
        };
        let claimed = || phone::address(&from.uri).unwrap_or_else(|| from.uri.to_string());
        let caller = account.clone().unwrap_or_else(claimed);
        let to = phone::address(&request_uri).unwrap_or_else(|| request_uri.to_string());
        info!(call = end.call.0, call_id, from = caller, to, "call from a phone");
        let domain = match &identity {
            Identity::Account(address) => address.domain().to_owned(),
            Identity::Trunk(_) => self.routes.default_domain().to_owned(),
        };
        let is_ours = account.is_some();
        let invite = Invite {
            from: caller,
            from_name: from.display_name,
            call_id,
            offer,
            hops: max_forwards.checked_sub(1),
        };
        self.ends.insert(handle, end);
        self.phones.insert(end, phone);
        self.perform(now, end, effects);
        self.switch.start(now, end.call, invite, account);
        self.errands.push(Errand::Route { call: end.call, to, domain, caller: None, is_ours });
    }

    fn reject(&mut self, now: Instant, call: CallHandle, ending: Ending) {
        let code = ending.code.and_then(StatusCode::new);
        let status = code.unwrap_or(StatusCode::TEMPORARILY_UNAVAILABLE);
        let (phrase, headers) = (Some(ending.text), Vec::new());
        self.endpoint.handle_command(now, Command::Reject { call, status, phrase, reason: None, headers });
    }

    fn tell_end_of(&mut self, now: Instant, call: CallHandle, event: Event) {
        let Some(end) = self.ends.get(&call).copied() else { return };
        let mut new_leg = self.new_leg(end);
        let Some(phone) = self.phones.get_mut(&end) else { return };
        let effects = phone.handle_event(event, &mut new_leg);
        self.perform(now, end, effects);
    }

    fn perform(&mut self, now: Instant, end: End, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Sip(command) => self.endpoint.handle_command(now, command),
                Effect::Signal(signal) => self.switch.handle(Addressed { end, signal }),
                Effect::Media(command) => self.hub.media.tell(end.call, command),
            }
        }
        if let Some(phone) = self.phones.get(&end).filter(|phone| phone.is_over()) {
            self.ends.remove(&phone.handle());
            self.phones.remove(&end);
        }
    }

    fn new_leg(&self, end: End) -> impl FnMut() -> Result<Negotiation, NoLeg> + use<> {
        let hub = Arc::clone(&self.hub);
        move || hub.media.new_leg(end, LegKind::Rtp)
    }

    fn forget_leg(&self, end: End) {
        self.hub.media.tell(end.call, media::Command::Remove { leg: end.leg() });
    }

    // ---- where calls go

    fn routed(&mut self, now: Instant, call: CallId, route: Route, caller: Option<&session::Handle>) {
        match route {
            Route::Nowhere(ending) => self.switch.refuse(call, ending),
            Route::Echo(address) => self.switch.echo(call, address),
            Route::Trunk(trunk) => {
                self.ring_phone(now, call, &trunk.to.clone(), |invite| trunk.dial(invite));
                self.switch.routed(call, Ending::with(503, "the trunk cannot be reached"));
            }
            Route::Account { id, address } => {
                for bound in self.hub.sessions.bound(id) {
                    if caller.is_none_or(|caller| !caller.is(&bound.session)) {
                        self.ring_session(call, bound.session);
                    }
                }
                for binding in self.endpoint.contacts(now, &address) {
                    let uri = route::sip_uri(address.user(), address.domain());
                    let to = format!("{}@{}", address.user(), address.domain());
                    self.ring_phone(now, call, &to, |invite| {
                        route::Dial::to_binding(binding, NameAddr::new(None, uri?), invite)
                    });
                }
                self.switch.routed(call, Ending::with(480, "nobody is there to answer"));
            }
        }
    }

    fn ring_session(&mut self, call: CallId, session: session::Handle) {
        let Some((end, invite)) = self.switch.ring(call) else { return };
        self.sessions.insert(end, session);
        self.tell_session(Addressed { end, signal: Signal::Invite(Box::new(invite)) });
    }

    fn ring_phone(
        &mut self,
        now: Instant,
        call: CallId,
        to: &str,
        dial: impl FnOnce(&Invite) -> Option<route::Dial>,
    ) {
        let Some((end, invite)) = self.switch.ring(call) else { return };
        let ended = |code, text: &str| Addressed { end, signal: Signal::Ended(Ending::with(code, text)) };
        let Some(hops) = invite.hops else {
            return self.switch.handle(ended(483, "Too Many Hops"));
        };
        let Some(dial) = dial(&invite) else {
            return self.switch.handle(ended(484, "the address cannot be called"));
        };
        self.next_handle += 1;
        let handle = CallHandle::outgoing(self.next_handle);
        match Phone::call(end, handle, to.to_owned(), invite.offer.clone(), &mut self.new_leg(end)) {
            Ok((phone, sdp, effects)) => {
                self.ends.insert(handle, end);
                self.phones.insert(end, phone);
                self.perform(now, end, effects);
                let invite = dial.invite(handle, sdp, hops);
                self.endpoint.handle_command(now, Command::Invite(Box::new(invite)));
            }
            Err(problem) => {
                self.forget_leg(end);
                self.switch.handle(ended(problem.status(), &problem.to_string()));
            }
        }
    }

    // ---- between the ends

    /// Carries out what the switch wants, until it wants nothing more.
    fn settle(&mut self, now: Instant) {
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Bridge(a, b) => {
                    self.hub.media.tell(End::of_leg(a).call, media::Command::Bridge { a, b });
                }
                Output::Tell(addressed) => self.tell(now, addressed),
            }
        }
    }

    fn tell(&mut self, now: Instant, addressed: Addressed) {
        if self.sessions.contains_key(&addressed.end) {
            return self.tell_session(addressed);
        }
        let end = addressed.end;
        let mut new_leg = self.new_leg(end);
        let Some(phone) = self.phones.get_mut(&end) else { return };
        let effects = phone.handle_signal(addressed.signal, &mut new_leg);
        self.perform(now, end, effects);
    }

    fn tell_session(&mut self, addressed: Addressed) {
        let end = addressed.end;
        let Some(session) = self.sessions.get(&end).cloned() else { return };
        if matches!(addressed.signal, Signal::Ended(_)) {
            self.sessions.remove(&end);
        }
        if session.inputs().try_send(Input::Signal(Box::new(addressed))).is_err() {
            // The session has ended, or is stuck and soon will: for its call that is the same.
            warn!(?session, "a session does not take signals");
            self.sessions.remove(&end);
            self.switch
                .handle(Addressed { end, signal: Signal::Ended(Ending::with(480, "the session is gone")) });
        }
    }
}

/// Finds out what has to be waited for.
pub(crate) async fn run_errand(hub: &Hub, routes: &Routes, errand: Errand) -> Done {
    match errand {
        Errand::Route { call, to, domain, caller, is_ours } => {
            Done::Routed { call, route: routes.find(hub, &to, &domain, is_ours).await, caller }
        }
        Errand::Authenticate { id, user, domain } => {
            let ha1 = match Address::parse(&format!("{user}@{domain}")) {
                Some(address) => hub.accounts.find(&address).await,
                None => Ok(None),
            };
            let ha1 = ha1.unwrap_or_else(|error| {
                warn!(%error, "a phone cannot be authenticated");
                None
            });
            let ha1 = ha1.and_then(|account| hub.accounts.digests(&account)).map(|digests| digests.ha1);
            Done::Sip(Command::Credentials { id, ha1 })
        }
        Errand::Store { id, address, bindings } => {
            let ok = binding::store(&hub.storage, &hub.accounts, &address, &bindings).await;
            id.map_or(Done::Nothing, |id| Done::Sip(Command::BindingsStored { id, ok }))
        }
    }
}
