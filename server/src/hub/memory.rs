//! How much memory may messages take that are read as a whole?
//!
//! Most of what the gateway serves streams. What has to be in memory at once, such as a message that is taken apart, is
//! read when there is room for it, in turn; so many that come together are slow, and never too much.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that all messages may take that are in memory at the same time.
const ROOM: u64 = 512 << 20;
/// What is counted, in bytes.
const UNIT: u64 = 4 * 1024;

/// The room for messages in memory, and how much it is.
pub(crate) struct Memory(Arc<Semaphore>, u64);

/// Some of the room; it is given back when this is dropped.
pub(crate) struct Taken(#[expect(dead_code, reason = "held, not read")] Option<OwnedSemaphorePermit>);

impl Memory {
    /// Room for so many bytes.
    pub(crate) fn of(room: u64) -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(room / UNIT).unwrap_or(Semaphore::MAX_PERMITS))), room)
    }

    /// Waits until there is room for so many bytes. What is larger than all of the room waits for all of it.
    pub(crate) async fn take(&self, bytes: u64) -> Taken {
        let units = u32::try_from(bytes.min(self.1).div_ceil(UNIT)).unwrap_or(u32::MAX);
        // It is never closed.
        Taken(Arc::clone(&self.0).acquire_many_owned(units).await.ok())
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn what_has_no_room_waits_for_it_and_what_is_too_large_for_all_of_it() {
        let memory = Memory::default();
        let most = memory.take(ROOM - UNIT).await;
        assert!(memory.take(2 * UNIT).now_or_never().is_none());
        assert!(memory.take(UNIT).now_or_never().is_some());
        drop(most);
        let all = memory.take(10 * ROOM).await;
        assert!(memory.take(1).now_or_never().is_none());
        drop(all);
        assert!(memory.take(ROOM).now_or_never().is_some());
    }
}
