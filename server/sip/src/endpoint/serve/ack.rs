//! ACK: the peer has our 2xx (RFC 3261 §13.3.1.4).

use std::time::Instant;

use crate::endpoint::call::{Exchange, Leaving, State, session};
use crate::endpoint::{Endpoint, Event};
use crate::message::Request;
use crate::statistics::DropReason;

impl Endpoint {
    /// An ACK that is of no transaction acknowledges a 2xx. One that was challenged or refused without anything being
    /// stored is acknowledged too; that ACK belongs to nothing.
    pub(crate) fn serve_ack(&mut self, now: Instant, request: &Request) {
        self.acknowledged(now, request);
    }

    /// The repetition of our 2xx ends here.
    pub(crate) fn acknowledged(&mut self, now: Instant, request: &Request) {
        let found = request.to.tag().and_then(|tag| self.calls.by_tag(tag));
        let Some((handle, call)) = found.and_then(|handle| Some((handle, self.calls.get_mut(handle)?)))
        else {
            return self.statistics.drop(DropReason::StrayAck);
        };
        match &mut call.state {
            State::Confirmed(confirmed) => {
                let Exchange::Unacknowledged(success) = &confirmed.exchange else { return };
                if confirmed.dialog.recognise(request).is_ok() && success.cseq == request.cseq.number {
                    confirmed.exchange = Exchange::Idle;
                    self.watch_call(handle);
                    self.tell(Event::Acknowledged {
                        call: handle,
                        sdp: session(&request.headers, &request.body),
                    });
                }
            }
            State::Leaving(Leaving::AwaitingAck { dialog, success, .. }) => {
                if dialog.recognise(request).is_ok() && success.cseq == request.cseq.number {
                    self.say_bye(now, handle);
                }
            }
            State::Calling(_)
            | State::Ringing(_)
            | State::Leaving(Leaving::Cancelling { .. } | Leaving::Lingering) => {
                self.statistics.drop(DropReason::StrayAck);
            }
        }
    }
}
