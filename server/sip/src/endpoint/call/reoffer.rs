//! How an established call changes: re-INVITEs of ours and of the peer (RFC 3261 §14).

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Backoff, Exchange, Success, answer_behind_nat, session};
use crate::endpoint::delivery::Outcome;
use crate::endpoint::egress::Answer;
use crate::endpoint::ingress::Source;
use crate::endpoint::{CallHandle, EndCause, Endpoint, Event};
use crate::message::Response;
use crate::method::Method;
use crate::outgoing::Outgoing;
use crate::status::StatusCode;
use crate::transaction::Purpose;

/// How often a change is tried that meets one of the peer's each time.
const MOST_ATTEMPTS: u8 = 10;

impl Endpoint {
    /// The user wants a change. While another is under way it is refused as the peer would.
    pub(crate) fn reoffer(&mut self, now: Instant, handle: CallHandle, sdp: Option<Bytes>) -> Option<()> {
        let confirmed = self.calls.confirmed_mut(handle)?;
        if matches!(confirmed.exchange, Exchange::Idle) && confirmed.backoff.is_none() {
            self.send_reoffer(now, handle, sdp, 1);
        } else {
            self.tell(Event::ReofferRejected { call: handle, status: StatusCode::REQUEST_PENDING });
        }
        Some(())
    }

    /// The user takes its change back. What the peer has not heard of need not be cancelled, and what it has not answered
    /// at all cannot be (RFC 3261 §9.1): then its answer is waited for. It is not tried again.
    pub(crate) fn withdraw_reoffer(&mut self, now: Instant, handle: CallHandle) -> Option<()> {
        let confirmed = self.calls.confirmed_mut(handle)?;
        if confirmed.backoff.take().is_some() {
            self.watch_call(handle);
            self.tell(Event::ReofferRejected { call: handle, status: StatusCode::REQUEST_TERMINATED });
            return Some(());
        }
        let Exchange::Offering { delivery, attempts } = &mut confirmed.exchange else { return None };
        *attempts = MOST_ATTEMPTS;
        let delivery = *delivery;
        self.cancel(now, delivery, None);
        Some(())
    }

    fn send_reoffer(&mut self, now: Instant, handle: CallHandle, sdp: Option<Bytes>, attempts: u8) {
        let delivery = self.deliveries.next();
        let Some(call) = self.calls.get_mut(handle) else { return };
        let credentials = call.credentials.clone();
        let Some(confirmed) = self.calls.confirmed_mut(handle) else { return };
        let request = Outgoing { sdp, ..confirmed.dialog.request(Method::Invite) };
        let flow = confirmed.dialog.flow();
        confirmed.exchange = Exchange::Offering { delivery, attempts };
        self.deliver(now, delivery, Purpose::Reoffer(handle), request, (credentials, flow));
        self.watch_call(handle);
    }

    /// The time has come to try a change again; if the peer's is still under way, a little later.
    pub(super) fn retry_reoffer(&mut self, now: Instant, handle: CallHandle) {
        let t1 = self.config.timers.t1;
        let Some(confirmed) = self.calls.confirmed_mut(handle) else { return };
        let idle = matches!(confirmed.exchange, Exchange::Idle);
        let Some(backoff) = confirmed.backoff.as_mut().filter(|backoff| backoff.at <= now) else { return };
        if idle {
            let (sdp, attempts) = (backoff.sdp.take(), backoff.attempts);
            confirmed.backoff = None;
            self.send_reoffer(now, handle, sdp, attempts + 1);
        } else {
            backoff.at = now + t1;
        }
    }

    /// Our re-INVITE was answered for good, or did not get through.
    pub(crate) fn reoffer_concluded(
        &mut self,
        now: Instant,
        handle: CallHandle,
        request: &Outgoing,
        outcome: &Outcome<'_>,
    ) {
        let Some(confirmed) = self.calls.confirmed_mut(handle) else { return };
        let Exchange::Offering { attempts, .. } = confirmed.exchange else { return };
        confirmed.exchange = Exchange::Idle;
        match *outcome {
            Outcome::Response(response, source) if response.status.is_success() => {
                self.reoffer_accepted(now, handle, request, response, source);
            }
            Outcome::Response(response, _) => {
                self.reoffer_refused(now, handle, response.status, (attempts, request.sdp.clone()));
            }
            Outcome::Failure(status) => {
                self.reoffer_refused(now, handle, status, (attempts, request.sdp.clone()))
            }
        }
        self.watch_call(handle);
    }

    fn reoffer_accepted(
        &mut self,
        now: Instant,
        handle: CallHandle,
        request: &Outgoing,
        response: &Response,
        source: Source,
    ) {
        let contact = response.headers.contact().ok().flatten();
        let nat = answer_behind_nat(source.remote, response, contact.as_ref());
        let deadline = now + self.config.timers.give_up();
        let flow = self.calls.get(handle).and_then(|call| call.flow(source, nat, contact.as_ref()));
        let Some(confirmed) = self.calls.confirmed_mut(handle) else { return };
        confirmed.dialog.refresh(contact, flow);
        let answered = (request.cseq, request.authorization.clone());
        if request.sdp.is_none() {
            confirmed.exchange = Exchange::Owed { invite: answered, deadline };
        } else {
            let dialog = confirmed.dialog.clone();
            self.acknowledge(now, handle, &dialog, answered, None);
        }
        self.locate(handle, source, nat);
        self.tell(Event::ReofferAnswered { call: handle, sdp: session(&response.headers, &response.body) });
    }

    fn reoffer_refused(
        &mut self,
        now: Instant,
        handle: CallHandle,
        status: StatusCode,
        (attempts, sdp): (u8, Option<Bytes>),
    ) {
        match status {
            // RFC 3261 §14.1: the owner of the Call-ID waits longer, so that the two do not meet again.
            StatusCode::REQUEST_PENDING if attempts < MOST_ATTEMPTS => {
                let tens =
                    if handle.is_incoming() { self.random.below(201) } else { 210 + self.random.below(191) };
                let at = now + Duration::from_millis(tens * 10);
                if let Some(confirmed) = self.calls.confirmed_mut(handle) {
                    confirmed.backoff = Some(Backoff { at, sdp, attempts });
                }
            }
            // RFC 3261 §12.2.1.2: the peer does not know the dialog, or does not answer in it.
            StatusCode::CALL_DOES_NOT_EXIST | StatusCode::REQUEST_TIMEOUT => {
                self.say_bye(now, handle);
                self.tell(Event::Ended { call: handle, cause: EndCause::Lost(status) });
            }
            _ => self.tell(Event::ReofferRejected { call: handle, status }),
        }
    }

    /// The user agrees to the peer's change.
    pub(crate) fn answer_reoffer(&mut self, now: Instant, handle: CallHandle, sdp: Bytes) -> Option<()> {
        let Exchange::Offered { server, cseq, .. } = *self.calls.exchange_mut(handle)? else { return None };
        let sent = self.reply_in_dialog(now, handle, server, StatusCode::OK, Some(&sdp))?;
        let success = Success::new(now, cseq, sent, &self.config.timers);
        *self.calls.exchange_mut(handle)? = Exchange::Unacknowledged(success);
        self.watch_call(handle);
        Some(())
    }

    /// The user does not agree to the peer's change.
    pub(crate) fn reject_reoffer(
        &mut self,
        now: Instant,
        handle: CallHandle,
        status: StatusCode,
    ) -> Option<()> {
        let exchange = self.calls.exchange_mut(handle)?;
        let Exchange::Offered { server, .. } = *exchange else { return None };
        if !status.is_failure() {
            return None;
        }
        *exchange = Exchange::Idle;
        self.reply(now, server, &Answer::new(status, ""));
        self.watch_call(handle);
        Some(())
    }
}
