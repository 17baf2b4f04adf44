//! Which mailboxes has an account, and what is in them, counted?

mod right;
mod tree;

pub use right::{Grant, Grantee, Rights, Shared};

use crate::Storage;
use crate::clock;
use crate::error::{Aggregate, Error, Result};
use crate::flags::Flags;
use crate::id::{AccountId, MailboxId, Modseq, Uid};
use crate::name::MailboxName;
use crate::statement::{Connection, Row, Sql, Value, locking};

/// The columns of a mailbox, for [`from_row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, account, name, class, uid_validity, uid_next, modseq, messages, unseen, media, \
             unseen_media, size, oldest FROM mailbox ",
            $rest
        )
    };
}

pub(crate) const BY_ID: Sql = Sql::same(select!("WHERE id = $1"));
const BY_NAME: Sql = Sql::same(select!("WHERE account = $1 AND name = $2"));
const OF_ACCOUNT: Sql = Sql::same(select!("WHERE account = $1"));
const LOCK: Sql = locking!(select!("WHERE id = $1"));
const LOCK_ACCOUNT: Sql = locking!("SELECT uid_validity FROM account WHERE id = $1");
const SET_UID_VALIDITY: Sql = Sql::same("UPDATE account SET uid_validity = $2 WHERE id = $1");
const CREATE: Sql = Sql::same(
    "INSERT INTO mailbox (id, account, name, class, uid_validity, uid_next, modseq, messages, unseen, media, \
     unseen_media, size, oldest) VALUES ($1, $2, $3, $4, $5, 1, 1, 0, 0, 0, 0, 0, NULL) \
     ON CONFLICT (account, name) DO NOTHING",
);
/// One change to the counters, of which $2 to $6 are the differences, and what else changes with them.
macro_rules! change {
    ($more:literal) => {
        Sql::same(concat!(
            "UPDATE mailbox SET modseq = modseq + 1, messages = messages + $2, unseen = unseen + $3, \
             media = media + $4, unseen_media = unseen_media + $5, size = size + $6, ",
            $more,
            " WHERE id = $1 RETURNING modseq, uid_next"
        ))
    };
}
const ADD: Sql = change!("oldest = CASE WHEN oldest <= $7 THEN oldest ELSE $7 END, uid_next = uid_next + $8");
const ADD_BELOW: Sql = change!(
    "oldest = CASE WHEN oldest <= $7 THEN oldest ELSE $7 END, \
     uid_next = CASE WHEN uid_next >= $8 THEN uid_next ELSE $8 END"
);
const CHANGE: Sql =
    change!("oldest = (SELECT internal_date FROM message WHERE mailbox = $1 ORDER BY internal_date LIMIT 1)");
const REMOVE: Sql = Sql::same("DELETE FROM mailbox WHERE id = $1");
const RELEASE: Sql = Sql::same(
    "UPDATE blob SET refs = blob.refs - c.n, released = $2 FROM \
     (SELECT blob AS key, COUNT(*) AS n FROM message WHERE mailbox = $1 GROUP BY blob) AS c \
     WHERE blob.key = c.key",
);

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its id, which a renaming keeps.
    pub id: MailboxId,
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: MailboxName,
    /// What kind of things it holds, in the caller's words; may be empty.
    pub class: String,
    /// Rises when a mailbox is created anew under a name: UIDs of an older one mean nothing in this one. Unique
    /// among all mailboxes that the account ever had.
    pub uid_validity: u32,
    /// The UID of the next message.
    pub uid_next: Uid,
    /// The modification sequence of the last change.
    pub modseq: Modseq,
    /// What is in it.
    pub counts: Counts,
}

/// What is in a mailbox: kept with every change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub messages: i64,
    /// Messages without [`Flags::SEEN`].
    pub unseen: i64,
    /// Messages with [`Flags::MEDIA`].
    pub media: i64,
    /// Messages with [`Flags::MEDIA`] and without [`Flags::SEEN`].
    pub unseen_media: i64,
    /// Bytes of all messages together.
    pub size: i64,
    /// The earliest internal date, in milliseconds since 1970.
    pub oldest: Option<i64>,
}

impl Storage {
    /// Creates a mailbox. Its parents need not exist.
    pub async fn create_mailbox(
        &self,
        account: AccountId,
        name: MailboxName,
        class: String,
    ) -> Result<Mailbox> {
        let args = (account, name, class);
        self.pool().write(args, |c, (account, name, class)| Box::pin(create(c, *account, name, class))).await
    }

    /// The mailbox of that id.
    pub async fn mailbox(&self, mailbox: MailboxId) -> Result<Mailbox> {
        find(&mut self.pool().reader().await?.connection(), BY_ID, mailbox).await
    }

    /// The mailbox of that name.
    pub async fn find_mailbox(&self, account: AccountId, name: &MailboxName) -> Result<Option<Mailbox>> {
        let mut reader = self.pool().reader().await?;
        let row = reader.connection().optional(BY_NAME, &[account.into(), name.into()]).await?;
        row.as_ref().map(from_row).transpose()
    }

    /// The mailboxes of an account, by name.
    pub async fn mailboxes(&self, account: AccountId) -> Result<Vec<Mailbox>> {
        let mut reader = self.pool().reader().await?;
        let mut mailboxes = reader.connection().rows(OF_ACCOUNT, &[account.into()], from_row).await?;
        mailboxes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(mailboxes)
    }

    /// Removes a mailbox with its messages. Mailboxes below it stay.
    pub async fn remove_mailbox(&self, mailbox: MailboxId) -> Result<()> {
        self.pool().write(mailbox, |c, mailbox| Box::pin(remove(c, *mailbox))).await
    }
}

impl Counts {
    /// What so many messages, each with its marks, size and internal date, add up to.
    pub(crate) fn of(messages: impl Iterator<Item = (Flags, i64, i64)>) -> Self {
        let mut counts = Self::default();
        for (flags, size, internal_date) in messages {
            counts.add(flags, size, internal_date);
        }
        counts
    }

    pub(crate) fn add(&mut self, flags: Flags, size: i64, internal_date: i64) {
        self.messages += 1;
        self.size = self.size.saturating_add(size);
        self.oldest = Some(self.oldest.map_or(internal_date, |oldest| oldest.min(internal_date)));
        self.mark(flags, 1);
    }

    /// Takes a message away; the oldest stays as it is.
    pub(crate) fn subtract(&mut self, flags: Flags, size: i64) {
        self.messages -= 1;
        self.size = self.size.saturating_sub(size);
        self.mark(flags, -1);
    }

    pub(crate) fn change(&mut self, old: Flags, new: Flags) {
        self.mark(old, -1);
        self.mark(new, 1);
    }

    fn mark(&mut self, flags: Flags, by: i64) {
        let (unseen, media) = (!flags.contains(Flags::SEEN), flags.contains(Flags::MEDIA));
        self.unseen += if unseen { by } else { 0 };
        self.media += if media { by } else { 0 };
        self.unseen_media += if unseen && media { by } else { 0 };
    }
}

/// Creates the mailbox that every account has.
pub(crate) async fn create_inbox(connection: &mut Connection<'_>, account: AccountId) -> Result<()> {
    create(connection, account, &MailboxName::inbox(), "").await.map(drop)
}

/// The mailbox as it is, which nobody else changes until the transaction ends.
pub(crate) async fn lock(connection: &mut Connection<'_>, mailbox: MailboxId) -> Result<Mailbox> {
    find(connection, LOCK, mailbox).await
}

pub(crate) async fn find(connection: &mut Connection<'_>, sql: Sql, mailbox: MailboxId) -> Result<Mailbox> {
    let row = connection.optional(sql, &[mailbox.into()]).await?;
    from_row(&row.ok_or(Error::NotFound { what: Aggregate::Mailbox })?)
}

/// Makes room for new messages, which `counts` counts, at the end of a mailbox, and locks it: the UID of the first,
/// and the modification sequence that they come with.
pub(crate) async fn add(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    counts: &Counts,
) -> Result<(Uid, Modseq)> {
    let (modseq, next) =
        change(connection, ADD, mailbox, counts, &[counts.oldest.into(), counts.messages.into()]).await?;
    // The highest UID is never given out, so that there is always a next one.
    let next = u32::try_from(next).map_err(|_| Error::Exhausted { what: Aggregate::Message })?;
    Ok((Uid::from_row(i64::from(next) - counts.messages)?, modseq))
}

/// Makes room for new messages, which `counts` counts, whose UIDs are all below `end`, and locks the mailbox.
pub(crate) async fn add_below(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    counts: &Counts,
    end: Uid,
) -> Result<Modseq> {
    let (modseq, _) =
        change(connection, ADD_BELOW, mailbox, counts, &[counts.oldest.into(), end.into()]).await?;
    Ok(modseq)
}

/// Counts what was changed in a mailbox that was locked: the modification sequence of the change.
pub(crate) async fn changed(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    counts: &Counts,
) -> Result<Modseq> {
    Ok(change(connection, CHANGE, mailbox, counts, &[]).await?.0)
}

async fn change(
    connection: &mut Connection<'_>,
    sql: Sql,
    mailbox: MailboxId,
    counts: &Counts,
    more: &[Value<'static>],
) -> Result<(Modseq, i64)> {
    let mut values = vec![
        mailbox.into(),
        counts.messages.into(),
        counts.unseen.into(),
        counts.media.into(),
        counts.unseen_media.into(),
        counts.size.into(),
    ];
    values.extend_from_slice(more);
    let row = connection.optional(sql, &values).await?;
    let row = row.ok_or(Error::NotFound { what: Aggregate::Mailbox })?;
    Ok((Modseq(row.integer(0)?), row.integer(1)?))
}

fn from_row(row: &Row) -> Result<Mailbox> {
    let uid_validity = row.integer(4)?;
    Ok(Mailbox {
        id: MailboxId::from_row(row.text(0)?)?,
        account: AccountId::from_row(row.text(1)?)?,
        name: MailboxName::from_row(row.text(2)?),
        class: row.text(3)?.to_owned(),
        uid_validity: u32::try_from(uid_validity)
            .map_err(|_| Error::damaged(format!("{uid_validity} as a UIDVALIDITY")))?,
        uid_next: Uid::from_row(row.integer(5)?)?,
        modseq: Modseq(row.integer(6)?),
        counts: Counts {
            messages: row.integer(7)?,
            unseen: row.integer(8)?,
            media: row.integer(9)?,
            unseen_media: row.integer(10)?,
            size: row.integer(11)?,
            oldest: row.maybe_integer(12)?,
        },
    })
}

async fn create(
    connection: &mut Connection<'_>,
    account: AccountId,
    name: &MailboxName,
    class: &str,
) -> Result<Mailbox> {
    let last = connection.optional(LOCK_ACCOUNT, &[account.into()]).await?;
    let last = last.ok_or(Error::NotFound { what: Aggregate::Account })?.integer(0)?;
    // The time, as RFC 3501 §2.3.1.1 advises, but always higher than any before it.
    let uid_validity = last.saturating_add(1).max(clock::now() / 1_000);
    if u32::try_from(uid_validity).is_err() {
        return Err(Error::Exhausted { what: Aggregate::Mailbox });
    }
    let id = MailboxId::new()?;
    let values = [id.into(), account.into(), name.into(), class.into(), uid_validity.into()];
    if connection.execute(CREATE, &values).await? == 0 {
        return Err(Error::AlreadyExists { what: Aggregate::Mailbox });
    }
    connection.execute(SET_UID_VALIDITY, &[account.into(), uid_validity.into()]).await?;
    find(connection, BY_ID, id).await
}

async fn remove(connection: &mut Connection<'_>, mailbox: MailboxId) -> Result<()> {
    lock(connection, mailbox).await?;
    connection.execute(RELEASE, &[mailbox.into(), clock::now().into()]).await?;
    connection.execute(REMOVE, &[mailbox.into()]).await.map(drop)
}

#[cfg(test)]
mod tests;
