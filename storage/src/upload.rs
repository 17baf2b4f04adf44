//! Which files has a session uploaded?

use crate::Storage;
use crate::blob::{Blob, BlobKey, read_size};
use crate::error::{Aggregate, Error, Result};
use crate::name;
use crate::reference;
use crate::statement::{Connection, Sql, locking};

const FIND: Sql = Sql::same("SELECT id, content_type, blob, size FROM upload WHERE session = $1 AND id = $2");
const LIST: Sql = Sql::same("SELECT id, content_type, blob, size FROM upload WHERE session = $1");
const LOCK: Sql = locking!("SELECT blob, size FROM upload WHERE session = $1 AND id = $2");
const SET: Sql = Sql::same(
    "INSERT INTO upload (session, id, blob, size, content_type) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (session, id) DO UPDATE SET blob = excluded.blob, size = excluded.size, \
     content_type = excluded.content_type",
);
/// Uploads of one session are put into its set one after the other, on PostgreSQL too, which has no row to lock.
const ONE_BY_ONE: Sql = Sql {
    sqlite: "SELECT $1",
    postgres: "SELECT 1 FROM pg_advisory_xact_lock(hashtext('upload'), hashtext($1))",
};
const OTHERS: Sql = Sql::same(
    "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM upload WHERE session = $1 AND id <> $2",
);
const DROP: Sql = Sql::same("DELETE FROM upload WHERE session = $1 RETURNING blob");
const DROP_ALL: Sql = Sql::same("DELETE FROM upload RETURNING blob");

/// A file of a session's upload set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id in the set.
    pub id: String,
    /// The content type that it was sent with, as it was.
    pub content_type: String,
    /// Its bytes.
    pub blob: Blob,
}

/// What an upload set may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Files.
    pub files: u64,
    /// Bytes of all files together.
    pub bytes: u64,
}

impl Storage {
    /// Puts a file into a session's upload set, in place of one of the same id. One for which there is no room is
    /// refused, and its blob removed: [`Error::NoRoom`].
    pub async fn set_upload(&self, session: &str, upload: Upload, room: Room) -> Result<()> {
        name::check(Aggregate::Upload, session)?;
        name::check(Aggregate::Upload, &upload.id)?;
        let key = upload.blob.key;
        let args = (session.to_owned(), upload, room);
        let set = self
            .pool()
            .write(args, |c, (session, upload, room)| Box::pin(set(c, session, upload, *room)))
            .await;
        if matches!(set, Err(Error::NoRoom)) {
            // No row names it; what cannot be removed now is swept later.
            let _ = self.blobs().delete(key).await;
        }
        set
    }

    /// The file of that id in a session's upload set.
    pub async fn upload(&self, session: &str, id: &str) -> Result<Upload> {
        let mut reader = self.pool().reader().await?;
        let row = reader.connection().optional(FIND, &[session.into(), id.into()]).await?;
        from_row(&row.ok_or(Error::NotFound { what: Aggregate::Upload })?)
    }

    /// A session's upload set, by id.
    pub async fn uploads(&self, session: &str) -> Result<Vec<Upload>> {
        let mut reader = self.pool().reader().await?;
        let mut uploads = reader.connection().rows(LIST, &[session.into()], from_row).await?;
        uploads.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(uploads)
    }

    /// Drops the upload set of a session that ended.
    pub async fn drop_uploads(&self, session: &str) -> Result<()> {
        self.pool().write(session.to_owned(), |c, session| Box::pin(drop_set(c, session))).await
    }

    /// Drops every upload set: for the start of a program whose sessions did not outlive it.
    pub async fn drop_all_uploads(&self) -> Result<()> {
        self.pool().write((), |c, ()| Box::pin(drop_all(c))).await
    }
}

fn from_row(row: &crate::statement::Row) -> Result<Upload> {
    Ok(Upload {
        id: row.text(0)?.to_owned(),
        content_type: row.text(1)?.to_owned(),
        blob: Blob::from_row(row.text(2)?, row.integer(3)?)?,
    })
}

async fn set(connection: &mut Connection<'_>, session: &str, upload: &Upload, room: Room) -> Result<()> {
    connection.optional(ONE_BY_ONE, &[session.into()]).await?;
    let others = connection.optional(OTHERS, &[session.into(), (&upload.id).into()]).await?;
    let (files, bytes) =
        others.map_or(Ok((0, 0)), |row| Ok::<_, Error>((row.integer(0)?, row.integer(1)?)))?;
    if read_size(files)?.saturating_add(1) > room.files
        || read_size(bytes)?.saturating_add(upload.blob.size) > room.bytes
    {
        return Err(Error::NoRoom);
    }
    let replaced = connection.optional(LOCK, &[session.into(), (&upload.id).into()]).await?;
    if let Some(row) = replaced {
        reference::release(connection, BlobKey::from_row(row.text(0)?)?).await?;
    }
    reference::hold(connection, &upload.blob).await?;
    let values = [
        session.into(),
        (&upload.id).into(),
        upload.blob.key.into(),
        upload.blob.stored_size().into(),
        (&upload.content_type).into(),
    ];
    connection.execute(SET, &values).await.map(drop)
}

/// The blob of a file of a session's upload set, which holds it until the transaction ends.
pub(crate) async fn lock(connection: &mut Connection<'_>, session: &str, id: &str) -> Result<Blob> {
    let row = connection.optional(LOCK, &[session.into(), id.into()]).await?;
    let row = row.ok_or(Error::NotFound { what: Aggregate::Upload })?;
    Blob::from_row(row.text(0)?, row.integer(1)?)
}

async fn drop_set(connection: &mut Connection<'_>, session: &str) -> Result<()> {
    let keys = connection.rows(DROP, &[session.into()], |row| BlobKey::from_row(row.text(0)?)).await?;
    release_all(connection, &keys).await
}

async fn drop_all(connection: &mut Connection<'_>) -> Result<()> {
    let keys = connection.rows(DROP_ALL, &[], |row| BlobKey::from_row(row.text(0)?)).await?;
    release_all(connection, &keys).await
}

async fn release_all(connection: &mut Connection<'_>, keys: &[BlobKey]) -> Result<()> {
    for key in keys {
        reference::release(connection, *key).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
