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

/// Messages that may wait for one connection.
const MESSAGES: usize = 256;
/// How long opening a connection, or writing to it, may take.
const STALLED: Duration = Duration::from_secs(10);
/// How long to wait when no more files can be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections.
pub(super) struct Connections {
    open: HashMap<ConnectionId, mpsc::Sender<Bytes>>,
    inputs: mpsc::Sender<Input>,
    /// Connections that were accepted; their writing ends come by this way.
    arrived: mpsc::Receiver<(ConnectionId, mpsc::Sender<Bytes>)>,
    arriving: mpsc::Sender<(ConnectionId, mpsc::Sender<Bytes>)>,
}

impl Connections {
    pub(super) fn new(inputs: mpsc::Sender<Input>) -> Self {
        let (arriving, arrived) = mpsc::channel(1_024);
        Self { open: HashMap::new(), inputs, arrived, arriving }
    }

    /// Takes connections in.
    pub(super) fn accept_on(&self, listeners: Vec<(ListenerId, TcpListener)>) {
        let count = Arc::new(AtomicU64::new(0));
        for (id, listener) in listeners {
            tokio::spawn(accept(
                id,
                listener,
                Arc::clone(&count),
                self.inputs.clone(),
                self.arriving.clone(),
            ));
        }
    }

    /// Opens a connection.
    pub(super) fn connect(&mut self, id: ConnectionId, remote: SocketAddr) {
        let (sender, messages) = mpsc::channel(MESSAGES);
        self.open.insert(id, sender);
        let inputs = self.inputs.clone();
        tokio::spawn(async move {
            match tokio::time::timeout(STALLED, TcpStream::connect(remote)).await {
                Ok(Ok(stream)) => {
                    if inputs.send(Input::Opened { connection: id }).await.is_ok() {
                        carry(id, stream, messages, inputs).await;
                    }
                }
                Ok(Err(_)) | Err(_) => {
                    // Signalling that has stopped needs no telling.
                    _ = inputs.send(Input::Failed { flow: FlowId::Tcp(id) }).await;
                }
            }
        });
    }

    /// Closes a connection after what was sent on it.
    pub(super) fn close(&mut self, id: ConnectionId) {
        self.take_arrived();
        self.open.remove(&id);
    }

    /// Sends on a connection; `false` if it is gone or takes nothing more.
    pub(super) fn send(&mut self, id: ConnectionId, bytes: Bytes) -> bool {
        self.take_arrived();
        let sent = self.open.get(&id).is_some_and(|connection| connection.try_send(bytes).is_ok());
        if !sent {
            self.open.remove(&id);
        }
        sent
    }

    fn take_arrived(&mut self) {
        while let Ok((id, sender)) = self.arrived.try_recv() {
            self.open.insert(id, sender);
        }
        if self.open.len() > 2 * self.open.capacity() / 3 {
            self.open.retain(|_, connection| !connection.is_closed());
        }
    }
}

async fn accept(
    id: ListenerId,
    listener: TcpListener,
    count: Arc<AtomicU64>,
    inputs: mpsc::Sender<Input>,
    arriving: mpsc::Sender<(ConnectionId, mpsc::Sender<Bytes>)>,
) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                let connection = super::accepted(count.fetch_add(1, Ordering::Relaxed));
                let (sender, messages) = mpsc::channel(MESSAGES);
                // The writing end is there before the endpoint hears of the connection.
                if arriving.send((connection, sender)).await.is_err()
                    || inputs.send(Input::Accepted { connection, listener: id, remote }).await.is_err()
                {
                    return;
                }
                tokio::spawn(carry(connection, stream, messages, inputs.clone()));
            }
            Err(error) => {
                warn!(%error, "cannot take SIP connections in just now");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Carries bytes both ways until one side closes.
async fn carry(
    id: ConnectionId,
    stream: TcpStream,
    messages: mpsc::Receiver<Bytes>,
    inputs: mpsc::Sender<Input>,
) {
    // A socket that refuses is about to fail anyway.
    _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let ours = tokio::select! {
        () = read(id, reader, &inputs) => false,
        ours = write(writer, messages) => ours,
    };
    if !ours {
        // Signalling that has stopped needs no telling.
        _ = inputs.send(Input::Closed { connection: id }).await;
    }
}

async fn read(id: ConnectionId, mut reader: OwnedReadHalf, inputs: &mpsc::Sender<Input>) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(2_048);
        match reader.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let bytes = buffer.split().freeze();
                if inputs.send(Input::Stream { connection: id, bytes }).await.is_err() {
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
