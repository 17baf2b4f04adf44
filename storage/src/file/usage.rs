//! How much may an account have in files, and how much has it?

use super::{File, FilePath, below};
use crate::Storage;
use crate::blob::read_size;
use crate::error::{Error, Result};
use crate::id::AccountId;
use crate::statement::{Connection, Sql};

const FIND: Sql = Sql::same("SELECT files, bytes FROM file_usage WHERE account = $1");
const SET: Sql = Sql::same(
    "INSERT INTO file_usage (account, files, bytes) VALUES ($1, $2, $3) \
     ON CONFLICT (account) DO UPDATE SET files = excluded.files, bytes = excluded.bytes",
);

/// What an account may have in files at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRoom {
    /// Files and directories.
    pub files: u64,
    /// Bytes of all files together.
    pub bytes: u64,
}

/// What an account, or a directory, has in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileUsage {
    /// Files and directories.
    pub files: u64,
    /// Bytes of all files together.
    pub bytes: u64,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file, as it is now.
    pub file: File,
    /// What the account had before.
    pub before: FileUsage,
    /// What it has now.
    pub after: FileUsage,
}

impl FileRoom {
    /// Whether a change has taken the account to so many hundredths of what it may have, where it was not before.
    pub fn reached(&self, hundredths: u64, before: FileUsage, after: FileUsage) -> bool {
        let has =
            |usage: u64, room: u64| u128::from(usage) * 100 >= u128::from(room) * u128::from(hundredths);
        (has(after.files, self.files) && !has(before.files, self.files))
            || (has(after.bytes, self.bytes) && !has(before.bytes, self.bytes))
    }
}

impl Storage {
    /// What an account has in files: kept with every change.
    pub async fn file_usage(&self, account: AccountId) -> Result<FileUsage> {
        find(&mut self.pool().reader().await?.connection(), account).await
    }

    /// What is below a directory. That of the root is [`Storage::file_usage`].
    pub async fn directory_usage(&self, account: AccountId, directory: &FilePath) -> Result<FileUsage> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        super::a_directory(super::find(&mut connection, account, directory).await?.as_ref())?;
        let files = below(&mut connection, account, directory).await?;
        Ok(FileUsage {
            files: u64::try_from(files.len()).unwrap_or(u64::MAX),
            bytes: files.iter().map(|file| file.size).sum(),
        })
    }
}

async fn find(connection: &mut Connection<'_>, account: AccountId) -> Result<FileUsage> {
    match connection.optional(FIND, &[account.into()]).await? {
        Some(row) => Ok(FileUsage { files: read_size(row.integer(0)?)?, bytes: read_size(row.integer(1)?)? }),
        None => Ok(FileUsage::default()),
    }
}

/// What a change adds to an account, which is locked.
pub(super) struct Ledger {
    account: AccountId,
    room: FileRoom,
    before: FileUsage,
    files: i64,
    bytes: i64,
}

impl Ledger {
    pub(super) async fn open(
        connection: &mut Connection<'_>,
        account: AccountId,
        room: FileRoom,
    ) -> Result<Self> {
        Ok(Self { account, room, before: find(connection, account).await?, files: 0, bytes: 0 })
    }

    pub(super) const fn account(&self) -> AccountId {
        self.account
    }

    pub(super) const fn add(&mut self, files: i64, bytes: i64) {
        self.files = self.files.saturating_add(files);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Writes what the account has now. What grows must have room; what shrinks need not have been within it.
    pub(super) async fn close(self, connection: &mut Connection<'_>, file: File) -> Result<Stored> {
        let after = FileUsage {
            files: self.before.files.saturating_add_signed(self.files),
            bytes: self.before.bytes.saturating_add_signed(self.bytes),
        };
        if (self.files > 0 && after.files > self.room.files)
            || (self.bytes > 0 && after.bytes > self.room.bytes)
        {
            return Err(Error::FilesFull);
        }
        let stored = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
        connection.execute(SET, &[self.account.into(), stored(after.files), stored(after.bytes)]).await?;
        Ok(Stored { file, before: self.before, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_reached_once_and_by_either_measure() {
        let room = FileRoom { files: 10, bytes: 1_000 };
        let reached = |before: (u64, u64), after: (u64, u64)| {
            let usage = |(files, bytes)| FileUsage { files, bytes };
            room.reached(90, usage(before), usage(after))
        };
        assert!(reached((1, 899), (1, 900)) && reached((8, 0), (9, 0)));
        assert!(!reached((1, 900), (1, 950)) && !reached((1, 950), (1, 100)) && !reached((1, 0), (1, 899)));
        let none = FileRoom { files: 0, bytes: 0 };
        assert!(!none.reached(90, FileUsage::default(), FileUsage::default()));
    }
}
