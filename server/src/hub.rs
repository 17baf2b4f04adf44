//! What do sessions share?
//!
//! The hub is the one place with locks. None of them is held over an await.

mod addresses;
mod guesses;
mod indexes;
mod mailboxes;
mod memory;
mod outlines;
mod ports;
mod sessions;
mod shown;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use protocol::ErrorCode;
use storage::{Blob, Storage};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use addresses::{Addresses, Connection};
pub(crate) use guesses::Guesses;
pub(crate) use indexes::Indexes;
pub(crate) use mailboxes::Mailboxes;
pub(crate) use memory::{Memory, Taken};
pub(crate) use outlines::{Outlines, message};
pub(crate) use ports::{Ports, TakenPair};
pub(crate) use sessions::Sessions;
pub(crate) use shown::{Shown, ShownMessage};

use crate::account::Accounts;
use crate::config::Config;
use crate::delivery::Queue;
use crate::failure::Failure;
use crate::key::random;
use crate::mail::Outline;
use crate::metrics::Metrics;
use crate::net::media::Media;
use crate::session::LinkId;
use crate::signal::CallId;
use crate::signalling;

/// Bytes for what searches know of messages.
const FACTS: u64 = 128 << 20;

/// What sessions and connections share.
pub(crate) struct Hub {
    /// The configuration.
    pub(crate) config: Config,
    /// Rows and blobs.
    pub(crate) storage: Storage,
    /// Who may log in.
    pub(crate) accounts: Arc<Accounts>,
    /// The sessions.
    pub(crate) sessions: Sessions,
    /// The open mailboxes.
    pub(crate) mailboxes: Mailboxes,
    /// The memory that their indexes take.
    pub(crate) indexes: Indexes,
    /// The room for messages in memory.
    pub(crate) memory: Memory,
    /// The room for what searches know of messages. It is another one, because who has some of it waits for messages.
    pub(crate) facts: Memory,
    /// Where the parts of messages are.
    pub(crate) outlines: Outlines,
    /// What is known of messages that were shown lately.
    pub(crate) shown: Shown,
    /// Connections, counted by address.
    pub(crate) addresses: Addresses,
    /// Attempts to log in.
    pub(crate) guesses: Guesses,
    /// Mail that is on its way.
    pub(crate) queue: Queue,
    /// The media threads.
    pub(crate) media: Media,
    /// The way to phones and to other sessions.
    pub(crate) signalling: signalling::Handle,
    /// What is counted and measured.
    pub(crate) metrics: Metrics,
    /// Told when the server stops.
    pub(crate) shutdown: CancellationToken,
    tasks: TaskTracker,
    links: AtomicU64,
    calls: AtomicU64,
}

/// What a hub is made of.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) storage: Storage,
    pub(crate) accounts: Accounts,
    pub(crate) media: Media,
    pub(crate) signalling: signalling::Handle,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: CancellationToken,
}

impl Hub {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let Parts { config, storage, accounts, media, signalling, metrics, shutdown } = parts;
        Arc::new(Self {
            addresses: Addresses::new(config.limits.connections_per_address),
            indexes: Indexes::new(config.mailbox.memory.0),
            config,
            storage,
            accounts: Arc::new(accounts),
            sessions: Sessions::default(),
            mailboxes: Mailboxes::default(),
            memory: Memory::default(),
            facts: Memory::of(FACTS),
            outlines: Outlines::default(),
            shown: Shown::default(),
            guesses: Guesses::default(),
            queue: Queue::default(),
            media,
            signalling,
            metrics,
            shutdown,
            tasks: TaskTracker::new(),
            links: AtomicU64::new(0),
            // Calls of an earlier run have other names.
            calls: AtomicU64::new(u64::from(u32::from_be_bytes(random())) << 16),
        })
    }

    /// A message in memory, in its turn, with the room that it takes.
    pub(crate) async fn message(&self, blob: Blob) -> storage::Result<(Bytes, Taken)> {
        message(&self.storage, &self.memory, blob).await
    }

    /// Where the parts of a message are; none if that cannot be told.
    pub(crate) async fn outline(&self, blob: Blob) -> storage::Result<Option<Arc<Outline>>> {
        self.outlines.of(&self.storage, &self.memory, blob).await
    }

    /// A name for a call.
    pub(crate) fn next_call(&self) -> CallId {
        CallId(self.calls.fetch_add(1, Ordering::Relaxed))
    }

    /// Starts a task that outlives the connection it was started for. The server waits for it when it stops.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Does a work to its end even if nobody waits for it any more.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        self: Arc<Self>,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        // A work that panics is a defect, and is logged as one.
        self.tasks.spawn(work).await.unwrap_or_else(|_| Err(ErrorCode::ServerFailure.into()))
    }

    /// An id for a connection.
    pub(crate) fn next_link(&self) -> LinkId {
        LinkId(self.links.fetch_add(1, Ordering::Relaxed))
    }

    /// Waits until all tasks have ended.
    pub(crate) async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
