//! What comes in from the network and what goes out to it.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use super::{Address, Event, ResolveId};
use crate::flow::{ConnectionId, FlowId, ListenerId, Transport};

/// What came in.
#[derive(Debug, Clone)]
pub enum Input {
    /// A UDP listener received a datagram.
    Datagram {
        /// The listener.
        listener: ListenerId,
        /// Who sent it.
        remote: SocketAddr,
        /// All of it.
        bytes: Bytes,
    },
    /// A connection delivered bytes.
    Stream {
        /// The connection.
        connection: ConnectionId,
        /// What was read.
        bytes: Bytes,
    },
    /// A TCP listener accepted a connection. If there are too many, [`Output::Close`] follows.
    Accepted {
        /// Its name, of [`ConnectionId::accepted`].
        connection: ConnectionId,
        /// The listener.
        listener: ListenerId,
        /// The other end.
        remote: SocketAddr,
    },
    /// A connection that [`Output::Connect`] asked for is open.
    Opened {
        /// The connection.
        connection: ConnectionId,
    },
    /// A connection could not be opened or broke, or a datagram could not be sent (such as after an ICMP error).
    Failed {
        /// The flow.
        flow: FlowId,
    },
    /// The other end closed a connection.
    Closed {
        /// The connection.
        connection: ConnectionId,
    },
    /// The answer to [`Output::Resolve`].
    Resolved {
        /// Which question.
        id: ResolveId,
        /// Where the name is, the best address first; none if it could not be found out.
        addresses: Vec<Address>,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send bytes.
    Transmit {
        /// On which flow. That of a connection is open.
        flow: FlowId,
        /// One datagram, or a part of the stream.
        bytes: Bytes,
    },
    /// Open a connection; [`Input::Opened`] or [`Input::Failed`] must follow.
    Connect {
        /// Its name.
        connection: ConnectionId,
        /// The other end.
        remote: SocketAddr,
    },
    /// Close a connection, after what was sent on it; nothing needs to follow.
    Close {
        /// The connection.
        connection: ConnectionId,
    },
    /// Find the addresses of a name (RFC 3263 §4); [`Input::Resolved`] must follow.
    Resolve {
        /// Which question.
        id: ResolveId,
        /// A domain name, never an address.
        name: String,
        /// The port, if one was given; then only addresses are looked for, no services.
        port: Option<u16>,
        /// The transport, if one was given.
        transport: Option<Transport>,
    },
    /// Tell the user.
    Event(Event),
    /// Nothing more for now. Call [`Endpoint::handle_timeout`](super::Endpoint::handle_timeout) at this time, if there is
    /// one, unless something else happens before.
    Timeout(Option<Instant>),
}
