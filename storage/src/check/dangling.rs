//! Which rows belong to nothing?
//!
//! The database refuses such rows; they come of a file that was damaged and repaired, or of hands that wrote into it. What
//! somebody wrote is never removed: what it belonged to may come back from a backup.

use super::Dangling;
use crate::Storage;
use crate::error::Result;
use crate::statement::{Connection, Sql};

/// Rows of one table that belong to a row of another.
struct Belonging {
    what: &'static str,
    count: Sql,
    /// How they are removed, if nobody would miss them.
    remove: Option<Sql>,
}

macro_rules! belonging {
    ($what:literal: $table:literal, $column:literal in $owner:literal, $key:literal) => {
        Belonging {
            what: $what,
            count: Sql::same(concat!(
                "SELECT COUNT(*) FROM ",
                belonging!(@ $table, $column, $owner, $key)
            )),
            remove: Some(Sql::same(concat!("DELETE FROM ", belonging!(@ $table, $column, $owner, $key)))),
        }
    };
    (content $what:literal: $table:literal, $column:literal in $owner:literal, $key:literal) => {
        Belonging { remove: None, ..belonging!($what: $table, $column in $owner, $key) }
    };
    (@ $table:literal, $column:literal, $owner:literal, $key:literal) => {
        concat!(
            $table, " WHERE NOT EXISTS (SELECT 1 FROM ", $owner, " WHERE ", $owner, ".", $key, " = ", $table, ".",
            $column, ")"
        )
    };
}

/// Owners before what they own: with the one the others go.
const ALL: &[Belonging] = &[
    belonging!(content "accounts of domains that are not there": "account", "domain" in "domain", "id"),
    belonging!("preferences of accounts that are not there": "preference", "account" in "account", "id"),
    belonging!("registrations of accounts that are not there": "registration", "account" in "account", "id"),
    belonging!("subscriptions of accounts that are not there": "subscription", "account" in "account", "id"),
    belonging!(content "mailboxes of accounts that are not there": "mailbox", "account" in "account", "id"),
    belonging!("aliases of accounts that are not there": "alias", "account" in "account", "id"),
    belonging!("quotas of accounts that are not there": "quota", "account" in "account", "id"),
    belonging!("rights to mailboxes that are not there": "mailbox_right", "mailbox" in "mailbox", "id"),
    belonging!(content "messages of mailboxes that are not there": "message", "mailbox" in "mailbox", "id"),
    belonging!(content "fields of mailboxes that are not there": "message_field", "mailbox" in "mailbox", "id"),
    belonging!(content "headers of mailboxes that are not there": "message_header", "mailbox" in "mailbox", "id"),
    belonging!("searched mailboxes that are not there": "search", "mailbox" in "mailbox", "id"),
    belonging!("searched messages of mailboxes that are not there": "search_direct", "mailbox" in "mailbox", "id"),
    belonging!(content "recipients of queued messages that are not there": "queued_recipient", "message" in "queued", "id"),
    belonging!(content "files of accounts that are not there": "file", "account" in "account", "id"),
    belonging!(content "parts of files that are not there": "file_extent", "file" in "file", "id"),
    belonging!("rights to files that are not there": "file_right", "file" in "file", "id"),
    belonging!("passwords of files that are not there": "file_password", "file" in "file", "id"),
    belonging!("counts of files of accounts that are not there": "file_usage", "account" in "account", "id"),
    belonging!(
        "subscriptions to files of accounts that are not there": "file_subscription", "account" in "account", "id"
    ),
];

impl Storage {
    /// Which rows belong to nothing. With `mend` those are removed that nobody would miss.
    pub async fn check_dangling(&self, mend: bool) -> Result<Vec<Dangling>> {
        let mut found = Vec::new();
        for belonging in ALL {
            let row = self.pool().reader().await?.connection().optional(belonging.count, &[]).await?;
            let counted = row.map_or(Ok(0), |row| row.integer(0))?;
            let rows = match (u64::try_from(counted).unwrap_or_default(), belonging.remove) {
                (0, _) => continue,
                (_, Some(sql)) if mend => self.pool().write(sql, |c, sql| Box::pin(remove(c, *sql))).await?,
                (rows, _) => rows,
            };
            found.push(Dangling { what: belonging.what, rows, is_removable: belonging.remove.is_some() });
        }
        Ok(found)
    }
}

async fn remove(connection: &mut Connection<'_>, sql: Sql) -> Result<u64> {
    connection.execute(sql, &[]).await
}
