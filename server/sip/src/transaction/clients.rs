//! Which requests of ours are under way, and which of them a response belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use bytes::Bytes;

use super::client::Client;
use super::invite_client::InviteClient;
use super::{ClientId, ClientInput, Clock, Effects, Transmit};
use crate::endpoint::{CallHandle, DeliveryId, RegistrationId};
use crate::flow::FlowId;
use crate::method::Method;

/// What a request of ours is for, and so who learns of its responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The INVITE that begins a call.
    Invite(CallHandle),
    /// An INVITE within a call.
    Reoffer(CallHandle),
    /// An OPTIONS within a call.
    Probe(CallHandle),
    /// The ACK of a 2xx.
    Acknowledgement,
    /// A CANCEL or BYE: the call itself is over for its user.
    Farewell,
    /// A REGISTER at a trunk.
    Register(RegistrationId),
}

/// One request of ours.
#[derive(Debug)]
pub(crate) struct ClientTransaction {
    pub(crate) branch: String,
    pub(crate) flow: FlowId,
    pub(crate) purpose: Purpose,
    /// What sent it; a CANCEL has none.
    pub(crate) delivery: Option<DeliveryId>,
    /// The request as it was sent.
    pub(crate) wire: Bytes,
    /// The ACK of a failure, once there was one.
    pub(crate) ack: Option<Bytes>,
    machine: Machine,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    Other(Method, Client),
}

impl ClientTransaction {
    /// A transaction whose request was just sent.
    pub(crate) fn start(
        clock: &Clock<'_>,
        method: Method,
        branch: String,
        flow: FlowId,
        wire: Bytes,
        (purpose, delivery): (Purpose, Option<DeliveryId>),
    ) -> Self {
        let machine = if method == Method::Invite {
            Machine::Invite(InviteClient::start(clock))
        } else {
            Machine::Other(method, Client::start(clock))
        };
        Self { branch, flow, purpose, delivery, wire, ack: None, machine }
    }

    /// Whether a provisional response has come and a final one has not, so that a CANCEL may be sent (RFC 3261 §9.1).
    pub(crate) fn is_proceeding(&self) -> bool {
        matches!(
            self.machine,
            Machine::Invite(InviteClient::Proceeding) | Machine::Other(_, Client::Proceeding { .. })
        )
    }

    /// The bytes an effect asks to send.
    pub(crate) fn bytes(&self, what: Transmit) -> Option<Bytes> {
        match what {
            Transmit::Request => Some(self.wire.clone()),
            Transmit::Ack => self.ack.clone(),
            Transmit::Response => None,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            Machine::Invite(machine) => machine.deadline(),
            Machine::Other(_, machine) => machine.deadline(),
        }
    }

    pub(crate) fn handle(&mut self, clock: &Clock<'_>, input: ClientInput) -> Effects {
        match &mut self.machine {
            Machine::Invite(machine) => machine.handle(clock, input),
            Machine::Other(_, machine) => machine.handle(clock, input),
        }
    }

    fn method(&self) -> &Method {
        match &self.machine {
            Machine::Invite(_) => &Method::Invite,
            Machine::Other(method, _) => method,
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    transactions: BTreeMap<ClientId, ClientTransaction>,
    /// A response belongs to the request with its branch and method (RFC 3261 §17.1.3).
    branches: BTreeMap<(String, Method), ClientId>,
    flows: BTreeMap<FlowId, BTreeSet<ClientId>>,
    last: u64,
}

impl Clients {
    pub(crate) fn len(&self) -> usize {
        self.transactions.len()
    }

    pub(crate) fn insert(&mut self, transaction: ClientTransaction) -> ClientId {
        self.last += 1;
        let id = ClientId(self.last);
        self.branches.insert((transaction.branch.clone(), transaction.method().clone()), id);
        self.flows.entry(transaction.flow).or_default().insert(id);
        self.transactions.insert(id, transaction);
        id
    }

    pub(crate) fn find(&self, branch: &str, method: &Method) -> Option<ClientId> {
        self.branches.get(&(branch.to_owned(), method.clone())).copied()
    }

    pub(crate) fn get(&self, id: ClientId) -> Option<&ClientTransaction> {
        self.transactions.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ClientId) -> Option<&mut ClientTransaction> {
        self.transactions.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: ClientId) -> Option<ClientTransaction> {
        let transaction = self.transactions.remove(&id)?;
        self.branches.remove(&(transaction.branch.clone(), transaction.method().clone()));
        if let Some(on_flow) = self.flows.get_mut(&transaction.flow) {
            on_flow.remove(&id);
            if on_flow.is_empty() {
                self.flows.remove(&transaction.flow);
            }
        }
        Some(transaction)
    }

    /// Those whose request went out on a flow.
    pub(crate) fn on_flow(&self, flow: FlowId) -> Vec<ClientId> {
        self.flows.get(&flow).into_iter().flatten().copied().collect()
    }
}
