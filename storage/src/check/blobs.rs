//! Do the rows and the blobs agree?

use std::collections::HashMap;

use super::{MiscountedBlob, NamedBlob, Orphans};
use crate::Storage;
use crate::blob::{Blob, BlobKey};
use crate::clock;
use crate::error::Result;
use crate::statement::{Connection, Row, Sql, Value};

/// Every row that names a blob, as `blob` and `size`.
macro_rules! named {
    () => {
        "SELECT blob, size FROM message UNION ALL SELECT blob, size FROM upload \
         UNION ALL SELECT blob, size FROM queued UNION ALL SELECT blob, blob_size FROM file_extent"
    };
}
#[cfg(test)]
pub(crate) use named;

/// The same without messages, which are checked with their mailboxes; and what each is, in words, as `place`.
macro_rules! others {
    () => {
        "SELECT 'the upload ' || id AS place, blob, size FROM upload UNION ALL \
         SELECT 'the queued message ' || id, blob, size FROM queued UNION ALL \
         SELECT 'the file ' || f.directory || '/' || f.name || ' of account ' || f.account, e.blob, e.blob_size \
         FROM file_extent e JOIN file f ON f.id = e.file"
    };
}

const OTHERS: Sql = Sql::same(concat!(
    "SELECT place, blob, size FROM (",
    others!(),
    ") AS o WHERE (blob, place) > ($1, $2) ORDER BY blob, place LIMIT 500"
));
const MISCOUNTED: Sql = Sql::same(concat!(
    "SELECT COALESCE(b.key, n.blob), b.refs, COALESCE(n.named, 0) FROM blob b FULL JOIN \
     (SELECT blob, COUNT(*) AS named FROM (",
    named!(),
    ") AS a GROUP BY blob) AS n ON n.blob = b.key WHERE b.key IS NULL OR b.refs <> COALESCE(n.named, 0)"
));
const LOCK: Sql = Sql {
    sqlite: "SELECT key FROM blob WHERE key IN (SELECT value FROM json_each($1))",
    postgres: "SELECT key FROM blob WHERE key = ANY($1) ORDER BY key FOR UPDATE",
};
const COUNT: Sql = Sql {
    sqlite: concat!(
        "SELECT blob, COUNT(*), MAX(size) FROM (",
        named!(),
        ") AS a WHERE blob IN (SELECT value FROM json_each($1)) GROUP BY blob"
    ),
    postgres: concat!(
        "SELECT blob, COUNT(*), MAX(size) FROM (",
        named!(),
        ") AS a WHERE blob = ANY($1) GROUP BY blob"
    ),
};
const SET: Sql = Sql::same("UPDATE blob SET refs = $2, released = $3 WHERE key = $1");
const ADD: Sql = Sql::same(
    "INSERT INTO blob (key, size, refs, released) VALUES ($1, $2, $3, 0) ON CONFLICT (key) DO NOTHING",
);
const SET_SIZE: Sql = Sql::same("UPDATE blob SET size = $2 WHERE key = $1");
/// How many blobs are counted anew in one transaction: each costs all others a wait.
const AT_ONCE: usize = 500;

impl Storage {
    /// Which blobs are named more or less often than is kept. With `mend` what is kept is right from now on.
    pub async fn check_references(&self, mend: bool) -> Result<Vec<MiscountedBlob>> {
        let found = {
            let mut reader = self.pool().reader().await?;
            reader.connection().rows(MISCOUNTED, &[], miscounted).await?
        };
        if mend {
            for some in found.chunks(AT_ONCE) {
                let keys: Vec<String> = some.iter().map(|one| one.key.to_string()).collect();
                self.pool().write(keys, |c, keys| Box::pin(recount(c, keys))).await?;
            }
        }
        Ok(found)
    }

    /// Up to 500 blobs that rows name which are no messages, after the one that is given.
    pub async fn check_named(&self, after: Option<&NamedBlob>) -> Result<Vec<NamedBlob>> {
        let key = after.map_or(String::new(), |named| named.blob.key.to_string());
        let place = after.map_or("", |named| named.place.as_str());
        let mut reader = self.pool().reader().await?;
        reader.connection().rows(OTHERS, &[(&key).into(), place.into()], named_blob).await
    }

    /// What lies in the blob store and is named by no row: what is being written just now, and what the sweep will find.
    pub async fn check_orphans(&self) -> Result<Orphans> {
        let mut orphans = Orphans::default();
        for shard in 0..=u8::MAX {
            let files = self.blobs().list(shard, i64::MAX).await?;
            for some in files.chunks(AT_ONCE) {
                let keys: Vec<String> = some.iter().map(|blob| blob.key.to_string()).collect();
                let known = self.known(&keys).await?;
                for blob in some.iter().filter(|blob| !known.contains(&blob.key.to_string())) {
                    orphans.blobs += 1;
                    orphans.bytes = orphans.bytes.saturating_add(blob.size);
                }
            }
        }
        Ok(orphans)
    }
}

fn miscounted(row: &Row) -> Result<MiscountedBlob> {
    let key = BlobKey::from_row(row.text(0)?)?;
    Ok(MiscountedBlob { key, kept: row.maybe_integer(1)?, named: row.integer(2)? })
}

fn named_blob(row: &Row) -> Result<NamedBlob> {
    let blob = Blob::from_row(row.text(1)?, row.integer(2)?)?;
    Ok(NamedBlob { place: row.text(0)?.to_owned(), blob })
}

/// Who names or lets go of one of these blobs meanwhile waits for this to end, and counts from what it leaves.
async fn recount(connection: &mut Connection<'_>, keys: &[String]) -> Result<()> {
    let present = connection.rows(LOCK, &[Value::Keys(keys)], |row| row.text(0).map(str::to_owned)).await?;
    let values = [Value::Keys(keys)];
    let counted = connection
        .rows(COUNT, &values, |row| Ok((row.text(0)?.to_owned(), (row.integer(1)?, row.integer(2)?))));
    let counted: HashMap<String, (i64, i64)> = counted.await?.into_iter().collect();
    for key in keys {
        let (named, size) = counted.get(key).copied().unwrap_or_default();
        if present.contains(key) {
            connection.execute(SET, &[key.into(), named.into(), clock::now().into()]).await?;
        } else if named > 0 {
            connection.execute(ADD, &[key.into(), size.into(), named.into()]).await?;
        }
    }
    Ok(())
}

/// Keeps the size that a blob has.
pub(super) async fn set_size(connection: &mut Connection<'_>, blob: Blob) -> Result<()> {
    connection.execute(SET_SIZE, &[blob.key.into(), blob.stored_size().into()]).await.map(drop)
}
