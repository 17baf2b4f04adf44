//! How does what a client composes become the blob of a message?
//!
//! What the client wrote is in memory already, and is written by `mail`. What it attaches from elsewhere is found
//! first, then copied piece by piece: whatever its size, a bounded piece of it is in memory.

mod source;
mod write;

use std::sync::Arc;

use jiff::tz::TimeZone;
use protocol::{Email, ErrorCode};
use storage::{Blob, NewMessage};

pub(crate) use source::Sources;
use source::{Place, without_secrets};
use write::Writers;

use crate::account::Account;
use crate::clock;
use crate::config::Size;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::key::random_text;
use crate::mail::{self, Stamp, Transfer, Unwritable};

/// A message that is written.
pub(crate) struct Written {
    /// The message as its author keeps it, with its secret recipients.
    pub(crate) own: NewMessage,
    /// The message as others get it.
    pub(crate) sent: Blob,
}

/// Writes a message into blobs; a second one only if it has secret recipients and is to be sent.
pub(crate) async fn write(
    hub: &Hub,
    author: &Author,
    email: Email,
    sources: &Sources,
    is_sent: bool,
) -> Result<Written, Failure> {
    let mut attachments = sources.find(hub, &email).await?;
    let (author, attached) = (author.clone(), attachments.described());
    let now = author.now;
    let limit = hub.config.mail.message;
    // A long text takes its time to be encoded.
    let composed = tokio::task::spawn_blocking(move || {
        let composed = mail::compose(&email, &attached, &mut author.stamp())?;
        if composed.size(&attached) > limit.0 {
            return Err(too_large(limit));
        }
        let outline = composed.outline();
        Ok::<_, Failure>((composed, outline))
    });
    let (composed, outline) = composed.await.map_err(|_| Failure::from(ErrorCode::ServerFailure))??;
    let is_twofold = is_sent && composed.has_secrets();
    let mut writers = Writers::new(hub.storage.blobs(), is_twofold)?;
    writers.write(hub, &composed, &mut attachments).await?;
    let (own, sent) = writers.finish().await?;
    let read = move || mail::new_message(&outline, own, now, storage::Flags::NONE);
    let own = tokio::task::spawn_blocking(read).await.map_err(|_| Failure::from(ErrorCode::ServerFailure))?;
    Ok(Written { own, sent })
}

/// A message is larger than it may be.
pub(crate) fn too_large(limit: Size) -> Failure {
    let text = format!("a message may have {limit} at most, with its attachments encoded");
    Failure::because(ErrorCode::LimitReached, text)
}

/// Writes a stored message that is sent on, behind these fields.
pub(crate) async fn redirect(hub: &Hub, fields: &[u8], original: Blob) -> Result<Blob, Failure> {
    let mut rest = Place::Ranges(original, without_secrets(hub, original).await?);
    let mut writers = Writers::new(hub.storage.blobs(), false)?;
    writers.push(fields).await?;
    writers.copy(hub, &mut rest, Transfer::EightBit).await?;
    Ok(writers.finish().await?.1)
}

/// Who composes a message, and when.
#[derive(Clone)]
pub(crate) struct Author {
    account: Arc<Account>,
    zone: TimeZone,
    now: i64,
    seed: Arc<str>,
}

impl Author {
    pub(crate) fn new(account: &Arc<Account>, zone: &TimeZone) -> Self {
        Self {
            account: Arc::clone(account),
            zone: zone.clone(),
            now: clock::milliseconds(),
            seed: random_text(20).into(),
        }
    }

    /// Whose account it is.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// When it is composed, in milliseconds since 1970.
    pub(crate) const fn now(&self) -> i64 {
        self.now
    }

    /// What is supplied in a message of this author.
    pub(crate) fn stamp(&self) -> Stamp<'_> {
        Stamp { now: self.now, domain: &self.account.domain, zone: &self.zone, seed: &self.seed, count: 0 }
    }
}

impl From<Unwritable> for Failure {
    fn from(error: Unwritable) -> Self {
        Self::because(ErrorCode::BadRequest, error.to_string())
    }
}
