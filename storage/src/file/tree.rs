//! How are files and directories renamed and removed, with what is below them?

use super::extent;
use super::usage::{FileRoom, Ledger, Stored};
use super::{File, FilePath, below, find, make_way, unsuitable};
use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Error, Result};
use crate::id::AccountId;
use crate::statement::{Connection, Sql};

const RENAME: Sql = Sql::same("UPDATE file SET directory = $2, name = $3 WHERE id = $1");
const RENAME_BELOW: Sql = Sql::same(
    "UPDATE file SET directory = $5 || SUBSTR(directory, CAST($6 AS INTEGER)) \
     WHERE account = $1 AND (directory = $2 OR (directory > $3 AND directory < $4))",
);
const REMOVE: Sql = Sql::same("DELETE FROM file WHERE id = $1");

impl Storage {
    /// Gives a file or directory another path, and what is below it the place below that. Directories that are missing on
    /// the way are made. [`Error::AlreadyExists`] if something has the path.
    pub async fn rename_file(
        &self,
        account: AccountId,
        from: FilePath,
        to: FilePath,
        room: FileRoom,
    ) -> Result<Stored> {
        let args = (account, from, to, room);
        let renamed = self
            .pool()
            .write(args, |c, (account, from, to, room)| Box::pin(rename(c, *account, from, to, *room)));
        renamed.await
    }

    /// Removes a file or directory, and with `children` what is below it. Without, a directory must be empty.
    pub async fn remove_file(&self, account: AccountId, path: FilePath, children: bool) -> Result<()> {
        let args = (account, path, children);
        let removed = self
            .pool()
            .write(args, |c, (account, path, children)| Box::pin(remove(c, *account, path, *children)));
        removed.await
    }
}

async fn rename(
    connection: &mut Connection<'_>,
    account: AccountId,
    from: &FilePath,
    to: &FilePath,
    room: FileRoom,
) -> Result<Stored> {
    account::lock(connection, account).await?;
    let mut ledger = Ledger::open(connection, account, room).await?;
    let found = find(connection, account, from).await?;
    let file = found.ok_or(Error::NotFound { what: Aggregate::File })?;
    if to.is_below(from) {
        return Err(unsuitable("it would be below itself"));
    }
    if to.is_root() || find(connection, account, to).await?.is_some() {
        return Err(Error::AlreadyExists { what: Aggregate::File });
    }
    if file.is_directory {
        for inner in below(connection, account, from).await? {
            // Their paths become as long as the new one makes them.
            let rest = inner.path.as_str().strip_prefix(from.as_str()).unwrap_or_default();
            FilePath::parse(&format!("{to}{rest}"))?;
        }
        let (first, end) = from.bounds();
        let after = i64::try_from(from.as_str().chars().count()).unwrap_or(i64::MAX).saturating_add(1);
        let values = [account.into(), from.into(), (&first).into(), (&end).into(), to.into(), after.into()];
        connection.execute(RENAME_BELOW, &values).await?;
    }
    make_way(connection, &mut ledger, &to.parent()).await?;
    let (directory, name) = to.split();
    connection.execute(RENAME, &[file.id.into(), directory.into(), name.into()]).await?;
    ledger.close(connection, File { path: to.clone(), ..file }).await
}

async fn remove(
    connection: &mut Connection<'_>,
    account: AccountId,
    path: &FilePath,
    children: bool,
) -> Result<()> {
    account::lock(connection, account).await?;
    // What goes needs no room.
    let mut ledger = Ledger::open(connection, account, FileRoom { files: 0, bytes: 0 }).await?;
    if path.is_root() {
        return Err(unsuitable("it is the root"));
    }
    let found = find(connection, account, path).await?;
    let file = found.ok_or(Error::NotFound { what: Aggregate::File })?;
    if file.is_directory {
        let inner = below(connection, account, path).await?;
        if !inner.is_empty() && !children {
            return Err(unsuitable("the directory is not empty"));
        }
        for one in &inner {
            remove_one(connection, &mut ledger, one).await?;
        }
    }
    remove_one(connection, &mut ledger, &file).await?;
    ledger.close(connection, file).await.map(drop)
}

async fn remove_one(connection: &mut Connection<'_>, ledger: &mut Ledger, file: &File) -> Result<()> {
    if !file.is_directory {
        let extents = extent::list(connection, file.id).await?;
        extent::replace(connection, file.id, &extents, &[]).await?;
    }
    connection.execute(REMOVE, &[file.id.into()]).await?;
    ledger.add(-1, i64::try_from(file.size).unwrap_or(i64::MAX).saturating_neg());
    Ok(())
}
