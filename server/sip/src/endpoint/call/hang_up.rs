//! How a call ends at its user's wish: CANCEL, BYE or a final response, whichever its state needs.

use std::time::Instant;

use super::{Call, Exchange, Leaving, State};
use crate::endpoint::egress::Answer;
use crate::endpoint::{CallHandle, EndCause, Endpoint, Event};
use crate::header::{HeaderName, Reason};
use crate::method::Method;
use crate::status::StatusCode;
use crate::transaction::Purpose;

impl Endpoint {
    /// Ends a call. The user is told at once; what is left to say to the peer is said without it.
    pub(crate) fn hang_up(
        &mut self,
        now: Instant,
        handle: CallHandle,
        reason: Option<&Reason>,
    ) -> Option<()> {
        let call = self.calls.get_mut(handle)?;
        let reason = reason.map(ToString::to_string);
        match &call.state {
            State::Calling(calling) => {
                let delivery = calling.delivery;
                call.state = State::Leaving(Leaving::Cancelling { delivery, reason, deadline: None });
                if self.abandon(delivery) {
                    self.cancel_invite(now, handle);
                } else {
                    self.finish(now, handle);
                }
            }
            State::Ringing(ringing) => {
                let (server, tag) = (ringing.server, call.tag.clone());
                let fields: Vec<_> = reason.map(|reason| (HeaderName::Reason, reason)).into_iter().collect();
                let answer =
                    Answer { fields: &fields, ..Answer::new(StatusCode::TEMPORARILY_UNAVAILABLE, &tag) };
                self.reply(now, server, &answer);
                self.finish(now, handle);
            }
            State::Confirmed(_) => self.hang_up_confirmed(now, handle, reason),
            State::Leaving(_) => return None,
        }
        self.tell(Event::Ended { call: handle, cause: EndCause::Local });
        Some(())
    }

    /// An established call ends with BYE, but not before our 2xx was acknowledged (RFC 3261 §15).
    fn hang_up_confirmed(&mut self, now: Instant, handle: CallHandle, reason: Option<String>) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        if let State::Confirmed(confirmed) = &mut call.state
            && matches!(confirmed.exchange, Exchange::Unacknowledged(_))
            && let Exchange::Unacknowledged(success) =
                std::mem::replace(&mut confirmed.exchange, Exchange::Idle)
        {
            let dialog = Box::new(confirmed.dialog.clone());
            call.state = State::Leaving(Leaving::AwaitingAck { dialog, success, reason });
            return self.watch_call(handle);
        }
        self.drop_exchange(now, handle);
        self.say_bye_because(now, handle, reason);
    }

    /// Ends what is under way between the two ends, since the call itself ends: an offer of the peer is answered with
    /// 487, a 2xx is acknowledged even without the answer that it asked for.
    pub(crate) fn drop_exchange(&mut self, now: Instant, handle: CallHandle) {
        let Some(confirmed) = self.calls.confirmed_mut(handle) else { return };
        match std::mem::replace(&mut confirmed.exchange, Exchange::Idle) {
            Exchange::Idle | Exchange::Unacknowledged(_) => {}
            Exchange::Owed { invite, .. } => {
                let dialog = confirmed.dialog.clone();
                self.acknowledge(now, handle, &dialog, invite, None);
            }
            Exchange::Offering { delivery, .. } => {
                self.abandon(delivery);
            }
            Exchange::Offered { server, .. } => {
                self.reply(now, server, &Answer::new(StatusCode::REQUEST_TERMINATED, ""));
            }
        }
    }

    /// Says BYE without a reason, or with the one that the user gave before.
    pub(crate) fn say_bye(&mut self, now: Instant, handle: CallHandle) {
        let reason = match self.calls.get_mut(handle) {
            Some(Call { state: State::Leaving(Leaving::AwaitingAck { reason, .. }), .. }) => reason.take(),
            Some(_) | None => None,
        };
        self.say_bye_because(now, handle, reason);
    }

    fn say_bye_because(&mut self, now: Instant, handle: CallHandle, reason: Option<String>) {
        let Some(dialog) = self.calls.any_dialog_mut(handle) else { return };
        let (mut bye, flow) = (dialog.request(Method::Bye), dialog.flow());
        bye.fields.extend(reason.map(|reason| (HeaderName::Reason, reason)));
        let credentials = self.calls.get(handle).and_then(|call| call.credentials.clone());
        self.finish(now, handle);
        let delivery = self.deliveries.next();
        self.deliver(now, delivery, Purpose::Farewell, bye, (credentials, flow));
    }

    /// Sends the CANCEL if a provisional response has come; else it is sent when one comes (RFC 3261 §9.1).
    pub(crate) fn cancel_invite(&mut self, now: Instant, handle: CallHandle) {
        let Some(Call {
            state: State::Leaving(Leaving::Cancelling { delivery, reason, deadline: None }),
            ..
        }) = self.calls.get(handle)
        else {
            return;
        };
        let (delivery, reason) = (*delivery, reason.clone());
        if !self.cancel(now, delivery, reason.as_deref()) {
            return;
        }
        // Without an answer by then the INVITE is taken as cancelled (RFC 3261 §9.1).
        let until = now + self.config.timers.give_up();
        if let Some(Call { state: State::Leaving(Leaving::Cancelling { deadline, .. }), .. }) =
            self.calls.get_mut(handle)
        {
            *deadline = Some(until);
        }
        self.watch_call(handle);
    }
}
