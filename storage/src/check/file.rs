//! Do the rows of an account's files agree?

use super::MiscountedFiles;
use crate::Storage;
use crate::account;
use crate::blob::read_size;
use crate::error::Result;
use crate::file::FileUsage;
use crate::id::AccountId;
use crate::statement::{Connection, Sql};

const KEPT: Sql = Sql::same("SELECT files, bytes FROM file_usage WHERE account = $1");
const COUNT: Sql =
    Sql::same("SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM file WHERE account = $1");
const SET: Sql = Sql::same(
    "INSERT INTO file_usage (account, files, bytes) VALUES ($1, $2, $3) \
     ON CONFLICT (account) DO UPDATE SET files = excluded.files, bytes = excluded.bytes",
);
const BROKEN: Sql = Sql::same(
    "SELECT f.directory || '/' || f.name FROM file f \
     LEFT JOIN (SELECT file, SUM(length) AS length FROM file_extent GROUP BY file) e ON e.file = f.id \
     WHERE f.account = $1 AND f.size <> COALESCE(e.length, 0)",
);

impl Storage {
    /// Whether an account has as many files, and as much in them, as is kept. With `mend` it has from now on.
    pub async fn check_file_usage(&self, account: AccountId, mend: bool) -> Result<Option<MiscountedFiles>> {
        let found = count(&mut self.pool().snapshot().await?.connection(), account).await?;
        if found.is_some() && mend {
            return self.pool().write(account, |c, account| Box::pin(recount(c, *account))).await;
        }
        Ok(found)
    }

    /// The files of an account, by their paths, whose pieces are not as long together as they are.
    pub async fn check_files(&self, account: AccountId) -> Result<Vec<String>> {
        let mut reader = self.pool().reader().await?;
        reader.connection().rows(BROKEN, &[account.into()], |row| row.text(0).map(str::to_owned)).await
    }
}

async fn count(connection: &mut Connection<'_>, account: AccountId) -> Result<Option<MiscountedFiles>> {
    let mut usage = [FileUsage::default(); 2];
    for (sql, usage) in [KEPT, COUNT].into_iter().zip(&mut usage) {
        if let Some(row) = connection.optional(sql, &[account.into()]).await? {
            *usage = FileUsage { files: read_size(row.integer(0)?)?, bytes: read_size(row.integer(1)?)? };
        }
    }
    let [kept, counted] = usage;
    Ok((kept != counted).then_some(MiscountedFiles { kept, counted }))
}

async fn recount(connection: &mut Connection<'_>, account: AccountId) -> Result<Option<MiscountedFiles>> {
    account::lock(connection, account).await?;
    let Some(found) = count(connection, account).await? else { return Ok(None) };
    let integer = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
    let FileUsage { files, bytes } = found.counted;
    connection.execute(SET, &[account.into(), integer(files).into(), integer(bytes).into()]).await?;
    Ok(Some(found))
}
