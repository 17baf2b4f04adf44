//! How we stay registered at a trunk (RFC 3261 §10.2, back-off by RFC 5626 §4.5).

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::digest::Credentials;
use crate::endpoint::{DeliveryId, Register};
use crate::header::{Contacts, HeaderName, NameAddr, delta_seconds};
use crate::message::Response;
use crate::method::Method;
use crate::outgoing::{Contact, MAX_FORWARDS, Outgoing};
use crate::random::Random;
use crate::status::StatusCode;

/// A registration of ours.
#[derive(Debug)]
pub(crate) struct Registration {
    settings: Register,
    pub(crate) credentials: Option<Arc<Credentials>>,
    tag: String,
    /// All REGISTERs to one registrar have the same Call-ID (RFC 3261 §10.2).
    call_id: String,
    cseq: u32,
    /// What is asked for: the configured time, or what the registrar wants at least.
    expires: u32,
    /// How often in a row it was not granted.
    failures: u32,
    pub(crate) state: State,
}

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// A REGISTER is on its way.
    Asking { delivery: DeliveryId, leaving: bool },
    /// Something is due later: a refresh, or another attempt.
    Waiting { until: Instant },
}

/// What the answer to a REGISTER means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Granted for so many seconds.
    Granted { expires: u32 },
    /// It must be asked for longer; to be asked again at once.
    TooBrief,
    /// Refused; to be asked again after a while.
    Refused { retry_in: Duration },
}

/// The shortest and the longest wait after a failure (RFC 5626 §4.5).
const BASE_WAIT: u64 = 30;
const LONGEST_WAIT: u64 = 1_800;

impl Registration {
    pub(crate) fn new(mut settings: Register, delivery: DeliveryId, random: &mut Random) -> Self {
        let credentials = settings.credentials.take().map(Arc::new);
        Self {
            credentials,
            tag: random.name(),
            call_id: random.name(),
            cseq: 0,
            expires: settings.expires.max(1),
            failures: 0,
            state: State::Asking { delivery, leaving: false },
            settings,
        }
    }

    /// The next REGISTER; one that leaves asks for no time.
    pub(crate) fn request(&mut self, leaving: bool) -> Outgoing {
        let Register { registrar, route, address, contact_user, .. } = &self.settings;
        let routes: Vec<_> = route.iter().map(|uri| NameAddr::new(None, uri.clone())).collect();
        let (uri, routes, next_hop) = Outgoing::routed(registrar, &routes);
        let expires = if leaving { 0 } else { self.expires };
        self.cseq += 1;
        Outgoing {
            method: Method::Register,
            uri,
            routes,
            next_hop,
            from: NameAddr::new(None, address.clone()).with_tag(Some(&self.tag)),
            to: NameAddr::new(None, address.clone()),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            max_forwards: MAX_FORWARDS,
            contact: Some(Contact { user: Some(contact_user.clone()), expires: Some(expires) }),
            fields: vec![(HeaderName::Expires, expires.to_string())],
            extra: Vec::new(),
            authorization: None,
            sdp: None,
        }
    }

    /// Takes in the answer to `request`. `contact` is what we registered.
    pub(crate) fn answered(
        &mut self,
        request: &Outgoing,
        response: &Response,
        contact: &str,
        random: &mut Random,
    ) -> Answer {
        self.cseq = self.cseq.max(request.cseq);
        if response.status.is_success() {
            self.failures = 0;
            let expires = granted(response, contact).unwrap_or(self.expires).max(1);
            return Answer::Granted { expires };
        }
        let wanted = response.headers.min_expires().filter(|&wanted| wanted > self.expires);
        if let (StatusCode::INTERVAL_TOO_BRIEF, Some(wanted)) = (response.status, wanted) {
            // Once in a row: a registrar that keeps asking for more is not followed without a pause.
            self.expires = wanted;
            if self.failures == 0 {
                self.failures = 1;
                return Answer::TooBrief;
            }
        }
        self.failed(response.headers.retry_after(), random)
    }

    /// Takes in that a REGISTER was not granted.
    pub(crate) fn failed(&mut self, retry_after: Option<u32>, random: &mut Random) -> Answer {
        // Half to the whole of min(longest, base · 2^failures), so that clients do not come back all at once.
        let most = BASE_WAIT.checked_shl(self.failures).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        self.failures = (self.failures + 1).min(16);
        let wait = Duration::from_millis(most * 500 + random.below(most * 500 + 1));
        let asked = Duration::from_secs(retry_after.unwrap_or(0).into());
        Answer::Refused { retry_in: wait.max(asked.min(Duration::from_secs(LONGEST_WAIT))) }
    }

    /// When to refresh what was granted: well before it runs out.
    pub(crate) fn refresh_at(now: Instant, expires: u32) -> Instant {
        let expires = u64::from(expires);
        let margin = if expires > 1_200 { 600 } else { expires / 2 };
        now + Duration::from_secs((expires - margin).max(1))
    }
}

/// How long the registrar granted: what it says of our Contact, or for all (RFC 3261 §10.2.4).
fn granted(response: &Response, contact: &str) -> Option<u32> {
    let ours = NameAddr::parse(contact.as_bytes()).ok()?;
    let of_contact = match response.headers.contacts().ok()? {
        Contacts::All => None,
        Contacts::Listed(list) => list
            .iter()
            .find(|listed| listed.uri.equivalent(&ours.uri))
            .and_then(|listed| delta_seconds(listed.params.raw("expires")?.as_bytes())),
    };
    of_contact.or_else(|| response.headers.expires())
}

#[cfg(test)]
mod tests;
