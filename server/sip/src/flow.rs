//! What a message travels on: a UDP listener and a remote address, or a TCP connection.

use std::fmt;
use std::net::SocketAddr;

use crate::host::HostPort;

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A byte stream.
    Tcp,
}

impl Transport {
    /// The name in a Via (RFC 3261 §25.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// The transport a `transport` parameter names, if it is one of these.
    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Udp, Self::Tcp].into_iter().find(|transport| transport.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether the transport itself delivers what is sent, so that nothing is retransmitted.
    pub(crate) fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp => true,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names a listener of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub u16);

/// A bound socket that takes datagrams or connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name; datagrams and accepted connections come in under it.
    pub id: ListenerId,
    /// What it takes.
    pub transport: Transport,
    /// Whether it is bound to an IPv6 address.
    pub ipv6: bool,
    /// What peers reach it at: the address put into Via and Contact.
    pub advertised: HostPort,
}

/// Names a TCP connection for as long as the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// The connection that a listener accepted as its `number`th; whoever accepts them counts, and uses no number
    /// twice. The endpoint names those that it asks for, and the two kinds never meet.
    pub fn accepted(number: u64) -> Self {
        Self(number << 1 | 1)
    }

    pub(crate) fn opened(number: u64) -> Self {
        Self(number << 1)
    }
}

/// Names what a message came on or goes out on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowId {
    /// Datagrams between a listener and a remote address.
    Udp {
        /// The listener.
        listener: ListenerId,
        /// The other end.
        remote: SocketAddr,
    },
    /// A connection.
    Tcp(ConnectionId),
}

impl FlowId {
    /// How messages travel on it.
    pub fn transport(self) -> Transport {
        match self {
            Self::Udp { .. } => Transport::Udp,
            Self::Tcp(_) => Transport::Tcp,
        }
    }
}
