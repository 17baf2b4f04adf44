//! What comes from the network to signalling, and how much of it may wait?

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use sip::{ConnectionId, Input, ListenerId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Arrivals that may wait. Beyond that datagrams are lost, and their senders send them again; streams wait.
const WAITING: usize = 4_096;
/// Bytes of datagrams that may wait: the longest are too many of them for that.
const BYTES: usize = 8 << 20;

/// Something that has arrived.
pub(super) enum Arrival {
    /// Something for the endpoint.
    Input(Input),
    /// A datagram, and its room among those that wait.
    Datagram(Input, OwnedSemaphorePermit),
    /// A connection was accepted. Its writing end comes the same way, so that it is there before anything is sent on it.
    Accepted {
        /// Its name.
        connection: ConnectionId,
        /// Where it was accepted.
        listener: ListenerId,
        /// The other end.
        remote: SocketAddr,
        /// What is sent on it.
        messages: mpsc::Sender<Bytes>,
    },
}

/// Where arrivals are handed in.
#[derive(Clone)]
pub(super) struct Arrivals {
    queue: mpsc::Sender<Arrival>,
    room: Arc<Semaphore>,
}

/// Signalling has stopped: nothing more is taken in.
pub(super) struct Stopped;

impl Arrivals {
    /// A queue: where it begins, and where it ends.
    pub(super) fn new() -> (Self, mpsc::Receiver<Arrival>) {
        let (queue, arrivals) = mpsc::channel(WAITING);
        (Self { queue, room: Arc::new(Semaphore::new(BYTES)) }, arrivals)
    }

    /// Hands something in; waits if the queue is full.
    pub(super) async fn send(&self, arrival: Arrival) -> Result<(), Stopped> {
        self.queue.send(arrival).await.map_err(|_| Stopped)
    }

    /// Hands a datagram in. It is lost if there is no room: its sender sends it again, and finds us busy or not.
    pub(super) fn datagram(
        &self,
        listener: ListenerId,
        remote: SocketAddr,
        bytes: &[u8],
    ) -> Result<(), Stopped> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(length) else { return Ok(()) };
        let bytes = Bytes::copy_from_slice(bytes);
        match self.queue.try_send(Arrival::Datagram(Input::Datagram { listener, remote, bytes }, room)) {
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Stopped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_datagrams_that_wait_have_an_end_in_number_and_in_bytes() {
        for (length, most) in [(100, WAITING), (60_000, BYTES / 60_000)] {
            let (arrivals, mut queue) = Arrivals::new();
            let remote = "192.0.2.1:5060".parse().unwrap();
            let hand_in = || arrivals.datagram(ListenerId(0), remote, &vec![0; length]).is_ok();
            assert!((0..2 * WAITING).all(|_| hand_in()));
            let mut waiting = 0;
            while let Ok(arrival) = queue.try_recv() {
                waiting += 1;
                drop(arrival);
            }
            assert_eq!(waiting, most);
            assert!(hand_in() && queue.try_recv().is_ok(), "there is room again");
            drop(queue);
            assert!(!hand_in());
        }
    }
}
