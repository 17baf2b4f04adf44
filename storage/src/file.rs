//! Which files and directories has an account, and how much do they take?
//!
//! A file has a row that says where it is and how large, and extents that say which bytes of which blobs it consists
//! of (`file/extent.rs`). A directory has a row; the root has none. All changes to the files of one account come one after
//! the other: each begins by locking the account. A name is a text in a column and never becomes a path of the host.

mod attribute;
mod extent;
mod path;
mod read;
mod subscription;
mod tree;
mod usage;
mod write;

pub use attribute::FileGrant;
pub use path::FilePath;
pub use read::FileStream;
pub use usage::{FileRoom, FileUsage, Stored};
pub use write::{FileSource, Place};

use crate::Storage;
use crate::account;
use crate::blob::read_size;
use crate::clock;
use crate::error::{Aggregate, Error, Result};
use crate::id::{AccountId, DomainId, FileId};
use crate::statement::{Connection, Row, Sql, locking};
use usage::Ledger;

/// The columns of a file, for [`from_row`].
macro_rules! select {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT id, directory, name, is_directory, size, version, modified FROM file ",
            $rest
        ))
    };
}

const FIND: Sql = select!("WHERE account = $1 AND directory = $2 AND name = $3");
const IN_DIRECTORY: Sql =
    select!("WHERE account = $1 AND directory = $2 ORDER BY directory, name LIMIT $3 OFFSET $4");
/// What is below the directory $2: in it, or in one whose path lies between `directory/` and what follows all of those.
const BELOW: Sql = select!(
    "WHERE account = $1 AND (directory = $2 OR (directory > $3 AND directory < $4)) ORDER BY directory, name"
);
const CREATE: Sql = Sql::same(
    "INSERT INTO file (id, account, directory, name, is_directory, size, version, modified) \
     VALUES ($1, $2, $3, $4, $5, 0, 1, $6)",
);

// Files come and go under the lock of their account, and so do the blobs that they name.
const LOCK_DOMAIN: Sql = locking!("SELECT id FROM account WHERE domain = $1 ORDER BY id");
const RELEASE: Sql = Sql::same(
    "UPDATE blob SET refs = blob.refs - c.n, released = $2 FROM \
     (SELECT e.blob AS key, COUNT(*) AS n FROM file_extent e JOIN file f ON f.id = e.file \
     WHERE f.account = $1 GROUP BY e.blob) AS c WHERE blob.key = c.key",
);
const RELEASE_DOMAIN: Sql = Sql::same(
    "UPDATE blob SET refs = blob.refs - c.n, released = $2 FROM \
     (SELECT e.blob AS key, COUNT(*) AS n FROM file_extent e JOIN file f ON f.id = e.file \
     JOIN account a ON a.id = f.account WHERE a.domain = $1 GROUP BY e.blob) AS c WHERE blob.key = c.key",
);

/// A file or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its id, which a renaming keeps.
    pub id: FileId,
    /// Where it is.
    pub path: FilePath,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Bytes in it; 0 for a directory.
    pub size: u64,
    /// Rises with each change of its content.
    pub version: i64,
    /// When its content was last changed, or it was created, in milliseconds since 1970.
    pub modified: i64,
}

impl Storage {
    /// The file or directory of that path. The root is none.
    pub async fn file(&self, account: AccountId, path: &FilePath) -> Result<File> {
        let found = find(&mut self.pool().reader().await?.connection(), account, path).await?;
        found.ok_or(Error::NotFound { what: Aggregate::File })
    }

    /// What is in a directory, in the order of the bytes of names: at most `limit`, after the first `position`.
    pub async fn files(
        &self,
        account: AccountId,
        directory: &FilePath,
        position: u64,
        limit: u64,
    ) -> Result<Vec<File>> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        if !directory.is_root() {
            let found = find(&mut connection, account, directory).await?;
            a_directory(found.as_ref())?;
        }
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
        let values = [account.into(), directory.into(), number(limit), number(position)];
        connection.rows(IN_DIRECTORY, &values, from_row).await
    }

    /// Makes a directory, and those that are missing on the way to it.
    pub async fn create_directory(
        &self,
        account: AccountId,
        path: FilePath,
        room: FileRoom,
    ) -> Result<Stored> {
        let args = (account, path, room);
        self.pool().write(args, |c, (account, path, room)| Box::pin(create(c, *account, path, *room))).await
    }
}

fn from_row(row: &Row) -> Result<File> {
    Ok(File {
        id: FileId::from_row(row.text(0)?)?,
        path: FilePath::from_row(row.text(1)?, row.text(2)?),
        is_directory: row.truth(3)?,
        size: read_size(row.integer(4)?)?,
        version: row.integer(5)?,
        modified: row.integer(6)?,
    })
}

async fn find(connection: &mut Connection<'_>, account: AccountId, path: &FilePath) -> Result<Option<File>> {
    let (directory, name) = path.split();
    let row = connection.optional(FIND, &[account.into(), directory.into(), name.into()]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Everything below a directory, parents before what is in them.
async fn below(connection: &mut Connection<'_>, account: AccountId, path: &FilePath) -> Result<Vec<File>> {
    let (first, end) = path.bounds();
    let values = [account.into(), path.into(), (&first).into(), (&end).into()];
    connection.rows(BELOW, &values, from_row).await
}

/// Refuses what is not there, or is no directory.
fn a_directory(file: Option<&File>) -> Result<()> {
    match file {
        Some(file) if file.is_directory => Ok(()),
        Some(_) => Err(unsuitable("it is a file, and not a directory")),
        None => Err(Error::NotFound { what: Aggregate::File }),
    }
}

/// A file, and not a directory.
fn a_file(file: Option<File>) -> Result<File> {
    match file {
        Some(file) if !file.is_directory => Ok(file),
        Some(_) => Err(unsuitable("it is a directory")),
        None => Err(Error::NotFound { what: Aggregate::File }),
    }
}

const fn unsuitable(reason: &'static str) -> Error {
    Error::Unsuitable { what: Aggregate::File, reason }
}

async fn create(
    connection: &mut Connection<'_>,
    account: AccountId,
    path: &FilePath,
    room: FileRoom,
) -> Result<Stored> {
    account::lock(connection, account).await?;
    let mut ledger = Ledger::open(connection, account, room).await?;
    if path.is_root() || find(connection, account, path).await?.is_some() {
        return Err(Error::AlreadyExists { what: Aggregate::File });
    }
    make_way(connection, &mut ledger, &path.parent()).await?;
    let file = insert(connection, &mut ledger, path, true).await?;
    ledger.close(connection, file).await
}

/// Makes the directories that are missing down to this one.
async fn make_way(connection: &mut Connection<'_>, ledger: &mut Ledger, directory: &FilePath) -> Result<()> {
    for path in directory.steps() {
        match find(connection, ledger.account(), &path).await? {
            Some(found) => a_directory(Some(&found))?,
            None => drop(insert(connection, ledger, &path, true).await?),
        }
    }
    Ok(())
}

/// Adds a file without content, or a directory.
async fn insert(
    connection: &mut Connection<'_>,
    ledger: &mut Ledger,
    path: &FilePath,
    is_directory: bool,
) -> Result<File> {
    let (id, modified) = (FileId::new()?, clock::now());
    let (directory, name) = path.split();
    let values = [
        id.into(),
        ledger.account().into(),
        directory.into(),
        name.into(),
        is_directory.into(),
        modified.into(),
    ];
    connection.execute(CREATE, &values).await?;
    ledger.add(1, 0);
    Ok(File { id, path: path.clone(), is_directory, size: 0, version: 1, modified })
}

/// Lets go of the blobs of every file of an account, which is removed next.
pub(crate) async fn release_blobs(connection: &mut Connection<'_>, account: AccountId) -> Result<()> {
    account::lock(connection, account).await?;
    connection.execute(RELEASE, &[account.into(), clock::now().into()]).await.map(drop)
}

/// Lets go of the blobs of every file of a domain, whose accounts are removed next.
pub(crate) async fn release_blobs_of_domain(connection: &mut Connection<'_>, domain: DomainId) -> Result<()> {
    connection.rows(LOCK_DOMAIN, &[domain.into()], |_| Ok(())).await?;
    connection.execute(RELEASE_DOMAIN, &[domain.into(), clock::now().into()]).await.map(drop)
}

#[cfg(test)]
mod tests;
