//! Is what is stored whole, and how is it mended?
//!
//! Each check looks at one kind of contradiction: between the rows of a mailbox ([`mailbox`]), between rows and those that
//! they belong to ([`dangling`]), between those of files ([`mod@file`]), between rows and blobs ([`blobs`]). A check alone
//! changes nothing; mending decides anew under the locks that every change takes, so that both may run beside everything
//! else. What only the message itself can tell, its fields and its header, the caller reads from the blob.
//!
//! A new table that names blobs, or whose rows belong to those of another, gets a line in [`blobs`] or in [`dangling`].

pub(crate) mod blobs;
mod dangling;
mod file;
mod mailbox;

pub use file::MiscountedFiles;

use crate::Storage;
use crate::blob::{Blob, BlobKey};
use crate::error::Result;
use crate::id::Uid;
use crate::mailbox::Mailbox;
use crate::statement::Sql;

const SQLITE: Sql = Sql::same("PRAGMA integrity_check(20)");

/// A mailbox whose row does not say what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miscounted {
    /// As the row is.
    pub kept: Mailbox,
    /// As it should be.
    pub counted: Mailbox,
}

/// A message, and which of its rows are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRows {
    /// Its number.
    pub uid: Uid,
    /// The blob that it names, with the size that its row says.
    pub blob: Blob,
    /// Whether its fields, for searching and sorting, are there.
    pub has_fields: bool,
    /// Whether its header is there.
    pub has_header: bool,
}

/// Rows that belong to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// What they are, in words.
    pub what: &'static str,
    /// How many.
    pub rows: u64,
    /// Whether they are nothing that anybody would miss. What somebody wrote is left for a restored backup.
    pub is_removable: bool,
}

/// A blob that is named more or less often than its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MiscountedBlob {
    /// Which.
    pub key: BlobKey,
    /// How often the row says; none where there is no row.
    pub kept: Option<i64>,
    /// How many rows name it.
    pub named: i64,
}

/// A blob that a row names which is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBlob {
    /// What names it, in words.
    pub place: String,
    /// The blob, with the size that the row says.
    pub blob: Blob,
}

/// Blobs that no row names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orphans {
    /// How many.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Storage {
    /// What the database says of its own file. Nothing when all is well, and on PostgreSQL, whose operator has
    /// `pg_amcheck`.
    pub async fn check_database(&self) -> Result<Vec<String>> {
        if self.pool().is_postgres() {
            return Ok(Vec::new());
        }
        let mut reader = self.pool().reader().await?;
        let mut said = reader.connection().rows(SQLITE, &[], |row| row.text(0).map(str::to_owned)).await?;
        said.retain(|line| line != "ok");
        Ok(said)
    }
}

#[cfg(test)]
mod tests;
