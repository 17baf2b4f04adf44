//! Which mail is on its way, to whom, and who works on it?
//!
//! Accepted mail is a row with its blob, and a row for each recipient that it has not come to. Whoever carries it
//! claims messages, and settles each with what became of its recipients; a claim expires, so that what a process held
//! when it died is taken up again. A recipient in a mailbox of ours gets the message in the transaction that ends its row:
//! exactly once. What went to another server just before a death goes again, under the same Message-ID: at least once.

use std::collections::HashMap;

use crate::Storage;
use crate::blob::{Blob, BlobKey};
use crate::clock;
use crate::error::{Error, Result};
use crate::id::{MailboxId, QueuedId};
use crate::message::{self, Appended, NewMessage};
use crate::reference;
use crate::statement::{Connection, Row, Sql, Value, listed, locking};

const ADD: Sql = Sql::same(
    "INSERT INTO queued (id, lane, sender, blob, size, accepted, claimed, next) \
     VALUES ($1, $2, $3, $4, $5, $6, 0, $6)",
);
const ADD_RECIPIENT: Sql = Sql::same(
    "INSERT INTO queued_recipient (message, position, address, next, tries, answer) \
     VALUES ($1, $2, $3, $4, 0, '')",
);
/// Those that somebody else is just claiming are passed over.
const DUE: Sql = Sql {
    sqlite: "SELECT id, sender, blob, size, accepted FROM queued WHERE lane = $1 AND next <= $2 \
             ORDER BY next LIMIT $3",
    postgres: "SELECT id, sender, blob, size, accepted FROM queued WHERE lane = $1 AND next <= $2 \
               ORDER BY next LIMIT $3 FOR UPDATE SKIP LOCKED",
};
const CLAIM: Sql = listed!("UPDATE queued SET claimed = 1, next = $1 WHERE ", "id", "$2", "");
const DUE_RECIPIENTS: Sql = listed!(
    "SELECT message, position, address, tries FROM queued_recipient WHERE next <= $1 AND ",
    "message",
    "$2",
    " ORDER BY message, position"
);
const DROP_CLAIMS: Sql = Sql::same(
    "UPDATE queued SET claimed = 0, next = COALESCE(\
     (SELECT MIN(r.next) FROM queued_recipient r WHERE r.message = queued.id), 0) WHERE claimed = 1",
);
const NEXT: Sql = Sql::same("SELECT MIN(next) FROM queued WHERE lane = $1");
const LOCK: Sql = locking!("SELECT blob FROM queued WHERE id = $1");
const DONE: Sql = Sql::same("DELETE FROM queued_recipient WHERE message = $1 AND position = $2");
const LATER: Sql = Sql::same(
    "UPDATE queued_recipient SET next = $3, tries = tries + 1, answer = $4 \
     WHERE message = $1 AND position = $2",
);
const NEXT_RECIPIENT: Sql = Sql::same("SELECT MIN(next) FROM queued_recipient WHERE message = $1");
const WAIT: Sql = Sql::same("UPDATE queued SET claimed = 0, next = $2 WHERE id = $1");
const REMOVE: Sql = Sql::same("DELETE FROM queued WHERE id = $1");
const LENGTH: Sql = Sql::same("SELECT COUNT(*) FROM queued_recipient");
const LIST: Sql = Sql::same(
    "SELECT q.sender, q.accepted, r.address, r.tries, r.next, r.answer FROM queued q \
     JOIN queued_recipient r ON r.message = q.id ORDER BY q.accepted, q.id, r.position",
);

/// Who carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// We do, into mailboxes of ours.
    Local,
    /// Another server, to which we give it.
    Relay,
}

/// A message to be put into the queue.
#[derive(Clone, Debug)]
pub struct NewQueued {
    /// Who carries it.
    pub lane: Lane,
    /// The reverse-path; empty for a report.
    pub sender: String,
    /// Its recipients; not empty.
    pub recipients: Vec<String>,
    /// The message, written already.
    pub blob: Blob,
}

/// What is accepted at once: all or nothing.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// What goes into the queue.
    pub queued: Vec<NewQueued>,
    /// The sender's own copy, and its mailbox.
    pub sent: Option<(MailboxId, NewMessage)>,
}

/// A message that was claimed, with those of its recipients whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: QueuedId,
    /// The reverse-path; empty for a report.
    pub sender: String,
    /// The message.
    pub blob: Blob,
    /// When it was accepted, in milliseconds since 1970.
    pub accepted: i64,
    /// Its recipients. There are none when whoever worked on it died before it could say that it was done.
    pub recipients: Vec<Recipient>,
}

/// A recipient of a message that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Its number in the message.
    pub position: i64,
    /// Its address.
    pub address: String,
    /// How often it was tried before.
    pub tries: i64,
}

/// What became of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has the message.
    Delivered,
    /// It will never have it.
    Failed,
    /// It is to be tried again.
    Later {
        /// When, in milliseconds since 1970.
        next: i64,
        /// Why it does not have the message yet.
        answer: String,
    },
}

/// A recipient that waits, for whoever looks at the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The reverse-path; empty for a report.
    pub sender: String,
    /// When the message was accepted, in milliseconds since 1970.
    pub accepted: i64,
    /// The recipient's address.
    pub address: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next, in milliseconds since 1970; in the past while that is under way.
    pub next: i64,
    /// Why the last try failed; empty before the first.
    pub answer: String,
}

impl Storage {
    /// Accepts messages for delivery, with the sender's copy: all or nothing. Returns what the copy is stored as.
    pub async fn submit(&self, submission: Submission) -> Result<Option<Appended>> {
        self.pool().write(submission, |c, submission| Box::pin(submit(c, submission))).await
    }

    /// Claims at most `most` messages of a lane that are due at `now`, the longest due first. Until `expires` nobody
    /// else claims them. Times are in milliseconds since 1970.
    pub async fn claim(&self, lane: Lane, now: i64, expires: i64, most: i64) -> Result<Vec<Claimed>> {
        let args = (lane, now, expires, most);
        self.pool()
            .write(args, |c, (lane, now, expires, most)| Box::pin(claim(c, *lane, *now, *expires, *most)))
            .await
    }

    /// Drops all claims: for the start of a program that alone works on the queue.
    pub async fn drop_claims(&self) -> Result<()> {
        self.pool()
            .write((), |c, ()| Box::pin(async move { c.execute(DROP_CLAIMS, &[]).await.map(drop) }))
            .await
    }

    /// When something of a lane is due next, in milliseconds since 1970; none when the lane is empty.
    pub async fn next_due(&self, lane: Lane) -> Result<Option<i64>> {
        let mut reader = self.pool().reader().await?;
        let row = reader.connection().optional(NEXT, &[lane.into()]).await?;
        row.map_or(Ok(None), |row| row.maybe_integer(0))
    }

    /// Stores a message for one recipient of a claimed one, in a mailbox, and ends that recipient: both or neither.
    /// `None` when the recipient had ended already: nothing was stored.
    pub async fn deliver(
        &self,
        queued: QueuedId,
        position: i64,
        mailbox: MailboxId,
        message: NewMessage,
    ) -> Result<Option<Appended>> {
        let args = (queued, position, mailbox, message);
        self.pool()
            .write(args, |c, (queued, position, mailbox, message)| {
                Box::pin(deliver(c, *queued, *position, *mailbox, message))
            })
            .await
    }

    /// Says what became of recipients of a claimed message, by their positions, and gives the claim back. When no
    /// recipient is left the message goes. A report on those that failed is accepted with it, unless all of them had
    /// ended before.
    pub async fn settle(
        &self,
        queued: QueuedId,
        outcomes: Vec<(i64, Outcome)>,
        report: Option<NewQueued>,
    ) -> Result<()> {
        let args = (queued, outcomes, report);
        self.pool()
            .write(args, |c, (queued, outcomes, report)| {
                Box::pin(settle(c, *queued, outcomes, report.as_ref()))
            })
            .await
    }

    /// How many recipients wait.
    pub async fn queue_length(&self) -> Result<i64> {
        let mut reader = self.pool().reader().await?;
        reader.connection().optional(LENGTH, &[]).await?.map_or(Ok(0), |row| row.integer(0))
    }

    /// Everybody who waits, the longest accepted first.
    pub async fn queue(&self) -> Result<Vec<Waiting>> {
        let mut reader = self.pool().reader().await?;
        reader
            .connection()
            .rows(LIST, &[], |row| {
                Ok(Waiting {
                    sender: row.text(0)?.to_owned(),
                    accepted: row.integer(1)?,
                    address: row.text(2)?.to_owned(),
                    tries: row.integer(3)?,
                    next: row.integer(4)?,
                    answer: row.text(5)?.to_owned(),
                })
            })
            .await
    }
}

impl From<Lane> for Value<'_> {
    fn from(lane: Lane) -> Self {
        Self::Integer(match lane {
            Lane::Local => 0,
            Lane::Relay => 1,
        })
    }
}

async fn submit(connection: &mut Connection<'_>, submission: &Submission) -> Result<Option<Appended>> {
    let sent = match &submission.sent {
        Some((mailbox, message)) => {
            message::append(connection, *mailbox, std::slice::from_ref(message)).await?.first().copied()
        }
        None => None,
    };
    for queued in &submission.queued {
        add(connection, queued).await?;
    }
    Ok(sent)
}

async fn add(connection: &mut Connection<'_>, queued: &NewQueued) -> Result<()> {
    let (id, now) = (QueuedId::new()?, clock::now());
    let values = [
        id.into(),
        queued.lane.into(),
        (&queued.sender).into(),
        queued.blob.key.into(),
        queued.blob.stored_size().into(),
        now.into(),
    ];
    connection.execute(ADD, &values).await?;
    for (position, address) in (0..).zip(&queued.recipients) {
        let position: i64 = position;
        connection.execute(ADD_RECIPIENT, &[id.into(), position.into(), address.into(), now.into()]).await?;
    }
    reference::hold(connection, &queued.blob).await
}

async fn claim(
    connection: &mut Connection<'_>,
    lane: Lane,
    now: i64,
    expires: i64,
    most: i64,
) -> Result<Vec<Claimed>> {
    let mut claimed = connection.rows(DUE, &[lane.into(), now.into(), most.into()], claimed_from_row).await?;
    if claimed.is_empty() {
        return Ok(claimed);
    }
    let ids: Vec<String> = claimed.iter().map(|message| message.id.to_string()).collect();
    connection.execute(CLAIM, &[expires.into(), Value::Keys(&ids)]).await?;
    let recipients = connection
        .rows(DUE_RECIPIENTS, &[now.into(), Value::Keys(&ids)], |row| {
            let recipient = Recipient {
                position: row.integer(1)?,
                address: row.text(2)?.to_owned(),
                tries: row.integer(3)?,
            };
            Ok((QueuedId::from_row(row.text(0)?)?, recipient))
        })
        .await?;
    let mut of: HashMap<QueuedId, Vec<Recipient>> = HashMap::new();
    for (id, recipient) in recipients {
        of.entry(id).or_default().push(recipient);
    }
    for message in &mut claimed {
        message.recipients = of.remove(&message.id).unwrap_or_default();
    }
    Ok(claimed)
}

fn claimed_from_row(row: &Row) -> Result<Claimed> {
    Ok(Claimed {
        id: QueuedId::from_row(row.text(0)?)?,
        sender: row.text(1)?.to_owned(),
        blob: Blob::from_row(row.text(2)?, row.integer(3)?)?,
        accepted: row.integer(4)?,
        recipients: Vec::new(),
    })
}

async fn deliver(
    connection: &mut Connection<'_>,
    queued: QueuedId,
    position: i64,
    mailbox: MailboxId,
    message: &NewMessage,
) -> Result<Option<Appended>> {
    // Whoever comes second waits here for the first, and finds nothing.
    if connection.execute(DONE, &[queued.into(), position.into()]).await? == 0 {
        return Ok(None);
    }
    Ok(message::append(connection, mailbox, std::slice::from_ref(message)).await?.first().copied())
}

async fn settle(
    connection: &mut Connection<'_>,
    queued: QueuedId,
    outcomes: &[(i64, Outcome)],
    report: Option<&NewQueued>,
) -> Result<()> {
    let Some(row) = connection.optional(LOCK, &[queued.into()]).await? else { return Ok(()) };
    let blob = BlobKey::from_row(row.text(0)?)?;
    let mut failed = 0;
    for (position, outcome) in outcomes {
        let values = [queued.into(), (*position).into()];
        match outcome {
            Outcome::Delivered => {
                connection.execute(DONE, &values).await?;
            }
            Outcome::Failed => failed += connection.execute(DONE, &values).await?,
            Outcome::Later { next, answer } => {
                let [queued, position] = values;
                connection.execute(LATER, &[queued, position, (*next).into(), answer.into()]).await?;
            }
        }
    }
    if let Some(report) = report
        && failed > 0
    {
        add(connection, report).await?;
    }
    let next = connection.optional(NEXT_RECIPIENT, &[queued.into()]).await?;
    let next = next.ok_or_else(|| Error::damaged("no answer to an aggregate"))?.maybe_integer(0)?;
    match next {
        Some(next) => connection.execute(WAIT, &[queued.into(), next.into()]).await.map(drop),
        None => {
            connection.execute(REMOVE, &[queued.into()]).await?;
            reference::release(connection, blob).await
        }
    }
}

#[cfg(test)]
mod tests;
