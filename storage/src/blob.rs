//! Where do the bytes of messages and files lie, and how do they get in and out?
//!
//! A blob is written once, never changed, and named by a key that it is given. It is written to a temporary name,
//! synced, renamed, and its folder synced before its key is handed out: a row can name no blob that is not whole
//! on the disk. Reading and writing hold a bounded piece of it in memory, whatever its size.

mod key;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{
    GetOptions, GetRange, GetResultPayload, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

use crate::error::{Error, Result};

pub(crate) use key::read_size;
pub use key::{Blob, BlobKey};

/// A blob of at most this many bytes is written at once, a larger one in pieces of this size.
const PIECE: usize = 1024 * 1024;
/// Bytes of one item of a [`BlobStream`], at most.
const READ: usize = 128 * 1024;

/// The blobs of an installation. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<LocalFileSystem>,
    root: PathBuf,
}

/// A blob that is being written. Dropping it before [`finish`](Self::finish) leaves nothing behind.
#[derive(Debug)]
pub struct BlobWriter {
    store: Arc<LocalFileSystem>,
    key: BlobKey,
    size: u64,
    pending: BytesMut,
    upload: Option<Box<dyn MultipartUpload>>,
}

/// The bytes of a blob, or of a range of it, in pieces of at most 128 KiB.
pub struct BlobStream {
    size: u64,
    range: Range<u64>,
    pieces: BoxStream<'static, Result<Bytes>>,
}

impl Blobs {
    /// Opens the folder `root`, made when it is missing, and checks that it can be written.
    pub(crate) async fn open(root: &Path) -> Result<Self> {
        let unwritable = |source| Error::unwritable(root, source);
        tokio::fs::create_dir_all(root).await.map_err(unwritable)?;
        let probe = root.join(format!(".probe-{}", BlobKey::new()?));
        tokio::fs::write(&probe, b"").await.map_err(unwritable)?;
        tokio::fs::remove_file(&probe).await.map_err(unwritable)?;
        let store = LocalFileSystem::new_with_prefix(root)
            .map_err(|source| Error::BlobStore { source: Arc::new(source) })?
            .with_fsync(true);
        Ok(Self { store: Arc::new(store), root: root.to_owned() })
    }

    /// Begins a blob, to be written piece by piece.
    pub fn create(&self) -> Result<BlobWriter> {
        Ok(BlobWriter {
            store: Arc::clone(&self.store),
            key: BlobKey::new()?,
            size: 0,
            pending: BytesMut::new(),
            upload: None,
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
            let piece = piece.map_err(|error| Error::Source { source: Arc::new(error) })?;
            writer.write(&piece).await?;
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
        let size = self.size(key).await?;
        let range = range.start.min(size)..range.end.min(size);
        if range.is_empty() {
            return Ok(BlobStream { size, range, pieces: stream::empty().boxed() });
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        self.open_range(key, options).await
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
        let found = self.store.head(&store_path(key)).await;
        Ok(found.map_err(|source| Error::from_blob_store(key, source))?.size)
    }

    /// Removes a blob; one that is gone already is no error.
    pub(crate) async fn delete(&self, key: BlobKey) -> Result<()> {
        match self.store.delete(&store_path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::from_blob_store(key, source)),
        }
    }

    /// The folder under which all blobs lie.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn store(&self) -> &LocalFileSystem {
        &self.store
    }

    async fn open_range(&self, key: BlobKey, options: GetOptions) -> Result<BlobStream> {
        let failed = move |source| Error::from_blob_store(key, source);
        let found = self.store.get_opts(&store_path(key), options).await.map_err(failed)?;
        let (size, range) = (found.meta.size, found.range.clone());
        let pieces = match found.payload {
            GetResultPayload::File(file, _) => file_pieces(file, key, range.clone()).await?,
            GetResultPayload::Stream(pieces) => pieces.map_err(failed).boxed(),
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
        while self.pending.len() > PIECE {
            let full = self.pending.split_to(PIECE).freeze();
            self.write_piece(full).await?;
        }
        Ok(())
    }

    /// Makes the blob durable under its key.
    pub async fn finish(mut self) -> Result<Blob> {
        let rest = std::mem::take(&mut self.pending).freeze();
        if self.upload.is_none() {
            return put_whole(&self.store, self.key, rest).await;
        }
        self.write_piece(rest).await?;
        if let Some(mut upload) = self.upload.take() {
            let done = upload.complete().await;
            done.map_err(|source| Error::from_blob_store(self.key, source))?;
        }
        Ok(Blob { key: self.key, size: self.size })
    }

    async fn write_piece(&mut self, piece: Bytes) -> Result<()> {
        let failed = |source| Error::from_blob_store(self.key, source);
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let begun = self.store.put_multipart(&store_path(self.key)).await.map_err(failed)?;
                none.insert(begun)
            }
        };
        upload.put_part(PutPayload::from_bytes(piece)).await.map_err(failed)
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

fn store_path(key: BlobKey) -> StorePath {
    StorePath::from(key.path())
}

async fn put_whole(store: &LocalFileSystem, key: BlobKey, bytes: Bytes) -> Result<Blob> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let done = store.put(&store_path(key), PutPayload::from_bytes(bytes)).await;
    done.map_err(|source| Error::from_blob_store(key, source))?;
    Ok(Blob { key, size })
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
