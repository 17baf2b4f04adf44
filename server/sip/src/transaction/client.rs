//! The request we sent that is no INVITE: RFC 3261 §17.1.2.

use std::time::Instant;

use super::{Class, ClientInput, Clock, Effects, End, Resend, Transmit, earlier};

/// Where our request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Client {
    /// Sent, and nothing came back: timers E and F run.
    Trying { timer_e: Option<Resend>, timer_f: Instant },
    /// A provisional response came: timers E, now at T2, and F run on.
    Proceeding { timer_e: Option<Resend>, timer_f: Instant },
    /// A final response came; timer K absorbs what is retransmitted of it.
    Completed { timer_k: Instant },
    /// Over.
    Terminated,
}

impl Client {
    /// The request was just sent.
    pub(crate) fn start(clock: &Clock<'_>) -> Self {
        Self::Trying { timer_e: Resend::first(clock), timer_f: clock.after(clock.timers.give_up()) }
    }

    /// When time matters next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Trying { timer_e, timer_f } | Self::Proceeding { timer_e, timer_f } => {
                Some(earlier(timer_e, timer_f))
            }
            Self::Completed { timer_k } => Some(timer_k),
            Self::Terminated => None,
        }
    }

    /// Takes in what happened.
    pub(crate) fn handle(&mut self, clock: &Clock<'_>, input: ClientInput) -> Effects {
        match (&mut *self, input) {
            (
                Self::Trying { timer_e, timer_f } | Self::Proceeding { timer_e, timer_f },
                ClientInput::Response(Class::Provisional),
            ) => {
                *self = Self::Proceeding { timer_e: *timer_e, timer_f: *timer_f };
                Effects::PASS
            }
            (
                Self::Trying { .. } | Self::Proceeding { .. },
                ClientInput::Response(Class::Success | Class::Failure),
            ) => self.complete(clock),
            (Self::Trying { timer_e, timer_f }, ClientInput::Time) => {
                let longest = clock.timers.t2;
                match tick(timer_e, *timer_f, clock, |due| due.next(clock.now, longest)) {
                    Some(effects) => effects,
                    None => self.end(End::TimedOut),
                }
            }
            (Self::Proceeding { timer_e, timer_f }, ClientInput::Time) => {
                let interval = clock.timers.t2;
                match tick(timer_e, *timer_f, clock, |_| Resend { at: clock.after(interval), interval }) {
                    Some(effects) => effects,
                    None => self.end(End::TimedOut),
                }
            }
            (Self::Trying { .. } | Self::Proceeding { .. }, ClientInput::FlowFailed) => {
                self.end(End::Unreachable)
            }
            (Self::Completed { timer_k }, ClientInput::Time) => {
                if *timer_k <= clock.now {
                    self.end(End::Done)
                } else {
                    Effects::NONE
                }
            }
            (Self::Completed { .. }, ClientInput::Response(_) | ClientInput::FlowFailed) => Effects::NONE,
            (Self::Terminated, ClientInput::Response(_) | ClientInput::Time | ClientInput::FlowFailed) => {
                Effects::NONE
            }
        }
    }

    fn complete(&mut self, clock: &Clock<'_>) -> Effects {
        match clock.after_unless_reliable(clock.timers.t4) {
            Some(timer_k) => {
                *self = Self::Completed { timer_k };
                Effects::PASS
            }
            None => Effects { pass: true, ..self.end(End::Done) },
        }
    }

    fn end(&mut self, how: End) -> Effects {
        *self = Self::Terminated;
        Effects::end(how)
    }
}

/// Retransmits if it is time to; `None` when it is time to give up.
fn tick(
    timer_e: &mut Option<Resend>,
    timer_f: Instant,
    clock: &Clock<'_>,
    next: impl Fn(Resend) -> Resend,
) -> Option<Effects> {
    if timer_f <= clock.now {
        return None;
    }
    let Some(due) = timer_e.filter(|resend| resend.is_due(clock.now)) else { return Some(Effects::NONE) };
    *timer_e = Some(next(due));
    Some(Effects::send(Transmit::Request))
}
