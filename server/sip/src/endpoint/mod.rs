//! The user agent as a whole: every call, registration and phone of the process.

mod authenticate;
mod call;
mod command;
mod connections;
mod delivery;
mod egress;
mod event;
mod ids;
mod ingress;
mod io;
mod next_hop;
mod registering;
mod serve;

#[cfg(test)]
pub(crate) mod tests;

pub use command::{Address, Command, Invite, Register, Target};
pub use event::{Answered, EndCause, Event, Identity, Incoming, RegistrationState};
pub use ids::{AuthenticationId, CallHandle, RegistrationId, ResolveId, StoreId};
pub use io::{Input, Output};

pub(crate) use ids::DeliveryId;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use authenticate::{Guesses, Lookups};
use call::Calls;
use connections::Connections;
use delivery::Deliveries;
use serve::Stores;

use crate::address::AddressOfRecord;
use crate::config::Config;
use crate::flow::FlowId;
use crate::nonce::Nonces;
use crate::random::Random;
use crate::registrar::{Binding, Held, Registrar};
use crate::registration::Registration;
use crate::statistics::{DropReason, Statistics};
use crate::timer::{TimerKey, TimerQueue};
use crate::transaction::{Clients, Servers};

/// A user agent client and server, and a registrar.
///
/// It is driven by the three `handle_` methods, each followed by [`poll_output`](Self::poll_output) until that returns
/// [`Output::Timeout`]. It never reads a clock: `now` must not go back between calls.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    random: Random,
    wall_clock: WallClock,
    timers: TimerQueue,
    outputs: VecDeque<Output>,
    statistics: Statistics,
    connections: Connections,
    clients: Clients,
    servers: Servers,
    deliveries: Deliveries,
    calls: Calls,
    nonces: Nonces,
    lookups: Lookups,
    guesses: Guesses,
    registrar: Registrar,
    stores: Stores,
    registrations: BTreeMap<RegistrationId, Registration>,
}

impl Endpoint {
    /// An endpoint with nothing under way.
    ///
    /// `seed` must be random and secret: from it come all tags, branches and Call-IDs. `unix_time` is the wall clock at
    /// `now`, in seconds; from here on wall-clock time is counted by `now`.
    pub fn new(config: Config, seed: [u8; 32], now: Instant, unix_time: u64) -> Self {
        let wall_clock = WallClock { start: now, unix_time };
        let lifetime = u64::try_from(config.nonce_lifetime.as_millis()).unwrap_or(u64::MAX);
        let nonces = Nonces::new(config.nonce_key, lifetime, config.caps.nonces, wall_clock.millis(now));
        Self {
            random: Random::new(seed),
            wall_clock,
            timers: TimerQueue::default(),
            outputs: VecDeque::new(),
            statistics: Statistics::default(),
            connections: Connections::default(),
            clients: Clients::default(),
            servers: Servers::default(),
            deliveries: Deliveries::default(),
            calls: Calls::default(),
            nonces,
            lookups: Lookups::default(),
            guesses: Guesses::new(config.caps.guessing_sources),
            registrar: Registrar::new(config.registrar, &config.caps),
            stores: Stores::default(),
            registrations: BTreeMap::new(),
            config,
        }
    }

    /// Puts stored bindings back at the start. Those that have run out are dropped; an event tells of it.
    pub fn restore(&mut self, now: Instant, bindings: Vec<Binding>) {
        let mut accounts = BTreeMap::<AddressOfRecord, Vec<Held>>::new();
        for binding in bindings {
            let flow = binding.datagram_flow();
            accounts.entry(binding.address.clone()).or_default().push(Held { binding, flow });
        }
        for (address, held) in accounts {
            self.registrar.replace(&address, held);
        }
        self.expire_bindings(now);
    }

    /// From now on these are the domains whose accounts live here, see [`Config::domains`].
    pub fn set_domains(&mut self, domains: Vec<String>) {
        self.config.domains = domains;
    }

    /// Takes in what came from the network.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Datagram { listener, remote, bytes } => {
                self.receive_datagram(now, listener, remote, bytes)
            }
            Input::Stream { connection, bytes } => self.receive_stream(now, connection, &bytes),
            Input::Accepted { connection, listener, remote } => {
                self.accepted(now, connection, listener, remote)
            }
            Input::Opened { connection } => self.opened(now, connection),
            Input::Failed { flow } => self.flow_failed(now, flow),
            Input::Closed { connection } => self.flow_failed(now, FlowId::Tcp(connection)),
            Input::Resolved { id, addresses } => self.resolved(now, id.0, addresses),
        }
    }

    /// Takes in a command.
    pub fn handle_command(&mut self, now: Instant, command: Command) {
        let done = match command {
            Command::Invite(invite) => self.invite(now, *invite),
            Command::Progress { call, status, sdp } => self.progress(now, call, status, sdp),
            Command::Accept { call, sdp } => self.accept(now, call, sdp),
            Command::Reject { call, status, phrase, reason, headers } => {
                self.reject(now, call, status, phrase.as_deref(), reason.as_ref(), &headers)
            }
            Command::Acknowledge { call, sdp } => self.acknowledge_offer(now, call, sdp),
            Command::Reoffer { call, sdp } => self.reoffer(now, call, sdp),
            Command::WithdrawReoffer { call } => self.withdraw_reoffer(now, call),
            Command::AnswerReoffer { call, sdp } => self.answer_reoffer(now, call, sdp),
            Command::RejectReoffer { call, status } => self.reject_reoffer(now, call, status),
            Command::Probe { call } => self.probe(now, call),
            Command::Hangup { call, reason } => self.hang_up(now, call, reason.as_ref()),
            Command::Credentials { id, ha1 } => self.credentials(now, id, ha1.as_ref()),
            Command::BindingsStored { id, ok } => self.bindings_stored(now, id, ok),
            Command::Register(register) => self.register(now, *register),
            Command::Unregister { registration } => self.unregister(now, registration),
        };
        if done.is_none() {
            self.statistics.drop(DropReason::StaleCommand);
        }
    }

    /// Does what is due. To be called at the time of [`Output::Timeout`]; too early or too late does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(key) = self.timers.pop(now) {
            match key {
                TimerKey::Client(id) => self.client_timeout(now, id),
                TimerKey::Server(id) => self.server_timeout(now, id),
                TimerKey::Connection(id) => self.connection_timeout(now, id),
                TimerKey::Delivery(id) => self.resolved(now, id, Vec::new()),
                TimerKey::Call(call) => self.call_timeout(now, call),
                TimerKey::Authentication(id) => self.authentication_timeout(now, id),
                TimerKey::Store(id) => self.store_timeout(now, id),
                TimerKey::Bindings => self.expire_bindings(now),
                TimerKey::Registration(id) => self.registration_timeout(now, id),
            }
        }
    }

    /// What is to be done next; [`Output::Timeout`] once there is nothing more.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.timers.next()))
    }

    /// The phones of an account, the most wanted first. A call to each is a [`Target::Binding`].
    pub fn contacts(&self, now: Instant, address: &AddressOfRecord) -> Vec<Binding> {
        let held = self.registrar.held(address, self.wall_clock.seconds(now));
        held.into_iter().map(|held| held.binding.clone()).collect()
    }

    /// The counters and gauges.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            client_transactions: self.clients.len(),
            server_transactions: self.servers.len(),
            calls: self.calls.len(),
            dialogs: self.calls.confirmed(),
            connections: self.connections.len(),
            bindings: self.registrar.len(),
            authentications: self.lookups.len(),
            ..self.statistics.clone()
        }
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

/// The wall clock, counted from its value at the start: it does not jump when the system's does.
#[derive(Debug, Clone, Copy)]
struct WallClock {
    start: Instant,
    unix_time: u64,
}

impl WallClock {
    fn seconds(&self, now: Instant) -> u64 {
        self.unix_time.saturating_add(now.saturating_duration_since(self.start).as_secs())
    }

    fn millis(&self, now: Instant) -> u64 {
        let since = u64::try_from(now.saturating_duration_since(self.start).as_millis()).unwrap_or(u64::MAX);
        self.unix_time.saturating_mul(1000).saturating_add(since)
    }

    /// The time at which [`seconds`](Self::seconds) reaches `seconds`; the start if that is before.
    fn instant(&self, seconds: u64) -> Option<Instant> {
        self.start.checked_add(Duration::from_secs(seconds.saturating_sub(self.unix_time)))
    }
}
