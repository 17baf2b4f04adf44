//! Which mailboxes does a user want to see?

use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Error, Result};
use crate::id::AccountId;
use crate::name::MailboxName;
use crate::statement::{Connection, Sql};

const LIST: Sql = Sql::same("SELECT name FROM subscription WHERE account = $1");
const ADD: Sql = Sql::same("INSERT INTO subscription (account, name) VALUES ($1, $2) ON CONFLICT DO NOTHING");
const DROP: Sql = Sql::same("DELETE FROM subscription WHERE account = $1 AND name = $2");
const COUNT: Sql = Sql::same("SELECT COUNT(*) FROM subscription WHERE account = $1");
/// Subscriptions of an account.
const MOST: i64 = 10_000;

impl Storage {
    /// The names that an account is subscribed to, in order. There need not be such mailboxes.
    pub async fn subscriptions(&self, account: AccountId) -> Result<Vec<MailboxName>> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let values = [account.into()];
        let names = connection.rows(LIST, &values, |row| Ok(MailboxName::from_row(row.text(0)?)));
        let mut names = names.await?;
        names.sort();
        Ok(names)
    }

    /// Subscribes to each name that is told `true`, and no longer to the others: all or none. At most 10,000 in all.
    pub async fn set_subscriptions(
        &self,
        account: AccountId,
        changes: Vec<(MailboxName, bool)>,
    ) -> Result<()> {
        self.pool().write((account, changes), |c, (account, all)| Box::pin(set(c, *account, all))).await
    }
}

async fn set(
    connection: &mut Connection<'_>,
    account: AccountId,
    changes: &[(MailboxName, bool)],
) -> Result<()> {
    account::lock(connection, account).await?;
    for (name, wanted) in changes {
        let sql = if *wanted { ADD } else { DROP };
        connection.execute(sql, &[account.into(), name.into()]).await?;
    }
    let count = connection.optional(COUNT, &[account.into()]).await?.map_or(Ok(0), |row| row.integer(0))?;
    if count > MOST { Err(Error::Exhausted { what: Aggregate::Mailbox }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use crate::MailboxName;
    use crate::harness::on_both;

    on_both! {
        async fn subscriptions_are_added_and_dropped_by_name(bed: &Bed) {
            let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
            let named = |text: &str| MailboxName::parse(text).unwrap();
            let set = async |changes: &[(&str, bool)]| {
                let changes = changes.iter().map(|(name, wanted)| (named(name), *wanted)).collect();
                bed.storage.set_subscriptions(alice, changes).await.unwrap();
            };
            set(&[("Work", true), ("inbox", true), ("Work", true), ("Nowhere", false)]).await;
            assert_eq!(bed.storage.subscriptions(alice).await.unwrap(), [named("INBOX"), named("Work")]);
            set(&[("Work", false)]).await;
            assert_eq!(bed.storage.subscriptions(alice).await.unwrap(), [named("INBOX")]);
            assert_eq!(bed.storage.subscriptions(bob).await.unwrap(), []);
        }
    }
}
