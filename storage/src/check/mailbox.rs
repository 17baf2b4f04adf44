//! Do the rows of a mailbox agree?

use super::{MessageRows, Miscounted};
use crate::Storage;
use crate::blob::Blob;
use crate::error::{Aggregate, Error, Result};
use crate::id::{MailboxId, Modseq, Uid};
use crate::mailbox::{self, BY_ID, Counts, Mailbox};
use crate::message::Fields;
use crate::statement::{Connection, Row, Sql};

const COUNT: Sql = Sql::same(
    "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN flags & 1 = 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN flags & 2 = 2 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN flags & 3 = 2 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(size), 0) AS BIGINT), MIN(internal_date), COALESCE(MAX(uid), 0), COALESCE(MAX(modseq), 0) \
     FROM message WHERE mailbox = $1",
);
const SET: Sql = Sql::same(
    "UPDATE mailbox SET messages = $2, unseen = $3, media = $4, unseen_media = $5, size = $6, oldest = $7, \
     uid_next = $8, modseq = $9 WHERE id = $1",
);
const ROWS: Sql = Sql::same(
    "SELECT m.uid, m.blob, m.size, f.uid, h.uid FROM message m \
     LEFT JOIN message_field f ON f.mailbox = m.mailbox AND f.uid = m.uid \
     LEFT JOIN message_header h ON h.mailbox = m.mailbox AND h.uid = m.uid \
     WHERE m.mailbox = $1 AND m.uid > $2 ORDER BY m.uid LIMIT 500",
);
const BLOB: Sql = Sql::same("SELECT blob FROM message WHERE mailbox = $1 AND uid = $2");
const ADD_FIELD: Sql = Sql::same(
    "INSERT INTO message_field (mailbox, uid, subject, from_name, from_address, to_text, cc_text, message_id, \
     attachment) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (mailbox, uid) DO NOTHING",
);
const ADD_HEADER: Sql = Sql::same(
    "INSERT INTO message_header (mailbox, uid, header) VALUES ($1, $2, $3) ON CONFLICT (mailbox, uid) DO NOTHING",
);
const SET_SIZE: Sql = Sql::same("UPDATE message SET size = $3 WHERE mailbox = $1 AND uid = $2");

/// The rows of fields and of headers, each in two statements: how many belong to no message, and away with them.
macro_rules! strays {
    ($table:literal) => {
        (
            Sql::same(concat!("SELECT COUNT(*) FROM ", strays!(@ $table))),
            Sql::same(concat!("DELETE FROM ", strays!(@ $table))),
        )
    };
    (@ $table:literal) => {
        concat!(
            $table,
            " WHERE mailbox = $1 AND NOT EXISTS (SELECT 1 FROM message WHERE message.mailbox = ",
            $table,
            ".mailbox AND message.uid = ",
            $table,
            ".uid)"
        )
    };
}
const STRAYS: [(Sql, Sql); 2] = [strays!("message_field"), strays!("message_header")];

impl Storage {
    /// Whether the row of a mailbox says what is in it: its counters, and the numbers that the next message and the next
    /// change get. With `mend` it does from now on.
    pub async fn check_counters(&self, mailbox: MailboxId, mend: bool) -> Result<Option<Miscounted>> {
        let found = {
            let mut snapshot = self.pool().snapshot().await?;
            let kept = mailbox::find(&mut snapshot.connection(), BY_ID, mailbox).await?;
            count(&mut snapshot.connection(), kept).await?
        };
        if found.is_some() && mend {
            return self.pool().write(mailbox, |c, mailbox| Box::pin(recount(c, *mailbox))).await;
        }
        Ok(found)
    }

    /// Up to 500 messages after a UID, with what is there of each.
    pub async fn check_messages(&self, mailbox: MailboxId, after: Uid) -> Result<Vec<MessageRows>> {
        let mut reader = self.pool().reader().await?;
        reader.connection().rows(ROWS, &[mailbox.into(), after.into()], message_rows).await
    }

    /// Gives a message the fields and the header that it has lost; what is there stays. A message that has gone needs
    /// none.
    pub async fn mend_fields(
        &self,
        mailbox: MailboxId,
        uid: Uid,
        fields: Fields,
        header: Vec<u8>,
    ) -> Result<()> {
        let args = (mailbox, uid, fields, header);
        let mended = self.pool().write(args, |c, (mailbox, uid, fields, header)| {
            Box::pin(add_fields(c, *mailbox, *uid, fields, header))
        });
        mended.await
    }

    /// Gives a message the size that its blob has. The counters of the mailbox are to be checked afterwards.
    pub async fn mend_size(&self, mailbox: MailboxId, uid: Uid, blob: Blob) -> Result<()> {
        let args = (mailbox, uid, blob);
        self.pool().write(args, |c, (mailbox, uid, blob)| Box::pin(set_size(c, *mailbox, *uid, *blob))).await
    }

    /// How many fields and headers of a mailbox belong to no message. With `mend` they are removed.
    pub async fn check_strays(&self, mailbox: MailboxId, mend: bool) -> Result<u64> {
        let mut strays = 0;
        {
            let mut reader = self.pool().reader().await?;
            for (count, _) in STRAYS {
                let row = reader.connection().optional(count, &[mailbox.into()]).await?;
                strays += row.map_or(Ok(0), |row| row.integer(0))?;
            }
        }
        if strays > 0 && mend {
            return self.pool().write(mailbox, |c, mailbox| Box::pin(remove_strays(c, *mailbox))).await;
        }
        Ok(u64::try_from(strays).unwrap_or_default())
    }
}

/// What the mailbox should be, if it is not.
async fn count(connection: &mut Connection<'_>, kept: Mailbox) -> Result<Option<Miscounted>> {
    let row = connection.optional(COUNT, &[kept.id.into()]).await?;
    let row = row.ok_or_else(|| Error::damaged("a count has no result"))?;
    let counts = Counts {
        messages: row.integer(0)?,
        unseen: row.integer(1)?,
        media: row.integer(2)?,
        unseen_media: row.integer(3)?,
        size: row.integer(4)?,
        oldest: row.maybe_integer(5)?,
    };
    let last = Uid::from_row(row.integer(6)?)?;
    let next = last.0.checked_add(1).map(Uid).ok_or(Error::Exhausted { what: Aggregate::Message })?;
    let counted = Mailbox {
        counts,
        uid_next: kept.uid_next.max(next),
        modseq: kept.modseq.max(Modseq(row.integer(7)?)),
        ..kept.clone()
    };
    Ok((counted != kept).then_some(Miscounted { kept, counted }))
}

async fn recount(connection: &mut Connection<'_>, mailbox: MailboxId) -> Result<Option<Miscounted>> {
    let kept = mailbox::lock(connection, mailbox).await?;
    let Some(found) = count(connection, kept).await? else { return Ok(None) };
    let Mailbox { counts, uid_next, modseq, .. } = &found.counted;
    let values = [
        mailbox.into(),
        counts.messages.into(),
        counts.unseen.into(),
        counts.media.into(),
        counts.unseen_media.into(),
        counts.size.into(),
        counts.oldest.into(),
        (*uid_next).into(),
        (*modseq).into(),
    ];
    connection.execute(SET, &values).await?;
    Ok(Some(found))
}

fn message_rows(row: &Row) -> Result<MessageRows> {
    Ok(MessageRows {
        uid: Uid::from_row(row.integer(0)?)?,
        blob: Blob::from_row(row.text(1)?, row.integer(2)?)?,
        has_fields: row.maybe_integer(3)?.is_some(),
        has_header: row.maybe_integer(4)?.is_some(),
    })
}

async fn add_fields(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    uid: Uid,
    fields: &Fields,
    header: &[u8],
) -> Result<()> {
    mailbox::lock(connection, mailbox).await?;
    if connection.optional(BLOB, &[mailbox.into(), uid.into()]).await?.is_none() {
        return Ok(());
    }
    let values = [
        mailbox.into(),
        uid.into(),
        (&fields.subject).into(),
        (&fields.from_name).into(),
        (&fields.from_address).into(),
        (&fields.to).into(),
        (&fields.cc).into(),
        (&fields.message_id).into(),
        fields.attachment.into(),
    ];
    connection.execute(ADD_FIELD, &values).await?;
    connection.execute(ADD_HEADER, &[mailbox.into(), uid.into(), header.into()]).await.map(drop)
}

async fn set_size(connection: &mut Connection<'_>, mailbox: MailboxId, uid: Uid, blob: Blob) -> Result<()> {
    mailbox::lock(connection, mailbox).await?;
    connection.execute(SET_SIZE, &[mailbox.into(), uid.into(), blob.stored_size().into()]).await?;
    super::blobs::set_size(connection, blob).await
}

async fn remove_strays(connection: &mut Connection<'_>, mailbox: MailboxId) -> Result<u64> {
    mailbox::lock(connection, mailbox).await?;
    let mut removed = 0;
    for (_, remove) in STRAYS {
        removed += connection.execute(remove, &[mailbox.into()]).await?;
    }
    Ok(removed)
}
