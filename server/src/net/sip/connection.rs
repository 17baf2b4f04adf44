//! The TCP connections of SIP.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sip::{ConnectionId, FlowId, Input, ListenerId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::arrival::{Arrival, Arrivals};
use crate::hub::Hub;

/// Messages that may wait for one connection.
const MESSAGES: usize = 256;
/// How long opening a connection, or writing to it, may take.
const STALLED: Duration = Duration::from_secs(10);
/// How long to wait when no more files can be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections.
pub(super) struct Connections {
    open: HashMap<ConnectionId, mpsc::Sender<Bytes>>,
    arrivals: Arrivals,
}

impl Connections {
    pub(super) fn new(arrivals: Arrivals) -> Self {
        Self { open: HashMap::new(), arrivals }
    }

    /// Takes connections in until the server stops.
    pub(super) fn accept_on(&self, hub: &Arc<Hub>, listeners: Vec<(ListenerId, TcpListener)>) {
        let count = Arc::new(AtomicU64::new(0));
        for (id, listener) in listeners {
            let accept = accept(Arc::clone(hub), id, listener, Arc::clone(&count), self.arrivals.clone());
            let shutdown = hub.shutdown.clone();
            tokio::spawn(async move { shutdown.run_until_cancelled(accept).await });
        }
    }

    /// A connection was accepted.
    pub(super) fn insert(&mut self, id: ConnectionId, messages: mpsc::Sender<Bytes>) {
        self.open.insert(id, messages);
    }

    /// A connection has closed.
    pub(super) fn forget(&mut self, id: ConnectionId) {
        self.open.remove(&id);
    }

    /// Opens a connection.
    pub(super) fn connect(&mut self, id: ConnectionId, remote: SocketAddr) {
        let (sender, messages) = mpsc::channel(MESSAGES);
        self.open.insert(id, sender);
        let arrivals = self.arrivals.clone();
        tokio::spawn(async move {
            match tokio::time::timeout(STALLED, TcpStream::connect(remote)).await {
                Ok(Ok(stream)) => {
                    let opened = Arrival::Input(Input::Opened { connection: id });
                    if arrivals.send(opened).await.is_ok() {
                        carry(id, stream, messages, arrivals).await;
                    }
                }
                Ok(Err(_)) | Err(_) => {
                    let failed = Arrival::Input(Input::Failed { flow: FlowId::Tcp(id) });
                    // Signalling that has stopped needs no telling.
                    _ = arrivals.send(failed).await;
                }
            }
        });
    }

    /// Closes a connection after what was sent on it.
    pub(super) fn close(&mut self, id: ConnectionId) {
        self.open.remove(&id);
    }

    /// Sends on a connection; `false` if it is gone or takes nothing more.
    pub(super) fn send(&mut self, id: ConnectionId, bytes: Bytes) -> bool {
        let sent = self.open.get(&id).is_some_and(|connection| connection.try_send(bytes).is_ok());
        if !sent {
            self.open.remove(&id);
        }
        sent
    }
}

async fn accept(
    hub: Arc<Hub>,
    listener: ListenerId,
    socket: TcpListener,
    count: Arc<AtomicU64>,
    arrivals: Arrivals,
) {
    loop {
        match socket.accept().await {
            Ok((stream, remote)) => {
                let Some(counted) = hub.addresses.connect(remote.ip().to_canonical()) else {
                    hub.metrics.refuse("too many connections from one address");
                    debug!(%remote, "too many connections from this address");
                    continue;
                };
                let connection = super::accepted(count.fetch_add(1, Ordering::Relaxed));
                let (sender, messages) = mpsc::channel(MESSAGES);
                let accepted = Arrival::Accepted { connection, listener, remote, messages: sender };
                if arrivals.send(accepted).await.is_err() {
                    return;
                }
                let arrivals = arrivals.clone();
                tokio::spawn(async move {
                    let _counted = counted;
                    carry(connection, stream, messages, arrivals).await;
                });
            }
            Err(error) => {
                warn!(%error, "cannot take SIP connections in just now");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Carries bytes both ways until one side closes.
async fn carry(id: ConnectionId, stream: TcpStream, messages: mpsc::Receiver<Bytes>, arrivals: Arrivals) {
    // A socket that refuses is about to fail anyway.
    _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let ours = tokio::select! {
        () = read(id, reader, &arrivals) => false,
        ours = write(writer, messages) => ours,
    };
    if !ours {
        // Signalling that has stopped needs no telling.
        _ = arrivals.send(Arrival::Input(Input::Closed { connection: id })).await;
    }
}

async fn read(id: ConnectionId, mut reader: OwnedReadHalf, arrivals: &Arrivals) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(2_048);
        match reader.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let bytes = buffer.split().freeze();
                let stream = Arrival::Input(Input::Stream { connection: id, bytes });
                if arrivals.send(stream).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Writes until we close the connection (`true`) or it fails.
async fn write(mut writer: OwnedWriteHalf, mut messages: mpsc::Receiver<Bytes>) -> bool {
    while let Some(message) = messages.recv().await {
        match tokio::time::timeout(STALLED, writer.write_all(&message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                debug!(%error, "SIP connection lost");
                return false;
            }
            Err(_) => return false,
        }
    }
    // It is closed whatever the peer says to that.
    _ = writer.shutdown().await;
    true
}
