//! What a challenge to a request of ours is answered with, and which are not answered.

use std::time::Instant;

use super::Place;
use crate::digest::{Challenge, Credentials};
use crate::endpoint::ingress::Source;
use crate::endpoint::{DeliveryId, Endpoint};
use crate::header::{AuthParams, HeaderName};
use crate::message::Response;
use crate::status::StatusCode;
use crate::transaction::Purpose;

/// How many challenges are answered for one request: one, and one more if its nonce had become stale.
const MOST_CHALLENGES: usize = 2;

impl Endpoint {
    /// Sends the request again with an answer to the challenge, if it is one that may be answered: in the realm of the
    /// credentials, with a nonce not answered before, and no more often than needed (RFC 3261 §22.2, §22.3).
    pub(super) fn answer_challenge(
        &mut self,
        now: Instant,
        id: DeliveryId,
        source: Source,
        response: &Response,
    ) -> bool {
        let (asked, answer) = match response.status {
            StatusCode::UNAUTHORIZED => (HeaderName::WwwAuthenticate, HeaderName::Authorization),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization)
            }
            _ => return false,
        };
        let Some(delivery) = self.deliveries.table.get_mut(&id) else { return false };
        let Some(credentials) = delivery.credentials.clone().filter(|_| !delivery.abandoned) else {
            return false;
        };
        let Some(challenge) = best_challenge(response, asked, &credentials) else { return false };
        let first = delivery.answered.is_empty() || challenge.stale;
        if !first
            || delivery.answered.len() >= MOST_CHALLENGES
            || delivery.answered.contains(&challenge.nonce)
        {
            return false;
        }
        let uri = delivery.request.uri.to_string();
        let cnonce = self.random.name();
        let value = challenge.answer(&credentials, &delivery.request.method, &uri, &cnonce);
        delivery.answered.push(challenge.nonce);
        delivery.request.authorization = Some((answer, value));
        delivery.places.push_front(Place::Flow(source.flow));
        delivery.transaction = None;
        let purpose = delivery.purpose;
        let cseq = self.next_cseq(purpose);
        if let Some(delivery) = self.deliveries.table.get_mut(&id) {
            delivery.request.cseq = cseq.unwrap_or(delivery.request.cseq + 1);
        }
        self.advance(now, id);
        true
    }

    /// The sequence number for sending a request again, where a dialog counts them.
    fn next_cseq(&mut self, purpose: Purpose) -> Option<u32> {
        match purpose {
            Purpose::Reoffer(call) | Purpose::Probe(call) => {
                self.calls.dialog_mut(call).map(crate::dialog::Dialog::renumber)
            }
            Purpose::Invite(_) | Purpose::Acknowledgement | Purpose::Farewell | Purpose::Register(_) => None,
        }
    }
}

/// The first challenge that can be answered, in the order the peer prefers (RFC 8760 §2.4).
fn best_challenge(response: &Response, name: HeaderName, credentials: &Credentials) -> Option<Challenge> {
    response
        .headers
        .values(name)
        .filter_map(|value| Challenge::of(&AuthParams::parse(value).ok()?))
        .find(|challenge| credentials.realm.as_ref().is_none_or(|realm| *realm == challenge.realm))
}
