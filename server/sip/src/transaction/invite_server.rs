//! The INVITE we received: RFC 3261 §17.2.1, with the Accepted state of RFC 6026 §7.1.

use std::time::Instant;

use super::{Class, Clock, Effects, End, Resend, ServerInput, Transmit, earlier};

/// Where the INVITE stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InviteServer {
    /// No final response yet.
    Proceeding {
        /// Whether a provisional response was sent, which answers a retransmission.
        replied: bool,
    },
    /// A failure was sent, and no ACK came: timers G and H run.
    Completed { timer_g: Option<Resend>, timer_h: Instant },
    /// The ACK of a failure came; timer I absorbs its retransmissions.
    Confirmed { timer_i: Instant },
    /// A success was sent; timer L absorbs retransmissions of the INVITE. The user repeats the success itself.
    Accepted { timer_l: Instant },
    /// Over.
    Terminated,
}

impl InviteServer {
    /// The INVITE has just come.
    pub(crate) fn start() -> Self {
        Self::Proceeding { replied: false }
    }

    /// When time matters next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Completed { timer_g, timer_h } => Some(earlier(timer_g, timer_h)),
            Self::Confirmed { timer_i } => Some(timer_i),
            Self::Accepted { timer_l } => Some(timer_l),
            Self::Proceeding { .. } | Self::Terminated => None,
        }
    }

    /// Takes in what happened.
    pub(crate) fn handle(&mut self, clock: &Clock<'_>, input: ServerInput) -> Effects {
        match (&mut *self, input) {
            (Self::Proceeding { replied }, ServerInput::Request) => {
                if *replied {
                    Effects::send(Transmit::Response)
                } else {
                    Effects::NONE
                }
            }
            (Self::Proceeding { .. }, ServerInput::Reply(class)) => self.reply(clock, class),
            (Self::Proceeding { .. }, ServerInput::Ack | ServerInput::Time) => Effects::NONE,
            (Self::Completed { .. }, ServerInput::Request) => Effects::send(Transmit::Response),
            (Self::Completed { .. }, ServerInput::Ack) => {
                match clock.after_unless_reliable(clock.timers.t4) {
                    Some(timer_i) => {
                        *self = Self::Confirmed { timer_i };
                        Effects::NONE
                    }
                    None => self.end(End::Done),
                }
            }
            (Self::Completed { timer_g, timer_h }, ServerInput::Time) => {
                if *timer_h <= clock.now {
                    self.end(End::TimedOut)
                } else if let Some(due) = timer_g.filter(|resend| resend.is_due(clock.now)) {
                    *timer_g = Some(due.next(clock.now, clock.timers.t2));
                    Effects::send(Transmit::Response)
                } else {
                    Effects::NONE
                }
            }
            (Self::Completed { .. }, ServerInput::Reply(_)) => Effects::NONE,
            (Self::Confirmed { timer_i: end } | Self::Accepted { timer_l: end }, ServerInput::Time) => {
                if *end <= clock.now { self.end(End::Done) } else { Effects::NONE }
            }
            (Self::Confirmed { .. }, ServerInput::Request | ServerInput::Ack | ServerInput::Reply(_)) => {
                Effects::NONE
            }
            (Self::Accepted { .. }, ServerInput::Ack) => Effects::PASS,
            (Self::Accepted { .. }, ServerInput::Reply(Class::Success)) => Effects::send(Transmit::Response),
            (
                Self::Accepted { .. },
                ServerInput::Request | ServerInput::Reply(Class::Provisional | Class::Failure),
            ) => Effects::NONE,
            (
                Self::Terminated,
                ServerInput::Request | ServerInput::Ack | ServerInput::Reply(_) | ServerInput::Time,
            ) => Effects::NONE,
        }
    }

    fn reply(&mut self, clock: &Clock<'_>, class: Class) -> Effects {
        let end = clock.after(clock.timers.give_up());
        *self = match class {
            Class::Provisional => Self::Proceeding { replied: true },
            Class::Success => Self::Accepted { timer_l: end },
            Class::Failure => Self::Completed { timer_g: Resend::first(clock), timer_h: end },
        };
        Effects::send(Transmit::Response)
    }

    fn end(&mut self, how: End) -> Effects {
        *self = Self::Terminated;
        Effects::end(how)
    }
}
