//! Which files has a session uploaded?

use crate::Storage;
use crate::blob::{Blob, BlobKey};
use crate::error::{Aggregate, Error, Result};
use crate::name;
use crate::reference;
use crate::statement::{Connection, Sql, locking};

const FIND: Sql = Sql::same("SELECT id, content_type, blob, size FROM upload WHERE session = $1 AND id = $2");
const LIST: Sql = Sql::same("SELECT id, content_type, blob, size FROM upload WHERE session = $1");
const LOCK: Sql = locking!("SELECT blob FROM upload WHERE session = $1 AND id = $2");
const SET: Sql = Sql::same(
    "INSERT INTO upload (session, id, blob, size, content_type) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (session, id) DO UPDATE SET blob = excluded.blob, size = excluded.size, \
     content_type = excluded.content_type",
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

impl Storage {
    /// Puts a file into a session's upload set, in place of one of the same id.
    pub async fn set_upload(&self, session: &str, upload: Upload) -> Result<()> {
        name::check(Aggregate::Upload, session)?;
        name::check(Aggregate::Upload, &upload.id)?;
        let args = (session.to_owned(), upload);
        self.pool().write(args, |c, (session, upload)| Box::pin(set(c, session, upload))).await
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

async fn set(connection: &mut Connection<'_>, session: &str, upload: &Upload) -> Result<()> {
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
