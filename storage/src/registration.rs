//! Where can the phones of an account be reached?

use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Result};
use crate::id::AccountId;
use crate::name;
use crate::statement::{Connection, Sql};

const CLEAR: Sql = Sql::same("DELETE FROM registration WHERE address = $1");
const INSERT: Sql = Sql::same(
    "INSERT INTO registration (account, address, position, binding, expires) VALUES ($1, $2, $3, $4, $5)",
);
const LIST: Sql =
    Sql::same("SELECT account, address, binding, expires FROM registration ORDER BY address, position");
const EXPIRE: Sql = Sql::same("DELETE FROM registration WHERE expires <= $1");

/// One place where an address of record is reached, opaque here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The record, as its owner wrote it.
    pub record: Vec<u8>,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// The bindings of an address of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The account whose address it is; its removal removes the registration.
    pub account: AccountId,
    /// The address of record, in the caller's canonical form.
    pub address: String,
    /// Its bindings, in the order in which they were given.
    pub bindings: Vec<Binding>,
}

impl Storage {
    /// Replaces every binding of an address of record; none removes the registration.
    pub async fn set_registration(&self, registration: Registration) -> Result<()> {
        name::check(Aggregate::Address, &registration.address)?;
        self.pool().write(registration, |c, registration| Box::pin(set(c, registration))).await
    }

    /// Every registration, expired ones included.
    pub async fn registrations(&self) -> Result<Vec<Registration>> {
        let mut found: Vec<Registration> = Vec::new();
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let rows = connection.for_each(LIST, &[], |row| {
            let account = AccountId::from_row(row.text(0)?)?;
            let address = row.text(1)?;
            let binding = Binding { record: row.bytes(2)?.to_vec(), expires: row.integer(3)? };
            match found.last_mut().filter(|last| last.address == address) {
                Some(last) => last.bindings.push(binding),
                None => {
                    let (address, bindings) = (address.to_owned(), vec![binding]);
                    found.push(Registration { account, address, bindings });
                }
            }
            Ok(())
        });
        rows.await?;
        Ok(found)
    }

    /// Removes the bindings that ended at `now` or before, in seconds since 1970; how many those were.
    pub async fn expire_registrations(&self, now: i64) -> Result<u64> {
        self.pool().write(now, |c, now| Box::pin(expire(c, *now))).await
    }
}

async fn set(connection: &mut Connection<'_>, registration: &Registration) -> Result<()> {
    account::lock(connection, registration.account).await?;
    connection.execute(CLEAR, &[(&registration.address).into()]).await?;
    for (position, binding) in (0..).zip(&registration.bindings) {
        let position: i64 = position;
        let values = [
            registration.account.into(),
            (&registration.address).into(),
            position.into(),
            binding.record.as_slice().into(),
            binding.expires.into(),
        ];
        connection.execute(INSERT, &values).await?;
    }
    Ok(())
}

async fn expire(connection: &mut Connection<'_>, now: i64) -> Result<u64> {
    connection.execute(EXPIRE, &[now.into()]).await
}

#[cfg(test)]
mod tests;
