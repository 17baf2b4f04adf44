//! The INVITE we sent: RFC 3261 §17.1.1, with the Accepted state of RFC 6026 §7.2.

use std::time::{Duration, Instant};

use super::{Class, ClientInput, Clock, Effects, End, Resend, Transmit, earlier};

/// Where our INVITE stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InviteClient {
    /// Sent, and nothing came back: timers A and B run.
    Calling { timer_a: Option<Resend>, timer_b: Instant },
    /// A provisional response came. How long it may take from here is the user's business.
    Proceeding,
    /// A failure came and was acknowledged; timer D waits for it to be retransmitted.
    Completed { timer_d: Instant },
    /// A success came; timer M waits for those of other forks.
    Accepted { timer_m: Instant },
    /// Over.
    Terminated,
}

impl InviteClient {
    /// The request was just sent.
    pub(crate) fn start(clock: &Clock<'_>) -> Self {
        Self::Calling { timer_a: Resend::first(clock), timer_b: clock.after(clock.timers.give_up()) }
    }

    /// When time matters next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Calling { timer_a, timer_b } => Some(earlier(timer_a, timer_b)),
            Self::Completed { timer_d } => Some(timer_d),
            Self::Accepted { timer_m } => Some(timer_m),
            Self::Proceeding | Self::Terminated => None,
        }
    }

    /// Takes in what happened.
    pub(crate) fn handle(&mut self, clock: &Clock<'_>, input: ClientInput) -> Effects {
        match (&mut *self, input) {
            (Self::Calling { .. } | Self::Proceeding, ClientInput::Response(class)) => {
                self.respond(clock, class)
            }
            (Self::Calling { timer_a, timer_b }, ClientInput::Time) => {
                if *timer_b <= clock.now {
                    self.end(End::TimedOut)
                } else if let Some(due) = timer_a.filter(|resend| resend.is_due(clock.now)) {
                    *timer_a = Some(due.next(clock.now, Duration::MAX));
                    Effects::send(Transmit::Request)
                } else {
                    Effects::NONE
                }
            }
            (Self::Calling { .. }, ClientInput::FlowFailed) => self.end(End::Unreachable),
            // The response may yet come on a new connection (RFC 3261 §18.2.2).
            (Self::Proceeding, ClientInput::Time | ClientInput::FlowFailed) => Effects::NONE,
            (Self::Completed { .. }, ClientInput::Response(Class::Failure)) => Effects::send(Transmit::Ack),
            (Self::Completed { .. }, ClientInput::Response(Class::Provisional | Class::Success)) => {
                Effects::NONE
            }
            (Self::Completed { timer_d: end } | Self::Accepted { timer_m: end }, ClientInput::Time) => {
                if *end <= clock.now { self.end(End::Done) } else { Effects::NONE }
            }
            (Self::Completed { .. }, ClientInput::FlowFailed) => self.end(End::Done),
            (Self::Accepted { .. }, ClientInput::Response(Class::Success)) => Effects::PASS,
            (Self::Accepted { .. }, ClientInput::Response(Class::Provisional | Class::Failure)) => {
                Effects::NONE
            }
            (Self::Accepted { .. }, ClientInput::FlowFailed) => Effects::NONE,
            (Self::Terminated, ClientInput::Response(_) | ClientInput::Time | ClientInput::FlowFailed) => {
                Effects::NONE
            }
        }
    }

    fn respond(&mut self, clock: &Clock<'_>, class: Class) -> Effects {
        match class {
            Class::Provisional => {
                *self = Self::Proceeding;
                Effects::PASS
            }
            Class::Success => {
                *self = Self::Accepted { timer_m: clock.after(clock.timers.give_up()) };
                Effects::PASS
            }
            Class::Failure => {
                let acknowledged = Effects { send: Some(Transmit::Ack), pass: true, end: None };
                match clock.after_unless_reliable(clock.timers.d()) {
                    Some(timer_d) => {
                        *self = Self::Completed { timer_d };
                        acknowledged
                    }
                    None => Effects { end: self.end(End::Done).end, ..acknowledged },
                }
            }
        }
    }

    fn end(&mut self, how: End) -> Effects {
        *self = Self::Terminated;
        Effects::end(how)
    }
}
