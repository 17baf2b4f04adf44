//! What is in an encoded part of a stored message, piece by piece?

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use storage::{Blob, Blobs};

use crate::mail::{Blocks, Entry, Outline};

/// An encoded part of a message.
#[derive(Debug, Clone)]
pub(crate) struct EncodedPart {
    /// The message.
    pub(crate) blob: Blob,
    /// The place of the part in its outline.
    pub(crate) entry: usize,
    /// Its outline.
    pub(crate) outline: Arc<Outline>,
}

impl EncodedPart {
    fn entry(&self) -> Option<(&Entry, &Blocks)> {
        let entry = self.outline.entry(self.entry)?;
        Some((entry, entry.blocks.as_ref()?))
    }
}

/// A range of its body, decoded on the way, block by block.
pub(crate) fn decoded(
    blobs: Blobs,
    part: EncodedPart,
    range: Range<u64>,
) -> impl Stream<Item = storage::Result<Bytes>> + Send {
    let first = part.entry().map_or(0, |(_, blocks)| blocks.at(range.start));
    stream::try_unfold((blobs, part, first), move |(blobs, part, number)| {
        let range = range.clone();
        async move {
            let Some((entry, blocks)) = part.entry() else { return Ok(None) };
            let Some(block) = blocks.get(number).filter(|block| block.decoded < range.end) else {
                return Ok(None);
            };
            let (from, till) = (entry.body + block.encoded.start, entry.body + block.encoded.end);
            let pieces = blobs.read_range(part.blob.key, from..till).await?;
            let encoded: Vec<Bytes> = pieces.try_collect().await?;
            let bytes = Bytes::from(block.decode(&encoded.concat()));
            let within = |at: u64| {
                usize::try_from(at.saturating_sub(block.decoded)).unwrap_or(usize::MAX).min(bytes.len())
            };
            let piece = bytes.slice(within(range.start)..within(range.end));
            Ok(Some((piece, (blobs, part, number + 1))))
        }
    })
}
