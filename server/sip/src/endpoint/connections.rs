//! Which TCP connections there are, and what waits for one to open.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use crate::flow::{ConnectionId, FlowId, ListenerId};
use crate::stream::Framer;

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) remote: SocketAddr,
    /// The listener that accepted it; none if we asked for it.
    pub(crate) listener: Option<ListenerId>,
    pub(crate) state: State,
    pub(crate) framer: Framer,
    since: Instant,
    /// Whether we opened it, a trunk did, or somebody has proved on it to be an account or a party to a call.
    is_known: bool,
}

/// Where a connection stands.
#[derive(Debug)]
pub(crate) enum State {
    /// Asked for. What is to be sent waits.
    Opening(Vec<Queued>),
    /// Open.
    Open,
}

/// What waits for a connection to open.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) bytes: Bytes,
    /// What is sent, and on which flow, if it does not open: for what no transaction watches over.
    pub(crate) otherwise: Option<(FlowId, Bytes)>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    connections: BTreeMap<ConnectionId, Connection>,
    /// The latest connection to each address.
    remotes: BTreeMap<SocketAddr, ConnectionId>,
    opened: u64,
}

impl Connections {
    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }

    /// A connection to an address, if there is one already.
    pub(crate) fn to(&self, remote: SocketAddr) -> Option<ConnectionId> {
        self.remotes.get(&remote).copied()
    }

    /// A new connection to an address, not open yet.
    pub(crate) fn open(&mut self, now: Instant, remote: SocketAddr) -> ConnectionId {
        self.opened += 1;
        let id = ConnectionId::opened(self.opened);
        self.insert(id, Connection::new(remote, None, State::Opening(Vec::new()), now, true));
        id
    }

    /// A connection that was accepted, and is open.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        id: ConnectionId,
        remote: SocketAddr,
        listener: ListenerId,
        is_known: bool,
    ) {
        self.insert(id, Connection::new(remote, Some(listener), State::Open, now, is_known));
    }

    fn insert(&mut self, id: ConnectionId, connection: Connection) {
        self.remotes.insert(connection.remote, id);
        self.connections.insert(id, connection);
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let connection = self.connections.remove(&id)?;
        if self.remotes.get(&connection.remote) == Some(&id) {
            self.remotes.remove(&connection.remote);
        }
        Some(connection)
    }
}

impl Connection {
    fn new(
        remote: SocketAddr,
        listener: Option<ListenerId>,
        state: State,
        since: Instant,
        is_known: bool,
    ) -> Self {
        Self { remote, listener, state, framer: Framer::default(), since, is_known }
    }

    /// Its other end has proved who it is.
    pub(crate) fn trust(&mut self) {
        self.is_known = true;
    }

    /// How many bytes wait.
    pub(crate) fn queued(&self) -> usize {
        match &self.state {
            State::Opening(queue) => queue.iter().map(|queued| queued.bytes.len()).sum(),
            State::Open => 0,
        }
    }
}

/// When a connection is looked at again. A stranger's has some time in all, whatever comes on it: connections are
/// scarcer than requests.
pub(crate) fn deadline(connection: &Connection, now: Instant, timers: &crate::timer::Timers) -> Instant {
    match connection.state {
        State::Opening(_) => now + timers.connect,
        State::Open if !connection.is_known => connection.since + timers.stranger,
        State::Open if connection.framer.is_within_message() => now + timers.message,
        State::Open => now + timers.idle,
    }
}
