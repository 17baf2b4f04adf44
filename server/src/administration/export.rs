//! How are the messages of an account sent to whoever writes them to files?

use storage::{Account, Mailbox, MailboxName, SortColumn, Uid};
use tokio::io::AsyncWriteExt;

use super::{Administration, Answer, LONGEST_MESSAGE, MessageHeader, Outcome, say, text};
use crate::mailbox::flags_of;

/// What is remembered of every message of the mailbox that is being sent.
struct Entry {
    uid: Uid,
    internal_date: i64,
    flags: u16,
}

/// Sends the messages of a mailbox, or of all, by rising UID. One that cannot be read is told and left out.
pub(super) async fn run(
    administration: &Administration,
    account: &Account,
    name: Option<&str>,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Outcome<()> {
    let storage = &administration.storage;
    let mailboxes = match name {
        None => {
            let mut all = storage.mailboxes(account.id).await.map_err(text)?;
            // These only hold other mailboxes.
            all.retain(|mailbox| !mailbox.name.as_str().ends_with('/'));
            all
        }
        Some(name) => {
            let parsed = MailboxName::parse(name).map_err(text)?;
            let found = storage.find_mailbox(account.id, &parsed).await.map_err(text)?;
            vec![found.ok_or_else(|| format!("there is no mailbox {name}"))?]
        }
    };
    for mailbox in mailboxes {
        send(administration, &mailbox, writer).await?;
    }
    Ok(())
}

async fn send(
    administration: &Administration,
    mailbox: &Mailbox,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Outcome<()> {
    let storage = &administration.storage;
    say(writer, &Answer::Mailbox(mailbox.name.to_string())).await.map_err(text)?;
    let mut entries = Vec::new();
    let each = |summary: storage::Summary<'_>| {
        let flags = flags_of(summary.flags).bits();
        entries.push(Entry { uid: summary.uid, internal_date: summary.internal_date, flags });
    };
    storage.summaries(mailbox.id, SortColumn::None, each).await.map_err(text)?;
    for Entry { uid, internal_date, flags } in entries {
        let read = async {
            let blob = storage.message_blob(mailbox.id, uid).await?;
            storage.blobs().bytes(blob.key, LONGEST_MESSAGE as u64).await
        };
        match read.await {
            Ok(raw) => {
                let header = MessageHeader { length: raw.len(), internal_date, flags };
                say(writer, &Answer::Message(header)).await.map_err(text)?;
                writer.write_all(&raw).await.map_err(text)?;
            }
            // It was removed meanwhile.
            Err(storage::Error::NotFound { .. }) => {}
            Err(error) if error.is_temporary() => return Err(text(error)),
            Err(error) => {
                let line = format!("left out: {} UID {}: {error}", mailbox.name, uid.0);
                say(writer, &Answer::Line(line)).await.map_err(text)?;
            }
        }
    }
    Ok(())
}
