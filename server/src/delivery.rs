//! How does mail get from who sends it to whom it is for?
//!
//! [`submit`] accepts a message: it is in the queue, durable, before anybody is told so. From there [`queue`] carries it:
//! into INBOXes here ([`local`]), exactly once, or to the relay that knows the outside world, at least once: after a
//! death at the wrong moment it goes again under the same Message-ID. What cannot be delivered comes back as a report
//! ([`report`]). What comes in by LMTP goes into INBOXes at once, because each recipient is answered by itself.

mod address;
mod local;
mod queue;
mod report;
mod verdict;

use std::sync::Arc;

use protocol::ErrorCode;
use storage::{AccountId, Blob, Lane, MailboxId, NewMessage, NewQueued, Storage, Submission};
use tokio::sync::Notify;
use tracing::info;

pub(crate) use address::EnvelopeAddress;
pub(crate) use local::{Trace, arrival, host_name, new_message, store};
pub(crate) use queue::run;
pub(crate) use verdict::{Reply, Verdict};

use crate::account::Account;
use crate::failure::Failure;
use crate::hub::Hub;

/// From whom a message is and to whom it goes, whatever its header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// The reverse-path, to which reports go; none for a message that shall cause none.
    pub(crate) sender: Option<EnvelopeAddress>,
    /// Who gets it.
    pub(crate) recipients: Vec<EnvelopeAddress>,
}

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// To an account.
    Account(AccountId),
    /// To a domain of ours, but to nobody there.
    Unknown,
    /// To another domain.
    Outside,
}

/// The queue's door bell.
#[derive(Default)]
pub(crate) struct Queue {
    local: Notify,
    relay: Notify,
}

impl Queue {
    /// There is something new in a lane.
    pub(crate) fn wake(&self, lane: Lane) {
        self.bell(lane).notify_one();
    }

    fn bell(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Local => &self.local,
            Lane::Relay => &self.relay,
        }
    }
}

/// Where an address leads: to the account of that name, or of the part before a `+`.
pub(crate) async fn resolve(storage: &Storage, address: &EnvelopeAddress) -> storage::Result<Destination> {
    let (name, domain) = (address.local(), address.domain());
    let mut found = storage.find_account(name, domain).await?;
    if found.is_none()
        && let Some((name, _detail)) = name.split_once('+')
    {
        found = storage.find_account(name, domain).await?;
    }
    Ok(match found {
        Some(account) => Destination::Account(account.id),
        None if storage.find_domain(domain).await?.is_some() => Destination::Unknown,
        None => Destination::Outside,
    })
}

/// Accepts a message that `account` sends, and stores its own copy, if there is one, in a mailbox: all or nothing. The blob
/// is what the recipients get, without `Bcc`.
///
/// A recipient that cannot be right is refused, and with it the message: whoever sends it can still mend it.
pub(crate) async fn submit(
    hub: &Arc<Hub>,
    account: &Account,
    envelope: Envelope,
    blob: Blob,
    sent: Option<(MailboxId, NewMessage)>,
) -> Result<(), Failure> {
    refuse_too_much(hub, &envelope, blob)?;
    if let Some(sender) = &envelope.sender
        && resolve(&hub.storage, sender).await? != Destination::Account(account.id)
    {
        return Err(Failure::because(ErrorCode::AccessDenied, format!("{sender} is not your address")));
    }
    let (local, outside) = sort(hub, envelope.recipients).await?;
    let sender = envelope.sender.map(|sender| sender.to_string()).unwrap_or_default();
    let count = local.len() + outside.len();
    let lanes = [(Lane::Local, local), (Lane::Relay, outside)];
    let lanes = lanes.into_iter().filter(|(_, recipients)| !recipients.is_empty());
    let queued: Vec<NewQueued> = lanes
        .map(|(lane, recipients)| NewQueued { lane, sender: sender.clone(), recipients, blob })
        .collect();
    let lanes: Vec<Lane> = queued.iter().map(|message| message.lane).collect();
    let mailbox = sent.as_ref().map(|(mailbox, _)| *mailbox);
    let stored = hub.storage.submit(Submission { queued, sent }).await?;
    lanes.into_iter().for_each(|lane| hub.queue.wake(lane));
    if let (Some(mailbox), Some(stored)) = (mailbox, stored) {
        hub.mailboxes.arrived(mailbox, vec![stored.uid.0]).await;
    }
    info!(account = %account.address, recipients = count, size = blob.size, "a message was accepted");
    Ok(())
}

/// Refuses more recipients than a message may have: before it is written, if somebody here writes it.
pub(crate) fn refuse_too_many(hub: &Hub, recipients: usize) -> Result<(), Failure> {
    let limit = hub.config.mail.recipients;
    if recipients > usize::try_from(limit).unwrap_or(usize::MAX) {
        let text = format!("a message may have {limit} recipients at most");
        return Err(Failure::because(ErrorCode::LimitReached, text));
    }
    Ok(())
}

fn refuse_too_much(hub: &Hub, envelope: &Envelope, blob: Blob) -> Result<(), Failure> {
    let limits = &hub.config.mail;
    let refuse = |text: String| Err(Failure::because(ErrorCode::LimitReached, text));
    if envelope.recipients.is_empty() {
        return Err(Failure::because(ErrorCode::BadRequest, "the message has no recipient"));
    }
    refuse_too_many(hub, envelope.recipients.len())?;
    if blob.size > limits.message.0 {
        return refuse(format!("a message may have {} at most", limits.message));
    }
    Ok(())
}

/// The recipients that have an account here, and those of the outside world; each address once.
async fn sort(hub: &Hub, recipients: Vec<EnvelopeAddress>) -> Result<(Vec<String>, Vec<String>), Failure> {
    let refuse = |text: String| Err(Failure::because(ErrorCode::BadRequest, text));
    let (mut local, mut outside) = (Vec::new(), Vec::new());
    for recipient in recipients {
        let list = match resolve(&hub.storage, &recipient).await? {
            Destination::Account(_) => &mut local,
            Destination::Unknown => return refuse(format!("{recipient}: there is no such account here")),
            Destination::Outside if hub.config.mail.relay.host.is_empty() => {
                return refuse(format!(
                    "{recipient}: mail to other servers cannot be sent, because mail.relay.host is not set"
                ));
            }
            Destination::Outside => &mut outside,
        };
        let text = recipient.to_string();
        if !list.contains(&text) {
            list.push(text);
        }
    }
    Ok((local, outside))
}
