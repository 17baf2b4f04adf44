//! Where are the parts of the messages that were read lately?
//!
//! To find a part a message has to be read as a whole; its outline is kept, so that the next part, or the next range of
//! the same one, is read from its place. Blobs never change, so an outline is right for ever.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use storage::{Blob, BlobKey, Storage};
use tokio::sync::Semaphore;

use super::memory::{Memory, Taken};
use crate::mail::Outline;

/// Bytes of all outlines that are kept.
const KEPT: usize = 16 << 20;
/// Bytes of a message that is taken apart.
const LONGEST_MESSAGE: u64 = 256 << 20;
/// How much memory a message takes while it is taken apart, as a multiple of its size: nested messages that were
/// encoded are decoded, up to twice its size.
const WEIGHT: u64 = 3;
/// Up to how many bytes a message is read out of turn.
const SMALL: u64 = 1 << 20;

/// The outlines of messages.
pub(crate) struct Outlines {
    /// Whose turn it is to read a large message: many may want the same one, which the first reads for all.
    turn: Semaphore,
    /// The one that was used last comes first.
    kept: Mutex<VecDeque<(BlobKey, Arc<Outline>)>>,
}

impl Default for Outlines {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), kept: Mutex::default() }
    }
}

impl Outlines {
    /// The outline of the message in this blob; none if it cannot be taken apart, which would be a defect.
    pub(crate) async fn of(
        &self,
        storage: &Storage,
        memory: &Memory,
        blob: Blob,
    ) -> storage::Result<Option<Arc<Outline>>> {
        if let Some(known) = self.known(blob.key) {
            return Ok(Some(known));
        }
        refuse_too_large(blob)?;
        let _turn = if blob.size > SMALL { self.turn.acquire().await.ok() } else { None };
        let taken = memory.take(blob.size.saturating_mul(WEIGHT)).await;
        // Who waited has perhaps waited for just this one.
        if let Some(known) = self.known(blob.key) {
            return Ok(Some(known));
        }
        let raw = storage.blobs().bytes(blob.key, LONGEST_MESSAGE).await?;
        let read = tokio::task::spawn_blocking(move || {
            let outline = Outline::read(&raw);
            drop((raw, taken));
            Arc::new(outline)
        });
        let Ok(outline) = read.await else { return Ok(None) };
        self.keep(blob.key, Arc::clone(&outline));
        Ok(Some(outline))
    }

    fn known(&self, key: BlobKey) -> Option<Arc<Outline>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| *known == key)?;
        let found = kept.remove(place)?;
        let outline = Arc::clone(&found.1);
        kept.push_front(found);
        Some(outline)
    }

    fn keep(&self, key: BlobKey, outline: Arc<Outline>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().all(|(known, _)| *known != key) {
            kept.push_front((key, outline));
        }
        let mut weight = 0;
        let heavy = |(_, outline): &(BlobKey, Arc<Outline>)| {
            weight += outline.weight();
            weight > KEPT
        };
        if let Some(count) = kept.iter().position(heavy) {
            kept.truncate(count);
        }
    }
}

/// A message in memory, with the room that it takes while it is taken apart.
pub(crate) async fn message(
    storage: &Storage,
    memory: &Memory,
    blob: Blob,
) -> storage::Result<(bytes::Bytes, Taken)> {
    refuse_too_large(blob)?;
    let taken = memory.take(blob.size.saturating_mul(WEIGHT)).await;
    let raw = storage.blobs().bytes(blob.key, LONGEST_MESSAGE).await?;
    Ok((raw, taken))
}

/// Refuses what cannot be read before others have to wait for its room.
const fn refuse_too_large(blob: Blob) -> storage::Result<()> {
    if blob.size > LONGEST_MESSAGE {
        return Err(storage::Error::TooLarge { size: blob.size, limit: LONGEST_MESSAGE });
    }
    Ok(())
}
