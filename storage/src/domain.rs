//! Which domains are served here?

use crate::Storage;
use crate::account;
use crate::clock;
use crate::error::{Aggregate, Error, Result};
use crate::id::DomainId;
use crate::name;
use crate::statement::{Connection, Row, Sql, locking};

const CREATE: Sql = Sql::same(
    "INSERT INTO domain (id, name, name_key, created) VALUES ($1, $2, $3, $4) ON CONFLICT (name_key) DO NOTHING",
);
const LIST: Sql = Sql::same("SELECT id, name, created FROM domain");
const FIND: Sql = Sql::same("SELECT id, name, created FROM domain WHERE name_key = $1");
const LOCK: Sql = locking!("SELECT id FROM domain WHERE id = $1");
const REMOVE: Sql = Sql::same("DELETE FROM domain WHERE id = $1");

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// Its name, in the case that it was given.
    pub name: String,
    /// When it was created, in milliseconds since 1970.
    pub created: i64,
}

impl Storage {
    /// Creates a domain; its name must be new whatever its case.
    pub async fn create_domain(&self, name: &str) -> Result<Domain> {
        name::check(Aggregate::Domain, name)?;
        let domain = Domain { id: DomainId::new()?, name: name.to_owned(), created: clock::now() };
        self.pool().write(domain, |c, domain| Box::pin(create(c, domain))).await
    }

    /// Every domain, by name.
    pub async fn domains(&self) -> Result<Vec<Domain>> {
        let mut domains = self.pool().reader().await?.connection().rows(LIST, &[], from_row).await?;
        domains.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(domains)
    }

    /// The domain of that name, whatever its case.
    pub async fn find_domain(&self, name: &str) -> Result<Option<Domain>> {
        let key = name::key(name);
        let mut reader = self.pool().reader().await?;
        let row = reader.connection().optional(FIND, &[(&key).into()]).await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Removes a domain with its accounts and everything that they own.
    pub async fn remove_domain(&self, domain: DomainId) -> Result<()> {
        self.pool().write(domain, |c, domain| Box::pin(remove(c, *domain))).await
    }
}

/// Keeps others from giving a name in the domain until the transaction ends.
pub(crate) async fn lock(connection: &mut Connection<'_>, domain: DomainId) -> Result<()> {
    let row = connection.optional(LOCK, &[domain.into()]).await?;
    row.map(drop).ok_or(Error::NotFound { what: Aggregate::Domain })
}

fn from_row(row: &Row) -> Result<Domain> {
    Ok(Domain {
        id: DomainId::from_row(row.text(0)?)?,
        name: row.text(1)?.to_owned(),
        created: row.integer(2)?,
    })
}

async fn create(connection: &mut Connection<'_>, domain: &Domain) -> Result<Domain> {
    let key = name::key(&domain.name);
    let values = [domain.id.into(), (&domain.name).into(), (&key).into(), domain.created.into()];
    match connection.execute(CREATE, &values).await? {
        0 => Err(Error::AlreadyExists { what: Aggregate::Domain }),
        _ => Ok(domain.clone()),
    }
}

async fn remove(connection: &mut Connection<'_>, domain: DomainId) -> Result<()> {
    account::release_blobs_of_domain(connection, domain).await?;
    match connection.execute(REMOVE, &[domain.into()]).await? {
        0 => Err(Error::NotFound { what: Aggregate::Domain }),
        _ => Ok(()),
    }
}
