//! How does a new version of a message take the place of an older one?

use super::append::append;
use super::change::remove_listed;
use super::{Appended, NewMessage, Removed};
use crate::Storage;
use crate::error::Result;
use crate::id::{MailboxId, Uid};
use crate::mailbox;
use crate::statement::{Connection, Sql};

const ORIGINAL: Sql =
    Sql::same("SELECT COALESCE(original_uid, uid) FROM message WHERE mailbox = $1 AND uid = $2");

impl Storage {
    /// Stores a message at the end of a mailbox and removes the older version of it that has this UID there: both or
    /// neither. The original of the older version is that of the new one. If the older one is gone already, nothing is
    /// removed.
    pub async fn replace(
        &self,
        mailbox: MailboxId,
        older: Uid,
        message: NewMessage,
    ) -> Result<(Option<Appended>, Removed)> {
        let args = (mailbox, older, message);
        let run = self.pool().write(args, |c, (mailbox, older, message)| {
            Box::pin(replace(c, *mailbox, *older, message.clone()))
        });
        run.await
    }
}

async fn replace(
    connection: &mut Connection<'_>,
    id: MailboxId,
    older: Uid,
    mut message: NewMessage,
) -> Result<(Option<Appended>, Removed)> {
    mailbox::lock(connection, id).await?;
    let original = connection.optional(ORIGINAL, &[id.into(), older.into()]).await?;
    message.original_uid = original.map(|row| Uid::from_row(row.integer(0)?)).transpose()?;
    let appended = append(connection, id, &[message]).await?;
    let removed = remove_listed(connection, id, &[older.0.into()]).await?;
    Ok((appended.first().copied(), removed))
}
