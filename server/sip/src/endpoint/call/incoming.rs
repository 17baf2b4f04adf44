//! A call that came in, up to its answer (RFC 3261 §13.3).

use std::time::Instant;

use bytes::Bytes;

use super::{Confirmed, Exchange, Ringing, State, Success};
use crate::endpoint::egress::Answer;
use crate::endpoint::{CallHandle, EndCause, Endpoint, Event};
use crate::header::{ExtraHeader, HeaderName, Reason};
use crate::method::Method;
use crate::reply::WayBack;
use crate::status::StatusCode;
use crate::transaction::ServerId;

impl Endpoint {
    pub(crate) fn progress(
        &mut self,
        now: Instant,
        handle: CallHandle,
        status: StatusCode,
        sdp: Option<Bytes>,
    ) -> Option<()> {
        let every = self.config.timers.progress;
        let ringing = self.ringing_mut(handle)?;
        if !status.is_provisional() || status == StatusCode::TRYING {
            return None;
        }
        ringing.progress = Some((status, sdp));
        ringing.repeat = Some(now + every);
        self.say_progress(now, handle);
        self.watch_call(handle);
        Some(())
    }

    /// Sends the provisional response, for the first time or again so that proxies do not give up the call
    /// (RFC 3261 §13.3.1.1).
    pub(super) fn say_progress(&mut self, now: Instant, handle: CallHandle) {
        let Some(Ringing { server, progress: Some((status, sdp)), .. }) = self.ringing_mut(handle) else {
            return;
        };
        let (server, status, sdp) = (*server, *status, sdp.clone());
        self.reply_in_dialog(now, handle, server, status, sdp.as_ref());
    }

    pub(crate) fn accept(&mut self, now: Instant, handle: CallHandle, sdp: Bytes) -> Option<()> {
        let ringing = self.ringing_mut(handle)?;
        let (server, dialog) = (ringing.server, ringing.dialog.clone());
        let sent = self.reply_in_dialog(now, handle, server, StatusCode::OK, Some(&sdp))?;
        let cseq = dialog.remote_cseq().unwrap_or_default();
        let success = Success::new(now, cseq, sent, &self.config.timers);
        let exchange = Exchange::Unacknowledged(success);
        self.calls.get_mut(handle)?.state = State::Confirmed(Confirmed::new(dialog, exchange));
        self.watch_call(handle);
        Some(())
    }

    pub(crate) fn reject(
        &mut self,
        now: Instant,
        handle: CallHandle,
        status: StatusCode,
        phrase: Option<&str>,
        reason: Option<&Reason>,
        extra: &[ExtraHeader],
    ) -> Option<()> {
        let server = self.ringing_mut(handle)?.server;
        if !status.is_failure() {
            return None;
        }
        let tag = self.calls.get(handle)?.tag.clone();
        let fields: Vec<_> =
            reason.map(|reason| (HeaderName::Reason, reason.to_string())).into_iter().collect();
        let usual = Answer::new(status, &tag);
        self.reply(
            now,
            server,
            &Answer { phrase: phrase.unwrap_or(usual.phrase), fields: &fields, extra, ..usual },
        );
        self.finish(now, handle);
        self.tell(Event::Ended { call: handle, cause: EndCause::Local });
        Some(())
    }

    /// Sends a response that begins or confirms the dialog of a call (RFC 3261 §12.1.1).
    pub(super) fn reply_in_dialog(
        &mut self,
        now: Instant,
        handle: CallHandle,
        server: ServerId,
        status: StatusCode,
        sdp: Option<&Bytes>,
    ) -> Option<(Bytes, WayBack)> {
        let flow = self.servers.get(server)?.reply.way_back.flow;
        let contact = self.calls.any_dialog_mut(handle)?.contact().at(&self.way(flow));
        let tag = self.calls.get(handle)?.tag.clone();
        let fields = [(HeaderName::Contact, contact), (HeaderName::Allow, Method::ALLOWED.to_owned())];
        let answer = Answer { fields: &fields, sdp, in_dialog: true, ..Answer::new(status, &tag) };
        self.reply(now, server, &answer)
    }

    fn ringing_mut(&mut self, handle: CallHandle) -> Option<&mut Ringing> {
        match &mut self.calls.get_mut(handle)?.state {
            State::Ringing(ringing) => Some(ringing),
            State::Calling(_) | State::Confirmed(_) | State::Leaving(_) => None,
        }
    }
}
