//! What may others do with a file, and which passwords has it?
//!
//! Rights only add up: what was granted to an account, and to every account of the domain, by the file itself and by each
//! directory above it. The owner is not looked up here: who owns a file may do everything with it. Rights are letters of
//! the caller; passwords come sealed.

use super::{FilePath, find};
use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Error, Result};
use crate::id::AccountId;
use crate::mailbox::Grantee;
use crate::statement::{Connection, Row, Sql};

const GRANTS: Sql = Sql::same(
    "SELECT r.rights, r.account, a.name, d.name FROM file_right r LEFT JOIN account a ON a.id = r.account \
     LEFT JOIN domain d ON d.id = a.domain WHERE r.file = $1",
);
const EFFECTIVE: Sql = Sql::same(
    "SELECT r.rights FROM file f JOIN file_right r ON r.file = f.id \
     WHERE f.account = $1 AND f.directory = $2 AND f.name = $3 AND (r.account = $4 OR (r.account IS NULL AND \
     (SELECT domain FROM account WHERE id = $1) = (SELECT domain FROM account WHERE id = $4)))",
);
const GRANT: Sql = Sql::same("INSERT INTO file_right (file, account, rights) VALUES ($1, $2, $3)");
const GRANT_ANYONE: Sql = Sql::same("INSERT INTO file_right (file, account, rights) VALUES ($1, NULL, $2)");
const REVOKE: Sql = Sql::same("DELETE FROM file_right WHERE file = $1");
const ACCOUNT: Sql = Sql::same("SELECT id FROM account WHERE id = $1");
const PASSWORDS: Sql = Sql::same("SELECT sealed FROM file_password WHERE file = $1 ORDER BY position");
const ADD_PASSWORD: Sql = Sql::same("INSERT INTO file_password (file, position, sealed) VALUES ($1, $2, $3)");
const DROP_PASSWORDS: Sql = Sql::same("DELETE FROM file_password WHERE file = $1");

/// What somebody has been granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileGrant {
    /// Who.
    pub grantee: Grantee,
    /// The name and the domain of an account.
    pub address: Option<(String, String)>,
    /// What, in letters.
    pub rights: String,
}

/// What is set, of what a file or directory has.
struct Change {
    account: AccountId,
    path: FilePath,
    grants: Option<Vec<(Grantee, String)>>,
    passwords: Option<Vec<Vec<u8>>>,
}

impl Storage {
    /// What was granted by a file or directory itself, in the order of addresses, and its passwords.
    pub async fn file_attributes(
        &self,
        account: AccountId,
        path: &FilePath,
    ) -> Result<(Vec<FileGrant>, Vec<Vec<u8>>)> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let found = find(&mut connection, account, path).await?;
        let values = [found.ok_or(Error::NotFound { what: Aggregate::File })?.id.into()];
        let mut grants = connection.rows(GRANTS, &values, grant).await?;
        grants.sort_by(|a, b| a.address.cmp(&b.address));
        let passwords = connection.rows(PASSWORDS, &values, |row| row.bytes(0).map(<[u8]>::to_vec));
        Ok((grants, passwords.await?))
    }

    /// Sets what a file or directory grants, each grantee once, its passwords, or both.
    pub async fn set_file_attributes(
        &self,
        account: AccountId,
        path: FilePath,
        grants: Option<Vec<(Grantee, String)>>,
        passwords: Option<Vec<Vec<u8>>>,
    ) -> Result<()> {
        let change = Change { account, path, grants, passwords };
        self.pool().write(change, |c, change| Box::pin(set(c, change))).await
    }

    /// The letters that `user` has been granted at a path of somebody else's files, whether or not there is something: by
    /// what is there, and by the directories above it. A letter may come several times.
    pub async fn file_rights(&self, account: AccountId, path: &FilePath, user: AccountId) -> Result<String> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let mut letters = String::new();
        for step in path.steps() {
            let (directory, name) = step.split();
            let values = [account.into(), directory.into(), name.into(), user.into()];
            let granted = connection.for_each(EFFECTIVE, &values, |row| {
                letters.push_str(row.text(0)?);
                Ok(())
            });
            granted.await?;
        }
        Ok(letters)
    }
}

fn grant(row: &Row) -> Result<FileGrant> {
    let rights = row.text(0)?.to_owned();
    let Some(account) = row.maybe_text(1)? else {
        return Ok(FileGrant { grantee: Grantee::Anyone, address: None, rights });
    };
    let address = Some((row.text(2)?.to_owned(), row.text(3)?.to_owned()));
    Ok(FileGrant { grantee: Grantee::Account(AccountId::from_row(account)?), address, rights })
}

async fn set(connection: &mut Connection<'_>, change: &Change) -> Result<()> {
    account::lock(connection, change.account).await?;
    let found = find(connection, change.account, &change.path).await?;
    let file = found.ok_or(Error::NotFound { what: Aggregate::File })?.id;
    if let Some(grants) = &change.grants {
        connection.execute(REVOKE, &[file.into()]).await?;
        for (grantee, rights) in grants {
            match grantee {
                Grantee::Anyone => connection.execute(GRANT_ANYONE, &[file.into(), rights.into()]).await?,
                Grantee::Account(account) => {
                    let row = connection.optional(ACCOUNT, &[(*account).into()]).await?;
                    row.ok_or(Error::NotFound { what: Aggregate::Account })?;
                    connection.execute(GRANT, &[file.into(), (*account).into(), rights.into()]).await?
                }
            };
        }
    }
    if let Some(passwords) = &change.passwords {
        connection.execute(DROP_PASSWORDS, &[file.into()]).await?;
        for (position, sealed) in (0_i64..).zip(passwords) {
            let values = [file.into(), position.into(), sealed.as_slice().into()];
            connection.execute(ADD_PASSWORD, &values).await?;
        }
    }
    Ok(())
}
