//! What happens in a call when time passes.

use std::time::Instant;

use super::{Call, Exchange, Leaving, State};
use crate::endpoint::egress::Answer;
use crate::endpoint::{CallHandle, EndCause, Endpoint, Event};
use crate::status::StatusCode;

impl Endpoint {
    pub(crate) fn call_timeout(&mut self, now: Instant, handle: CallHandle) {
        let Some(call) = self.calls.get(handle) else { return };
        match &call.state {
            State::Calling(_) => {}
            State::Ringing(_) => self.ringing_timeout(now, handle),
            State::Confirmed(_) => {
                self.exchange_timeout(now, handle);
                self.retry_reoffer(now, handle);
            }
            State::Leaving(Leaving::Cancelling { delivery, .. }) => {
                let delivery = *delivery;
                self.forget(delivery);
                self.finish(now, handle);
            }
            State::Leaving(Leaving::AwaitingAck { success, .. }) if success.give_up <= now => {
                self.say_bye(now, handle)
            }
            State::Leaving(Leaving::AwaitingAck { .. }) => self.repeat_success(now, handle),
            State::Leaving(Leaving::Lingering) => self.finish(now, handle),
        }
        self.watch_call(handle);
    }

    /// The caller's patience is over, or a proxy's would be.
    fn ringing_timeout(&mut self, now: Instant, handle: CallHandle) {
        let every = self.config.timers.progress;
        let Some(Call { state: State::Ringing(ringing), tag, .. }) = self.calls.get_mut(handle) else {
            return;
        };
        if ringing.expires.is_some_and(|time| time <= now) {
            let (server, tag) = (ringing.server, tag.clone());
            self.reply(now, server, &Answer::new(StatusCode::REQUEST_TERMINATED, &tag));
            self.finish(now, handle);
            self.tell(Event::Cancelled { call: handle, reason: None });
        } else if ringing.repeat.is_some_and(|time| time <= now) {
            ringing.repeat = Some(now + every);
            self.say_progress(now, handle);
        }
    }

    fn exchange_timeout(&mut self, now: Instant, handle: CallHandle) {
        let Some(exchange) = self.calls.exchange_mut(handle) else { return };
        match exchange {
            Exchange::Idle | Exchange::Offering { .. } => {}
            Exchange::Unacknowledged(success) if success.give_up <= now => self.lose(now, handle),
            Exchange::Unacknowledged(_) => self.repeat_success(now, handle),
            Exchange::Owed { deadline, .. } if *deadline <= now => {
                self.drop_exchange(now, handle);
                self.lose(now, handle);
            }
            Exchange::Offered { server, deadline, .. } if *deadline <= now => {
                let server = *server;
                *exchange = Exchange::Idle;
                self.reply(now, server, &Answer::new(StatusCode::SERVER_INTERNAL_ERROR, ""));
                self.tell(Event::ReofferCancelled { call: handle });
            }
            Exchange::Owed { .. } | Exchange::Offered { .. } => {}
        }
    }

    /// Nobody acknowledged: the call is ended (RFC 3261 §13.3.1.4).
    fn lose(&mut self, now: Instant, handle: CallHandle) {
        self.say_bye(now, handle);
        self.tell(Event::Ended { call: handle, cause: EndCause::Unacknowledged });
    }

    /// Sends our 2xx again, over every transport: it is for the peer's user, not for its transport
    /// (RFC 3261 §13.3.1.4).
    fn repeat_success(&mut self, now: Instant, handle: CallHandle) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        let success = match &mut call.state {
            State::Confirmed(confirmed) => match &mut confirmed.exchange {
                Exchange::Unacknowledged(success) => success,
                Exchange::Idle
                | Exchange::Owed { .. }
                | Exchange::Offering { .. }
                | Exchange::Offered { .. } => return,
            },
            State::Leaving(Leaving::AwaitingAck { success, .. }) => success,
            State::Calling(_) | State::Ringing(_) | State::Leaving(_) => return,
        };
        if success.again <= now {
            let (way_back, bytes) = success.repeat(now, &self.config.timers);
            self.statistics.retransmissions_sent += 1;
            self.send_back(now, way_back, bytes);
        }
    }
}
