//! Which requests of others are under way, and which of them a request belongs to.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;

use super::invite_server::InviteServer;
use super::server::Server;
use super::{Clock, Effects, ServerId, ServerInput};
use crate::endpoint::CallHandle;
use crate::message::Request;
use crate::method::Method;
use crate::reply::Reply;

/// What tells the transactions of others apart (RFC 3261 §17.2.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerKey(Box<str>);

impl ServerKey {
    /// The transaction a request belongs to; an ACK belongs to that of its INVITE.
    pub(crate) fn of(request: &Request) -> Self {
        let method = if request.method == Method::Ack { &Method::Invite } else { &request.method };
        Self::with_method(request, method)
    }

    /// The INVITE that a CANCEL with the same branch is for (RFC 3261 §9.2).
    pub(crate) fn of_cancelled(cancel: &Request) -> Self {
        Self::with_method(cancel, &Method::Invite)
    }

    fn with_method(request: &Request, method: &Method) -> Self {
        let via = &request.via;
        let text = match via.transaction_branch() {
            Some(branch) => format!("{method}\n{branch}\n{}", via.sent_by).to_ascii_lowercase(),
            // The sender follows RFC 2543. The To tag is left out: that of an ACK is ours, the INVITE had none.
            None => format!(
                "{method}\n{}\n{}\n{}\n{}\n{via}",
                request.uri,
                request.from.tag().unwrap_or_default(),
                request.call_id,
                request.cseq.number,
            ),
        };
        Self(text.into())
    }
}

/// What the copies of one request that came on several ways have in common (RFC 3261 §8.2.2.2).
type MergeKey = (String, String, u32, Method);

/// Who answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// A call.
    Call(CallHandle),
    /// The endpoint itself.
    Endpoint,
}

/// One request of others.
#[derive(Debug)]
pub(crate) struct ServerTransaction {
    pub(crate) user: User,
    /// What all responses have in common.
    pub(crate) reply: Reply,
    /// The response sent last.
    pub(crate) response: Option<Bytes>,
    key: ServerKey,
    merge: Option<MergeKey>,
    machine: Machine,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    Other(Server),
}

impl ServerTransaction {
    /// A transaction whose request has just come.
    pub(crate) fn start(request: &Request, key: ServerKey, reply: Reply, user: User) -> Self {
        let machine = if request.method == Method::Invite {
            Machine::Invite(InviteServer::start())
        } else {
            Machine::Other(Server::Trying)
        };
        Self { user, reply, response: None, key, merge: merge_key(request), machine }
    }

    /// Whether a final response was sent.
    pub(crate) fn is_answered(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => !matches!(machine, InviteServer::Proceeding { .. }),
            Machine::Other(machine) => !matches!(machine, Server::Trying | Server::Proceeding),
        }
    }

    /// The final response was sent: only what may have to be sent again is kept. A 2xx to an INVITE its user repeats.
    pub(crate) fn settle(&mut self) {
        self.reply.settle();
        if matches!(self.machine, Machine::Invite(InviteServer::Accepted { .. })) {
            self.response = None;
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            Machine::Invite(machine) => machine.deadline(),
            Machine::Other(machine) => machine.deadline(),
        }
    }

    pub(crate) fn handle(&mut self, clock: &Clock<'_>, input: ServerInput) -> Effects {
        match &mut self.machine {
            Machine::Invite(machine) => machine.handle(clock, input),
            Machine::Other(machine) => machine.handle(clock, input),
        }
    }
}

/// A request within a dialog is never taken for a merged one.
fn merge_key(request: &Request) -> Option<MergeKey> {
    if request.to.tag().is_some() {
        return None;
    }
    let from = request.from.tag()?.to_owned();
    Some((from, request.call_id.clone(), request.cseq.number, request.method.clone()))
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    transactions: BTreeMap<ServerId, ServerTransaction>,
    keys: BTreeMap<ServerKey, ServerId>,
    merged: BTreeMap<MergeKey, ServerId>,
    last: u64,
}

impl Servers {
    pub(crate) fn len(&self) -> usize {
        self.transactions.len()
    }

    pub(crate) fn insert(&mut self, transaction: ServerTransaction) -> ServerId {
        self.last += 1;
        let id = ServerId(self.last);
        self.keys.insert(transaction.key.clone(), id);
        if let Some(merge) = &transaction.merge {
            self.merged.insert(merge.clone(), id);
        }
        self.transactions.insert(id, transaction);
        id
    }

    pub(crate) fn find(&self, key: &ServerKey) -> Option<ServerId> {
        self.keys.get(key).copied()
    }

    /// Whether the request is another copy of one that is under way.
    pub(crate) fn is_merged(&self, request: &Request) -> bool {
        merge_key(request).is_some_and(|merge| self.merged.contains_key(&merge))
    }

    pub(crate) fn get(&self, id: ServerId) -> Option<&ServerTransaction> {
        self.transactions.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ServerId) -> Option<&mut ServerTransaction> {
        self.transactions.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: ServerId) -> Option<ServerTransaction> {
        let transaction = self.transactions.remove(&id)?;
        self.keys.remove(&transaction.key);
        if let Some(merge) = &transaction.merge
            && self.merged.get(merge) == Some(&id)
        {
            self.merged.remove(merge);
        }
        Some(transaction)
    }
}
