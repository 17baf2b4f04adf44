//! Which blobs do rows name, and what becomes of the others?
//!
//! Every row that names a blob counts in `blob.refs`, in the transaction that writes or removes the row. On removal
//! the row goes first; the blob is swept some time after the last one. Until a row names it, a new blob is safe for
//! as long as the grace period of [`Storage::sweep`] lasts.

use std::collections::HashSet;
use std::time::Duration;

use crate::Storage;
use crate::blob::{Blob, BlobKey};
use crate::clock;
use crate::error::Result;
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
    /// What writers that were cut off had written.
    pub unfinished: u64,
}

impl Storage {
    /// Removes the blobs that no row has named for `grace`, and what interrupted writers left. The grace must be
    /// longer than anybody holds a [`Blob`] before giving it to a row: an hour is ample.
    ///
    /// Lists all blobs: a matter for quiet hours.
    pub async fn sweep(&self, grace: Duration) -> Result<Swept> {
        let _turn = self.open.sweep.lock().await;
        let before = clock::now().saturating_sub(clock::millis(grace));
        let mut swept = Swept { released: self.sweep_released(before).await?, ..Swept::default() };
        for shard in 0..=u8::MAX {
            swept.orphans += self.sweep_orphans(shard, before).await?;
        }
        swept.unfinished = self.blobs().sweep_unfinished(before).await?;
        Ok(swept)
    }

    /// The first half of a sweep, without any grace: blobs that were never named might be about to be.
    #[cfg(test)]
    pub(crate) async fn sweep_now(&self) -> Result<u64> {
        let _turn = self.open.sweep.lock().await;
        self.sweep_released(i64::MAX).await
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
        for some in self.blobs().list(shard, before).await?.chunks(AT_ONCE) {
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

#[cfg(test)]
mod tests;
