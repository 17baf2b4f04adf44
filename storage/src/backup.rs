//! How is everything copied while it is in use, so that the copy is whole?
//!
//! Rows first, in one state of the database; then the blobs that they name. A blob never changes, and the sweep, which alone
//! removes them, waits meanwhile: what the rows name is there. What is written later is in neither or only among the blobs.

mod postgres;

use std::io;
use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::io::AsyncWriteExt;

use crate::Storage;
use crate::blob::BlobKey;
use crate::error::{Error, Result};
use crate::pool::Pool;
use crate::statement::{Connection, Row, Sql, Value};

/// The copy of the rows: a database of SQLite, in place of the one it was made of.
const SQLITE: &str = "gateway.sqlite";
/// The copy of the rows: statements for `psql`.
const POSTGRES: &str = "rows.sql";
const VACUUM: Sql = Sql::same("VACUUM INTO $1");
const KEYS: Sql = Sql::same("SELECT key FROM blob WHERE key > $1 ORDER BY key LIMIT 10000");
const NAMED: Sql = Sql::same("SELECT key FROM blob WHERE refs > 0 AND key = $1");
/// Blobs that are copied at the same time.
const AT_ONCE: usize = 16;

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// The file with the rows.
    pub rows: &'static str,
    /// Blobs.
    pub blobs: u64,
    /// Blobs that rows name and that are not there.
    pub missing: Vec<BlobKey>,
}

impl Storage {
    /// Copies the rows into a file of the folder `target`, which must be there and empty, and the blobs below `blobs` in it.
    /// Where both are on the same disk blobs are linked, not copied: they never change.
    pub async fn back_up(&self, target: &Path) -> Result<BackedUp> {
        let _sweep_waits = self.open.sweep.lock().await;
        let (rows, keys) = match self.pool() {
            Pool::Sqlite { readers, .. } => {
                let file = target.join(SQLITE);
                (SQLITE, copy_sqlite(&readers.connect_options(), &file).await?)
            }
            Pool::Postgres { .. } => (POSTGRES, postgres::copy(self.pool(), &target.join(POSTGRES)).await?),
        };
        let folder = target.join("blobs");
        for shard in 0..=u8::MAX {
            let shard = folder.join(format!("{shard:02x}"));
            let made = tokio::fs::create_dir_all(&shard).await;
            made.map_err(|source| Error::unwritable(&shard, source))?;
        }
        let mut done = BackedUp { rows, ..BackedUp::default() };
        let mut copies = stream::iter(keys).map(|key| self.copy_blob(key, &folder)).buffer_unordered(AT_ONCE);
        while let Some((key, is_there)) = copies.try_next().await? {
            if is_there {
                done.blobs += 1;
            } else {
                done.missing.push(key);
            }
        }
        drop(copies);
        done.missing = self.still_named(done.missing).await?;
        for shard in 0..=u8::MAX {
            sync_folder(&folder.join(format!("{shard:02x}"))).await?;
        }
        sync_folder(&folder).await?;
        sync_folder(target).await?;
        Ok(done)
    }

    /// Copies a blob; whether it is there.
    async fn copy_blob(&self, key: BlobKey, folder: &Path) -> Result<(BlobKey, bool)> {
        let target = folder.join(key.path());
        let failed = |source| Error::unwritable(&target, source);
        if let Some(root) = self.blobs().folder() {
            match tokio::fs::hard_link(root.join(key.path()), &target).await {
                Ok(()) => return Ok((key, true)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((key, false)),
                // Another disk, or one without links.
                Err(_) => {}
            }
        }
        let mut pieces = match self.blobs().read(key).await {
            Ok(pieces) => pieces,
            Err(Error::MissingBlob { .. }) => return Ok((key, false)),
            Err(error) => return Err(error),
        };
        let mut file = tokio::fs::File::create(&target).await.map_err(failed)?;
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        Ok((key, true))
    }

    /// A blob that nobody names may be gone.
    async fn still_named(&self, missing: Vec<BlobKey>) -> Result<Vec<BlobKey>> {
        let mut reader = self.pool().reader().await?;
        let mut named = Vec::new();
        for key in missing {
            if reader.connection().optional(NAMED, &[key.into()]).await?.is_some() {
                named.push(key);
            }
        }
        Ok(named)
    }
}

/// Copies the database into a new file; the keys of its blobs.
async fn copy_sqlite(options: &SqliteConnectOptions, file: &Path) -> Result<Vec<BlobKey>> {
    let mut connection = options.clone().pragma("query_only", "off").connect().await?;
    let path = Value::Text(file.to_string_lossy());
    Connection::Sqlite(&mut connection).execute(VACUUM, &[path]).await?;
    sqlx::Connection::close(connection).await?;
    let synced = async { tokio::fs::File::open(file).await?.sync_all().await };
    synced.await.map_err(|source| Error::unwritable(file, source))?;
    let copy = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = copy.connect().await?;
    let keys = keys(&mut Connection::Sqlite(&mut connection)).await?;
    sqlx::Connection::close(connection).await?;
    Ok(keys)
}

/// The keys of all blobs that have a row.
async fn keys(connection: &mut Connection<'_>) -> Result<Vec<BlobKey>> {
    let mut keys: Vec<BlobKey> = Vec::new();
    loop {
        let last = keys.last().map_or(String::new(), ToString::to_string);
        let key = |row: &Row| BlobKey::from_row(row.text(0)?);
        let more = connection.rows(KEYS, &[(&last).into()], key).await?;
        if more.is_empty() {
            return Ok(keys);
        }
        keys.extend(more);
    }
}

async fn sync_folder(folder: &Path) -> Result<()> {
    let synced = async { tokio::fs::File::open(folder).await?.sync_all().await };
    synced.await.map_err(|source| Error::unwritable(folder, source))
}

#[cfg(test)]
mod tests;
