//! Who else may do what with a file, and which passwords has it?
//!
//! Names and rights are texts of the caller; passwords come sealed.

use super::{FilePath, find};
use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Error, Result};
use crate::id::AccountId;
use crate::statement::{Connection, Row, Sql};

const RIGHTS: Sql = Sql::same("SELECT who, rights FROM file_right WHERE file = $1");
const RIGHTS_AT: Sql = Sql::same(
    "SELECT r.who, r.rights FROM file f JOIN file_right r ON r.file = f.id \
     WHERE f.account = $1 AND f.directory = $2 AND f.name = $3",
);
const RIGHTS_BELOW: Sql = Sql::same(
    "SELECT f.id, r.who, r.rights FROM file f JOIN file_right r ON r.file = f.id \
     WHERE f.account = $1 AND (f.directory = $2 OR (f.directory > $3 AND f.directory < $4)) ORDER BY f.id",
);
const ADD_RIGHT: Sql = Sql::same("INSERT INTO file_right (file, who, rights) VALUES ($1, $2, $3)");
const DROP_RIGHTS: Sql = Sql::same("DELETE FROM file_right WHERE file = $1");
const PASSWORDS: Sql = Sql::same("SELECT sealed FROM file_password WHERE file = $1 ORDER BY position");
const ADD_PASSWORD: Sql = Sql::same("INSERT INTO file_password (file, position, sealed) VALUES ($1, $2, $3)");
const DROP_PASSWORDS: Sql = Sql::same("DELETE FROM file_password WHERE file = $1");

/// What somebody may do with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileRight {
    /// Who: once among the rights of a file.
    pub who: String,
    /// What, in letters.
    pub rights: String,
}

/// What is set, of what a file or directory has.
type Change = (AccountId, FilePath, Option<Vec<FileRight>>, Option<Vec<Vec<u8>>>);

impl Storage {
    /// The rights and the passwords that were given to a file or directory itself; rights in the order of names.
    pub async fn file_attributes(
        &self,
        account: AccountId,
        path: &FilePath,
    ) -> Result<(Vec<FileRight>, Vec<Vec<u8>>)> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let found = find(&mut connection, account, path).await?;
        let file = found.ok_or(Error::NotFound { what: Aggregate::File })?.id;
        let values = [file.into()];
        let rights = connection.rows(RIGHTS, &values, right).await?;
        let passwords = connection.rows(PASSWORDS, &values, |row| row.bytes(0).map(<[u8]>::to_vec));
        Ok((sorted(rights), passwords.await?))
    }

    /// Sets the rights, the passwords, or both, of a file or directory.
    pub async fn set_file_attributes(
        &self,
        account: AccountId,
        path: FilePath,
        rights: Option<Vec<FileRight>>,
        passwords: Option<Vec<Vec<u8>>>,
    ) -> Result<()> {
        let args: Change = (account, path, rights, passwords);
        self.pool().write(args, |c, args| Box::pin(set(c, args))).await
    }

    /// The rights that hold at a path, whether or not there is something: those of what is there or of the nearest
    /// directory above it that has any. Without any, nobody else has a right.
    pub async fn file_rights(&self, account: AccountId, path: &FilePath) -> Result<Vec<FileRight>> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let mut steps: Vec<FilePath> = path.steps().collect();
        while let Some(step) = steps.pop() {
            let (directory, name) = step.split();
            let values = [account.into(), directory.into(), name.into()];
            let rights = connection.rows(RIGHTS_AT, &values, right).await?;
            if !rights.is_empty() {
                return Ok(sorted(rights));
            }
        }
        Ok(Vec::new())
    }

    /// The rights of everything below a directory that has rights of its own: one list for each.
    pub async fn file_rights_below(
        &self,
        account: AccountId,
        directory: &FilePath,
    ) -> Result<Vec<Vec<FileRight>>> {
        let (first, end) = directory.bounds();
        let values = [account.into(), directory.into(), (&first).into(), (&end).into()];
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let (mut lists, mut last) = (Vec::<Vec<FileRight>>::new(), String::new());
        let each = |row: &Row| {
            let right = FileRight { who: row.text(1)?.to_owned(), rights: row.text(2)?.to_owned() };
            match lists.last_mut() {
                Some(list) if last == row.text(0)? => list.push(right),
                _ => lists.push(vec![right]),
            }
            row.text(0)?.clone_into(&mut last);
            Ok(())
        };
        connection.for_each(RIGHTS_BELOW, &values, each).await?;
        Ok(lists)
    }
}

fn right(row: &Row) -> Result<FileRight> {
    Ok(FileRight { who: row.text(0)?.to_owned(), rights: row.text(1)?.to_owned() })
}

fn sorted(mut rights: Vec<FileRight>) -> Vec<FileRight> {
    rights.sort();
    rights
}

async fn set(connection: &mut Connection<'_>, change: &Change) -> Result<()> {
    let (account, path, rights, passwords) = change;
    account::lock(connection, *account).await?;
    let found = find(connection, *account, path).await?;
    let file = found.ok_or(Error::NotFound { what: Aggregate::File })?.id;
    if let Some(rights) = rights {
        connection.execute(DROP_RIGHTS, &[file.into()]).await?;
        for FileRight { who, rights } in rights {
            connection.execute(ADD_RIGHT, &[file.into(), who.into(), rights.into()]).await?;
        }
    }
    if let Some(passwords) = passwords {
        connection.execute(DROP_PASSWORDS, &[file.into()]).await?;
        for (position, sealed) in (0_i64..).zip(passwords) {
            let values = [file.into(), position.into(), sealed.as_slice().into()];
            connection.execute(ADD_PASSWORD, &values).await?;
        }
    }
    Ok(())
}
