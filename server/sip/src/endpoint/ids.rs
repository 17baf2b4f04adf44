//! What the endpoint and its user call things by.

/// Names a call to the user of the endpoint. It is not the Call-ID header field, which may be in two calls at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallHandle(u64);

impl CallHandle {
    /// The `number`th call that the user makes; whoever makes them counts, and uses no number twice. The endpoint names
    /// the calls that come in, and the two kinds never meet.
    pub fn outgoing(number: u64) -> Self {
        Self(number << 1 | 1)
    }

    pub(crate) fn incoming(number: u64) -> Self {
        Self(number << 1)
    }

    /// Whether the call came in.
    pub fn is_incoming(self) -> bool {
        self.0 & 1 == 0
    }
}

/// Names a registration of ours at a trunk; the user chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(pub u64);

/// Names a question for the credentials of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthenticationId(pub(crate) u64);

/// Names a set of bindings that is to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(pub(crate) u64);

/// Names a question for the addresses of a name. It is the name of the delivery that waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResolveId(pub(crate) DeliveryId);

/// Names a request of ours on its way through the places it may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeliveryId(pub(crate) u64);
