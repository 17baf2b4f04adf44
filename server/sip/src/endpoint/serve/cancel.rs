//! CANCEL: the peer no longer wants an answer to its INVITE (RFC 3261 §9.2).

use std::time::Instant;

use crate::endpoint::call::{Exchange, State};
use crate::endpoint::egress::Answer;
use crate::endpoint::ingress::Source;
use crate::endpoint::{CallHandle, Endpoint, Event};
use crate::message::Request;
use crate::status::StatusCode;
use crate::transaction::{ServerId, ServerKey, User};

impl Endpoint {
    /// Answers a CANCEL without storing it: a retransmission finds the same INVITE and gets the same answer. It cannot be
    /// challenged, so it has to come from where its INVITE came from (RFC 3261 §9.2, §22.1).
    pub(crate) fn serve_cancel(&mut self, now: Instant, source: Source, request: &Request) {
        let key = ServerKey::of_cancelled(request);
        let hop = source.remote.ip();
        if let Some(pending) = self.lookups.find_mut(&key).filter(|known| known.source.remote.ip() == hop) {
            // Its INVITE is answered once it is known who sent it.
            pending.cancelled = true;
            return self.refuse_plainly(now, source, request, StatusCode::OK, &[]);
        }
        let invite = self.servers.find(&key);
        let Some((server, transaction)) = invite
            .and_then(|id| Some((id, self.servers.get(id)?)))
            .filter(|(_, transaction)| transaction.reply.way_back.reconnect.ip() == hop)
        else {
            return self.refuse_plainly(now, source, request, StatusCode::CALL_DOES_NOT_EXIST, &[]);
        };
        match transaction.user {
            User::Call(call) => {
                // Both responses have the same tag (RFC 3261 §9.2).
                let tag = self.calls.get(call).map(|call| call.tag.clone()).unwrap_or_default();
                self.answer_stateless(now, source, &request.headers, &Answer::new(StatusCode::OK, &tag));
                self.cancelled(now, call, server, request);
            }
            User::Endpoint => self.refuse_plainly(now, source, request, StatusCode::OK, &[]),
        }
    }

    /// Ends what the CANCEL is for, unless it has been answered already.
    fn cancelled(&mut self, now: Instant, handle: CallHandle, server: ServerId, cancel: &Request) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        let tag = call.tag.clone();
        match &mut call.state {
            State::Ringing(ringing) if ringing.server == server => {
                self.reply(now, server, &Answer::new(StatusCode::REQUEST_TERMINATED, &tag));
                self.finish(now, handle);
                self.tell(Event::Cancelled { call: handle, reason: cancel.headers.reason() });
            }
            State::Confirmed(confirmed) => {
                if matches!(confirmed.exchange, Exchange::Offered { server: offered, .. } if offered == server)
                {
                    confirmed.exchange = Exchange::Idle;
                    self.reply(now, server, &Answer::new(StatusCode::REQUEST_TERMINATED, &tag));
                    self.watch_call(handle);
                    self.tell(Event::ReofferCancelled { call: handle });
                }
            }
            State::Ringing(_) | State::Calling(_) | State::Leaving(_) => {}
        }
    }
}
