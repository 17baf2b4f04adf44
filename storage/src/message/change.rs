//! How are messages marked and removed?

use super::{FlagChange, Removed, integers};
use crate::Storage;
use crate::clock;
use crate::error::Result;
use crate::flags::{FlagEdit, Flags};
use crate::id::{MailboxId, Uid};
use crate::mailbox::{self, Counts, Mailbox};
use crate::statement::{Connection, Sql, Value, listed};

// Only messages that an edit changes: $3 keeps, $4 adds.
const CHANGING: Sql = listed!(
    "SELECT uid, flags FROM message WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    " AND ((flags & $3) | $4) <> flags ORDER BY uid"
);
const MARK: Sql = listed!(
    "UPDATE message SET flags = (flags & $3) | $4, modseq = $5 WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    ""
);
const PRESENT: Sql = listed!("SELECT uid FROM message WHERE mailbox = $1 AND ", "uid", "$2", " ORDER BY uid");
const OLDER: Sql =
    Sql::same("SELECT uid FROM message WHERE mailbox = $1 AND internal_date < $2 ORDER BY uid");
const MARKED: Sql =
    Sql::same("SELECT uid FROM message WHERE mailbox = $1 AND (flags & $2) = $2 ORDER BY uid");
const STILL_MARKED: Sql = listed!(
    "SELECT uid FROM message WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    " AND (flags & $3) = $3 ORDER BY uid"
);
const RELEASE: Sql = listed!(
    "UPDATE blob SET refs = blob.refs - c.n, released = $3 FROM \
     (SELECT blob AS key, COUNT(*) AS n FROM message WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    " GROUP BY blob) AS c WHERE blob.key = c.key"
);
const DELETE: Sql =
    listed!("DELETE FROM message WHERE mailbox = $1 AND ", "uid", "$2", " RETURNING flags, size");
const DELETE_FIELD: Sql = listed!("DELETE FROM message_field WHERE mailbox = $1 AND ", "uid", "$2", "");
const DELETE_HEADER: Sql = listed!("DELETE FROM message_header WHERE mailbox = $1 AND ", "uid", "$2", "");

impl Storage {
    /// Sets and clears marks. Returns the messages that this changed, by UID; others, and UIDs that are not there,
    /// are passed over.
    pub async fn set_flags(
        &self,
        mailbox: MailboxId,
        uids: &[Uid],
        edit: FlagEdit,
    ) -> Result<Vec<FlagChange>> {
        let args = (mailbox, integers(uids), edit);
        self.pool().write(args, |c, (id, uids, edit)| Box::pin(set_flags(c, *id, uids, *edit))).await
    }

    /// Removes messages. UIDs that are not there are passed over: of two who remove one, one gets it.
    pub async fn remove(&self, mailbox: MailboxId, uids: &[Uid]) -> Result<Removed> {
        let args = (mailbox, integers(uids));
        self.pool().write(args, |c, (id, uids)| Box::pin(remove_listed(c, *id, uids))).await
    }

    /// Removes every message whose internal date, in milliseconds since 1970, is earlier than this; without one, all.
    pub async fn remove_older(&self, mailbox: MailboxId, than: Option<i64>) -> Result<Removed> {
        let args = (mailbox, than.unwrap_or(i64::MAX));
        self.pool().write(args, |c, (id, than)| Box::pin(remove_older(c, *id, *than))).await
    }

    /// Removes every message that carries all of these marks.
    pub async fn expunge(&self, mailbox: MailboxId, marked: Flags) -> Result<Removed> {
        // All rows are looked at, and others can write meanwhile.
        let mut reader = self.pool().reader().await?;
        let values = [mailbox.into(), marked.into()];
        let uids = reader.connection().rows(MARKED, &values, |row| row.integer(0)).await?;
        drop(reader);
        let args = (mailbox, uids, marked);
        self.pool().write(args, |c, (id, uids, marked)| Box::pin(remove_marked(c, *id, uids, *marked))).await
    }
}

async fn set_flags(
    connection: &mut Connection<'_>,
    id: MailboxId,
    uids: &[i64],
    edit: FlagEdit,
) -> Result<Vec<FlagChange>> {
    let modseq = mailbox::lock(connection, id).await?.modseq.next();
    let mut counts = Counts::default();
    let values = [id.into(), Value::Integers(uids), edit.keep().into(), edit.add.into()];
    let changing = connection.rows(CHANGING, &values, |row| {
        let old = Flags::from_bits(row.integer(1)?);
        let flags = edit.of(old);
        counts.change(old, flags);
        Ok(FlagChange { uid: Uid::from_row(row.integer(0)?)?, flags, modseq })
    });
    let changing = changing.await?;
    if changing.is_empty() {
        return Ok(changing);
    }
    let uids: Vec<i64> = changing.iter().map(|change| change.uid.0.into()).collect();
    let values = [id.into(), Value::Integers(&uids), edit.keep().into(), edit.add.into(), modseq.into()];
    connection.execute(MARK, &values).await?;
    mailbox::changed(connection, id, &counts).await?;
    Ok(changing)
}

pub(super) async fn remove_listed(
    connection: &mut Connection<'_>,
    id: MailboxId,
    uids: &[i64],
) -> Result<Removed> {
    let mailbox = mailbox::lock(connection, id).await?;
    let uids = connection.rows(PRESENT, &[id.into(), Value::Integers(uids)], |row| row.integer(0)).await?;
    remove(connection, mailbox, uids).await
}

async fn remove_older(connection: &mut Connection<'_>, id: MailboxId, than: i64) -> Result<Removed> {
    let mailbox = mailbox::lock(connection, id).await?;
    let uids = connection.rows(OLDER, &[id.into(), than.into()], |row| row.integer(0)).await?;
    remove(connection, mailbox, uids).await
}

async fn remove_marked(
    connection: &mut Connection<'_>,
    id: MailboxId,
    uids: &[i64],
    marked: Flags,
) -> Result<Removed> {
    let mailbox = mailbox::lock(connection, id).await?;
    let values = [id.into(), Value::Integers(uids), marked.into()];
    let uids = connection.rows(STILL_MARKED, &values, |row| row.integer(0)).await?;
    remove(connection, mailbox, uids).await
}

/// Removes messages of a locked mailbox, all of which are there.
async fn remove(connection: &mut Connection<'_>, mailbox: Mailbox, uids: Vec<i64>) -> Result<Removed> {
    if uids.is_empty() {
        return Ok(Removed { uids: Vec::new(), modseq: mailbox.modseq });
    }
    let id = mailbox.id;
    connection.execute(RELEASE, &[id.into(), Value::Integers(&uids), clock::now().into()]).await?;
    let values = [id.into(), Value::Integers(&uids)];
    connection.execute(DELETE_FIELD, &values).await?;
    connection.execute(DELETE_HEADER, &values).await?;
    let mut counts = Counts::default();
    let deleted = connection.for_each(DELETE, &values, |row| {
        counts.subtract(Flags::from_bits(row.integer(0)?), row.integer(1)?);
        Ok(())
    });
    deleted.await?;
    let modseq = mailbox::changed(connection, id, &counts).await?;
    let uids = uids.into_iter().map(Uid::from_row).collect::<Result<_>>()?;
    Ok(Removed { uids, modseq })
}
