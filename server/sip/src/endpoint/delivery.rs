//! How a request of ours gets to its next hop: the places are tried in turn, and a challenge on the way is answered.

mod challenge;
mod outcome;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::ingress::Source;
use super::next_hop::NextHop;
use super::{Address, DeliveryId, Endpoint, Output, ResolveId};
use crate::digest::Credentials;
use crate::flow::{FlowId, Transport};
use crate::message::Response;
use crate::method::Method;
use crate::outgoing::{Outgoing, Way};
use crate::status::StatusCode;
use crate::timer::TimerKey;
use crate::transaction::{ClientId, ClientInput, ClientTransaction, Clock, Effects, End, Purpose, Transmit};

/// The largest request that goes by UDP, in bytes, when the path's MTU is not known (RFC 3261 §18.1.1).
const LARGEST_DATAGRAM: usize = 1_300;
/// How many addresses of a name are tried.
const MOST_ADDRESSES: usize = 8;

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) request: Outgoing,
    pub(crate) purpose: Purpose,
    credentials: Option<Arc<Credentials>>,
    /// The nonces that were answered.
    answered: Vec<String>,
    /// The places still to try.
    places: VecDeque<Place>,
    /// The place to try after those, whose address may have to be found.
    last: Option<NextHop>,
    /// The transaction under way; none while addresses are looked for.
    transaction: Option<ClientId>,
    /// What it ends with if there is no further place.
    failure: StatusCode,
    /// The user wants no more of it: no further place, no further challenge.
    abandoned: bool,
}

/// Somewhere a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A flow that exists.
    Flow(FlowId),
    /// An address.
    Address(Address),
    /// An address, by UDP whatever the size: TCP was refused there (RFC 3261 §18.1.1).
    Datagram(SocketAddr),
}

/// How a delivery ended.
#[derive(Debug)]
pub(crate) enum Outcome<'a> {
    /// With a final response.
    Response(&'a Response, Source),
    /// Without one; 408 or 503 says why.
    Failure(StatusCode),
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    table: BTreeMap<DeliveryId, Delivery>,
    last: u64,
}

impl Deliveries {
    /// The name of the next one.
    pub(crate) fn next(&mut self) -> DeliveryId {
        self.last += 1;
        DeliveryId(self.last)
    }
}

impl Endpoint {
    /// Sends a request: on `flow` if there is one and it exists, else to its next hop.
    pub(crate) fn deliver(
        &mut self,
        now: Instant,
        id: DeliveryId,
        purpose: Purpose,
        request: Outgoing,
        (credentials, flow): (Option<Arc<Credentials>>, Option<FlowId>),
    ) {
        let usable = |flow: &FlowId| match flow {
            FlowId::Udp { listener, .. } => self.config.listener(*listener).is_some(),
            FlowId::Tcp(connection) => self.connections.get(*connection).is_some(),
        };
        let places: VecDeque<_> = flow.filter(usable).map(Place::Flow).into_iter().collect();
        let (last, failure) = match NextHop::of(&request.next_hop) {
            Ok(next_hop) => (Some(next_hop), StatusCode::SERVICE_UNAVAILABLE),
            Err(status) => (None, status),
        };
        let delivery = Delivery {
            request,
            purpose,
            credentials,
            answered: Vec::new(),
            places,
            last,
            transaction: None,
            failure,
            abandoned: false,
        };
        self.deliveries.table.insert(id, delivery);
        self.advance(now, id);
    }

    /// The addresses of a name were found, or could not be.
    pub(crate) fn resolved(&mut self, now: Instant, id: DeliveryId, addresses: Vec<Address>) {
        let Some(delivery) = self.deliveries.table.get_mut(&id) else { return };
        if delivery.transaction.is_some() {
            return;
        }
        self.timers.set(TimerKey::Delivery(id), None);
        delivery.places.extend(addresses.into_iter().take(MOST_ADDRESSES).map(Place::Address));
        self.advance(now, id);
    }

    /// Stops a delivery: whatever comes of it, no further place and no challenge. Tells whether it is already under way;
    /// if not, it is gone.
    pub(crate) fn abandon(&mut self, id: DeliveryId) -> bool {
        let Some(delivery) = self.deliveries.table.get_mut(&id) else { return false };
        delivery.abandoned = true;
        if delivery.transaction.is_none() {
            self.timers.set(TimerKey::Delivery(id), None);
            self.deliveries.table.remove(&id);
            return false;
        }
        true
    }

    /// Forgets a delivery and its transaction: nothing more is sent or heard of it.
    pub(crate) fn forget(&mut self, id: DeliveryId) {
        if let Some(transaction) = self.deliveries.table.remove(&id).and_then(|delivery| delivery.transaction)
        {
            self.timers.set(TimerKey::Client(transaction), None);
            self.clients.remove(transaction);
        }
    }

    /// Sends a CANCEL after an INVITE that a provisional response came to; `false` if none has come yet.
    pub(crate) fn cancel(&mut self, now: Instant, id: DeliveryId, reason: Option<&str>) -> bool {
        let Some(delivery) = self.deliveries.table.get(&id) else { return false };
        let Some(invite) = delivery.transaction.and_then(|id| self.clients.get(id)) else { return false };
        if !invite.is_proceeding() {
            return false;
        }
        let (flow, branch) = (invite.flow, invite.branch.clone());
        let way = self.way(flow);
        let wire = delivery.request.cancel(&way, &branch, reason);
        *self.statistics.requests_sent.entry(Method::Cancel.label()).or_default() += 1;
        let clock = Clock { now, timers: &self.config.timers, reliable: flow.transport().is_reliable() };
        let whose = (Purpose::Farewell, None);
        let cancel = ClientTransaction::start(&clock, Method::Cancel, branch, flow, wire.clone(), whose);
        self.watch_client(cancel);
        self.send(flow, wire, None);
        true
    }

    /// Lets something happen to a transaction of ours and does what it wants; tells whether the user is to know.
    pub(crate) fn drive_client(&mut self, now: Instant, id: ClientId, input: ClientInput) -> bool {
        let Some(transaction) = self.clients.get_mut(id) else { return false };
        let flow = transaction.flow;
        let clock = Clock { now, timers: &self.config.timers, reliable: flow.transport().is_reliable() };
        let Effects { send, pass, end } = transaction.handle(&clock, input);
        let bytes = send.and_then(|what| transaction.bytes(what));
        self.timers.set(TimerKey::Client(id), transaction.deadline());
        if let Some(bytes) = bytes {
            self.statistics.retransmissions_sent += u64::from(send == Some(Transmit::Request));
            self.send(flow, bytes, None);
        }
        if let Some(end) = end {
            self.timers.set(TimerKey::Client(id), None);
            let delivery = self.clients.remove(id).and_then(|transaction| transaction.delivery);
            match (end, delivery) {
                (End::TimedOut, Some(delivery)) => self.try_next(now, delivery, StatusCode::REQUEST_TIMEOUT),
                (End::Unreachable, Some(delivery)) => {
                    self.try_next(now, delivery, StatusCode::SERVICE_UNAVAILABLE)
                }
                (End::Done, _) | (_, None) => {}
            }
        }
        pass
    }

    /// A place failed: on to the next.
    fn try_next(&mut self, now: Instant, id: DeliveryId, failure: StatusCode) {
        let Some(delivery) = self.deliveries.table.get_mut(&id) else { return };
        delivery.failure = failure;
        delivery.transaction = None;
        if delivery.abandoned {
            delivery.places.clear();
            delivery.last = None;
        }
        self.advance(now, id);
    }

    /// Sends the request to the next place that takes it; without any the delivery ends.
    fn advance(&mut self, now: Instant, id: DeliveryId) {
        loop {
            let Some(delivery) = self.deliveries.table.get_mut(&id) else { return };
            if let Some(place) = delivery.places.pop_front() {
                if self.attempt(now, id, place) {
                    return;
                }
                continue;
            }
            match delivery.last.take() {
                Some(NextHop::Address(address)) => delivery.places.push_back(Place::Address(address)),
                Some(NextHop::Name { name, port, transport }) => {
                    let deadline = now + self.config.timers.give_up();
                    self.timers.set(TimerKey::Delivery(id), Some(deadline));
                    let id = ResolveId(id);
                    return self.outputs.push_back(Output::Resolve { id, name, port, transport });
                }
                None => {
                    let failure = delivery.failure;
                    if let Some(delivery) = self.deliveries.table.remove(&id) {
                        self.conclude(now, delivery, &Outcome::Failure(failure));
                    }
                    return;
                }
            }
        }
    }

    /// Sends the request to one place; `false` if that cannot even be tried.
    fn attempt(&mut self, now: Instant, id: DeliveryId, place: Place) -> bool {
        let Some(flow) = self.flow_to(now, place) else { return false };
        let Some(delivery) = self.deliveries.table.get(&id) else { return false };
        let way = self.way(flow);
        let branch = format!("{}{}", crate::header::MAGIC_COOKIE, self.random.name());
        let wire = delivery.request.encode(&way, &branch, &self.config.user_agent);
        if let Place::Address(Address { transport: Transport::Udp, address }) = place
            && wire.len() > LARGEST_DATAGRAM
        {
            return self.attempt_by_stream(now, id, address);
        }
        let method = delivery.request.method.clone();
        *self.statistics.requests_sent.entry(method.label()).or_default() += 1;
        if method == Method::Ack {
            // The ACK of a 2xx is no transaction: it is sent again when the 2xx comes again (RFC 3261 §13.2.2.4).
            let otherwise = self.otherwise(now, id);
            self.deliveries.table.remove(&id);
            self.send(flow, wire, otherwise);
            return true;
        }
        if self.clients.len() >= self.config.caps.transactions {
            self.statistics.overload += 1;
            return false;
        }
        let whose = (delivery.purpose, Some(id));
        let clock = Clock { now, timers: &self.config.timers, reliable: flow.transport().is_reliable() };
        let transaction = ClientTransaction::start(&clock, method, branch, flow, wire.clone(), whose);
        let transaction = self.watch_client(transaction);
        if let Some(delivery) = self.deliveries.table.get_mut(&id) {
            delivery.transaction = Some(transaction);
        }
        self.send(flow, wire, None);
        true
    }

    /// A request too large for a datagram goes by TCP, and by UDP after all if that is refused.
    fn attempt_by_stream(&mut self, now: Instant, id: DeliveryId, address: SocketAddr) -> bool {
        if let Some(delivery) = self.deliveries.table.get_mut(&id) {
            delivery.places.push_front(Place::Datagram(address));
        }
        self.attempt(now, id, Place::Address(Address { transport: Transport::Tcp, address }))
    }

    /// What of an ACK goes by UDP, should the connection for it not open.
    fn otherwise(&mut self, now: Instant, id: DeliveryId) -> Option<(FlowId, bytes::Bytes)> {
        let place @ Place::Datagram(_) = *self.deliveries.table.get(&id)?.places.front()? else {
            return None;
        };
        let flow = self.flow_to(now, place)?;
        let branch = format!("{}{}", crate::header::MAGIC_COOKIE, self.random.name());
        let request = &self.deliveries.table.get(&id)?.request;
        Some((flow, request.encode(&self.way(flow), &branch, &self.config.user_agent)))
    }

    /// The flow to a place; `None` if we have no listener for it or too many connections.
    fn flow_to(&mut self, now: Instant, place: Place) -> Option<FlowId> {
        match place {
            Place::Flow(flow) => Some(flow),
            Place::Address(Address { transport: Transport::Tcp, address }) => {
                self.connect(now, address).map(FlowId::Tcp)
            }
            Place::Address(Address { transport: Transport::Udp, address: remote })
            | Place::Datagram(remote) => {
                let listener = self.config.listener_for(Transport::Udp, remote.ip())?.id;
                Some(FlowId::Udp { listener, remote })
            }
        }
    }

    /// What Via and Contact say on a flow.
    pub(crate) fn way(&self, flow: FlowId) -> Way {
        let (listener, remote) = match flow {
            FlowId::Udp { listener, remote } => (Some(listener), remote),
            FlowId::Tcp(id) => match self.connections.get(id) {
                Some(connection) => (connection.listener, connection.remote),
                None => (None, SocketAddr::from(([0, 0, 0, 0], 0))),
            },
        };
        Way::on(flow, listener, remote.ip(), &self.config)
    }

    fn watch_client(&mut self, transaction: ClientTransaction) -> ClientId {
        let deadline = transaction.deadline();
        let id = self.clients.insert(transaction);
        self.timers.set(TimerKey::Client(id), deadline);
        id
    }
}
