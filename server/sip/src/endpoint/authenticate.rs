//! Who sent a request: a local account proves it by digest (RFC 3261 §22.1, RFC 8760).

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

/// A request whose sender has answered a challenge, while its credentials are looked up.
#[derive(Debug)]
pub(crate) struct Pending {
    request: Box<Request>,
    source: Source,
    server: ServerId,
    authorization: Authorization,
    nonce: Nonce,
}

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
    /// Asks for proof that a request is from a local account, or goes on to verify it. Until there is something to
    /// verify nothing is stored.
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
        let (stale, authorization, nonce) = match self.claim(now, &realm, &request) {
            Claim::Plausible(authorization, nonce) => (false, Some(authorization), Some(nonce)),
            Claim::Missing => (false, None, None),
            Claim::Stale => (true, None, None),
            Claim::Misdirected => {
                let headers = &request.headers;
                return self.refuse(
                    now,
                    source,
                    headers,
                    StatusCode::BAD_REQUEST,
                    "Digest URI Mismatch",
                    &[],
                );
            }
        };
        let (Some(authorization), Some(nonce)) = (authorization, nonce) else {
            let challenge = self.challenge(now, &realm, &request, stale);
            return self.refuse_plainly(now, source, &request, StatusCode::UNAUTHORIZED, &challenge);
        };
        if self.servers.is_merged(&request) {
            return self.refuse_plainly(now, source, &request, StatusCode::LOOP_DETECTED, &[]);
        }
        if self.pending.len() >= self.config.caps.authentications {
            return self.refuse_overload(now, source, &request.headers);
        }
        self.look_up(now, source, key, request, (authorization, nonce));
    }

    /// Asks the user for the credentials.
    fn look_up(
        &mut self,
        now: Instant,
        source: Source,
        key: ServerKey,
        request: Box<Request>,
        (authorization, nonce): (Authorization, Nonce),
    ) {
        self.last_authentication += 1;
        let id = AuthenticationId(self.last_authentication);
        let server = self.begin(now, source, key, &request, User::Authentication(id));
        let (user, domain) = (authorization.user.clone(), authorization.realm.clone());
        self.pending.insert(id, Pending { request, source, server, authorization, nonce });
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
        let pending = self.pending.remove(&id)?;
        self.timers.set(TimerKey::Authentication(id), None);
        let Pending { request, source, server, authorization, nonce } = pending;
        // An account that does not exist takes the same work as a wrong password.
        let nobody = Ha1 { md5: [0; 16], sha256: [0; 32] };
        let proved = authorization.is_by(ha1.unwrap_or(&nobody), &request.method) & ha1.is_some();
        if !proved {
            self.refuse_pending(now, server, &authorization.realm, &request, false);
        } else if !self.nonces.spend(self.wall_clock.millis(now), nonce, authorization.count) {
            self.refuse_pending(now, server, &authorization.realm, &request, true);
        } else {
            let account = AddressOfRecord::new(&authorization.user, &authorization.realm);
            self.proved(now, server, source, &request, account);
        }
        Some(())
    }

    /// The sender is who it claims to be; may it send this in that name?
    fn proved(
        &mut self,
        now: Instant,
        server: ServerId,
        source: Source,
        request: &Request,
        account: AddressOfRecord,
    ) {
        if AddressOfRecord::of(&claimed(request).uri).as_ref() != Some(&account) {
            let tag = self.random.name();
            self.reply(now, server, &Answer::new(StatusCode::FORBIDDEN, &tag));
            return;
        }
        if request.method == Method::Register {
            self.register_phone(now, server, source, request, &account);
        } else {
            self.admit_invite(now, server, source, request, Identity::Account(account));
        }
    }

    /// Challenges again, within the transaction.
    fn refuse_pending(
        &mut self,
        now: Instant,
        server: ServerId,
        realm: &str,
        request: &Request,
        stale: bool,
    ) {
        let fields = self.challenge(now, realm, request, stale);
        let tag = self.random.name();
        self.reply(now, server, &Answer { fields: &fields, ..Answer::new(StatusCode::UNAUTHORIZED, &tag) });
    }

    /// The user never told.
    pub(crate) fn authentication_timeout(&mut self, now: Instant, id: AuthenticationId) {
        if let Some(pending) = self.pending.remove(&id) {
            let (tag, fields) = (self.random.name(), [self.retry_after()]);
            let answer = Answer { fields: &fields, ..Answer::new(StatusCode::SERVICE_UNAVAILABLE, &tag) };
            self.reply(now, pending.server, &answer);
        }
    }

    /// The sender has lost interest.
    pub(crate) fn drop_pending(&mut self, id: AuthenticationId) {
        self.pending.remove(&id);
        self.timers.set(TimerKey::Authentication(id), None);
    }

    /// One challenge for each algorithm, the preferred first, all with one nonce (RFC 8760 §2.4).
    fn challenge(
        &mut self,
        now: Instant,
        realm: &str,
        request: &Request,
        stale: bool,
    ) -> Vec<(HeaderName, String)> {
        let nonce = self.nonces.issue(self.wall_clock.millis(now), realm, &mut self.random);
        let realm = crate::write::quoted(realm);
        let stale = if stale { ", stale=true" } else { "" };
        let user_agent = request.headers.value(HeaderName::UserAgent).unwrap_or_default();
        let value = |algorithm: DigestAlgorithm| {
            let algorithm = algorithm.as_str();
            format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
        };
        let offered = self.config.digests_for(user_agent).into_iter();
        offered.map(|algorithm| (HeaderName::WwwAuthenticate, value(algorithm))).collect()
    }

    /// Looks for an answer to a challenge of ours. One in another scheme or realm is not for us (RFC 4475 §3.3.7).
    fn claim(&self, now: Instant, realm: &str, request: &Request) -> Claim {
        let found = request
            .headers
            .values(HeaderName::Authorization)
            .filter_map(|value| Authorization::of(&AuthParams::parse(value).ok()?))
            .find(|authorization| {
                authorization.realm == realm && self.config.digests.contains(&authorization.algorithm)
            });
        let Some(authorization) = found else { return Claim::Missing };
        let Some(nonce) = self.nonces.check(self.wall_clock.millis(now), realm, &authorization.nonce) else {
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
