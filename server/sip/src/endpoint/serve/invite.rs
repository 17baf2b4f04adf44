//! INVITE: someone calls, or changes a call (RFC 3261 §13.3, §14.2).

use std::time::{Duration, Instant};

use crate::dialog::{Dialog, Misfit};
use crate::endpoint::call::{Call, Exchange, Ringing, State, is_named, request_behind_nat, session};
use crate::endpoint::egress::Answer;
use crate::endpoint::ingress::Source;
use crate::endpoint::{CallHandle, Endpoint, Event, Identity, Incoming};
use crate::flow::FlowId;
use crate::header::HeaderName;
use crate::message::Request;
use crate::outgoing::MAX_FORWARDS;
use crate::status::StatusCode;
use crate::transaction::{ServerId, ServerKey, User};

impl Endpoint {
    pub(crate) fn serve_invite(
        &mut self,
        now: Instant,
        source: Source,
        key: ServerKey,
        request: Box<Request>,
    ) {
        if let Some(tag) = request.to.tag() {
            return match self.calls.by_tag(tag) {
                Some(call) => self.serve_reinvite(now, source, key, &request, call),
                None => self.refuse_plainly(now, source, &request, StatusCode::CALL_DOES_NOT_EXIST, &[]),
            };
        }
        let Some(trunk) = self.config.trunk(source.remote).map(|trunk| trunk.name.clone()) else {
            return self.authenticate(now, source, key, request);
        };
        if self.servers.is_merged(&request) {
            return self.refuse_plainly(now, source, &request, StatusCode::LOOP_DETECTED, &[]);
        }
        if self.calls.len() >= self.config.caps.calls {
            return self.refuse_overload(now, source, &request.headers);
        }
        let server = self.begin(now, source, key, &request, User::Endpoint);
        self.admit_invite(now, server, source, &request, Identity::Trunk(trunk));
    }

    /// Takes in a call whose sender is known.
    pub(crate) fn admit_invite(
        &mut self,
        now: Instant,
        server: ServerId,
        source: Source,
        request: &Request,
        identity: Identity,
    ) {
        let tag = self.random.name();
        let of_account = matches!(identity, Identity::Account(_));
        if self.calls.len() >= self.config.caps.calls {
            self.statistics.overload += 1;
            let fields = [self.retry_after()];
            let answer = Answer { fields: &fields, ..Answer::new(StatusCode::SERVICE_UNAVAILABLE, &tag) };
            self.reply(now, server, &answer);
            return;
        }
        let contact = request.headers.contact().ok().flatten();
        let nat = request_behind_nat(source.remote, request, contact.as_ref());
        let straight = request.headers.list(HeaderName::Via).count() == 1;
        let flow = sure_flow(source, nat || of_account && straight && is_named(contact.as_ref()));
        let dialog = match (unacceptable_body(request), Dialog::of_request(request, &tag, flow)) {
            (None, Ok(dialog)) => dialog,
            (Some((status, fields)), _) => {
                self.reply(now, server, &Answer { fields: &fields, ..Answer::new(status, &tag) });
                return;
            }
            (None, Err(defect)) => {
                let phrase = defect.to_string();
                self.reply(now, server, &Answer { phrase: &phrase, ..Answer::new(defect.status(), &tag) });
                return;
            }
        };
        let expires =
            request.headers.expires().and_then(|after| now.checked_add(Duration::from_secs(after.into())));
        let ringing = Ringing { server, dialog, progress: None, repeat: None, expires };
        let mut call = Call::new(tag, None, of_account, State::Ringing(ringing));
        call.locate(source.remote, nat);
        let call = self.calls.insert_incoming(call);
        if let Some(transaction) = self.servers.get_mut(server) {
            transaction.user = User::Call(call);
        }
        self.watch_call(call);
        self.tell(Event::Incoming(Box::new(Incoming {
            call,
            identity,
            request_uri: request.uri.clone(),
            to: request.to.clone(),
            from: request.from.clone(),
            call_id: request.call_id.clone(),
            sdp: session(&request.headers, &request.body),
            max_forwards: request.max_forwards.unwrap_or(MAX_FORWARDS),
            source: source.remote,
            behind_nat: nat,
        })));
    }

    /// The peer wants to change an established call. A refusal is kept as long as its transaction: were the request
    /// forgotten, a copy of it that comes late could be granted after its sender was told that it was not.
    fn serve_reinvite(
        &mut self,
        now: Instant,
        source: Source,
        key: ServerKey,
        request: &Request,
        handle: CallHandle,
    ) {
        let taken = match self.calls.get_mut(handle).map(|call| &mut call.state) {
            Some(State::Confirmed(confirmed)) => confirmed.dialog.take(request),
            // The number of the first INVITE is still wanted, for its ACK.
            Some(State::Ringing(ringing)) => ringing.dialog.recognise(request),
            // The early dialogs of our own INVITE are not kept.
            Some(State::Calling(_)) => Ok(()),
            Some(State::Leaving(_)) | None => Err(Misfit::Stranger),
        };
        match taken {
            Ok(()) => {}
            Err(Misfit::OutOfOrder) => {
                let status = StatusCode::SERVER_INTERNAL_ERROR;
                return self.refuse(now, source, &request.headers, status, "CSeq Out of Order", &[]);
            }
            Err(Misfit::Stranger) => {
                return self.refuse_plainly(now, source, request, StatusCode::CALL_DOES_NOT_EXIST, &[]);
            }
        }
        self.trust(now, source);
        let server = self.begin(now, source, key, request, User::Call(handle));
        let contact = request.headers.contact();
        if let Some((status, fields)) = self.reinvite_refusal(handle).or_else(|| unacceptable_body(request)) {
            self.reply(now, server, &Answer { fields: &fields, ..Answer::new(status, "") });
        } else if let Err(defect) = contact {
            let phrase = defect.to_string();
            self.reply(now, server, &Answer { phrase: &phrase, ..Answer::new(defect.status(), "") });
        } else if let Ok(contact) = contact {
            let nat = request_behind_nat(source.remote, request, contact.as_ref());
            let flow = self.calls.get(handle).and_then(|call| call.flow(source, nat, contact.as_ref()));
            if let Some(dialog) = self.calls.dialog_mut(handle) {
                dialog.refresh(contact, flow);
            }
            self.locate(handle, source, nat);
            let deadline = now + self.config.timers.change;
            if let Some(exchange) = self.calls.exchange_mut(handle) {
                *exchange = Exchange::Offered { server, cseq: request.cseq.number, deadline };
            }
            self.watch_call(handle);
            self.tell(Event::Reoffer { call: handle, sdp: session(&request.headers, &request.body) });
        }
    }

    /// Why a change cannot begin now (RFC 3261 §14.2).
    fn reinvite_refusal(&mut self, handle: CallHandle) -> Option<(StatusCode, Vec<(HeaderName, String)>)> {
        let is_first_unanswered = match &self.calls.get(handle)?.state {
            State::Ringing(_) => true,
            State::Confirmed(confirmed) => match &confirmed.exchange {
                Exchange::Idle => return None,
                Exchange::Offered { .. } => true,
                Exchange::Offering { .. } | Exchange::Unacknowledged(_) | Exchange::Owed { .. } => false,
            },
            State::Calling(_) => false,
            State::Leaving(_) => return Some((StatusCode::CALL_DOES_NOT_EXIST, vec![])),
        };
        Some(if is_first_unanswered {
            let retry = (HeaderName::RetryAfter, self.random.below(11).to_string());
            (StatusCode::SERVER_INTERNAL_ERROR, vec![retry])
        } else {
            (StatusCode::REQUEST_PENDING, vec![])
        })
    }
}

/// The flow to remember for a dialog: a connection, or the only way through an address translator.
pub(crate) fn sure_flow(source: Source, behind_nat: bool) -> Option<FlowId> {
    match source.flow {
        FlowId::Tcp(_) => Some(source.flow),
        FlowId::Udp { .. } => behind_nat.then_some(source.flow),
    }
}

/// Why a session cannot be talked about in the form this INVITE has or wants (RFC 3261 §8.2.3).
fn unacceptable_body(request: &Request) -> Option<(StatusCode, Vec<(HeaderName, String)>)> {
    let headers = &request.headers;
    if !request.body.is_empty() && headers.is_encoded() {
        // An empty Accept-Encoding would do as well; identity is what is meant (RFC 3261 §21.4.13).
        return Some((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            vec![(HeaderName::AcceptEncoding, "identity".to_owned())],
        ));
    }
    if !request.body.is_empty() && !headers.is_sdp() {
        return Some((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            vec![(HeaderName::Accept, "application/sdp".to_owned())],
        ));
    }
    (!headers.accepts_sdp()).then_some((StatusCode::NOT_ACCEPTABLE, vec![]))
}
