//! How does something get into a file?
//!
//! The new bytes are a blob of their own, which is on the disk before a row names it; the change itself is one transaction.
//! So what is added to a file, or written into it, costs what it is long, and a reader sees the file before it or after
//! it, never between. A file that has become scattered is gathered after that (`file/extent.rs`).

use futures_util::TryStreamExt;

use super::extent::{self, Extent};
use super::usage::{FileRoom, Ledger, Stored};
use super::{File, FilePath, a_file, find, insert, make_way, read, unsuitable};
use crate::Storage;
use crate::account;
use crate::blob::Blob;
use crate::clock;
use crate::error::{Aggregate, Error, Result};
use crate::id::{AccountId, FileId};
use crate::statement::{Connection, Sql};
use crate::upload;

const SET: Sql = Sql::same(
    "UPDATE file SET size = $2, modified = $3, version = version + 1 WHERE id = $1 RETURNING version",
);

/// Where in a file something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In place of all that is in it.
    Whole,
    /// From this byte on, which is in the file or follows its last one.
    At(u64),
    /// After all that is in it.
    End,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSource {
    /// A blob that no row names yet. If it is not taken it is removed.
    Blob(Blob),
    /// A file of a session's upload set, with which the blob is shared.
    Upload {
        /// The session.
        session: String,
        /// The id in its set.
        id: String,
    },
}

struct Write {
    account: AccountId,
    path: FilePath,
    place: Place,
    source: FileSource,
    room: FileRoom,
}

impl Storage {
    /// Writes to a file. One that is not there is made, with the directories on the way to it. What would take the account
    /// beyond `room` is refused whole: [`Error::FilesFull`].
    pub async fn write_file(
        &self,
        account: AccountId,
        path: FilePath,
        place: Place,
        source: FileSource,
        room: FileRoom,
    ) -> Result<Stored> {
        let blob = if let FileSource::Blob(blob) = source { Some(blob) } else { None };
        let args = Write { account, path, place, source, room };
        let stored = self.pool().write(args, |c, args| Box::pin(write(c, args))).await;
        let refused = matches!(
            stored,
            Err(Error::FilesFull
                | Error::Unsuitable { .. }
                | Error::NotFound { .. }
                | Error::InvalidName { .. })
        );
        if let Some(blob) = blob.filter(|blob| refused || blob.size == 0) {
            // No row names it; what cannot be removed now is swept later.
            let _ = self.blobs().delete(blob.key).await;
        }
        let stored = stored?;
        // The file is whole either way, and the next write tries again.
        let _ = self.gather(account, stored.file.id).await;
        Ok(stored)
    }

    /// Makes one extent of those of a scattered file.
    async fn gather(&self, account: AccountId, file: FileId) -> Result<()> {
        let extents = extent::list(&mut self.pool().reader().await?.connection(), file).await?;
        let Some(old) = extent::scattered(&extents) else { return Ok(()) };
        let Some(position) = old.first().map(|one| one.position) else { return Ok(()) };
        let mut pieces = read::pieces(self.blobs().clone(), old.to_vec()).await?;
        let mut writer = self.blobs().create()?;
        while let Some(piece) = pieces.try_next().await? {
            writer.write(&piece).await?;
        }
        let blob = writer.finish().await?;
        let args = (account, file, old.to_vec(), Extent::whole(position, blob));
        let swapped = self
            .pool()
            .write(args, |c, (account, file, old, new)| Box::pin(swap(c, *account, *file, old, *new)));
        if !swapped.await? {
            self.blobs().delete(blob.key).await?;
        }
        Ok(())
    }
}

async fn write(connection: &mut Connection<'_>, args: &Write) -> Result<Stored> {
    let Write { account, path, place, source, room } = args;
    account::lock(connection, *account).await?;
    let mut ledger = Ledger::open(connection, *account, *room).await?;
    let blob = match source {
        FileSource::Blob(blob) => *blob,
        FileSource::Upload { session, id } => upload::lock(connection, session, id).await?,
    };
    let file = match find(connection, *account, path).await? {
        Some(file) => a_file(Some(file))?,
        None if path.is_root() => return Err(unsuitable("it is a directory")),
        None => {
            make_way(connection, &mut ledger, &path.parent()).await?;
            insert(connection, &mut ledger, path, false).await?
        }
    };
    let old = extent::list(connection, file.id).await?;
    let (new, size) = plan(&file, &old, *place, blob)?;
    extent::replace(connection, file.id, &old, &new).await?;
    let grown = i128::from(size) - i128::from(file.size);
    ledger.add(0, i64::try_from(grown).unwrap_or(i64::MAX));
    let modified = clock::now();
    let stored_size = i64::try_from(size).unwrap_or(i64::MAX);
    let row = connection.optional(SET, &[file.id.into(), stored_size.into(), modified.into()]).await?;
    let version = row.ok_or(Error::NotFound { what: Aggregate::File })?.integer(0)?;
    ledger.close(connection, File { size, version, modified, ..file }).await
}

/// What a file consists of when a blob was written to it, and how long it is then.
fn plan(file: &File, old: &[Extent], place: Place, blob: Blob) -> Result<(Vec<Extent>, u64)> {
    let position = match place {
        Place::Whole => {
            let new = Extent::whole(0, blob);
            return Ok((extent::overlay(&[], new), blob.size));
        }
        Place::End => file.size,
        Place::At(position) if position <= file.size => position,
        Place::At(_) => return Err(unsuitable("the position is beyond its end")),
    };
    if blob.size == 0 {
        return Ok((old.to_vec(), file.size));
    }
    let end = position.checked_add(blob.size).ok_or(Error::FilesFull)?;
    Ok((extent::overlay(old, Extent::whole(position, blob)), file.size.max(end)))
}

/// Puts `new` in the place of `old`, if they are still there; the bytes are the same.
async fn swap(
    connection: &mut Connection<'_>,
    account: AccountId,
    file: FileId,
    old: &[Extent],
    new: Extent,
) -> Result<bool> {
    account::lock(connection, account).await?;
    let present = extent::list(connection, file).await?;
    if !old.iter().all(|one| present.contains(one)) {
        return Ok(false);
    }
    extent::replace(connection, file, old, &[new]).await?;
    Ok(true)
}
