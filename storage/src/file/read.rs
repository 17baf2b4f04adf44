//! How do the bytes of a file come out?

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};

use super::extent::{self, Extent};
use super::{File, FilePath, a_file, find};
use crate::Storage;
use crate::blob::{BlobStream, Blobs};
use crate::error::{Error, Result};
use crate::id::AccountId;

/// The bytes of a file, or of a range of it, in pieces of at most 128 KiB. They are those that it had when it was opened,
/// whatever becomes of it in the hour that follows; after that, what was replaced may be swept.
pub struct FileStream {
    range: Range<u64>,
    pieces: BoxStream<'static, Result<Bytes>>,
}

impl Storage {
    /// Opens a file. The range may reach beyond its end; `0..u64::MAX` is all of it.
    pub async fn read_file(
        &self,
        account: AccountId,
        path: &FilePath,
        range: Range<u64>,
    ) -> Result<(File, FileStream)> {
        // One state of the database: the size and the extents must agree. It is let go of before blobs are opened, which can
        // take long where they are not local.
        let (file, extents) = {
            let mut snapshot = self.pool().snapshot().await?;
            let mut connection = snapshot.connection();
            let file = a_file(find(&mut connection, account, path).await?)?;
            let extents = extent::list(&mut connection, file.id).await?;
            (file, extents)
        };
        let range = range.start.min(file.size)..range.end.min(file.size);
        let range = range.start..range.end.max(range.start);
        let extents: Vec<Extent> = extents.iter().filter_map(|one| one.within(&range)).collect();
        let pieces = pieces(self.blobs().clone(), extents).await?;
        Ok((file, FileStream { range, pieces }))
    }
}

/// The bytes of extents, one after the other. The first blob is opened at once, so that one that is missing is told early.
pub(super) async fn pieces(blobs: Blobs, extents: Vec<Extent>) -> Result<BoxStream<'static, Result<Bytes>>> {
    let mut extents = extents.into_iter();
    let first = match extents.next() {
        Some(extent) => Some(open(blobs.clone(), extent).await?),
        None => None,
    };
    let rest = stream::iter(extents).then(move |extent| open(blobs.clone(), extent));
    Ok(stream::iter(first.map(Ok)).chain(rest).try_flatten().boxed())
}

async fn open(blobs: Blobs, extent: Extent) -> Result<BlobStream> {
    let range = extent.start..extent.start.saturating_add(extent.length);
    let stream = blobs.read_range(extent.blob.key, range.clone()).await?;
    if stream.range() != range {
        return Err(Error::damaged(format!("the blob {} is shorter than it was", extent.blob.key)));
    }
    Ok(stream)
}

impl FileStream {
    /// The part of the file that is yielded.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// How many bytes are yielded in all.
    pub fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Whether nothing is yielded.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_next_unpin(context)
    }
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream").field("range", &self.range).finish_non_exhaustive()
    }
}
