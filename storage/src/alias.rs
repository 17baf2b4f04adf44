//! By which other names is an account found?

use crate::Storage;
use crate::domain;
use crate::error::{Aggregate, Error, Result};
use crate::id::{AccountId, DomainId};
use crate::name;
use crate::statement::{Connection, Sql};

const ACCOUNT: Sql = Sql::same("SELECT id FROM account WHERE id = $1");
const NAMED: Sql = Sql::same("SELECT id FROM account WHERE domain = $1 AND name_key = $2");
const TAKEN: Sql = Sql::same("SELECT account FROM alias WHERE domain = $1 AND name_key = $2");
const ADD: Sql = Sql::same("INSERT INTO alias (domain, name, name_key, account) VALUES ($1, $2, $3, $4)");
const REMOVE: Sql = Sql::same("DELETE FROM alias WHERE domain = $1 AND name_key = $2");
const OF_ACCOUNT: Sql = Sql::same(
    "SELECT a.name, d.name FROM alias a JOIN domain d ON d.id = a.domain WHERE a.account = $1 \
     ORDER BY d.name_key, a.name_key",
);

/// Another name of an account, perhaps in another domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name, in the case that it was given.
    pub name: String,
    /// The name of the domain that it is in.
    pub domain: String,
}

impl Storage {
    /// Lets an account be found by another name, which neither an account nor an alias of the domain has.
    pub async fn add_alias(&self, domain: DomainId, name: &str, account: AccountId) -> Result<()> {
        name::check(Aggregate::Alias, name)?;
        let args = (domain, name.to_owned(), account);
        self.pool().write(args, |c, (domain, name, account)| Box::pin(add(c, *domain, name, *account))).await
    }

    /// Takes a name from the account that it is an alias of.
    pub async fn remove_alias(&self, domain: DomainId, name: &str) -> Result<()> {
        let args = (domain, name::key(name));
        self.pool().write(args, |c, (domain, key)| Box::pin(remove(c, *domain, key))).await
    }

    /// The other names of an account, by domain and name.
    pub async fn aliases(&self, account: AccountId) -> Result<Vec<Alias>> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let values = [account.into()];
        let aliases = connection.rows(OF_ACCOUNT, &values, |row| {
            Ok(Alias { name: row.text(0)?.to_owned(), domain: row.text(1)?.to_owned() })
        });
        aliases.await
    }
}

/// Refuses the name for an account of a locked domain if it is an alias there.
pub(crate) async fn refuse_taken(connection: &mut Connection<'_>, domain: DomainId, key: &str) -> Result<()> {
    match connection.optional(TAKEN, &[domain.into(), key.into()]).await? {
        Some(_) => Err(Error::AlreadyExists { what: Aggregate::Alias }),
        None => Ok(()),
    }
}

async fn add(
    connection: &mut Connection<'_>,
    domain: DomainId,
    name: &str,
    account: AccountId,
) -> Result<()> {
    domain::lock(connection, domain).await?;
    let found = connection.optional(ACCOUNT, &[account.into()]).await?;
    found.ok_or(Error::NotFound { what: Aggregate::Account })?;
    let key = name::key(name);
    if connection.optional(NAMED, &[domain.into(), (&key).into()]).await?.is_some() {
        return Err(Error::AlreadyExists { what: Aggregate::Account });
    }
    refuse_taken(connection, domain, &key).await?;
    let values = [domain.into(), name.into(), (&key).into(), account.into()];
    connection.execute(ADD, &values).await.map(drop)
}

async fn remove(connection: &mut Connection<'_>, domain: DomainId, key: &str) -> Result<()> {
    match connection.execute(REMOVE, &[domain.into(), key.into()]).await? {
        0 => Err(Error::NotFound { what: Aggregate::Alias }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::{new_account, on_both};
    use crate::{Aggregate, Alias, Error};

    on_both! {
        async fn an_account_is_found_by_its_aliases(bed: &Bed) {
            let (alice, domain) = (bed.account("alice").await, bed.domain().await.id);
            let other = bed.storage.create_domain("Example.net").await.unwrap().id;
            bed.storage.add_alias(domain, "Sales", alice.id).await.unwrap();
            bed.storage.add_alias(other, "alice", alice.id).await.unwrap();
            for (name, domain) in [("SALES", "example.org"), ("alice", "example.net"), ("alice", "example.org")] {
                assert_eq!(bed.storage.find_account(name, domain).await.unwrap(), Some(alice.clone()));
            }
            assert_eq!(bed.storage.find_account("sales", "example.net").await.unwrap(), None);
            let alias = |name: &str, domain: &str| Alias { name: name.into(), domain: domain.into() };
            let expected = [alias("alice", "Example.net"), alias("Sales", "example.org")];
            assert_eq!(bed.storage.aliases(alice.id).await.unwrap(), expected);
            bed.storage.remove_alias(domain, "sales").await.unwrap();
            let gone = bed.storage.remove_alias(domain, "sales").await.unwrap_err();
            assert!(matches!(gone, Error::NotFound { what: Aggregate::Alias }), "{gone}");
            assert_eq!(bed.storage.find_account("sales", "example.org").await.unwrap(), None);
            bed.storage.remove_account(alice.id).await.unwrap();
            assert_eq!(bed.storage.find_account("alice", "example.net").await.unwrap(), None);
        }

        async fn a_name_is_an_account_or_one_alias(bed: &Bed) {
            let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
            let domain = bed.domain().await;
            bed.storage.add_alias(domain.id, "sales", alice).await.unwrap();
            for (name, what) in [("BOB", Aggregate::Account), ("Sales", Aggregate::Alias)] {
                let refused = bed.storage.add_alias(domain.id, name, bob).await.unwrap_err();
                assert!(matches!(refused, Error::AlreadyExists { what: taken } if taken == what), "{refused}");
            }
            let refused = bed.storage.create_account(new_account(&domain, "SALES")).await.unwrap_err();
            assert!(matches!(refused, Error::AlreadyExists { what: Aggregate::Alias }), "{refused}");
            // Of those who take one name at once, one gets it, as whatever it is.
            for round in 0..10 {
                let (storage, account) = (&bed.storage, new_account(&domain, &format!("new{round}")));
                let name = account.name.clone();
                let (made, first, second) = tokio::join!(
                    storage.create_account(account),
                    storage.add_alias(domain.id, &name, alice),
                    storage.add_alias(domain.id, &name, bob),
                );
                let taken = [made.is_ok(), first.is_ok(), second.is_ok()];
                assert_eq!(taken.iter().filter(|got| **got).count(), 1, "{taken:?}");
            }
        }
    }
}
