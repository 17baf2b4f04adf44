//! How long things take, and what is due when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::endpoint::DeliveryId;
use crate::endpoint::{AuthenticationId, CallHandle, RegistrationId, StoreId};
use crate::flow::ConnectionId;
use crate::transaction::{ClientId, ServerId};

/// The timers of RFC 3261, table 4, and the few that are this endpoint's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// An estimate of the round trip; the first interval of retransmission. 500 ms.
    pub t1: Duration,
    /// The longest interval of retransmission of what is not an INVITE. 4 s.
    pub t2: Duration,
    /// How long a message may linger in the network. 5 s.
    pub t4: Duration,
    /// How long a TCP connection may take to open before the next address is tried. 5 s.
    pub connect: Duration,
    /// How long a connection may stay open without a message from the other end. 2 h, above any registration.
    pub idle: Duration,
    /// How long a connection may stay open in all whose other end has not proved who it is. 32 s.
    pub stranger: Duration,
    /// How long a message may take to arrive in whole once its first byte has. 32 s.
    pub message: Duration,
    /// How often an unanswered call repeats its last provisional response (RFC 3261 §13.3.1.1). 60 s.
    pub progress: Duration,
    /// How long the user may take to decide on a change of the peer. 10 s, well before any peer gives up.
    pub change: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(7_200),
            stranger: Duration::from_secs(32),
            message: Duration::from_secs(32),
            progress: Duration::from_secs(60),
            change: Duration::from_secs(10),
        }
    }
}

impl Timers {
    /// Timers B, F, H, J, L and M, and the wait for an ACK: 64·T1.
    pub(crate) fn give_up(&self) -> Duration {
        self.t1 * 64
    }

    /// Timer D: as long as a final response may be retransmitted, which is what timer H of the other end says.
    pub(crate) fn d(&self) -> Duration {
        self.give_up()
    }
}

/// Whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKey {
    Client(ClientId),
    Server(ServerId),
    Connection(ConnectionId),
    Delivery(DeliveryId),
    Call(CallHandle),
    Authentication(AuthenticationId),
    Store(StoreId),
    Bindings,
    Registration(RegistrationId),
}

/// What is due when; each key has one time at most.
#[derive(Debug, Default)]
pub(crate) struct TimerQueue {
    order: BTreeSet<(Instant, TimerKey)>,
    times: BTreeMap<TimerKey, Instant>,
}

impl TimerQueue {
    /// Sets, moves or takes away the time of a key.
    pub(crate) fn set(&mut self, key: TimerKey, time: Option<Instant>) {
        let before = match time {
            Some(time) => self.times.insert(key, time),
            None => self.times.remove(&key),
        };
        if before == time {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, key));
        }
        if let Some(time) = time {
            self.order.insert((time, key));
        }
    }

    /// When something is due next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.order.first().map(|&(time, _)| time)
    }

    /// Takes the first key that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<TimerKey> {
        let &(time, key) = self.order.first()?;
        if time > now {
            return None;
        }
        self.set(key, None);
        Some(key)
    }
}
