//! REGISTER: a phone says where it is (RFC 3261 §10.3).

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use crate::address::AddressOfRecord;
use crate::endpoint::egress::Answer;
use crate::endpoint::ingress::Source;
use crate::endpoint::{Endpoint, Event, StoreId};
use crate::header::HeaderName;
use crate::message::Request;
use crate::registrar::{Held, Plan, Refusal};
use crate::status::StatusCode;
use crate::timer::TimerKey;
use crate::transaction::{ServerId, ServerKey};

/// The bindings that are being stored. Those of one account are stored one set after the other, in the order their
/// REGISTERs came (RFC 3261 §10.3).
#[derive(Debug, Default)]
pub(crate) struct Stores {
    writing: BTreeMap<StoreId, Writing>,
    waiting: BTreeMap<AddressOfRecord, VecDeque<Waiting>>,
    count: usize,
    last: u64,
}

/// A set that was handed to the user.
#[derive(Debug)]
struct Writing {
    address: AddressOfRecord,
    bindings: Vec<Held>,
    /// The transaction to answer; none once that took too long.
    server: Option<ServerId>,
}

/// A REGISTER that waits for the one before it.
#[derive(Debug)]
struct Waiting {
    server: ServerId,
    source: Source,
    request: Request,
}

impl Endpoint {
    /// A REGISTER always proves its account, from a trunk too: what it says concerns that account alone.
    pub(crate) fn serve_register(
        &mut self,
        now: Instant,
        source: Source,
        key: ServerKey,
        request: Box<Request>,
    ) {
        self.authenticate(now, source, key, request);
    }

    /// The sender is the account: its REGISTER is done now or after those before it.
    pub(crate) fn register_phone(
        &mut self,
        now: Instant,
        server: ServerId,
        source: Source,
        request: &Request,
        address: &AddressOfRecord,
    ) {
        if self.stores.count >= self.config.caps.authentications {
            self.statistics.overload += 1;
            let (tag, fields) = (self.random.name(), [self.retry_after()]);
            self.reply(
                now,
                server,
                &Answer { fields: &fields, ..Answer::new(StatusCode::SERVICE_UNAVAILABLE, &tag) },
            );
            return;
        }
        if let Some(queue) = self.stores.waiting.get_mut(address) {
            self.stores.count += 1;
            return queue.push_back(Waiting { server, source, request: request.clone() });
        }
        self.apply(now, server, source, request, address);
    }

    /// Works out the new bindings and has them stored, or answers at once.
    fn apply(
        &mut self,
        now: Instant,
        server: ServerId,
        source: Source,
        request: &Request,
        address: &AddressOfRecord,
    ) {
        let seconds = self.wall_clock.seconds(now);
        match self.registrar.plan(address, request, (source.flow, source.remote), seconds) {
            Ok(Plan::Fetch) => self.confirm(now, server, address),
            Ok(Plan::Replace(bindings)) => self.store(now, server, address.clone(), bindings),
            Err(refusal) => {
                let tag = self.random.name();
                let shortest = [(HeaderName::MinExpires, self.registrar.shortest().to_string())];
                let answer = match &refusal {
                    Refusal::TooBrief => {
                        Answer { fields: &shortest, ..Answer::new(StatusCode::INTERVAL_TOO_BRIEF, &tag) }
                    }
                    Refusal::Status(status, phrase) => Answer { phrase, ..Answer::new(*status, &tag) },
                };
                self.reply(now, server, &answer);
            }
        }
    }

    /// Hands the bindings to the user; the answer to the phone waits until they are durable.
    fn store(&mut self, now: Instant, server: ServerId, address: AddressOfRecord, bindings: Vec<Held>) {
        self.stores.last += 1;
        self.stores.count += 1;
        let id = StoreId(self.stores.last);
        self.stores.waiting.entry(address.clone()).or_default();
        self.timers.set(TimerKey::Store(id), Some(now + self.config.timers.give_up()));
        let plain = bindings.iter().map(|held| held.binding.clone()).collect();
        self.tell(Event::StoreBindings { id, address: address.clone(), bindings: plain });
        self.stores.writing.insert(id, Writing { address, bindings, server: Some(server) });
    }

    /// The user stored the bindings, or could not.
    pub(crate) fn bindings_stored(&mut self, now: Instant, id: StoreId, ok: bool) -> Option<()> {
        let Writing { address, bindings, server } = self.stores.writing.remove(&id)?;
        self.stores.count -= 1;
        self.timers.set(TimerKey::Store(id), None);
        if ok {
            self.registrar.replace(&address, bindings);
            self.watch_bindings();
        }
        match server {
            Some(server) if ok => self.confirm(now, server, &address),
            Some(server) => self.fail_store(now, server),
            None => {}
        }
        self.apply_waiting(now, &address);
        Some(())
    }

    /// The phones have waited long enough; what the user says later still counts.
    pub(crate) fn store_timeout(&mut self, now: Instant, id: StoreId) {
        let Some(writing) = self.stores.writing.get_mut(&id) else { return };
        let first = writing.server.take();
        let queue = self.stores.waiting.get_mut(&writing.address).map(std::mem::take).unwrap_or_default();
        self.stores.count -= queue.len();
        for server in first.into_iter().chain(queue.into_iter().map(|waiting| waiting.server)) {
            self.fail_store(now, server);
        }
    }

    /// Drops what has run out and has the store cleaned.
    pub(crate) fn expire_bindings(&mut self, now: Instant) {
        let seconds = self.wall_clock.seconds(now);
        while let Some((address, bindings)) = self.registrar.expire(seconds) {
            self.tell(Event::BindingsExpired { address, bindings });
        }
        self.watch_bindings();
    }

    /// Goes on with what came meanwhile for this account, up to the next that has to be stored.
    fn apply_waiting(&mut self, now: Instant, address: &AddressOfRecord) {
        while let Some(queue) = self.stores.waiting.get_mut(address) {
            let Some(Waiting { server, source, request }) = queue.pop_front() else {
                self.stores.waiting.remove(address);
                return;
            };
            self.stores.count -= 1;
            let before = self.stores.last;
            self.apply(now, server, source, &request, address);
            if self.stores.last != before {
                return;
            }
        }
    }

    fn watch_bindings(&mut self) {
        let next = self.registrar.next_expiry().and_then(|time| self.wall_clock.instant(time));
        self.timers.set(TimerKey::Bindings, next);
    }

    /// 200 with every binding (RFC 3261 §10.3 step 8).
    fn confirm(&mut self, now: Instant, server: ServerId, address: &AddressOfRecord) {
        let seconds = self.wall_clock.seconds(now);
        let contact = |held: &Held| {
            let binding = &held.binding;
            let instance = binding.instance.as_deref().map(crate::write::quoted);
            let instance = instance.map(|text| format!(";+sip.instance=\"{text}\"")).unwrap_or_default();
            let (q, left) = (binding.q, binding.expires_at.saturating_sub(seconds));
            let value =
                format!("<{}>;q={}.{:03};expires={left}{instance}", binding.contact, q / 1000, q % 1000);
            (HeaderName::Contact, value)
        };
        let mut fields: Vec<_> = self.registrar.held(address, seconds).into_iter().map(contact).collect();
        fields.push((HeaderName::Date, crate::date::rfc1123(seconds)));
        let tag = self.random.name();
        self.reply(now, server, &Answer { fields: &fields, ..Answer::new(StatusCode::OK, &tag) });
    }

    fn fail_store(&mut self, now: Instant, server: ServerId) {
        let (tag, fields) = (self.random.name(), [self.retry_after()]);
        self.reply(
            now,
            server,
            &Answer { fields: &fields, ..Answer::new(StatusCode::SERVER_INTERNAL_ERROR, &tag) },
        );
    }
}
