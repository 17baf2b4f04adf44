//! Who has an account, and with which credentials?

use std::fmt;

use crate::Storage;
use crate::alias;
use crate::clock;
use crate::domain;
use crate::error::{Aggregate, Error, Result};
use crate::file;
use crate::id::{AccountId, DomainId};
use crate::mailbox;
use crate::name;
use crate::statement::{Connection, Row, Sql, locking};

/// The columns of an account, for [`from_row`].
macro_rules! select {
    ($rest:literal) => {
        Sql::same(concat!(
            "SELECT a.id, a.domain, d.name, a.name, a.real_name, a.password_hash, a.digests, a.key_version, \
             a.created FROM account a JOIN domain d ON d.id = a.domain ",
            $rest
        ))
    };
}

const CREATE: Sql = Sql::same(
    "INSERT INTO account (id, domain, name, name_key, real_name, password_hash, digests, key_version, \
     uid_validity, created) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8) ON CONFLICT DO NOTHING",
);
const BY_ID: Sql = select!("WHERE a.id = $1");
const BY_NAME: Sql = select!(
    "WHERE a.id = COALESCE(\
     (SELECT x.id FROM account x JOIN domain y ON y.id = x.domain WHERE y.name_key = $1 AND x.name_key = $2), \
     (SELECT x.account FROM alias x JOIN domain y ON y.id = x.domain WHERE y.name_key = $1 AND x.name_key = $2))"
);
const OF_DOMAIN: Sql = select!("WHERE a.domain = $1");
const SET_CREDENTIALS: Sql = Sql::same(
    "UPDATE account SET password_hash = $2, digests = $3, key_version = key_version + 1 WHERE id = $1 \
     RETURNING key_version",
);
const SET_REAL_NAME: Sql = Sql::same("UPDATE account SET real_name = $2 WHERE id = $1");
const REMOVE: Sql = Sql::same("DELETE FROM account WHERE id = $1");

// Before blobs are released no message may come or go; appends lock their mailbox.
const LOCK_ROW: Sql = locking!("SELECT id FROM account WHERE id = $1");
const LOCK: Sql =
    locking!("SELECT b.id FROM mailbox b JOIN account a ON a.id = b.account WHERE a.id = $1 ORDER BY b.id");
const LOCK_DOMAIN: Sql = locking!(
    "SELECT b.id FROM mailbox b JOIN account a ON a.id = b.account WHERE a.domain = $1 ORDER BY b.id"
);
const RELEASE: Sql = Sql::same(
    "UPDATE blob SET refs = blob.refs - c.n, released = $2 FROM \
     (SELECT m.blob AS key, COUNT(*) AS n FROM message m JOIN mailbox b ON b.id = m.mailbox \
     WHERE b.account = $1 GROUP BY m.blob) AS c WHERE blob.key = c.key",
);
const RELEASE_DOMAIN: Sql = Sql::same(
    "UPDATE blob SET refs = blob.refs - c.n, released = $2 FROM \
     (SELECT m.blob AS key, COUNT(*) AS n FROM message m JOIN mailbox b ON b.id = m.mailbox \
     JOIN account a ON a.id = b.account WHERE a.domain = $1 GROUP BY m.blob) AS c WHERE blob.key = c.key",
);

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The id of its domain.
    pub domain: DomainId,
    /// The name of its domain.
    pub domain_name: String,
    /// Its name in the domain, in the case that it was given.
    pub name: String,
    /// What its owner is called; may be empty.
    pub real_name: String,
    /// What a password is checked against.
    pub credentials: Credentials,
    /// Rises by one with each change of the credentials, from 1.
    pub key_version: i64,
    /// When it was created, in milliseconds since 1970.
    pub created: i64,
}

/// The secrets of an account, hashed and sealed by the caller. They are not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The password's hash as a PHC string, opaque here.
    pub password_hash: String,
    /// What digest authentication needs, sealed, opaque here.
    pub digests: Vec<u8>,
}

/// An account to be created.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The domain that it belongs to.
    pub domain: DomainId,
    /// Its name, new in the domain whatever its case.
    pub name: String,
    /// What its owner is called; may be empty.
    pub real_name: String,
    /// Its secrets.
    pub credentials: Credentials,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Storage {
    /// Creates an account and its INBOX.
    pub async fn create_account(&self, account: NewAccount) -> Result<Account> {
        name::check(Aggregate::Account, &account.name)?;
        let id = AccountId::new()?;
        self.pool().write((id, account), |c, (id, account)| Box::pin(create(c, *id, account))).await
    }

    /// The account of that id.
    pub async fn account(&self, account: AccountId) -> Result<Account> {
        find(&mut self.pool().reader().await?.connection(), account).await
    }

    /// The account that has that name, or that alias, in the domain of that name, both whatever their case.
    pub async fn find_account(&self, name: &str, domain: &str) -> Result<Option<Account>> {
        let (name, domain) = (name::key(name), name::key(domain));
        let mut reader = self.pool().reader().await?;
        let row = reader.connection().optional(BY_NAME, &[(&domain).into(), (&name).into()]).await?;
        row.as_ref().map(from_row).transpose()
    }

    /// The accounts of a domain, by name.
    pub async fn accounts(&self, domain: DomainId) -> Result<Vec<Account>> {
        let mut reader = self.pool().reader().await?;
        let mut accounts = reader.connection().rows(OF_DOMAIN, &[domain.into()], from_row).await?;
        accounts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(accounts)
    }

    /// Sets the secrets of an account; returns its new key version.
    pub async fn set_credentials(&self, account: AccountId, credentials: Credentials) -> Result<i64> {
        let args = (account, credentials);
        self.pool().write(args, |c, (account, credentials)| Box::pin(set(c, *account, credentials))).await
    }

    /// Sets what the owner of an account is called.
    pub async fn set_real_name(&self, account: AccountId, real_name: String) -> Result<()> {
        self.pool().write((account, real_name), |c, (account, name)| Box::pin(call(c, *account, name))).await
    }

    /// Removes an account with everything that it owns.
    pub async fn remove_account(&self, account: AccountId) -> Result<()> {
        self.pool().write(account, |c, account| Box::pin(remove(c, *account))).await
    }
}

/// Lets go of the blobs of every message and file of a domain, whose accounts are removed next.
pub(crate) async fn release_blobs_of_domain(connection: &mut Connection<'_>, domain: DomainId) -> Result<()> {
    file::release_blobs_of_domain(connection, domain).await?;
    connection.rows(LOCK_DOMAIN, &[domain.into()], |_| Ok(())).await?;
    connection.execute(RELEASE_DOMAIN, &[domain.into(), clock::now().into()]).await.map(drop)
}

fn from_row(row: &Row) -> Result<Account> {
    Ok(Account {
        id: AccountId::from_row(row.text(0)?)?,
        domain: DomainId::from_row(row.text(1)?)?,
        domain_name: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
        real_name: row.text(4)?.to_owned(),
        credentials: Credentials { password_hash: row.text(5)?.to_owned(), digests: row.bytes(6)?.to_vec() },
        key_version: row.integer(7)?,
        created: row.integer(8)?,
    })
}

async fn find(connection: &mut Connection<'_>, account: AccountId) -> Result<Account> {
    let row = connection.optional(BY_ID, &[account.into()]).await?;
    from_row(&row.ok_or(Error::NotFound { what: Aggregate::Account })?)
}

async fn create(connection: &mut Connection<'_>, id: AccountId, account: &NewAccount) -> Result<Account> {
    domain::lock(connection, account.domain).await?;
    let key = name::key(&account.name);
    alias::refuse_taken(connection, account.domain, &key).await?;
    let values = [
        id.into(),
        account.domain.into(),
        (&account.name).into(),
        (&key).into(),
        (&account.real_name).into(),
        (&account.credentials.password_hash).into(),
        account.credentials.digests.as_slice().into(),
        clock::now().into(),
    ];
    if connection.execute(CREATE, &values).await? == 0 {
        return Err(Error::AlreadyExists { what: Aggregate::Account });
    }
    mailbox::create_inbox(connection, id).await?;
    find(connection, id).await
}

async fn set(connection: &mut Connection<'_>, account: AccountId, credentials: &Credentials) -> Result<i64> {
    let digests = credentials.digests.as_slice();
    let values = [account.into(), (&credentials.password_hash).into(), digests.into()];
    let row = connection.optional(SET_CREDENTIALS, &values).await?;
    row.ok_or(Error::NotFound { what: Aggregate::Account })?.integer(0)
}

async fn call(connection: &mut Connection<'_>, account: AccountId, real_name: &str) -> Result<()> {
    match connection.execute(SET_REAL_NAME, &[account.into(), real_name.into()]).await? {
        0 => Err(Error::NotFound { what: Aggregate::Account }),
        _ => Ok(()),
    }
}

async fn remove(connection: &mut Connection<'_>, account: AccountId) -> Result<()> {
    file::release_blobs(connection, account).await?;
    connection.rows(LOCK, &[account.into()], |_| Ok(())).await?;
    connection.execute(RELEASE, &[account.into(), clock::now().into()]).await?;
    match connection.execute(REMOVE, &[account.into()]).await? {
        0 => Err(Error::NotFound { what: Aggregate::Account }),
        _ => Ok(()),
    }
}

/// Keeps others from changing what belongs to the account until the transaction ends.
pub(crate) async fn lock(connection: &mut Connection<'_>, account: AccountId) -> Result<()> {
    let row = connection.optional(LOCK_ROW, &[account.into()]).await?;
    row.map(drop).ok_or(Error::NotFound { what: Aggregate::Account })
}

#[cfg(test)]
mod tests;
