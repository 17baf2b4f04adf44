//! Where do the bytes of messages and files lie, and how do they get in and out?
//!
//! A blob is written once, never changed, and named by a key that it is given. It is whole and durable under its key before
//! that is handed out: a row can name no blob that is not whole. In a folder it is written to a temporary name, synced,
//! renamed, and its folder synced; a bucket has it when the service says so. Reading and writing hold a bounded piece of
//! it in memory, whatever its size.

mod bucket;
mod http;
mod key;
mod store;

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStoreExt, PutPayload};
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

use crate::error::{Error, Result};

pub use bucket::Bucket;
pub(crate) use key::read_size;
pub use key::{Blob, BlobKey};
pub use store::BlobStore;
use store::{Pieces, Store};

/// Bytes of one item of a [`BlobStream`], at most.
const READ: usize = 128 * 1024;

/// No blob is longer; services refuse to be asked for more. In bytes.
const LARGEST: u64 = 1 << 50;

/// The blobs of an installation. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<Store>,
}

/// A blob that is being written. Dropping it before [`finish`](Self::finish) leaves nothing behind, or in a bucket what the
/// sweep removes.
#[derive(Debug)]
pub struct BlobWriter {
    store: Arc<Store>,
    key: BlobKey,
    size: u64,
    pending: BytesMut,
    pieces: Option<Pieces>,
}

/// The bytes of a blob, or of a range of it, in pieces of at most 128 KiB.
pub struct BlobStream {
    size: u64,
    range: Range<u64>,
    pieces: BoxStream<'static, Result<Bytes>>,
}

impl Blobs {
    /// Opens a place for blobs, and checks that it can be written.
    pub(crate) async fn open(place: &BlobStore) -> Result<Self> {
        Ok(Self { store: Arc::new(Store::open(place).await?) })
    }

    /// Begins a blob, to be written piece by piece.
    pub fn create(&self) -> Result<BlobWriter> {
        Ok(BlobWriter {
            store: Arc::clone(&self.store),
            key: BlobKey::new()?,
            size: 0,
            pending: BytesMut::new(),
            pieces: None,
        })
    }

    /// Writes everything that `source` yields. When the source fails nothing is kept: [`Error::Source`].
    pub async fn put<S>(&self, source: S) -> Result<Blob>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send,
    {
        let mut source = std::pin::pin!(source);
        let mut writer = self.create()?;
        while let Some(piece) = source.next().await {
            let written = match piece {
                Ok(piece) => writer.write(&piece).await,
                Err(error) => Err(Error::Source { source: Arc::new(error) }),
            };
            if let Err(error) = written {
                writer.abandon().await;
                return Err(error);
            }
        }
        writer.finish().await
    }

    /// Writes a blob that is in memory already.
    pub async fn put_bytes(&self, bytes: impl Into<Bytes>) -> Result<Blob> {
        put_whole(&self.store, BlobKey::new()?, bytes.into()).await
    }

    /// Opens a blob; [`Error::MissingBlob`] when it is not there.
    pub async fn read(&self, key: BlobKey) -> Result<BlobStream> {
        self.open_range(key, GetOptions::default()).await
    }

    /// Opens the part of a blob that lies in `range`, which may reach beyond its end.
    pub async fn read_range(&self, key: BlobKey, range: Range<u64>) -> Result<BlobStream> {
        let mut refused = None;
        if !range.is_empty() {
            let bounded = range.start..range.end.min(LARGEST);
            let options = GetOptions { range: Some(GetRange::Bounded(bounded)), ..GetOptions::default() };
            match self.open_range(key, options).await {
                Err(error @ (Error::MissingBlob { .. } | Error::Unreachable { .. })) => return Err(error),
                // Most likely it begins beyond the end.
                Err(error) => refused = Some(error),
                opened => return opened,
            }
        }
        let size = self.size(key).await?;
        let range = range.start.min(size)..range.end.min(size);
        if let Some(error) = refused.filter(|_| !range.is_empty()) {
            return Err(error);
        }
        Ok(BlobStream { size, range, pieces: stream::empty().boxed() })
    }

    /// A whole blob in memory. One of more than `limit` bytes is refused before it is read: [`Error::TooLarge`].
    pub async fn bytes(&self, key: BlobKey, limit: u64) -> Result<Bytes> {
        let mut stream = self.read(key).await?;
        if stream.size > limit {
            return Err(Error::TooLarge { size: stream.size, limit });
        }
        let mut whole = BytesMut::with_capacity(usize::try_from(stream.size).unwrap_or_default());
        while let Some(piece) = stream.try_next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The length of a blob in bytes, as the store has it.
    pub async fn size(&self, key: BlobKey) -> Result<u64> {
        let found = self.store.objects().head(&self.store.path(key)).await;
        Ok(found.map_err(|source| Error::from_blob_store(key, source))?.size)
    }

    /// Whether the store answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.store.ping().await
    }

    /// Removes a blob; one that is gone already is no error.
    pub(crate) async fn delete(&self, key: BlobKey) -> Result<()> {
        match self.store.objects().delete(&self.store.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::from_blob_store(key, source)),
        }
    }

    /// The blobs in one of the 256 parts of the store that were written before a time, as the store has them.
    pub(crate) async fn list(&self, shard: u8, before: i64) -> Result<Vec<Blob>> {
        let mut found = self.store.list(shard);
        let mut blobs = Vec::new();
        while let Some(object) = found.try_next().await.map_err(Error::blob_store)? {
            let key = object.location.filename().and_then(BlobKey::parse);
            if let Some(key) = key.filter(|_| object.last_modified.timestamp_millis() < before) {
                blobs.push(Blob { key, size: object.size });
            }
        }
        Ok(blobs)
    }

    /// Removes what writers that were cut off have left, and nobody has written to since a time.
    pub(crate) async fn sweep_unfinished(&self, before: i64) -> Result<u64> {
        self.store.sweep_unfinished(before).await
    }

    /// The folder under which all blobs lie, where they lie in one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.store.folder()
    }
    async fn open_range(&self, key: BlobKey, options: GetOptions) -> Result<BlobStream> {
        let failed = move |source| Error::from_blob_store(key, source);
        let found = self.store.objects().get_opts(&self.store.path(key), options).await.map_err(failed)?;
        let (size, range) = (found.meta.size, found.range.clone());
        let pieces = match found.payload {
            GetResultPayload::File(file, _) => file_pieces(file, key, range.clone()).await?,
            GetResultPayload::Stream(pieces) => pieces
                .map_err(failed)
                .map_ok(|piece| stream::iter(split(piece)).map(Ok))
                .try_flatten()
                .boxed(),
        };
        Ok(BlobStream { size, range, pieces })
    }
}

impl BlobWriter {
    /// How many bytes were written so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds `piece` to the end. After an error the blob cannot be finished.
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.size = self.size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        self.pending.extend_from_slice(piece);
        let piece = self.store.piece();
        while self.pending.len() > piece {
            let full = self.pending.split_to(piece).freeze();
            self.write_piece(full).await?;
        }
        Ok(())
    }

    /// Makes the blob durable under its key.
    pub async fn finish(mut self) -> Result<Blob> {
        let rest = std::mem::take(&mut self.pending).freeze();
        if self.pieces.is_none() {
            return put_whole(&self.store, self.key, rest).await;
        }
        self.write_piece(rest).await?;
        if let Some(pieces) = self.pieces.take() {
            self.store.complete(self.key, pieces).await?;
        }
        Ok(Blob { key: self.key, size: self.size })
    }

    /// Gives the blob up: what was written of it is removed.
    pub async fn abandon(mut self) {
        if let Some(pieces) = self.pieces.take() {
            self.store.abandon(self.key, pieces).await;
        }
    }

    async fn write_piece(&mut self, piece: Bytes) -> Result<()> {
        let pieces = match &mut self.pieces {
            Some(pieces) => pieces,
            none => none.insert(self.store.begin(self.key).await?),
        };
        self.store.add(self.key, pieces, piece).await
    }
}

impl BlobStream {
    /// The length of the whole blob in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The part of the blob that is yielded.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }
}

impl Stream for BlobStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_next_unpin(context)
    }
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobStream").field("size", &self.size).field("range", &self.range).finish()
    }
}

async fn put_whole(store: &Store, key: BlobKey, bytes: Bytes) -> Result<Blob> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let done = store.objects().put(&store.path(key), PutPayload::from_bytes(bytes)).await;
    done.map_err(|source| Error::from_blob_store(key, source))?;
    Ok(Blob { key, size })
}

/// What comes from a network comes in pieces of any size.
fn split(mut piece: Bytes) -> Vec<Bytes> {
    let mut pieces = Vec::with_capacity(piece.len() / READ + 1);
    while piece.len() > READ {
        pieces.push(piece.split_to(READ));
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// The bytes of `range` of an open file. A file that ends before the range does is damaged.
async fn file_pieces(
    file: std::fs::File,
    key: BlobKey,
    range: Range<u64>,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let failed = move |source| Error::damaged(format!("the blob {key} cannot be read: {source}"));
    let mut file = tokio::fs::File::from_std(file);
    file.set_max_buf_size(READ);
    file.seek(SeekFrom::Start(range.start)).await.map_err(failed)?;
    let remaining = range.end.saturating_sub(range.start);
    let pieces = stream::try_unfold((file, remaining), move |(mut file, remaining)| async move {
        if remaining == 0 {
            return Ok(None);
        }
        let mut piece = BytesMut::with_capacity(usize::try_from(remaining).unwrap_or(READ).min(READ));
        let read = (&mut file).take(remaining).read_buf(&mut piece).await.map_err(failed)?;
        if read == 0 {
            return Err(failed(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let read = u64::try_from(read).unwrap_or(remaining);
        Ok(Some((piece.freeze(), (file, remaining.saturating_sub(read)))))
    });
    Ok(pieces.boxed())
}

#[cfg(test)]
mod tests;
