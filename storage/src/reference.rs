//! Which blobs do rows name, and what becomes of the others?
//!
//! Every row that names a blob counts in `blob.refs`, in the transaction that writes or removes the row. On removal
//! the row goes first; the blob is swept some time after the last one. Until a row names it, a new blob is safe for
//! as long as the grace period of [`Storage::sweep`] lasts.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path as StorePath;

use crate::Storage;
use crate::blob::{Blob, BlobKey, Blobs};
use crate::clock;
use crate::error::{Error, Result};
use crate::statement::{Connection, Row, Sql, Value, listed};

const HOLD: Sql = Sql::same(
    "INSERT INTO blob (key, size, refs, released) VALUES ($1, $2, 1, 0) \
     ON CONFLICT (key) DO UPDATE SET refs = blob.refs + 1",
);
const RELEASE: Sql = Sql::same("UPDATE blob SET refs = refs - 1, released = $2 WHERE key = $1");
const FORGET: Sql = Sql::same(
    "DELETE FROM blob WHERE refs = 0 AND key IN \
     (SELECT key FROM blob WHERE refs = 0 AND released < $1 ORDER BY released LIMIT 500) RETURNING key",
);
const KNOWN: Sql = listed!("SELECT key FROM blob WHERE ", "key", "$1", "");
/// How many keys [`KNOWN`] is asked about at once, and how many rows [`FORGET`] takes.
const AT_ONCE: usize = 500;

/// What [`Storage::sweep`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs that the last row let go of.
    pub released: u64,
    /// Blobs that never came to be named by a row.
    pub orphans: u64,
    /// Files of writers that were cut off.
    pub unfinished: u64,
}

impl Storage {
    /// Removes the blobs that no row has named for `grace`, and what interrupted writers left. The grace must be
    /// longer than anybody holds a [`Blob`] before giving it to a row: an hour is ample.
    ///
    /// Reads the whole blob folder: a matter for quiet hours.
    pub async fn sweep(&self, grace: Duration) -> Result<Swept> {
        let before = clock::now().saturating_sub(clock::millis(grace));
        let mut swept = Swept { released: self.sweep_released(before).await?, ..Swept::default() };
        for shard in 0..=u8::MAX {
            swept.orphans += self.sweep_orphans(shard, before).await?;
            swept.unfinished += sweep_unfinished(self.blobs(), shard, before).await?;
        }
        Ok(swept)
    }

    async fn sweep_released(&self, before: i64) -> Result<u64> {
        let mut swept = 0;
        loop {
            let keys = self.pool().write(before, |c, before| Box::pin(forget(c, *before))).await?;
            for key in &keys {
                self.blobs().delete(*key).await?;
                swept += 1;
            }
            if keys.len() < AT_ONCE {
                return Ok(swept);
            }
        }
    }

    async fn sweep_orphans(&self, shard: u8, before: i64) -> Result<u64> {
        let mut swept = 0;
        for some in listed(self.blobs(), shard, before).await?.chunks(AT_ONCE) {
            let keys: Vec<String> = some.iter().map(|blob| blob.key.to_string()).collect();
            let known = self.known(&keys).await?;
            for blob in some.iter().filter(|blob| !known.contains(&blob.key.to_string())) {
                self.blobs().delete(blob.key).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Those of the keys that have a row.
    pub(crate) async fn known(&self, keys: &[String]) -> Result<HashSet<String>> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let key = |row: &Row| row.text(0).map(str::to_owned);
        Ok(connection.rows(KNOWN, &[Value::Keys(keys)], key).await?.into_iter().collect())
    }
}

/// Counts one more row that names `blob`.
pub(crate) async fn hold(connection: &mut Connection<'_>, blob: &Blob) -> Result<()> {
    connection.execute(HOLD, &[blob.key.into(), blob.stored_size().into()]).await.map(drop)
}

/// Counts one row less that names the blob.
pub(crate) async fn release(connection: &mut Connection<'_>, key: BlobKey) -> Result<()> {
    connection.execute(RELEASE, &[key.into(), clock::now().into()]).await.map(drop)
}

async fn forget(connection: &mut Connection<'_>, before: i64) -> Result<Vec<BlobKey>> {
    connection.rows(FORGET, &[before.into()], |row| BlobKey::from_row(row.text(0)?)).await
}

/// The blobs in one of the 256 folders that were written before a time, as the store has them.
pub(crate) async fn listed(blobs: &Blobs, shard: u8, before: i64) -> Result<Vec<Blob>> {
    let prefix = StorePath::from(format!("{shard:02x}"));
    let failed = |source| Error::BlobStore { source: std::sync::Arc::new(source) };
    let mut found = blobs.store().list(Some(&prefix));
    let mut blobs = Vec::new();
    while let Some(object) = found.try_next().await.map_err(failed)? {
        let key = object.location.filename().and_then(BlobKey::parse);
        if let Some(key) = key.filter(|_| object.last_modified.timestamp_millis() < before) {
            blobs.push(Blob { key, size: object.size });
        }
    }
    Ok(blobs)
}

/// Removes the temporary files of one folder that nobody has written to since a time. The store names them after
/// the key, with `#` and a number behind it, and does not list them.
async fn sweep_unfinished(blobs: &Blobs, shard: u8, before: i64) -> Result<u64> {
    let folder = blobs.root().join(format!("{shard:02x}"));
    let failed = |source| Error::unwritable(&folder, source);
    let mut entries = match tokio::fs::read_dir(&folder).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(failed)?,
    };
    let mut swept = 0;
    while let Some(entry) = entries.next_entry().await.map_err(failed)? {
        let name = entry.file_name();
        let key =
            name.to_str().and_then(|name| name.split_once('#')).and_then(|(key, _)| BlobKey::parse(key));
        if key.is_none() {
            continue;
        }
        let written = entry.metadata().await.and_then(|metadata| metadata.modified());
        if clock::at(written.map_err(failed)?) < before {
            tokio::fs::remove_file(entry.path()).await.map_err(failed)?;
            swept += 1;
        }
    }
    Ok(swept)
}

#[cfg(test)]
mod tests;
