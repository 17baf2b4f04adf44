//! How are messages copied from one mailbox to another, or moved?

use super::change::remove_listed;
use super::{Copied, Removed, integers};
use crate::Storage;
use crate::blob::read_size;
use crate::error::Result;
use crate::flags::{FlagEdit, Flags};
use crate::id::{MailboxId, Modseq, Uid};
use crate::mailbox::{self, Counts, Room};
use crate::statement::{Connection, Row, Sql, Value, listed};

// $1 the source, $2 the UIDs, $3 the target, $4 what is added to the rank of a message to number its copy.
const COPY: Sql = listed!(
    "INSERT INTO message (mailbox, uid, original_uid, flags, modseq, internal_date, sent, size, blob) \
     SELECT $3, $4 + ROW_NUMBER() OVER (ORDER BY uid), original_uid, (flags & $5) | $6, $7, internal_date, sent, \
     size, blob FROM message WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    ""
);
const COPY_FIELD: Sql = listed!(
    "INSERT INTO message_field (mailbox, uid, subject, from_name, from_address, to_text, cc_text, message_id, \
     attachment) SELECT $3, $4 + ROW_NUMBER() OVER (ORDER BY uid), subject, from_name, from_address, to_text, \
     cc_text, message_id, attachment FROM message_field WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    ""
);
const COPY_HEADER: Sql = listed!(
    "INSERT INTO message_header (mailbox, uid, header) SELECT $3, $4 + ROW_NUMBER() OVER (ORDER BY uid), header \
     FROM message_header WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    ""
);
const ORIGINALS: Sql = listed!(
    "SELECT uid, flags, internal_date, size FROM message WHERE mailbox = $1 AND ",
    "uid",
    "$2",
    " ORDER BY uid"
);
const HOLD: Sql = Sql::same(
    "UPDATE blob SET refs = blob.refs + c.n FROM \
     (SELECT blob AS key, COUNT(*) AS n FROM message WHERE mailbox = $1 AND uid >= $2 GROUP BY blob) AS c \
     WHERE blob.key = c.key",
);

impl Storage {
    /// Copies messages to the end of a mailbox, which may be their own or another account's, by rising UID. `edit`
    /// is made to the marks of the copies. UIDs that are not there are passed over.
    pub async fn copy(
        &self,
        source: MailboxId,
        uids: &[Uid],
        target: MailboxId,
        edit: FlagEdit,
    ) -> Result<Vec<Copied>> {
        let args = (source, integers(uids), target, edit);
        let run = self.pool().write(args, |c, (source, uids, target, edit)| {
            Box::pin(copy(c, *source, uids, *target, *edit, false))
        });
        run.await
    }

    /// Moves messages to the end of another mailbox, as [`copy`](Self::copy) and [`remove`](Self::remove) in one: of two
    /// who move one, one gets it, and nobody finds it in both or in none.
    pub async fn relocate(
        &self,
        source: MailboxId,
        uids: &[Uid],
        target: MailboxId,
        edit: FlagEdit,
    ) -> Result<(Vec<Copied>, Removed)> {
        let args = (source, integers(uids), target, edit);
        let run = self.pool().write(args, |c, (source, uids, target, edit)| {
            Box::pin(relocate(c, *source, uids, *target, *edit))
        });
        run.await
    }
}

async fn relocate(
    connection: &mut Connection<'_>,
    source: MailboxId,
    uids: &[i64],
    target: MailboxId,
    edit: FlagEdit,
) -> Result<(Vec<Copied>, Removed)> {
    let copies = copy(connection, source, uids, target, edit, true).await?;
    let uids: Vec<i64> = copies.iter().map(|copy| copy.source.0.into()).collect();
    let removed = remove_listed(connection, source, &uids).await?;
    Ok((copies, removed))
}

async fn copy(
    connection: &mut Connection<'_>,
    source: MailboxId,
    uids: &[i64],
    target: MailboxId,
    edit: FlagEdit,
    is_move: bool,
) -> Result<Vec<Copied>> {
    let same_account = lock_both(connection, source, target).await?;
    let room = if is_move && same_account { Room::Held } else { Room::Needed };
    let originals = originals(connection, source, uids, edit).await?;
    if originals.is_empty() {
        return Ok(Vec::new());
    }
    let counts = Counts::of(originals.iter().map(|one| (one.flags, one.size, one.internal_date)));
    let (first, modseq) = mailbox::add(connection, target, &counts, room).await?;
    let uids: Vec<i64> = originals.iter().map(|one| one.uid.0.into()).collect();
    let mut values = vec![
        source.into(),
        Value::Integers(&uids),
        target.into(),
        (i64::from(first.0) - 1).into(),
        edit.keep().into(),
        edit.add.into(),
        modseq.into(),
    ];
    connection.execute(COPY, &values).await?;
    values.truncate(4);
    connection.execute(COPY_FIELD, &values).await?;
    connection.execute(COPY_HEADER, &values).await?;
    connection.execute(HOLD, &[target.into(), first.into()]).await?;
    (first.0..=u32::MAX).map(Uid).zip(originals).map(|(uid, one)| one.copied(uid, modseq)).collect()
}

/// Locks both mailboxes, in the order of their ids, so that two who copy to and fro do not wait for each other.
/// Whether they are one account's.
async fn lock_both(connection: &mut Connection<'_>, one: MailboxId, other: MailboxId) -> Result<bool> {
    let first = mailbox::lock(connection, one.min(other)).await?;
    if one == other {
        return Ok(true);
    }
    Ok(mailbox::lock(connection, one.max(other)).await?.account == first.account)
}

/// A message that is to be copied, with the marks of the copy.
struct Original {
    uid: Uid,
    flags: Flags,
    internal_date: i64,
    size: i64,
}

impl Original {
    fn copied(self, uid: Uid, modseq: Modseq) -> Result<Copied> {
        Ok(Copied {
            source: self.uid,
            uid,
            flags: self.flags,
            modseq,
            internal_date: self.internal_date,
            size: read_size(self.size)?,
        })
    }
}

async fn originals(
    connection: &mut Connection<'_>,
    source: MailboxId,
    uids: &[i64],
    edit: FlagEdit,
) -> Result<Vec<Original>> {
    let original = |row: &Row| {
        Ok(Original {
            uid: Uid::from_row(row.integer(0)?)?,
            flags: edit.of(Flags::from_bits(row.integer(1)?)),
            internal_date: row.integer(2)?,
            size: row.integer(3)?,
        })
    };
    connection.rows(ORIGINALS, &[source.into(), Value::Integers(uids)], original).await
}
