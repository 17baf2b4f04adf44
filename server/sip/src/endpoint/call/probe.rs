//! Whether the peer of an established call is still there, asked by OPTIONS within the dialog (RFC 3261 §11, §12.2).

use std::time::Instant;

use super::CallHandle;
use crate::endpoint::delivery::Outcome;
use crate::endpoint::{EndCause, Endpoint, Event};
use crate::method::Method;
use crate::status::StatusCode;
use crate::transaction::Purpose;

impl Endpoint {
    /// The user has reason to think that the peer is gone.
    pub(crate) fn probe(&mut self, now: Instant, handle: CallHandle) -> Option<()> {
        let confirmed = self.calls.confirmed_mut(handle)?;
        if std::mem::replace(&mut confirmed.is_probed, true) {
            return Some(());
        }
        let (request, flow) = (confirmed.dialog.request(Method::Options), confirmed.dialog.flow());
        let credentials = self.calls.get(handle).and_then(|call| call.credentials.clone());
        let delivery = self.deliveries.next();
        self.deliver(now, delivery, Purpose::Probe(handle), request, (credentials, flow));
        Some(())
    }

    /// Whoever answers is there, whatever the answer; but not if it does not know the call (RFC 3261 §12.2.1.2).
    pub(crate) fn probe_concluded(&mut self, now: Instant, handle: CallHandle, outcome: &Outcome<'_>) {
        let Some(confirmed) = self.calls.confirmed_mut(handle) else { return };
        confirmed.is_probed = false;
        let gone = match outcome {
            Outcome::Response(response, _) => [StatusCode::CALL_DOES_NOT_EXIST, StatusCode::REQUEST_TIMEOUT]
                .into_iter()
                .find(|gone| *gone == response.status),
            Outcome::Failure(status) => Some(*status),
        };
        if let Some(status) = gone {
            self.drop_exchange(now, handle);
            self.say_bye(now, handle);
            self.tell(Event::Ended { call: handle, cause: EndCause::Lost(status) });
        }
    }
}
