//! How does a message come into a mailbox?

use std::collections::BTreeSet;

use super::{Appended, NewMessage};
use crate::Storage;
use crate::error::{Aggregate, Error, Result};
use crate::flags::Flags;
use crate::id::{MailboxId, Uid};
use crate::mailbox::{self, Counts};
use crate::search;
use crate::statement::{Connection, Sql, Value, listed, together};

const INSERT: Sql = together!(
    "INSERT INTO message (mailbox, uid, original_uid, flags, modseq, internal_date, sent, size, blob) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    field: "INSERT INTO message_field (mailbox, uid, subject, from_name, from_address, to_text, cc_text, \
     message_id, attachment) VALUES ($1, $2, $10, $11, $12, $13, $14, $15, $16)",
    header: "INSERT INTO message_header (mailbox, uid, header) VALUES ($1, $2, $17)",
    held: "INSERT INTO blob (key, size, refs, released) VALUES ($9, $8, 1, 0) \
     ON CONFLICT (key) DO UPDATE SET refs = blob.refs + 1"
);
const TAKEN: Sql = listed!("SELECT uid FROM message WHERE mailbox = $1 AND ", "uid", "$2", " LIMIT 1");

impl Storage {
    /// Stores messages at the end of a mailbox, in that order, and numbers them: all or none.
    pub async fn append(&self, mailbox: MailboxId, messages: Vec<NewMessage>) -> Result<Vec<Appended>> {
        self.pool().write((mailbox, messages), |c, (id, messages)| Box::pin(append(c, *id, messages))).await
    }

    /// Stores messages under UIDs of the caller's choice, for imports that keep them: all, or none when one is
    /// taken or zero. Later messages get higher ones.
    pub async fn append_at(
        &self,
        mailbox: MailboxId,
        messages: Vec<(Uid, NewMessage)>,
    ) -> Result<Vec<Appended>> {
        let args = (mailbox, messages);
        self.pool().write(args, |c, (id, messages)| Box::pin(append_at(c, *id, messages))).await
    }
}

/// Stores messages at the end of a mailbox, within a transaction.
pub(crate) async fn append(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    messages: &[NewMessage],
) -> Result<Vec<Appended>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let counts = Counts::of(messages.iter().map(counted));
    let (first, modseq) = mailbox::add(connection, mailbox, &counts).await?;
    let mut appended = Vec::with_capacity(messages.len());
    for (uid, message) in (first.0..=u32::MAX).map(Uid).zip(messages) {
        insert(connection, mailbox, Appended { uid, modseq }, message).await?;
        appended.push(Appended { uid, modseq });
    }
    Ok(appended)
}

async fn append_at(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    messages: &[(Uid, NewMessage)],
) -> Result<Vec<Appended>> {
    let Some(last) = messages.iter().map(|(uid, _)| *uid).max() else {
        return Ok(Vec::new());
    };
    let end = last.0.checked_add(1).map(Uid).ok_or(Error::Exhausted { what: Aggregate::Message })?;
    let counts = Counts::of(messages.iter().map(|(_, message)| counted(message)));
    let modseq = mailbox::add_below(connection, mailbox, &counts, end).await?;
    refuse_taken(connection, mailbox, messages.iter().map(|(uid, _)| *uid)).await?;
    if let Some(first) = messages.iter().map(|(uid, _)| *uid).min() {
        search::go_back(connection, mailbox, first).await?;
    }
    let mut appended = Vec::with_capacity(messages.len());
    for (uid, message) in messages {
        insert(connection, mailbox, Appended { uid: *uid, modseq }, message).await?;
        appended.push(Appended { uid: *uid, modseq });
    }
    Ok(appended)
}

fn counted(message: &NewMessage) -> (Flags, i64, i64) {
    (message.flags, message.blob.stored_size(), message.internal_date)
}

/// Refuses UIDs of which one is taken, named twice, or zero.
async fn refuse_taken(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    uids: impl Iterator<Item = Uid>,
) -> Result<()> {
    let what = Aggregate::Message;
    let mut seen = BTreeSet::new();
    if !uids.into_iter().all(|uid| seen.insert(i64::from(uid.0))) {
        return Err(Error::AlreadyExists { what });
    }
    if seen.contains(&0) {
        return Err(Error::InvalidName { what, reason: "UIDs begin at 1" });
    }
    let uids = Vec::from_iter(seen);
    match connection.optional(TAKEN, &[mailbox.into(), Value::Integers(&uids)]).await? {
        Some(_) => Err(Error::AlreadyExists { what }),
        None => Ok(()),
    }
}

async fn insert(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    appended: Appended,
    message: &NewMessage,
) -> Result<()> {
    let fields = &message.fields;
    let values = [
        mailbox.into(),
        appended.uid.into(),
        message.original_uid.map(|uid| i64::from(uid.0)).into(),
        message.flags.into(),
        appended.modseq.into(),
        message.internal_date.into(),
        fields.sent.into(),
        message.blob.stored_size().into(),
        message.blob.key.into(),
        (&fields.subject).into(),
        (&fields.from_name).into(),
        (&fields.from_address).into(),
        (&fields.to).into(),
        (&fields.cc).into(),
        (&fields.message_id).into(),
        fields.attachment.into(),
        message.header.as_slice().into(),
    ];
    connection.execute(INSERT, &values).await.map(drop)
}
