//! Who gets which packet?
//!
//! One router owns the legs of one media thread. It never waits and never asks for the time: datagrams, instants and
//! commands go in, datagrams and events come out.

mod control;
mod relay;
mod shared;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use rtc_crypto::RTCCryptoProvider;

use crate::buffers::Buffers;
use crate::dtls::{Acceptor, Certificate};
use crate::ice_lite::Reader;
use crate::interface::{Arrival, Command, CommandError, Event, Output, Socket, Transmit};
use crate::legs::{Legs, Slot};
use crate::random::Random;
use crate::rtcp;
use crate::statistics::{Refused, Totals};
use crate::timers::Timers;

/// Relays media between the legs of one media thread.
///
/// After each `handle_*` call the caller drains [`Router::poll_output`] until it says [`Output::Timeout`]. Several
/// datagrams may be handled before that, as the outputs keep their order.
pub struct Router {
    legs: Legs,
    /// Validated addresses on the shared port.
    by_address: HashMap<SocketAddr, Slot>,
    /// Expected user name fragments on the shared port.
    by_ufrag: HashMap<String, Slot>,
    timers: Timers,
    outputs: VecDeque<Output>,
    buffers: Buffers,
    reader: Reader,
    acceptor: Acceptor,
    crypto: Arc<dyn RTCCryptoProvider>,
    random: Random,
    totals: Totals,
    started: Instant,
    wall: SystemTime,
}

/// No router could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The cryptographic library is unusable.
    #[error("no cryptography: {0}")]
    Crypto(String),
    /// The DTLS library refuses its configuration.
    #[error("no DTLS: {0}")]
    Dtls(String),
}

/// The longest datagram that is looked at. Audio fits into an Ethernet frame; DTLS flights do by their MTU.
const LONGEST: usize = 2_048;

impl Router {
    /// A router without legs. `seed` is 32 random octets of its own; `now` and `wall` are the same instant on the
    /// two clocks, so that RTCP can tell the time of day.
    ///
    /// # Errors
    /// [`StartError`], if a library cannot be used at all.
    pub fn new(
        certificate: Certificate,
        seed: [u8; 32],
        now: Instant,
        wall: SystemTime,
    ) -> Result<Self, StartError> {
        let crypto = rtc_crypto::default_provider().map_err(|error| StartError::Crypto(error.to_string()))?;
        Ok(Self {
            legs: Legs::default(),
            by_address: HashMap::new(),
            by_ufrag: HashMap::new(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            buffers: Buffers::new(),
            reader: Reader::new(Arc::clone(&crypto)),
            acceptor: Acceptor::new(certificate).map_err(|error| StartError::Dtls(error.to_string()))?,
            crypto,
            random: Random::new(seed),
            totals: Totals::default(),
            started: now,
            wall,
        })
    }

    /// Does what the signalling wants.
    ///
    /// # Errors
    /// [`CommandError`]; the command has then changed nothing.
    pub fn handle_command(&mut self, now: Instant, command: Command) -> Result<(), CommandError> {
        match command {
            Command::Add { leg, parameters } => self.add(now, leg, &parameters),
            Command::Update { leg, parameters } => self.update(now, self.slot(leg)?, &parameters),
            Command::Bridge { a, b } => {
                let (a, b) = (self.slot(a)?, self.slot(b)?);
                self.bridge(a, b);
                Ok(())
            }
            Command::Unbridge { leg } => {
                self.unbridge(self.slot(leg)?);
                Ok(())
            }
            Command::Report { leg } => {
                self.tell_statistics(self.slot(leg)?, false);
                Ok(())
            }
            Command::Remove { leg } => {
                self.remove(now, self.slot(leg)?);
                Ok(())
            }
        }
    }

    /// Takes a datagram. Whatever it holds, the worst that happens is that it is dropped and counted.
    pub fn handle_datagram(&mut self, now: Instant, arrival: Arrival<'_>) {
        let Arrival { socket, from, data } = arrival;
        if data.len() > LONGEST {
            self.totals.drops.count(Refused::Malformed);
            return;
        }
        match socket {
            Socket::Shared => self.handle_shared(now, from, data),
            Socket::Rtp(leg) => self.handle_phone(now, leg, from, data, true),
            Socket::Rtcp(leg) => self.handle_phone(now, leg, from, data, false),
        }
    }

    /// Does what is due by `now`: reports, repetitions of lost flights, the end of consent.
    pub fn handle_timeout(&mut self, now: Instant) {
        for slot in self.timers.due(now) {
            self.handle_leg_timeout(now, slot);
            self.reschedule(slot);
        }
    }

    /// The next thing to be done or known.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.timers.next()))
    }

    /// The figures of the router as a whole, for metrics.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals { legs: self.legs.len(), ..self.totals }
    }

    fn slot(&self, leg: crate::LegId) -> Result<Slot, CommandError> {
        self.legs.find(leg).ok_or(CommandError::UnknownLeg(leg))
    }

    fn transmit(&mut self, socket: Socket, to: SocketAddr, bytes: bytes::Bytes) {
        self.outputs.push_back(Output::Transmit(Transmit { socket, to, bytes }));
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Counts a drop, with the leg's own if it is known whose the datagram was.
    fn refuse(&mut self, slot: Option<Slot>, reason: Refused) {
        self.totals.drops.count(reason);
        if let Some(leg) = slot.and_then(|slot| self.legs.get_mut(slot)) {
            leg.drops.count(reason);
        }
    }

    fn reschedule(&mut self, slot: Slot) {
        if let Some(leg) = self.legs.get_mut(slot) {
            let due = leg.next_deadline();
            self.timers.schedule(slot, &mut leg.deadline, due);
        }
    }

    /// The time of day in NTP format.
    fn ntp(&self, now: Instant) -> u64 {
        rtcp::ntp(self.wall + now.saturating_duration_since(self.started))
    }
}

#[cfg(test)]
mod tests;
