//! What has an account set to its liking?

use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Result};
use crate::id::AccountId;
use crate::name;
use crate::statement::{Connection, Sql};

const LIST: Sql = Sql::same("SELECT name, value FROM preference WHERE account = $1 AND scope = $2");
const SET: Sql = Sql::same(
    "INSERT INTO preference (account, scope, name, value) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (account, scope, name) DO UPDATE SET value = excluded.value",
);
const CLEAR: Sql = Sql::same("DELETE FROM preference WHERE account = $1 AND scope = $2 AND name = $3");

/// A preference and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// What it is called.
    pub name: String,
    /// Its value, opaque here.
    pub value: String,
}

impl Storage {
    /// The preferences of an account in a scope (the caller's word for a kind of preference), by name.
    pub async fn preferences(&self, account: AccountId, scope: &str) -> Result<Vec<Preference>> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let values = [account.into(), scope.into()];
        let rows = connection.rows(LIST, &values, |row| {
            Ok(Preference { name: row.text(0)?.to_owned(), value: row.text(1)?.to_owned() })
        });
        let mut preferences = rows.await?;
        preferences.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(preferences)
    }

    /// Sets each named preference, or removes it where the value is `None`: all or none. Others stay.
    pub async fn set_preferences(
        &self,
        account: AccountId,
        scope: &str,
        changes: Vec<(String, Option<String>)>,
    ) -> Result<()> {
        for name in changes.iter().map(|(name, _)| name.as_str()).chain([scope]) {
            name::check(Aggregate::Preference, name)?;
        }
        let args = (account, scope.to_owned(), changes);
        self.pool().write(args, |c, (account, scope, all)| Box::pin(set(c, *account, scope, all))).await
    }
}

async fn set(
    connection: &mut Connection<'_>,
    account: AccountId,
    scope: &str,
    changes: &[(String, Option<String>)],
) -> Result<()> {
    account::lock(connection, account).await?;
    for (name, value) in changes {
        let (account, scope, name) = (account.into(), scope.into(), name.into());
        match value {
            Some(value) => connection.execute(SET, &[account, scope, name, value.into()]).await?,
            None => connection.execute(CLEAR, &[account, scope, name]).await?,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests;
