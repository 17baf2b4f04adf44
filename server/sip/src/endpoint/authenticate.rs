//! Who sent a request: a local account proves it by digest (RFC 3261 §22.1, RFC 8760).

mod guesses;
mod pending;

pub(crate) use guesses::Guesses;
pub(crate) use pending::Lookups;

use std::time::Instant;

use super::egress::Answer;
use super::ingress::Source;
use super::{AuthenticationId, Endpoint, Event, Identity};
use crate::address::AddressOfRecord;
use crate::digest::{Authorization, DigestAlgorithm, Ha1};
use crate::header::{AuthParams, HeaderName, NameAddr};
use crate::message::Request;
use crate::method::Method;
use crate::nonce::Nonce;
use crate::reply::Reply;
use crate::status::StatusCode;
use crate::timer::TimerKey;
use crate::transaction::{ServerId, ServerKey, ServerTransaction, User};
use crate::uri::Uri;
use pending::Pending;

/// What an Authorization amounts to before the password is known.
enum Claim {
    /// It may be right.
    Plausible(Authorization, Nonce),
    /// There is none for the realm.
    Missing,
    /// Its nonce is not ours or too old.
    Stale,
    /// It was made for another request.
    Misdirected,
}

impl Endpoint {
    /// Asks for proof that a request is from a local account, or goes on to verify it. Until it is verified no
    /// transaction begins, and what is refused is refused without one (RFC 3261 §8.2.7).
    pub(crate) fn authenticate(
        &mut self,
        now: Instant,
        source: Source,
        key: ServerKey,
        request: Box<Request>,
    ) {
        let claimed = claimed(&request).uri.as_sip().map(|uri| uri.host().to_string());
        let local = claimed.and_then(|domain| self.config.domain(&domain));
        let Some(realm) = local.or(self.config.domains.first().map(String::as_str)).map(str::to_owned) else {
            return self.refuse_plainly(now, source, &request, StatusCode::FORBIDDEN, &[]);
        };
        match self.claim(now, source, &realm, &request) {
            Claim::Plausible(authorization, nonce) => {
                self.look_up(now, Pending { request, source, key, authorization, nonce, cancelled: false });
            }
            Claim::Missing => self.challenge(now, source, &realm, &request, false),
            Claim::Stale => self.challenge(now, source, &realm, &request, true),
            Claim::Misdirected => {
                let (headers, status) = (&request.headers, StatusCode::BAD_REQUEST);
                self.refuse(now, source, headers, status, "Digest URI Mismatch", &[]);
            }
        }
    }

    /// Asks the user for the credentials, unless too many are being asked for or this source has guessed too often.
    fn look_up(&mut self, now: Instant, pending: Pending) {
        let (source, request) = (pending.source, &pending.request);
        if self.servers.is_merged(request) {
            return self.refuse_plainly(now, source, request, StatusCode::LOOP_DETECTED, &[]);
        }
        let is_full = self.lookups.len() >= self.config.caps.authentications;
        if is_full || !self.guesses.take(now, source.remote.ip()) {
            return self.refuse_overload(now, source, &request.headers);
        }
        let Authorization { user, realm: domain, .. } = pending.authorization.clone();
        let id = self.lookups.insert(pending);
        self.timers.set(TimerKey::Authentication(id), Some(now + self.config.timers.give_up()));
        self.tell(Event::Authenticate { id, user, domain });
    }

    /// Begins a server transaction; an INVITE is told that it arrived.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        source: Source,
        key: ServerKey,
        request: &Request,
        user: User,
    ) -> ServerId {
        let reply = Reply::new(&request.headers, source.flow, source.remote);
        let server = self.servers.insert(ServerTransaction::start(request, key, reply, user));
        if request.method == Method::Invite {
            self.reply(now, server, &Answer::new(StatusCode::TRYING, ""));
        }
        server
    }

    /// The user knows the account's credentials, or that there is no such account.
    pub(crate) fn credentials(
        &mut self,
        now: Instant,
        id: AuthenticationId,
        ha1: Option<&Ha1>,
    ) -> Option<()> {
        let pending = self.lookups.remove(id)?;
        self.timers.set(TimerKey::Authentication(id), None);
        let Pending { request, source, authorization, nonce, .. } = &pending;
        // An account that does not exist takes the same work as a wrong password.
        let nobody = Ha1 { md5: [0; 16], sha256: [0; 32] };
        let proved = authorization.is_by(ha1.unwrap_or(&nobody), &request.method) & ha1.is_some();
        let millis = self.wall_clock.millis(now);
        if !proved {
            self.nonces.blame(millis, *nonce);
            self.challenge(now, *source, &authorization.realm, request, false);
            return Some(());
        }
        self.guesses.give_back(source.remote.ip());
        self.trust(now, *source);
        if self.nonces.spend(millis, *nonce, authorization.count) {
            self.proved(now, pending);
        } else {
            self.challenge(now, *source, &authorization.realm, request, true);
        }
        Some(())
    }

    /// The sender is who it claims to be; may it send this in that name?
    fn proved(&mut self, now: Instant, pending: Pending) {
        let Pending { request, source, key, authorization, cancelled, .. } = pending;
        // A copy that came on another way may have been proved meanwhile.
        if self.servers.is_merged(&request) {
            return self.refuse_plainly(now, source, &request, StatusCode::LOOP_DETECTED, &[]);
        }
        let account = AddressOfRecord::new(&authorization.user, &authorization.realm);
        let is_own = AddressOfRecord::of(&claimed(&request).uri).as_ref() == Some(&account);
        let server = self.begin(now, source, key, &request, User::Endpoint);
        if !is_own || cancelled {
            let status = if is_own { StatusCode::REQUEST_TERMINATED } else { StatusCode::FORBIDDEN };
            let tag = self.random.name();
            self.reply(now, server, &Answer::new(status, &tag));
        } else if request.method == Method::Register {
            self.register_phone(now, server, source, &request, &account);
        } else {
            self.admit_invite(now, server, source, &request, Identity::Account(account));
        }
    }

    /// The user never told.
    pub(crate) fn authentication_timeout(&mut self, now: Instant, id: AuthenticationId) {
        if let Some(Pending { request, source, .. }) = self.lookups.remove(id) {
            self.refuse_overload(now, source, &request.headers);
        }
    }

    /// Asks for proof: one challenge for each algorithm, the preferred first, all with one nonce (RFC 8760 §2.4).
    fn challenge(&mut self, now: Instant, source: Source, realm: &str, request: &Request, stale: bool) {
        let millis = self.wall_clock.millis(now);
        let nonce = self.nonces.issue(millis, realm, source.remote.ip(), &mut self.random);
        let realm = crate::write::quoted(realm);
        let stale = if stale { ", stale=true" } else { "" };
        let user_agent = request.headers.value(HeaderName::UserAgent).unwrap_or_default();
        let value = |algorithm: DigestAlgorithm| {
            let algorithm = algorithm.as_str();
            format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
        };
        let offered = self.config.digests_for(user_agent).into_iter();
        let fields: Vec<_> =
            offered.map(|algorithm| (HeaderName::WwwAuthenticate, value(algorithm))).collect();
        self.refuse_plainly(now, source, request, StatusCode::UNAUTHORIZED, &fields);
    }

    /// Looks for an answer to a challenge of ours. One in another scheme or realm is not for us (RFC 4475 §3.3.7).
    fn claim(&self, now: Instant, source: Source, realm: &str, request: &Request) -> Claim {
        let found = request
            .headers
            .values(HeaderName::Authorization)
            .filter_map(|value| Authorization::of(&AuthParams::parse(value).ok()?))
            .find(|authorization| {
                authorization.realm == realm && self.config.digests.contains(&authorization.algorithm)
            });
        let Some(authorization) = found else { return Claim::Missing };
        let (millis, peer) = (self.wall_clock.millis(now), source.remote.ip());
        let Some(nonce) = self.nonces.check(millis, realm, peer, &authorization.nonce) else {
            return Claim::Stale;
        };
        if is_for(&authorization.uri, &request.uri) {
            Claim::Plausible(authorization, nonce)
        } else {
            Claim::Misdirected
        }
    }
}

/// Who a request is from, or in a REGISTER whom it is for.
fn claimed(request: &Request) -> &NameAddr {
    if request.method == Method::Register { &request.to } else { &request.from }
}

/// Whether a digest was made for this Request-URI: port and parameters, which proxies and phones alter, do not count
/// (RFC 3261 §22.4 point 5, RFC 7616 §3.4.6).
fn is_for(digest: &str, uri: &Uri) -> bool {
    match (Uri::parse(digest), uri) {
        (Ok(Uri::Sip(one)), Uri::Sip(other)) => {
            one.user() == other.user() && one.host().matches(other.host())
        }
        (Ok(one), _) => one == *uri,
        (Err(_), _) => false,
    }
}
