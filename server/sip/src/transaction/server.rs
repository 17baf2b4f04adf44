//! The request we received that is no INVITE: RFC 3261 §17.2.2.

use std::time::Instant;

use super::{Class, Clock, Effects, End, ServerInput, Transmit};

/// Where the request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Server {
    /// Nothing was sent.
    Trying,
    /// A provisional response was sent.
    Proceeding,
    /// The final response was sent; timer J answers retransmissions with it.
    Completed { timer_j: Instant },
    /// Over.
    Terminated,
}

impl Server {
    /// When time matters next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Completed { timer_j } => Some(timer_j),
            Self::Trying | Self::Proceeding | Self::Terminated => None,
        }
    }

    /// Takes in what happened.
    pub(crate) fn handle(&mut self, clock: &Clock<'_>, input: ServerInput) -> Effects {
        match (&mut *self, input) {
            (Self::Trying, ServerInput::Request) => Effects::NONE,
            (Self::Proceeding | Self::Completed { .. }, ServerInput::Request) => {
                Effects::send(Transmit::Response)
            }
            (Self::Trying | Self::Proceeding, ServerInput::Reply(Class::Provisional)) => {
                *self = Self::Proceeding;
                Effects::send(Transmit::Response)
            }
            (Self::Trying | Self::Proceeding, ServerInput::Reply(Class::Success | Class::Failure)) => {
                let sent = Effects::send(Transmit::Response);
                match clock.after_unless_reliable(clock.timers.give_up()) {
                    Some(timer_j) => {
                        *self = Self::Completed { timer_j };
                        sent
                    }
                    None => Effects { send: sent.send, ..self.end(End::Done) },
                }
            }
            (Self::Trying | Self::Proceeding, ServerInput::Time) => Effects::NONE,
            (Self::Completed { timer_j }, ServerInput::Time) => {
                if *timer_j <= clock.now {
                    self.end(End::Done)
                } else {
                    Effects::NONE
                }
            }
            (Self::Completed { .. }, ServerInput::Reply(_)) => Effects::NONE,
            // Only an INVITE is acknowledged.
            (Self::Trying | Self::Proceeding | Self::Completed { .. }, ServerInput::Ack) => Effects::NONE,
            (
                Self::Terminated,
                ServerInput::Request | ServerInput::Ack | ServerInput::Reply(_) | ServerInput::Time,
            ) => Effects::NONE,
        }
    }

    fn end(&mut self, how: End) -> Effects {
        *self = Self::Terminated;
        Effects::end(how)
    }
}
