//! Rows in, rows out: what the gateway keeps, on SQLite or PostgreSQL behind one face, with blobs beside it.
//!
//! [`Storage`] is that face; each aggregate has a file, whose methods it gains. Nothing here knows the protocol,
//! mail formats, passwords or SIP: names and times come parsed, secrets come hashed or sealed, and go as they came.
//!
//! What an operation returned is durable: on SQLite its commit has been synced, on PostgreSQL the server has said
//! so; blobs are synced before a row may name them. Every change is one transaction, done whole or not at all. A
//! caller that stops waiting for a change does not know whether it happened.
//!
//! The crate spawns one task, on SQLite only: the writer that owns the one writing connection. (The database driver
//! has threads and tasks of its own.) It runs on tokio and must be opened inside a runtime.
//!
//! To add a table: a numbered file in `migrations/`, a line in `migration.rs`, a file here with its statements as
//! constants, and tests that run on both databases.

use std::sync::Arc;

mod account;
mod alias;
mod backup;
mod blob;
mod check;
mod clock;
mod domain;
mod error;
mod file;
mod flags;
#[cfg(test)]
mod harness;
mod id;
mod mailbox;
mod message;
mod migration;
mod name;
mod pool;
mod preference;
mod queue;
mod reference;
mod registration;
mod search;
mod setting;
mod statement;
mod subscription;
mod upload;
mod writer;

pub use account::{Account, Credentials, NewAccount};
pub use alias::Alias;
pub use backup::BackedUp;
pub use blob::{Blob, BlobKey, BlobStore, BlobStream, BlobWriter, Blobs, Bucket};
pub use check::{Dangling, MessageRows, Miscounted, MiscountedBlob, MiscountedFiles, NamedBlob, Orphans};
pub use domain::Domain;
pub use error::{Aggregate, Error, Result};
pub use file::{File, FilePath, FileRight, FileRoom, FileSource, FileStream, FileUsage, Place, Stored};
pub use flags::{FlagEdit, Flags};
pub use id::{AccountId, DomainId, FileId, MailboxId, Modseq, QueuedId, Uid};
pub use mailbox::{Counts, Grant, Grantee, Mailbox, Rights, Shared};
pub use message::{
    Appended, Copied, Fields, FlagChange, Message, NewMessage, Removed, SortColumn, SortKey, Summary,
};
pub use name::MailboxName;
pub use pool::{Database, Pressure};
pub use preference::Preference;
pub use queue::{Claimed, Lane, NewQueued, Outcome, Recipient, Submission, Waiting};
pub use reference::Swept;
pub use registration::{Binding, Registration};
pub use search::{Found, SHORTEST_TEXT, TextPlace, Texts, Unindexed};
pub use upload::{Room, Upload};

use tokio::sync::Mutex;

use pool::Pool;
use statement::Sql;

/// Where everything is kept.
#[derive(Clone, Debug)]
pub struct Config {
    /// The rows.
    pub database: Database,
    /// The blobs.
    pub blobs: BlobStore,
}

/// Everything that is kept. Cloning is cheap; the clones share connections.
#[derive(Clone, Debug)]
pub struct Storage {
    open: Arc<Open>,
}

#[derive(Debug)]
struct Open {
    pool: Pool,
    blobs: Blobs,
    /// Held by the sweep, and by whoever wants no blob to go meanwhile.
    sweep: Mutex<()>,
}

impl Storage {
    /// Opens the database and the place of the blobs, makes what is missing, and brings the schema up to date.
    ///
    /// Fails with [`Error::NewerDatabase`], [`Error::Unwritable`], [`Error::Configuration`], [`Error::Refused`], or
    /// with [`Error::Busy`] or [`Error::Unreachable`] when PostgreSQL or S3 is out of reach.
    pub async fn open(config: Config) -> Result<Self> {
        let blobs = Blobs::open(&config.blobs).await?;
        let pool = Pool::open(&config.database).await?;
        Ok(Self { open: Arc::new(Open { pool, blobs, sweep: Mutex::new(()) }) })
    }

    /// The blobs.
    pub fn blobs(&self) -> &Blobs {
        &self.open.blobs
    }

    /// Asks the database and the place of the blobs for a sign of life.
    pub async fn ping(&self) -> Result<()> {
        self.pool().reader().await?.connection().optional(Sql::same("SELECT 1"), &[]).await?;
        self.blobs().ping().await
    }

    /// How busy the database is.
    pub fn pressure(&self) -> Pressure {
        self.pool().pressure()
    }

    /// Commits what is queued and closes every connection, those of all clones: whoever asks later is told that the
    /// storage is busy. Waits for reads that are under way.
    pub async fn close(&self) {
        self.pool().close().await;
    }

    fn pool(&self) -> &Pool {
        &self.open.pool
    }
}

#[cfg(test)]
mod tests;
