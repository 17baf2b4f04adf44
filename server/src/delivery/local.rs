//! How does a message come into an INBOX?

use std::fmt::Write;
use std::sync::Arc;

use futures_util::StreamExt;
use protocol::Flags;
use storage::{AccountId, Blob, BlobWriter, Claimed, MailboxId, MailboxName, NewMessage, Recipient};
use tracing::{info, warn};

use super::{Destination, EnvelopeAddress, Verdict, resolve};
use crate::clock;
use crate::hub::Hub;
use crate::key::random_text;
use crate::mail;
use crate::mailbox::stored;

/// What the server that delivers a message writes before it (RFC 5321 §4.4).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trace<'a> {
    /// The reverse-path; empty for reports.
    pub(crate) sender: &'a str,
    /// The recipient, if it is the only one: others are nobody else's affair.
    pub(crate) recipient: Option<&'a str>,
    /// The client that it came from by LMTP: its name and address; none for what was submitted here.
    pub(crate) client: Option<(&'a str, &'a str)>,
    /// What we are called.
    pub(crate) host: &'a str,
}

impl Trace<'_> {
    /// The lines of a message that comes now.
    pub(crate) fn lines(&self) -> String {
        let Self { sender, host, .. } = self;
        let mut lines = format!("Return-Path: <{sender}>\r\n");
        // Writing to a string does not fail.
        if let Some(recipient) = self.recipient {
            _ = write!(lines, "Delivered-To: {recipient}\r\n");
        }
        lines.push_str("Received: ");
        if let Some((name, address)) = self.client {
            _ = write!(lines, "from {name} ([{address}])\r\n\t");
        }
        let with = if self.client.is_some() { " with LMTP" } else { "" };
        let (id, date) = (random_text(16), mail::written_date(clock::milliseconds()));
        _ = write!(lines, "by {host} (ximss-gateway){with} id {id};\r\n\t{date}\r\n");
        lines
    }
}

/// What we are called among mail servers.
pub(crate) async fn host_name(hub: &Hub) -> storage::Result<String> {
    match hub.config.mail.host_name.as_str() {
        "" => hub.accounts.default_domain().await,
        name => Ok(name.to_owned()),
    }
}

/// A message to be stored whose blob is written: read once more, in its turn, for its columns.
pub(crate) async fn new_message(
    hub: &Arc<Hub>,
    blob: Blob,
    internal_date: i64,
    flags: storage::Flags,
) -> storage::Result<NewMessage> {
    let (raw, taken) = hub.message(blob).await?;
    let read = move || {
        let message = mail::new_message(&raw, blob, internal_date, flags);
        drop((raw, taken));
        message
    };
    // Reading does not fail on a message that is wrong; a panic would be a defect.
    tokio::task::spawn_blocking(read).await.map_err(|_| storage::Error::Damaged {
        what: format!("the message in the blob {} cannot be read", blob.key).into(),
    })
}

/// A message that has just come, as INBOXes take it.
pub(crate) async fn arrival(hub: &Arc<Hub>, blob: Blob) -> storage::Result<NewMessage> {
    new_message(hub, blob, clock::milliseconds(), stored(Flags::RECENT)).await
}

/// The INBOX of an account.
async fn inbox(hub: &Hub, account: AccountId) -> storage::Result<MailboxId> {
    let found = hub.storage.find_mailbox(account, &MailboxName::inbox()).await?;
    found.map(|mailbox| mailbox.id).ok_or(storage::Error::NotFound { what: storage::Aggregate::Account })
}

/// Puts a message into the INBOX of an account at once, and tells its folders.
pub(crate) async fn store(hub: &Hub, account: AccountId, message: NewMessage) -> Verdict {
    let stored = async {
        let inbox = inbox(hub, account).await?;
        let appended = hub.storage.append(inbox, vec![message]).await?;
        hub.mailboxes.arrived(inbox, appended.iter().map(|message| message.uid.0).collect()).await;
        Ok(())
    };
    verdict(stored.await)
}

/// Carries a message of the queue to its recipients here.
pub(super) async fn carry(hub: &Arc<Hub>, claimed: &Claimed) -> Vec<Verdict> {
    let message = match prepare(hub, claimed).await {
        Ok(message) => message,
        Err(error) => return vec![verdict(Err(error)); claimed.recipients.len()],
    };
    let mut verdicts = Vec::with_capacity(claimed.recipients.len());
    for recipient in &claimed.recipients {
        let delivered = deliver(hub, claimed, recipient, &message).await;
        verdicts.push(delivered.unwrap_or_else(|error| verdict(Err(error))));
    }
    verdicts
}

/// The message as its recipients here get it: with what is written before it, as a blob of its own.
async fn prepare(hub: &Arc<Hub>, claimed: &Claimed) -> storage::Result<NewMessage> {
    let recipient = match claimed.recipients.as_slice() {
        [only] => Some(only.address.as_str()),
        _ => None,
    };
    let host = host_name(hub).await?;
    let trace = Trace { sender: &claimed.sender, recipient, client: None, host: &host };
    let mut writer = hub.storage.blobs().create()?;
    writer.write(trace.lines().as_bytes()).await?;
    arrival(hub, copy(hub, claimed.blob, writer).await?).await
}

async fn copy(hub: &Hub, blob: Blob, mut writer: BlobWriter) -> storage::Result<Blob> {
    let mut pieces = hub.storage.blobs().read(blob.key).await?;
    while let Some(piece) = pieces.next().await {
        writer.write(&piece?).await?;
    }
    writer.finish().await
}

async fn deliver(
    hub: &Hub,
    claimed: &Claimed,
    recipient: &Recipient,
    message: &NewMessage,
) -> storage::Result<Verdict> {
    let Some(address) = EnvelopeAddress::parse(&recipient.address) else { return Ok(Verdict::nobody()) };
    // The account may have gone since the message was accepted.
    let Destination::Account(account) = resolve(&hub.storage, &address).await? else {
        return Ok(Verdict::nobody());
    };
    let inbox = inbox(hub, account).await?;
    let stored = hub.storage.deliver(claimed.id, recipient.position, inbox, message.clone()).await?;
    if let Some(stored) = stored {
        info!(queued = %claimed.id, recipient = %recipient.address, "a message was delivered");
        hub.mailboxes.arrived(inbox, vec![stored.uid.0]).await;
    }
    Ok(Verdict::Delivered)
}

fn verdict(stored: storage::Result<()>) -> Verdict {
    let Err(error) = stored else { return Verdict::Delivered };
    warn!(%error, "a message cannot be stored");
    Verdict::of(&error)
}
