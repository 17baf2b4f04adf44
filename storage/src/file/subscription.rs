//! Which files does a user want to be told of?

use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Error, Result};
use crate::id::AccountId;
use crate::statement::{Connection, Sql};

const LIST: Sql = Sql::same("SELECT name FROM file_subscription WHERE account = $1");
const ADD: Sql =
    Sql::same("INSERT INTO file_subscription (account, name) VALUES ($1, $2) ON CONFLICT DO NOTHING");
const DROP: Sql = Sql::same("DELETE FROM file_subscription WHERE account = $1 AND name = $2");
const COUNT: Sql = Sql::same("SELECT COUNT(*) FROM file_subscription WHERE account = $1");
/// Subscriptions of an account.
const MOST: i64 = 10_000;

impl Storage {
    /// The names that an account is subscribed to, in order. There need not be such files.
    pub async fn file_subscriptions(&self, account: AccountId) -> Result<Vec<String>> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let mut names =
            connection.rows(LIST, &[account.into()], |row| row.text(0).map(str::to_owned)).await?;
        names.sort();
        Ok(names)
    }

    /// Subscribes to each name that is told `true`, and no longer to the others: all or none. At most 10,000 in all.
    pub async fn set_file_subscriptions(
        &self,
        account: AccountId,
        changes: Vec<(String, bool)>,
    ) -> Result<()> {
        self.pool().write((account, changes), |c, (account, all)| Box::pin(set(c, *account, all))).await
    }
}

async fn set(connection: &mut Connection<'_>, account: AccountId, changes: &[(String, bool)]) -> Result<()> {
    account::lock(connection, account).await?;
    for (name, wanted) in changes {
        let sql = if *wanted { ADD } else { DROP };
        connection.execute(sql, &[account.into(), name.into()]).await?;
    }
    let count = connection.optional(COUNT, &[account.into()]).await?.map_or(Ok(0), |row| row.integer(0))?;
    if count > MOST { Err(Error::Exhausted { what: Aggregate::File }) } else { Ok(()) }
}
