//! A call we make, up to its answer (RFC 3261 §13.2).

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::{
    Acknowledgement, Call, Calling, Confirmed, Exchange, Forked, Leaving, MOST_ACKNOWLEDGEMENTS, State,
    answer_behind_nat, session,
};
use crate::dialog::Dialog;
use crate::endpoint::delivery::Outcome;
use crate::endpoint::ingress::Source;
use crate::endpoint::{Answered, CallHandle, Endpoint, Event, Invite, Target};
use crate::flow::FlowId;
use crate::header::NameAddr;
use crate::message::Response;
use crate::method::Method;
use crate::outgoing::{Contact, Outgoing, Proof};
use crate::status::StatusCode;
use crate::transaction::Purpose;
use crate::uri::Uri;

impl Endpoint {
    pub(crate) fn invite(&mut self, now: Instant, invite: Invite) -> Option<()> {
        let Invite { call: handle, target, from, to, sdp, max_forwards, headers, credentials } = invite;
        if handle.is_incoming() || self.calls.get(handle).is_some() {
            return None;
        }
        if self.calls.len() >= self.config.caps.calls {
            self.statistics.overload += 1;
            self.reject_invite(handle, StatusCode::SERVICE_UNAVAILABLE, "Overloaded", None);
            return Some(());
        }
        let of_account = matches!(target, Target::Binding(_));
        let (uri, route, flow) = self.aim(target);
        let (uri, routes, next_hop) = Outgoing::routed(&uri, &route);
        let tag = self.random.name();
        let request = Outgoing {
            method: Method::Invite,
            uri,
            routes,
            next_hop,
            contact: Some(Contact { user: from.uri.user().map(std::borrow::Cow::into_owned), expires: None }),
            from: from.with_tag(Some(&tag)),
            to: to.with_tag(None),
            call_id: self.random.name(),
            cseq: 1,
            max_forwards,
            fields: Vec::new(),
            extra: headers,
            authorization: None,
            sdp,
        };
        let credentials = credentials.map(Arc::new);
        let delivery = self.deliveries.next();
        let calling = State::Calling(Calling { delivery });
        self.calls.insert(handle, Call::new(tag, credentials.clone(), of_account, calling));
        self.deliver(now, delivery, Purpose::Invite(handle), request, (credentials, flow));
        Some(())
    }

    /// The Request-URI, the routes and the flow of a target. A phone is called at its Contact, over the flow it
    /// registered on.
    fn aim(&self, target: Target) -> (Uri, Vec<NameAddr>, Option<FlowId>) {
        match target {
            Target::Binding(binding) => {
                let flow = self.registrar.flow(&binding).or(binding.datagram_flow());
                (binding.contact.for_request(), Vec::new(), flow)
            }
            Target::Uri { uri, route } => {
                let routes = route.into_iter().map(|uri| NameAddr::new(None, uri)).collect();
                (uri.for_request(), routes, None)
            }
        }
    }

    /// A provisional response came: now the INVITE can be cancelled, if that is what the user wants.
    pub(crate) fn invite_progressed(
        &mut self,
        now: Instant,
        handle: CallHandle,
        source: Source,
        response: &Response,
    ) {
        let Some(call) = self.calls.get(handle) else { return };
        match &call.state {
            State::Calling(_) if response.status != StatusCode::TRYING => {
                let sdp = session(&response.headers, &response.body);
                if sdp.is_some() {
                    let contact = response.headers.contact().ok().flatten();
                    let nat = answer_behind_nat(source.remote, response, contact.as_ref());
                    self.locate(handle, source, nat);
                }
                let (status, tag) = (response.status, response.to.tag().map(str::to_owned));
                self.tell(Event::Progress { call: handle, status, tag, sdp });
            }
            State::Leaving(Leaving::Cancelling { .. }) => self.cancel_invite(now, handle),
            State::Calling(_)
            | State::Ringing(_)
            | State::Confirmed(_)
            | State::Leaving(Leaving::AwaitingAck { .. } | Leaving::Lingering) => {}
        }
    }

    /// The INVITE was answered for good, or did not get through.
    pub(crate) fn invite_concluded(
        &mut self,
        now: Instant,
        handle: CallHandle,
        request: Outgoing,
        outcome: &Outcome<'_>,
    ) {
        let Some(call) = self.calls.get(handle) else { return };
        let calling = matches!(call.state, State::Calling(_));
        match *outcome {
            Outcome::Response(response, source) if response.status.is_success() => {
                self.invite_accepted(now, handle, request, response, source);
            }
            Outcome::Response(response, _) => {
                self.finish(now, handle);
                if calling {
                    let retry_after = response.headers.retry_after();
                    self.reject_invite(handle, response.status, &response.phrase, retry_after);
                }
            }
            Outcome::Failure(status) => {
                self.finish(now, handle);
                if calling {
                    let phrase = match status {
                        StatusCode::SERVICE_UNAVAILABLE => "No Server There Can Be Reached",
                        StatusCode::REQUEST_TIMEOUT => "No Server There Answers",
                        _ => status.phrase(),
                    };
                    self.reject_invite(handle, status, phrase, None);
                }
            }
        }
    }

    /// The first 2xx came.
    fn invite_accepted(
        &mut self,
        now: Instant,
        handle: CallHandle,
        invite: Outgoing,
        response: &Response,
        source: Source,
    ) {
        let contact = response.headers.contact().ok().flatten();
        let nat = answer_behind_nat(source.remote, response, contact.as_ref());
        let Some(call) = self.calls.get_mut(handle) else { return };
        call.locate(source.remote, nat);
        let flow = call.flow(source, nat, contact.as_ref());
        let dialog = Dialog::of_response(&invite, response, flow);
        let offered = invite.sdp.is_some();
        let answered = (invite.cseq, invite.authorization.clone());
        let until = now + self.config.timers.give_up();
        let Some(call) = self.calls.get_mut(handle) else { return };
        call.forked = Some(Forked { invite: Box::new(invite), until });
        if !matches!(call.state, State::Calling(_)) {
            // The CANCEL and the 2xx crossed on their way (RFC 3261 §9.1): the call must be ended after all.
            self.refuse_fork(now, handle, dialog, answered);
            return self.finish(now, handle);
        }
        let idle = Confirmed::new(dialog.clone(), Exchange::Idle);
        if offered {
            call.state = State::Confirmed(idle);
            self.acknowledge(now, handle, &dialog, answered, None);
        } else {
            let exchange = Exchange::Owed { invite: answered, deadline: until };
            call.state = State::Confirmed(Confirmed { exchange, ..idle });
        }
        self.watch_call(handle);
        self.tell(Event::Answered(Box::new(Answered {
            call: handle,
            tag: response.to.tag().map(str::to_owned),
            peer: response.to.clone(),
            sdp: session(&response.headers, &response.body),
            source: source.remote,
            behind_nat: nat,
        })));
    }

    /// A 2xx came again: it is acknowledged again. One of another fork is acknowledged and ended.
    pub(crate) fn invite_answered_again(
        &mut self,
        now: Instant,
        handle: CallHandle,
        source: Source,
        response: &Response,
    ) {
        if self.acknowledge_again(now, handle, response) {
            return;
        }
        let Some(call) = self.calls.get_mut(handle) else { return };
        if let State::Confirmed(confirmed) = &call.state
            && confirmed.dialog.remote.tag() == response.to.tag()
        {
            // The user has not given its answer for the ACK yet.
            return;
        }
        let Some(forked) = &call.forked else { return };
        let contact = response.headers.contact().ok().flatten();
        let nat = answer_behind_nat(source.remote, response, contact.as_ref());
        let flow = call.flow(source, nat, contact.as_ref());
        let dialog = Dialog::of_response(&forked.invite, response, flow);
        let answered = (response.cseq.number, forked.invite.authorization.clone());
        self.refuse_fork(now, handle, dialog, answered);
    }

    /// Acknowledges a 2xx that is not wanted and ends its dialog (RFC 3261 §13.2.2.4).
    fn refuse_fork(
        &mut self,
        now: Instant,
        handle: CallHandle,
        mut dialog: Dialog,
        answered: (u32, Option<Proof>),
    ) {
        self.acknowledge(now, handle, &dialog, answered, None);
        let credentials = self.calls.get(handle).and_then(|call| call.credentials.clone());
        let (bye, flow) = (dialog.request(Method::Bye), dialog.flow());
        let delivery = self.deliveries.next();
        self.deliver(now, delivery, Purpose::Farewell, bye, (credentials, flow));
    }

    /// The user answers the offer of a 2xx.
    pub(crate) fn acknowledge_offer(&mut self, now: Instant, handle: CallHandle, sdp: Bytes) -> Option<()> {
        let confirmed = self.calls.confirmed_mut(handle)?;
        let Exchange::Owed { invite, .. } = &mut confirmed.exchange else { return None };
        let invite = std::mem::take(invite);
        confirmed.exchange = Exchange::Idle;
        let dialog = confirmed.dialog.clone();
        self.acknowledge(now, handle, &dialog, invite, Some(sdp));
        self.watch_call(handle);
        Some(())
    }

    /// Sends the ACK of a 2xx, and keeps it for the next time the 2xx comes.
    pub(crate) fn acknowledge(
        &mut self,
        now: Instant,
        handle: CallHandle,
        dialog: &Dialog,
        answered: (u32, Option<Proof>),
        sdp: Option<Bytes>,
    ) {
        let cseq = answered.0;
        let request = dialog.acknowledge(answered, sdp);
        let tag = dialog.remote.tag().map(str::to_owned);
        let flow = dialog.flow();
        if let Some(call) = self.calls.get_mut(handle) {
            if call.acknowledgements.len() >= MOST_ACKNOWLEDGEMENTS {
                call.acknowledgements.pop_front();
            }
            let request = Box::new(request.clone());
            call.acknowledgements.push_back(Acknowledgement { cseq, tag, request, flow });
        }
        let delivery = self.deliveries.next();
        self.deliver(now, delivery, Purpose::Acknowledgement, request, (None, flow));
    }

    /// Sends the ACK of a 2xx again, if there was one.
    pub(crate) fn acknowledge_again(
        &mut self,
        now: Instant,
        handle: CallHandle,
        response: &Response,
    ) -> bool {
        let sent = self.calls.get(handle).and_then(|call| {
            let of_this = |sent: &&Acknowledgement| {
                sent.cseq == response.cseq.number && sent.tag.as_deref() == response.to.tag()
            };
            call.acknowledgements.iter().find(of_this)
        });
        let Some((request, flow)) = sent.map(|sent| (*sent.request.clone(), sent.flow)) else { return false };
        let delivery = self.deliveries.next();
        self.deliver(now, delivery, Purpose::Acknowledgement, request, (None, flow));
        true
    }

    fn reject_invite(
        &mut self,
        call: CallHandle,
        status: StatusCode,
        phrase: &str,
        retry_after: Option<u32>,
    ) {
        self.tell(Event::Rejected { call, status, phrase: phrase.to_owned(), retry_after });
    }
}
