//! Whose credentials are being looked up?

use std::collections::BTreeMap;

use crate::digest::Authorization;
use crate::endpoint::AuthenticationId;
use crate::endpoint::ingress::Source;
use crate::message::Request;
use crate::nonce::Nonce;
use crate::transaction::ServerKey;

/// A request whose sender has answered a challenge, while its credentials are looked up. It has no transaction before
/// the answer has proved right: nobody without a password can fill the table of those.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) request: Box<Request>,
    pub(crate) source: Source,
    pub(crate) key: ServerKey,
    pub(crate) authorization: Authorization,
    pub(crate) nonce: Nonce,
    /// The sender no longer wants an answer to its INVITE.
    pub(crate) cancelled: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    pending: BTreeMap<AuthenticationId, Pending>,
    keys: BTreeMap<ServerKey, AuthenticationId>,
    last: u64,
}

impl Lookups {
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether a request is another copy of one of these.
    pub(crate) fn has(&self, key: &ServerKey) -> bool {
        self.keys.contains_key(key)
    }

    /// The one that a request of this key has begun.
    pub(crate) fn find_mut(&mut self, key: &ServerKey) -> Option<&mut Pending> {
        self.pending.get_mut(self.keys.get(key)?)
    }

    pub(crate) fn insert(&mut self, pending: Pending) -> AuthenticationId {
        self.last += 1;
        let id = AuthenticationId(self.last);
        self.keys.insert(pending.key.clone(), id);
        self.pending.insert(id, pending);
        id
    }

    pub(crate) fn remove(&mut self, id: AuthenticationId) -> Option<Pending> {
        let pending = self.pending.remove(&id)?;
        self.keys.remove(&pending.key);
        Some(pending)
    }
}
