//! What a request and its responses go through: the four machines of RFC 3261 §17 with RFC 6026, and their tables.
//!
//! A machine knows times and classes of responses, nothing else: it is told what happened and says what to do. What is
//! sent, where and to whom it matters is in the tables.

mod client;
mod clients;
mod invite_client;
mod invite_server;
mod server;
mod servers;

#[cfg(test)]
mod tests;

pub(crate) use clients::{ClientTransaction, Clients, Purpose};
pub(crate) use servers::{ServerKey, ServerTransaction, Servers, User};

use std::time::{Duration, Instant};

use crate::status::StatusCode;
use crate::timer::Timers;

/// Names a client transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientId(u64);

/// Names a server transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerId(u64);

/// The circumstances a machine runs under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock<'a> {
    pub(crate) now: Instant,
    pub(crate) timers: &'a Timers,
    /// Whether the transport delivers by itself; timers that wait for retransmissions are then 0.
    pub(crate) reliable: bool,
}

impl Clock<'_> {
    fn after(&self, wait: Duration) -> Instant {
        self.now + wait
    }

    /// The end of a wait for retransmissions, of which a reliable transport has none.
    fn after_unless_reliable(&self, wait: Duration) -> Option<Instant> {
        (!self.reliable).then(|| self.after(wait))
    }
}

/// Which machine-relevant kind of response this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 3xx to 6xx.
    Failure,
}

impl From<StatusCode> for Class {
    fn from(status: StatusCode) -> Self {
        match status.class() {
            1 => Self::Provisional,
            2 => Self::Success,
            _ => Self::Failure,
        }
    }
}

/// What happens to a client transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientInput {
    /// A response came.
    Response(Class),
    /// Time passed.
    Time,
    /// The flow failed.
    FlowFailed,
}

/// What happens to a server transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerInput {
    /// The request came again.
    Request,
    /// The ACK to our final response came.
    Ack,
    /// The user answers.
    Reply(Class),
    /// Time passed.
    Time,
}

/// What a machine wants done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Effects {
    pub(crate) send: Option<Transmit>,
    /// What came goes to the user.
    pub(crate) pass: bool,
    /// The transaction is over.
    pub(crate) end: Option<End>,
}

/// What is sent, again or for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transmit {
    Request,
    Ack,
    Response,
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All was said.
    Done,
    /// Nothing came.
    TimedOut,
    /// Nothing could be sent.
    Unreachable,
}

impl Effects {
    const NONE: Self = Self { send: None, pass: false, end: None };
    const PASS: Self = Self { send: None, pass: true, end: None };

    fn send(what: Transmit) -> Self {
        Self { send: Some(what), ..Self::NONE }
    }

    fn end(how: End) -> Self {
        Self { end: Some(how), ..Self::NONE }
    }
}

/// A retransmission to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resend {
    at: Instant,
    interval: Duration,
}

impl Resend {
    /// The first one, unless the transport makes it needless.
    fn first(clock: &Clock<'_>) -> Option<Self> {
        let interval = clock.timers.t1;
        clock.after_unless_reliable(interval).map(|at| Self { at, interval })
    }

    fn is_due(self, now: Instant) -> bool {
        self.at <= now
    }

    /// The one after: twice as late, but no later than `longest`.
    fn next(self, now: Instant, longest: Duration) -> Self {
        let interval = (self.interval * 2).min(longest);
        Self { at: now + interval, interval }
    }
}

/// The earlier of a retransmission and an end.
fn earlier(resend: Option<Resend>, end: Instant) -> Instant {
    resend.map_or(end, |resend| resend.at.min(end))
}
