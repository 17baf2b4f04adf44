//! Which messages are in an mbox file or a Maildir?
//!
//! An [`Importer`] yields one message at a time; what cannot be read is an error
//! of its own that names the place, and the rest goes on.

mod maildir;
mod mbox;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use protocol::Flags;

use maildir::Maildir;
use mbox::Mbox;

/// A message to be stored, or to be written as one that can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Imported {
    /// The message, lines ending with CRLF.
    pub(crate) raw: Vec<u8>,
    /// When it came, in milliseconds since 1970.
    pub(crate) internal_date: i64,
    /// Its flags.
    pub(crate) flags: Flags,
}

/// Why a message, or all of them, cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// The path cannot be opened or listed.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The path that was asked for, or the folder in it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path is a folder, but neither `cur` nor `new` is in it.
    #[error("{} is no Maildir: it has no folder cur or new", .0.display())]
    NotMaildir(PathBuf),
    /// The file does not begin as mbox files do.
    #[error("{} is no mbox file: it does not begin with a \"From \" line", .0.display())]
    NotMbox(PathBuf),
    /// The file cannot be read on. Of an mbox file this is the last that is heard.
    #[error("cannot read {} at byte {position}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// How many bytes of it were read before.
        position: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The message is skipped: there is nothing in it.
    #[error("the message at byte {position} of {} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// Where in the file the message should begin, in bytes.
        position: u64,
    },
    /// The message is skipped.
    #[error("the message at byte {position} of {} has more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Where in the file the message begins, in bytes.
        position: u64,
        /// The most that is taken, in bytes.
        limit: usize,
    },
}

/// The messages of an mbox file or a Maildir, oldest first.
#[derive(Debug)]
pub(crate) struct Importer(Kind);

#[derive(Debug)]
enum Kind {
    Mbox { reader: Mbox<BufReader<File>>, length: u64 },
    Maildir(Maildir),
}

impl Importer {
    /// Opens an mbox file, or a folder as Maildir. Messages of more than `limit` bytes, with CRLF, are skipped.
    ///
    /// # Errors
    /// If the path cannot be read or is neither.
    pub(crate) fn open(path: &Path, limit: usize) -> Result<Self, ImportError> {
        let failed = |source| ImportError::Open { path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Maildir::open(path, limit).map(|maildir| Self(Kind::Maildir(maildir)));
        }
        let file = File::open(path).map_err(failed)?;
        let changed = milliseconds(metadata.modified().ok());
        let reader = Mbox::new(BufReader::with_capacity(256 * 1024, file), path, limit, changed)?;
        Ok(Self(Kind::Mbox { reader, length: metadata.len() }))
    }

    /// How much there is: the bytes of an mbox file, the files of a Maildir.
    pub(crate) const fn total(&self) -> u64 {
        match &self.0 {
            Kind::Mbox { length, .. } => *length,
            Kind::Maildir(maildir) => maildir.total(),
        }
    }

    /// How much of it was read.
    pub(crate) fn position(&self) -> u64 {
        match &self.0 {
            Kind::Mbox { reader, .. } => reader.position(),
            Kind::Maildir(maildir) => maildir.position(),
        }
    }
}

impl Iterator for Importer {
    type Item = Result<Imported, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Kind::Mbox { reader, .. } => reader.next(),
            Kind::Maildir(maildir) => maildir.next(),
        }
    }
}

/// A file time in milliseconds since 1970; 0 where the system keeps none.
fn milliseconds(time: Option<SystemTime>) -> i64 {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default()
}
