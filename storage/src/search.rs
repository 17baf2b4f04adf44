//! In which messages may a text be?
//!
//! The database's own index of trigrams answers: FTS5 on SQLite, pg_trgm on PostgreSQL. What is indexed comes folded by the
//! caller, who finds a text in it just as the database does: byte by byte. Messages are indexed some time after they have
//! come, in the order of their UIDs; how far a mailbox is indexed is kept with it, and those who search look at later
//! messages themselves.

use crate::Storage;
use crate::blob::Blob;
use crate::error::Result;
use crate::id::{MailboxId, Uid};
use crate::mailbox;
use crate::statement::{Connection, Row, Sql, Value};

/// Texts with fewer characters than this are in no index.
pub const SHORTEST_TEXT: usize = 3;

const WAITING: Sql = Sql::same(
    "SELECT b.id, COALESCE(s.indexed, 0), b.uid_next - 1 FROM mailbox b LEFT JOIN search s ON s.mailbox = b.id \
     WHERE b.uid_next - 1 > COALESCE(s.indexed, 0) ORDER BY b.id LIMIT 1",
);
const WAITING_BEHIND: Sql = Sql::same(
    "SELECT b.id, COALESCE(s.indexed, 0), b.uid_next - 1 FROM mailbox b LEFT JOIN search s ON s.mailbox = b.id \
     WHERE b.id > $1 AND b.uid_next - 1 > COALESCE(s.indexed, 0) ORDER BY b.id LIMIT 1",
);
const PAGE: Sql = Sql::same(
    "SELECT uid, blob, size FROM message WHERE mailbox = $1 AND uid > $2 AND uid <= $3 ORDER BY uid LIMIT $4",
);
const BEGIN: Sql =
    Sql::same("INSERT INTO search (mailbox, indexed) VALUES ($1, 0) ON CONFLICT (mailbox) DO NOTHING");
const REACH: Sql = Sql::same("UPDATE search SET indexed = $3 WHERE mailbox = $1 AND indexed = $2");
const GO_BACK: Sql = Sql::same("UPDATE search SET indexed = $2 WHERE mailbox = $1 AND indexed > $2");
const INDEX: Sql = Sql {
    sqlite: "INSERT OR REPLACE INTO message_text (rowid, head, shown, body) \
             SELECT (s.number << 32) | m.uid, $3, $4, $5 FROM message m JOIN search s ON s.mailbox = m.mailbox \
             WHERE m.mailbox = $1 AND m.uid = $2",
    postgres: "INSERT INTO message_text (mailbox, uid, head, shown, body) \
               SELECT mailbox, uid, $3, $4, $5 FROM message WHERE mailbox = $1 AND uid = $2 \
               ON CONFLICT (mailbox, uid) DO UPDATE SET head = $3, shown = $4, body = $5",
};
const LEAVE_OUT: Sql = Sql::same(
    "INSERT INTO search_direct (mailbox, uid) SELECT mailbox, uid FROM message WHERE mailbox = $1 AND uid = $2 \
     ON CONFLICT (mailbox, uid) DO NOTHING",
);
const INDEXED: Sql = Sql::same("SELECT indexed FROM search WHERE mailbox = $1");
const LEFT_OUT: Sql = Sql::same("SELECT uid FROM search_direct WHERE mailbox = $1 ORDER BY uid");

/// The UIDs of the messages of a mailbox in whose columns a text is: `$2` is what FTS5 or LIKE takes.
macro_rules! found {
    ($condition:literal) => {
        Sql {
            sqlite: "SELECT rowid & 4294967295 FROM message_text WHERE message_text MATCH $2 AND rowid BETWEEN \
                     (SELECT number << 32 FROM search WHERE mailbox = $1) AND \
                     (SELECT (number << 32) | 4294967295 FROM search WHERE mailbox = $1) ORDER BY rowid",
            postgres: concat!(
                "SELECT uid FROM message_text WHERE mailbox = $1 AND (",
                $condition,
                ") ORDER BY uid"
            ),
        }
    };
}

/// Where a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPlace {
    /// In a header field, as it is or as it is shown.
    Header,
    /// In the body.
    Body,
    /// In a header field as it is, or in the body.
    Anywhere,
}

/// The texts of a message, folded. Within each, what no text shall span is parted by something that is in no text that is
/// looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Header fields and names of files.
    pub head: String,
    /// Header fields as they are shown, where that is something else.
    pub shown: String,
    /// The body.
    pub body: String,
}

/// Messages that are not indexed yet, the next ones of some mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unindexed {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// All up to this UID are indexed.
    pub after: Uid,
    /// All up to this UID are, when the messages are.
    pub till: Uid,
    /// The messages.
    pub messages: Vec<(Uid, Blob)>,
}

/// What the index knows of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Later messages are not indexed yet.
    pub indexed: Uid,
    /// The messages up to there that contain the text, rising.
    pub uids: Vec<Uid>,
    /// Messages up to there of which the index knows nothing, rising.
    pub unknown: Vec<Uid>,
}

impl Storage {
    /// The next messages to be indexed, at most so many; none if all are. The mailboxes behind the one that is named come
    /// before the others.
    pub async fn unindexed(&self, behind: Option<MailboxId>, limit: u32) -> Result<Option<Unindexed>> {
        let mut snapshot = self.pool().snapshot().await?;
        let mut connection = snapshot.connection();
        let row = match behind {
            Some(mailbox) => connection.optional(WAITING_BEHIND, &[mailbox.into()]).await?,
            None => None,
        };
        let row = match row {
            Some(row) => Some(row),
            None => connection.optional(WAITING, &[]).await?,
        };
        let Some(row) = row else { return Ok(None) };
        let mailbox = MailboxId::from_row(row.text(0)?)?;
        let (after, last) = (Uid::from_row(row.integer(1)?)?, Uid::from_row(row.integer(2)?)?);
        let values = [mailbox.into(), after.into(), last.into(), i64::from(limit).into()];
        let message =
            |row: &Row| Ok((Uid::from_row(row.integer(0)?)?, Blob::from_row(row.text(1)?, row.integer(2)?)?));
        let messages = connection.rows(PAGE, &values, message).await?;
        let is_full = messages.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let till = messages.last().filter(|_| is_full).map_or(last, |(uid, _)| *uid);
        Ok(Some(Unindexed { mailbox, after, till, messages }))
    }

    /// Indexes the messages with UIDs above `after` up to `till`: those of `texts` with their texts, which may be none for a
    /// message that the index shall know nothing of. Messages that have gone are passed over. Whether it was done: not
    /// if the mailbox is no longer indexed up to `after`.
    pub async fn index(
        &self,
        mailbox: MailboxId,
        (after, till): (Uid, Uid),
        texts: Vec<(Uid, Option<Texts>)>,
    ) -> Result<bool> {
        let args = (mailbox, after, till, texts);
        let run = self
            .pool()
            .write(args, |c, (id, after, till, texts)| Box::pin(index(c, *id, (*after, *till), texts)));
        run.await
    }

    /// The messages that may contain a text, which is folded as what was indexed; none if the text is too short for the
    /// index.
    pub async fn find_text(&self, mailbox: MailboxId, place: TextPlace, text: &str) -> Result<Option<Found>> {
        if text.chars().nth(SHORTEST_TEXT - 1).is_none() {
            return Ok(None);
        }
        let mut snapshot = self.pool().snapshot().await?;
        let mut connection = snapshot.connection();
        let row = connection.optional(INDEXED, &[mailbox.into()]).await?;
        let indexed = row.map_or(Ok(Uid(0)), |row| Uid::from_row(row.integer(0)?))?;
        let uid = |row: &Row| Uid::from_row(row.integer(0)?);
        let pattern = if connection.is_sqlite() { place.phrase(text) } else { like(text) };
        let uids = connection.rows(place.sql(), &[mailbox.into(), Value::from(&pattern)], uid).await?;
        let unknown = connection.rows(LEFT_OUT, &[mailbox.into()], uid).await?;
        Ok(Some(Found { indexed, uids, unknown }))
    }
}

impl TextPlace {
    const fn sql(self) -> Sql {
        match self {
            Self::Header => found!("head LIKE $2 OR shown LIKE $2"),
            Self::Body => found!("body LIKE $2"),
            Self::Anywhere => found!("head LIKE $2 OR body LIKE $2"),
        }
    }

    /// What FTS5 is asked for.
    fn phrase(self, text: &str) -> String {
        let columns = match self {
            Self::Header => "{head shown}",
            Self::Body => "body",
            Self::Anywhere => "{head body}",
        };
        format!("{columns} : \"{}\"", text.replace('"', "\"\""))
    }
}

/// What LIKE is asked for.
fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Messages were stored under UIDs that may have been passed already.
pub(crate) async fn go_back(connection: &mut Connection<'_>, mailbox: MailboxId, first: Uid) -> Result<()> {
    let before = i64::from(first.0).saturating_sub(1);
    connection.execute(GO_BACK, &[mailbox.into(), before.into()]).await.map(drop)
}

async fn index(
    connection: &mut Connection<'_>,
    id: MailboxId,
    (after, till): (Uid, Uid),
    texts: &[(Uid, Option<Texts>)],
) -> Result<bool> {
    // Who removes messages has the same lock, so none of them is removed meanwhile.
    mailbox::lock(connection, id).await?;
    connection.execute(BEGIN, &[id.into()]).await?;
    if connection.execute(REACH, &[id.into(), after.into(), till.into()]).await? == 0 {
        return Ok(false);
    }
    for (uid, texts) in texts {
        match texts {
            Some(Texts { head, shown, body }) => {
                let values = [id.into(), (*uid).into(), head.into(), shown.into(), body.into()];
                connection.execute(INDEX, &values).await?;
            }
            None => {
                connection.execute(LEAVE_OUT, &[id.into(), (*uid).into()]).await?;
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
