//! How do the texts of messages come into the index that searches ask?
//!
//! Behind the scenes, one message after the other, in small steps with pauses between them, so that those who store
//! and read mail hardly notice. Until a message is indexed, who searches looks at it directly: nothing is ever missed. How
//! far each mailbox is indexed is stored, and after a restart it goes on from there.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use storage::{Blob, MailboxId, Texts, Uid, Unindexed};
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
/// How often a message is tried that cannot be read and may never be.
const TRIES: u32 = 3;
/// How long it pauses after a step, as a multiple of the step.
const PAUSE: u32 = 1;

/// Indexes messages until the server stops.
pub(crate) async fn run(hub: Arc<Hub>) {
    hub.shutdown.run_until_cancelled(index(&hub)).await;
}

/// Messages that cannot be read, and those behind them.
#[derive(Default)]
struct Troubles {
    /// The mailbox in which one could not be read last: the others come first.
    last: Option<MailboxId>,
    /// How often messages were tried that could not be read.
    tries: HashMap<(MailboxId, Uid), u32>,
}

impl Troubles {
    /// A message could not be read: whether it is to be left out.
    fn failed(&mut self, mailbox: MailboxId, uid: Uid, error: &storage::Error) -> bool {
        self.last = Some(mailbox);
        if error.is_temporary() {
            return false;
        }
        let tries = self.tries.entry((mailbox, uid)).or_default();
        *tries += 1;
        *tries >= TRIES
    }
}

async fn index(hub: &Hub) {
    let mut troubles = Troubles::default();
    loop {
        let begun = Instant::now();
        match step(hub, &mut troubles).await {
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
async fn step(hub: &Hub, troubles: &mut Troubles) -> storage::Result<bool> {
    let unindexed = hub.storage.unindexed(troubles.last, STEP).await?;
    let Some(Unindexed { mailbox, after, mut till, messages }) = unindexed else {
        return Ok(false);
    };
    let (mut indexed, mut bytes) = (Vec::new(), 0);
    let last = messages.last().map(|(uid, _)| *uid);
    for (uid, blob) in messages {
        let texts = match texts(hub, blob).await {
            // Who searches looks at it directly.
            Err(error) if troubles.failed(mailbox, uid, &error) => {
                warn!(%mailbox, uid = uid.0, %error, "a message is not indexed: it cannot be read");
                None
            }
            read => read?,
        };
        bytes += texts.as_ref().map_or(0, |texts| texts.head.len() + texts.shown.len() + texts.body.len());
        indexed.push((uid, texts));
        if bytes > STEP_BYTES && Some(uid) != last {
            till = uid;
            break;
        }
    }
    let done = match hub.storage.index(mailbox, (after, till), indexed).await {
        // Removed meanwhile.
        Err(storage::Error::NotFound { .. }) => Ok(true),
        done => done.map(|_| true),
    };
    match done {
        Ok(_) => troubles.tries.retain(|(known, _), _| *known != mailbox),
        Err(_) => troubles.last = Some(mailbox),
    }
    done
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(number: u64) -> MailboxId {
        MailboxId::parse(&format!("{number:016x}")).unwrap()
    }

    fn broken() -> storage::Error {
        storage::Error::Refused { reason: "no".into() }
    }

    #[test]
    fn messages_that_cannot_be_read_are_left_out_after_some_tries() {
        let mut troubles = Troubles::default();
        let mut is_left_out = |mailbox, uid| troubles.failed(mailbox, Uid(uid), &broken());
        assert_eq!([(); 3].map(|()| is_left_out(mailbox(1), 7)), [false, false, true]);
        assert!(!is_left_out(mailbox(2), 7) && !is_left_out(mailbox(1), 8));
        // What is left out stays so while another message behind it is tried.
        assert_eq!(
            [(); 2].map(|()| (is_left_out(mailbox(1), 7), is_left_out(mailbox(1), 8))),
            [(true, false), (true, true)]
        );
        assert_eq!(troubles.last, Some(mailbox(1)));
    }

    #[test]
    fn a_store_that_is_busy_leaves_no_message_out() {
        let mut troubles = Troubles::default();
        let busy = storage::Error::Busy { reason: "restarting".into() };
        for _ in 0..10 {
            assert!(!troubles.failed(mailbox(1), Uid(1), &busy));
        }
    }
}
