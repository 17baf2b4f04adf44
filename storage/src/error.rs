//! What can go wrong in storage, and what may be done about it?

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::client::HttpError;

use crate::blob::BlobKey;

/// S3 says both of an object and of a bucket that it is not found.
const NO_BUCKET: &str = "NoSuchBucket";
/// What S3 says of what is wrong with our configuration.
const REFUSALS: [&str; 4] = [NO_BUCKET, "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"];

/// The result of every operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation did not happen. None of it was done, except where a variant says otherwise.
///
/// Errors are cheap to clone: one commit that fails answers everybody who was in it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The row that was named is not there.
    #[error("there is no such {what}")]
    NotFound {
        /// What was named.
        what: Aggregate,
    },
    /// The name or number that should be new is taken.
    #[error("this {what} exists already")]
    AlreadyExists {
        /// What was to be created.
        what: Aggregate,
    },
    /// A name that cannot be one.
    #[error("no {what} can be named so: {reason}")]
    InvalidName {
        /// What was to be named.
        what: Aggregate,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The range of numbers of this mailbox or account is used up.
    #[error("no numbers are left for another {what}")]
    Exhausted {
        /// What could not be numbered.
        what: Aggregate,
    },
    /// The database was written by a newer version of this program. Nothing was touched.
    #[error(
        "the database is at version {found}, and this program knows versions up to {known} only: run a newer program"
    )]
    NewerDatabase {
        /// The version that the database says.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Temporary: the database is locked, restarting or out of reach, or the queue is full. Try again later.
    ///
    /// When the connection is lost during a commit, whether it happened is unknown.
    #[error("the storage is busy: {reason}")]
    Busy {
        /// What the database said.
        reason: Arc<str>,
    },
    /// Temporary: the service that has the blobs does not answer, or answers that it cannot. Try again later.
    #[error("the message store is out of reach, try again later")]
    Unreachable {
        /// What happened.
        source: Arc<object_store::Error>,
    },
    /// The service that has the blobs refuses us, or the certificates or keys of the configuration are no good.
    #[error("the message store cannot be used as configured: {reason}")]
    Refused {
        /// What it said.
        reason: Arc<str>,
    },
    /// Temporary: transactions of others collided with this one, several times in a row.
    #[error("the change collided with others: {reason}")]
    Conflict {
        /// What the database said.
        reason: Arc<str>,
    },
    /// No space or quota is left on a disk of the database or of the blobs.
    #[error("the disk is full")]
    Full,
    /// A row names a blob that is not there.
    #[error("the blob {key} is missing")]
    MissingBlob {
        /// The key that was looked for.
        key: BlobKey,
    },
    /// A blob is larger than the caller wants in memory at once.
    #[error("{size} bytes are more than the {limit} that are read at once")]
    TooLarge {
        /// Its length in bytes.
        size: u64,
        /// What the caller wanted at most.
        limit: u64,
    },
    /// The upload set of the session may not hold this file beside the others.
    #[error("the session may not hold so many files, or so large ones")]
    NoRoom,
    /// The account may not have so many files, or so many bytes in them.
    #[error("the account may not have so many files, or so much in them")]
    FilesFull,
    /// What was named is not of the kind, or not in the state, that the operation needs.
    #[error("the {what} does not allow it: {reason}")]
    Unsuitable {
        /// What was named.
        what: Aggregate,
        /// Why it cannot be.
        reason: &'static str,
    },
    /// What is stored cannot be what was written.
    #[error("the stored data is damaged: {what}")]
    Damaged {
        /// What was found, and where.
        what: Arc<str>,
    },
    /// A file or folder cannot be made or written.
    #[error("cannot write to {}: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The database refuses the address, name or password of the configuration.
    #[error("the database cannot be used as configured: {reason}")]
    Configuration {
        /// What the driver or the database said.
        reason: Arc<str>,
    },
    /// The source of a blob that was being written failed; nothing of it was kept.
    #[error("the data broke off: {source}")]
    Source {
        /// What the source said.
        source: Arc<io::Error>,
    },
    /// The blob store failed in a way that has no variant of its own.
    #[error("the blob store failed: {source}")]
    BlobStore {
        /// What the store said.
        source: Arc<object_store::Error>,
    },
    /// The database failed in a way that has no variant of its own; most likely a defect of this program.
    #[error("the database failed: {source}")]
    Database {
        /// What the driver said.
        source: Arc<sqlx::Error>,
    },
}

/// What an [`Error`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// A domain.
    Domain,
    /// An account.
    Account,
    /// Another name of an account.
    Alias,
    /// A mailbox.
    Mailbox,
    /// A grant of rights to a mailbox.
    Right,
    /// A message of a mailbox.
    Message,
    /// A file of a session's upload set.
    Upload,
    /// A file or directory of an account.
    File,
    /// A preference of an account.
    Preference,
    /// The address of record of a registration.
    Address,
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Domain => "domain",
            Self::Account => "account",
            Self::Alias => "alias",
            Self::Mailbox => "mailbox",
            Self::Right => "grant",
            Self::Message => "message",
            Self::Upload => "upload",
            Self::File => "file",
            Self::Preference => "preference",
            Self::Address => "address",
        })
    }
}

impl Error {
    /// Whether the same call may succeed a little later with nothing done about it.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Conflict { .. } | Self::Unreachable { .. })
    }

    pub(crate) fn busy(reason: impl Into<Arc<str>>) -> Self {
        Self::Busy { reason: reason.into() }
    }

    pub(crate) fn damaged(what: impl Into<Arc<str>>) -> Self {
        Self::Damaged { what: what.into() }
    }

    pub(crate) fn unwritable(path: &Path, source: io::Error) -> Self {
        if is_full(&source) {
            return Self::Full;
        }
        Self::Unwritable { path: path.to_owned(), source: Arc::new(source) }
    }

    /// What a failure of the blob store means for the blob `key`.
    pub(crate) fn from_blob_store(key: BlobKey, source: object_store::Error) -> Self {
        if matches!(source, object_store::Error::NotFound { .. }) && !source.to_string().contains(NO_BUCKET) {
            return Self::MissingBlob { key };
        }
        if cause::<HttpError>(&source).is_none()
            && let Some(cause) = cause::<io::Error>(&source)
        {
            if is_full(cause) {
                return Self::Full;
            }
            if matches!(cause.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) {
                let source = io::Error::new(cause.kind(), cause.to_string());
                return Self::Unwritable { path: key.path().into(), source: Arc::new(source) };
            }
        }
        Self::blob_store(source)
    }

    /// What a failure of the blob store means that is none of one blob alone.
    pub(crate) fn blob_store(source: object_store::Error) -> Self {
        let text = source.to_string();
        if REFUSALS.iter().any(|refusal| text.contains(refusal)) {
            return Self::Refused { reason: text.into() };
        }
        let source = Arc::new(source);
        match cause::<HttpError>(&*source) {
            Some(_) => Self::Unreachable { source },
            None => Self::BlobStore { source },
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            let code = database.code().unwrap_or_default();
            let reason = || Arc::from(database.message());
            let found = if database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                from_sqlite(&code, reason)
            } else {
                from_postgres(&code, reason)
            };
            return found.unwrap_or_else(|| Self::Database { source: Arc::new(error) });
        }
        use sqlx::Error::{Configuration, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
        if matches!(&error, Io(source) if is_full(source)) {
            return Self::Full;
        }
        if matches!(error, Io(_) | PoolTimedOut | PoolClosed | WorkerCrashed) {
            return Self::busy(error.to_string());
        }
        if matches!(error, Configuration(_) | Tls(_)) {
            return Self::Configuration { reason: error.to_string().into() };
        }
        Self::Database { source: Arc::new(error) }
    }
}

/// SQLite's result codes (<https://www.sqlite.org/rescode.html>); the low byte is the primary one.
fn from_sqlite(code: &str, reason: impl Fn() -> Arc<str>) -> Option<Error> {
    let extended: i32 = code.parse().ok()?;
    match extended & 0xff {
        // BUSY, LOCKED
        5 | 6 => Some(Error::Busy { reason: reason() }),
        // FULL
        13 => Some(Error::Full),
        // CORRUPT, NOTADB
        11 | 26 => Some(Error::Damaged { what: reason() }),
        // PERM, READONLY, CANTOPEN
        3 | 8 | 14 => Some(Error::Configuration { reason: reason() }),
        _ => None,
    }
}

/// PostgreSQL's error codes (its manual, appendix A); the first two characters are the class.
fn from_postgres(code: &str, reason: impl Fn() -> Arc<str>) -> Option<Error> {
    match code {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Some(Error::Conflict { reason: reason() }),
        // disk_full
        "53100" => Some(Error::Full),
        // lock_not_available, read_only_sql_transaction (a standby that takes over)
        "55P03" | "25006" => Some(Error::Busy { reason: reason() }),
        // data_corrupted, index_corrupted
        "XX001" | "XX002" => Some(Error::Damaged { what: reason() }),
        _ => match code.get(..2)? {
            // connection lost; too many connections, out of memory; shut down, starting, cancelled
            "08" | "53" | "57" => Some(Error::Busy { reason: reason() }),
            // no such role, wrong password; no such database; not allowed
            "28" | "3D" => Some(Error::Configuration { reason: reason() }),
            // not allowed; an extension that is not there
            _ => {
                let is_refused = matches!(code, "42501" | "0A000" | "58P01");
                is_refused.then(|| Error::Configuration { reason: reason() })
            }
        },
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The failure of that kind underneath, however deep it is wrapped.
fn cause<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests;
