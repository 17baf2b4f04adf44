//! BYE: the peer ends a call (RFC 3261 §15.1.2).

use std::time::Instant;

use crate::dialog::Misfit;
use crate::endpoint::call::{Leaving, State};
use crate::endpoint::egress::Answer;
use crate::endpoint::ingress::Source;
use crate::endpoint::{CallHandle, EndCause, Endpoint, Event};
use crate::message::Request;
use crate::status::StatusCode;
use crate::transaction::{ServerKey, User};

impl Endpoint {
    pub(crate) fn serve_bye(&mut self, now: Instant, source: Source, key: ServerKey, request: &Request) {
        let call = request.to.tag().and_then(|tag| self.calls.by_tag(tag));
        let taken = call.and_then(|call| self.calls.any_dialog_mut(call)).map(|dialog| dialog.take(request));
        match (call, taken) {
            (Some(call), Some(Ok(()))) => {
                let server = self.begin(now, source, key, request, User::Endpoint);
                self.reply(now, server, &Answer::new(StatusCode::OK, ""));
                self.left(now, call, request);
            }
            (Some(_), Some(Err(Misfit::OutOfOrder))) => {
                self.refuse(
                    now,
                    source,
                    &request.headers,
                    StatusCode::SERVER_INTERNAL_ERROR,
                    "CSeq Out of Order",
                    &[],
                );
            }
            (_, Some(Err(Misfit::Stranger)) | None) | (None, Some(_)) => {
                self.refuse_plainly(now, source, request, StatusCode::CALL_DOES_NOT_EXIST, &[]);
            }
        }
    }

    /// The peer is gone; what it still waits for is ended.
    fn left(&mut self, now: Instant, handle: CallHandle, bye: &Request) {
        let Some(call) = self.calls.get(handle) else { return };
        let reason = bye.headers.reason();
        match &call.state {
            State::Ringing(ringing) => {
                let (server, tag) = (ringing.server, call.tag.clone());
                self.reply(now, server, &Answer::new(StatusCode::REQUEST_TERMINATED, &tag));
                self.finish(now, handle);
                self.tell(Event::Cancelled { call: handle, reason });
            }
            State::Confirmed(_) => {
                self.drop_exchange(now, handle);
                self.finish(now, handle);
                self.tell(Event::Ended { call: handle, cause: EndCause::Remote(reason) });
            }
            State::Leaving(Leaving::AwaitingAck { .. }) => self.finish(now, handle),
            // Neither has a dialog that a BYE could have been of.
            State::Calling(_) | State::Leaving(Leaving::Cancelling { .. } | Leaving::Lingering) => {}
        }
    }
}
