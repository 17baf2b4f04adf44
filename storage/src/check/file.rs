//! Do the rows of an account's files agree?

use crate::Storage;
use crate::account;
use crate::blob::read_size;
use crate::error::Result;
use crate::file::{FilePath, FileUsage};
use crate::id::AccountId;
use crate::statement::{Connection, Sql};

const USAGE: Sql = Sql::same(
    "SELECT COALESCE((SELECT files FROM file_usage WHERE account = $1), 0), \
     COALESCE((SELECT bytes FROM file_usage WHERE account = $1), 0), \
     (SELECT COUNT(*) FROM file WHERE account = $1), \
     (SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM file WHERE account = $1)",
);
const SET: Sql = Sql::same(
    "INSERT INTO file_usage (account, files, bytes) VALUES ($1, $2, $3) \
     ON CONFLICT (account) DO UPDATE SET files = excluded.files, bytes = excluded.bytes",
);
const TORN: Sql = Sql::same(
    "SELECT f.directory, f.name FROM file f LEFT JOIN (SELECT e.file, MIN(e.position) AS first, \
     MAX(e.position + e.length) AS last, SUM(e.length) AS length FROM file_extent e GROUP BY e.file) AS e \
     ON e.file = f.id WHERE f.account = $1 AND (f.size <> COALESCE(e.length, 0) OR f.size <> COALESCE(e.last, 0) \
     OR COALESCE(e.first, 0) <> 0) ORDER BY f.directory, f.name",
);

/// What is kept of an account's files, and what is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MiscountedFiles {
    /// As it is kept.
    pub kept: FileUsage,
    /// As it should be.
    pub counted: FileUsage,
}

impl Storage {
    /// Whether what is kept of an account's files is right. With `mend` it is from now on.
    pub async fn check_file_usage(&self, account: AccountId, mend: bool) -> Result<Option<MiscountedFiles>> {
        let found = count(&mut self.pool().reader().await?.connection(), account).await?;
        if found.is_some() && mend {
            return self.pool().write(account, |c, account| Box::pin(recount(c, *account))).await;
        }
        Ok(found)
    }

    /// The files of an account that have not all of their bytes.
    pub async fn check_torn_files(&self, account: AccountId) -> Result<Vec<FilePath>> {
        let mut reader = self.pool().reader().await?;
        let path = |row: &crate::statement::Row| Ok(FilePath::from_row(row.text(0)?, row.text(1)?));
        reader.connection().rows(TORN, &[account.into()], path).await
    }
}

async fn count(connection: &mut Connection<'_>, account: AccountId) -> Result<Option<MiscountedFiles>> {
    let Some(row) = connection.optional(USAGE, &[account.into()]).await? else { return Ok(None) };
    let number = |column| row.integer(column).and_then(read_size);
    let kept = FileUsage { files: number(0)?, bytes: number(1)? };
    let counted = FileUsage { files: number(2)?, bytes: number(3)? };
    Ok((kept != counted).then_some(MiscountedFiles { kept, counted }))
}

async fn recount(connection: &mut Connection<'_>, account: AccountId) -> Result<Option<MiscountedFiles>> {
    account::lock(connection, account).await?;
    let found = count(connection, account).await?;
    if let Some(MiscountedFiles { counted, .. }) = found {
        let stored = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
        connection.execute(SET, &[account.into(), stored(counted.files), stored(counted.bytes)]).await?;
    }
    Ok(found)
}
