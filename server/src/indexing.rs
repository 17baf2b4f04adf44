//! How do the texts of messages come into the index that searches ask?
//!
//! Behind the scenes, one message after the other, in small steps with pauses between them, so that those who store
//! and read mail hardly notice. Until a message is indexed, who searches looks at it directly: nothing is ever missed. How
//! far each mailbox is indexed is stored, and after a restart it goes on from there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use storage::{Blob, Texts, Unindexed};
use tracing::warn;

use crate::hub::Hub;
use crate::mail;

/// Messages that are indexed in one step, at most.
const STEP: u32 = 32;
/// Bytes of texts from which on a step takes no more messages: so long nobody else can write to SQLite.
const STEP_BYTES: usize = 64 * 1024;
/// How often it is looked whether another program has stored messages.
const LOOK: Duration = Duration::from_secs(60);
/// How long it waits when it cannot go on.
const RETRY: Duration = Duration::from_secs(5);
/// How long it pauses after a step, as a multiple of the step.
const PAUSE: u32 = 1;

/// Indexes messages until the server stops.
pub(crate) async fn run(hub: Arc<Hub>) {
    hub.shutdown.run_until_cancelled(index(&hub)).await;
}

async fn index(hub: &Hub) {
    loop {
        let begun = Instant::now();
        match step(hub).await {
            Ok(true) => tokio::time::sleep(begun.elapsed() * PAUSE).await,
            Ok(false) => {
                // Whether there is something new is looked at anyway.
                _ = tokio::time::timeout(LOOK, hub.mailboxes.stored()).await;
            }
            Err(error) => {
                warn!(%error, "messages are not indexed yet: they cannot be read or written");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Indexes some messages; whether there were any.
async fn step(hub: &Hub) -> storage::Result<bool> {
    let Some(Unindexed { mailbox, after, mut till, messages }) = hub.storage.unindexed(STEP).await? else {
        return Ok(false);
    };
    let (mut indexed, mut bytes) = (Vec::new(), 0);
    let last = messages.last().map(|(uid, _)| *uid);
    for (uid, blob) in messages {
        let texts = texts(hub, blob).await?;
        bytes += texts.as_ref().map_or(0, |texts| texts.head.len() + texts.shown.len() + texts.body.len());
        indexed.push((uid, texts));
        if bytes > STEP_BYTES && Some(uid) != last {
            till = uid;
            break;
        }
    }
    match hub.storage.index(mailbox, (after, till), indexed).await {
        // Removed meanwhile.
        Err(storage::Error::NotFound { .. }) => Ok(true),
        done => done.map(|_| true),
    }
}

/// The texts of a message; none if who searches has to look at it directly.
async fn texts(hub: &Hub, blob: Blob) -> storage::Result<Option<Texts>> {
    let (raw, room) = match hub.message(blob).await {
        // What cannot be read has no text in it.
        Err(storage::Error::MissingBlob { .. } | storage::Error::TooLarge { .. }) => {
            return Ok(Some(Texts::default()));
        }
        Err(error) if error.is_temporary() || matches!(error, storage::Error::BlobStore { .. }) => {
            return Err(error);
        }
        // The others shall be indexed all the same.
        Err(_) => return Ok(None),
        Ok(read) => read,
    };
    let read = tokio::task::spawn_blocking(move || {
        let _room = room;
        mail::texts(&raw)
    });
    Ok(read.await.unwrap_or_default())
}
