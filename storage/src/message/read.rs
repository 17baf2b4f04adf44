//! What is read of messages: of all for an index, of few for a page?

use super::{Fields, Message, integers};
use crate::Storage;
use crate::blob::Blob;
use crate::error::{Aggregate, Error, Result};
use crate::flags::Flags;
use crate::id::{MailboxId, Modseq, Uid};
use crate::mailbox::{self, Mailbox};
use crate::statement::{Row, Sql, Value, listed};

/// Summaries after UID $2, packed into texts: of each `uid flags date size length key`, where the length is the key's
/// in bytes. The key is an expression over the narrow row `m`, or with `field` also over the fields `f`.
///
/// On SQLite one text is a page of a thousand: every row that leaves the connection's thread wakes another, which
/// costs ten times the reading. PostgreSQL sends all, a text each: it would plan and sort anew for every page.
macro_rules! summaries {
    (field $key:literal) => {
        summaries!(@ $key, "JOIN message_field f ON f.mailbox = m.mailbox AND f.uid = m.uid ")
    };
    ($key:literal) => { summaries!(@ $key, "") };
    (@ $key:literal, $join:literal) => {
        Sql {
            sqlite: concat!(
                "SELECT string_agg(packed, '' ORDER BY uid) FROM (",
                summaries!(@@ $key, $join),
                " LIMIT 1000) HAVING COUNT(*) > 0"
            ),
            postgres: concat!("SELECT packed FROM (", summaries!(@@ $key, $join), ") AS s"),
        }
    };
    (@@ $key:literal, $join:literal) => {
        concat!(
            "SELECT m.uid, concat_ws(' ', m.uid, m.flags, m.internal_date, m.size, octet_length(",
            $key,
            "), ",
            $key,
            ") AS packed FROM message m ",
            $join,
            "WHERE m.mailbox = $1 AND m.uid > $2 ORDER BY m.uid"
        )
    };
}

const ROWS: Sql = listed!(
    "SELECT m.uid, m.original_uid, m.flags, m.modseq, m.internal_date, m.blob, m.size, m.sent, f.subject, \
     f.from_name, f.from_address, f.to_text, f.cc_text, f.message_id, f.attachment \
     FROM message m JOIN message_field f ON f.mailbox = m.mailbox AND f.uid = m.uid WHERE m.mailbox = $1 AND ",
    "m.uid",
    "$2",
    " ORDER BY m.uid"
);
const HEADERS: Sql =
    listed!("SELECT uid, header FROM message_header WHERE mailbox = $1 AND ", "uid", "$2", " ORDER BY uid");
const BLOB: Sql = Sql::same("SELECT blob, size FROM message WHERE mailbox = $1 AND uid = $2");

/// What messages are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortColumn {
    /// Nothing that a summary does not have anyway: [`SortKey::None`].
    None,
    /// [`Fields::sent`]; the internal date where there is none. [`SortKey::Integer`].
    Sent,
    /// [`Message::original_uid`], 0 where there is none. [`SortKey::Integer`].
    OriginalUid,
    /// [`Fields::attachment`] as 0 or 1. [`SortKey::Integer`].
    Attachment,
    /// [`Fields::subject`]. [`SortKey::Text`], as all below.
    Subject,
    /// [`Fields::from_name`]; the address where it is empty.
    From,
    /// [`Fields::from_address`].
    FromAddress,
    /// [`Fields::to`].
    To,
    /// [`Fields::cc`].
    Cc,
    /// [`Fields::message_id`].
    MessageId,
}

/// The value that a message is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey<'r> {
    /// None was asked for.
    None,
    /// A number.
    Integer(i64),
    /// A text, not folded in any way.
    Text(&'r str),
}

/// What a folder needs to know of each message of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary<'r> {
    /// Its number.
    pub uid: Uid,
    /// Its marks.
    pub flags: Flags,
    /// When it came, in milliseconds since 1970.
    pub internal_date: i64,
    /// Its size in bytes.
    pub size: u64,
    /// What it is sorted by.
    pub key: SortKey<'r>,
}

impl Storage {
    /// Shows a summary of every message to `each`, by rising UID, as they come from the database: none is kept.
    /// Returns the mailbox in the very state that the summaries are of; what has a higher modification sequence
    /// came later.
    pub async fn summaries(
        &self,
        mailbox: MailboxId,
        column: SortColumn,
        mut each: impl FnMut(Summary<'_>) + Send,
    ) -> Result<Mailbox> {
        let mut snapshot = self.pool().snapshot().await?;
        let state = mailbox::find(&mut snapshot.connection(), mailbox::BY_ID, mailbox).await?;
        let mut connection = snapshot.connection();
        let mut last = Uid(0);
        loop {
            let before = last;
            let values = [mailbox.into(), last.into()];
            let shown = connection.for_each(column.sql(), &values, |row| {
                let mut packed = row.text(0)?;
                while !packed.is_empty() {
                    let (summary, rest) = unpack(packed, column)
                        .ok_or_else(|| Error::damaged(format!("the summary after UID {}", last.0)))?;
                    last = summary.uid;
                    packed = rest;
                    each(summary);
                }
                Ok(())
            });
            shown.await?;
            if last == before {
                return Ok(state);
            }
        }
    }

    /// Messages by UID, rising; those that are not there are left out. For a page of a folder.
    pub async fn messages(&self, mailbox: MailboxId, uids: &[Uid]) -> Result<Vec<Message>> {
        let uids = integers(uids);
        let mut reader = self.pool().reader().await?;
        reader.connection().rows(ROWS, &[mailbox.into(), Value::Integers(&uids)], message).await
    }

    /// The headers of messages by UID, rising; those that are not there are left out.
    pub async fn headers(&self, mailbox: MailboxId, uids: &[Uid]) -> Result<Vec<(Uid, Vec<u8>)>> {
        let uids = integers(uids);
        let mut reader = self.pool().reader().await?;
        let header = |row: &Row| Ok((Uid::from_row(row.integer(0)?)?, row.bytes(1)?.to_vec()));
        reader.connection().rows(HEADERS, &[mailbox.into(), Value::Integers(&uids)], header).await
    }

    /// The blob of a message.
    pub async fn message_blob(&self, mailbox: MailboxId, uid: Uid) -> Result<Blob> {
        let mut reader = self.pool().reader().await?;
        let row = reader.connection().optional(BLOB, &[mailbox.into(), uid.into()]).await?;
        let row = row.ok_or(Error::NotFound { what: Aggregate::Message })?;
        Blob::from_row(row.text(0)?, row.integer(1)?)
    }
}

impl SortColumn {
    fn sql(self) -> Sql {
        match self {
            Self::None => summaries!("''"),
            Self::Sent => summaries!("CAST(COALESCE(m.sent, m.internal_date) AS TEXT)"),
            Self::OriginalUid => summaries!("CAST(COALESCE(m.original_uid, 0) AS TEXT)"),
            Self::Attachment => summaries!(field "CAST(f.attachment AS TEXT)"),
            Self::Subject => summaries!(field "f.subject"),
            Self::From => {
                summaries!(field "CASE WHEN f.from_name = '' THEN f.from_address ELSE f.from_name END")
            }
            Self::FromAddress => summaries!(field "f.from_address"),
            Self::To => summaries!(field "f.to_text"),
            Self::Cc => summaries!(field "f.cc_text"),
            Self::MessageId => summaries!(field "f.message_id"),
        }
    }

    fn key(self, text: &str) -> Option<SortKey<'_>> {
        match self {
            Self::None => Some(SortKey::None),
            Self::Sent | Self::OriginalUid | Self::Attachment => text.parse().ok().map(SortKey::Integer),
            Self::Subject | Self::From | Self::FromAddress | Self::To | Self::Cc | Self::MessageId => {
                Some(SortKey::Text(text))
            }
        }
    }
}

/// The first summary of a packed page, and what follows it.
fn unpack(packed: &str, column: SortColumn) -> Option<(Summary<'_>, &str)> {
    let (uid, rest) = packed.split_once(' ')?;
    let (flags, rest) = rest.split_once(' ')?;
    let (internal_date, rest) = rest.split_once(' ')?;
    let (size, rest) = rest.split_once(' ')?;
    let (length, rest) = rest.split_once(' ')?;
    let (key, rest) = rest.split_at_checked(length.parse().ok()?)?;
    let summary = Summary {
        uid: Uid(uid.parse().ok()?),
        flags: Flags::from_bits(flags.parse().ok()?),
        internal_date: internal_date.parse().ok()?,
        size: size.parse().ok()?,
        key: column.key(key)?,
    };
    Some((summary, rest))
}

fn message(row: &Row) -> Result<Message> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Message {
        uid: Uid::from_row(row.integer(0)?)?,
        original_uid: row.maybe_integer(1)?.map(Uid::from_row).transpose()?,
        flags: Flags::from_bits(row.integer(2)?),
        modseq: Modseq(row.integer(3)?),
        internal_date: row.integer(4)?,
        blob: Blob::from_row(row.text(5)?, row.integer(6)?)?,
        fields: Fields {
            sent: row.maybe_integer(7)?,
            subject: text(8)?,
            from_name: text(9)?,
            from_address: text(10)?,
            to: text(11)?,
            cc: text(12)?,
            message_id: text(13)?,
            attachment: row.truth(14)?,
        },
    })
}
