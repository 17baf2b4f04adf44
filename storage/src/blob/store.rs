//! Where do blobs lie: in a folder of this machine, or in a bucket of an S3 service?

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};

use super::bucket::{Bucket, OpenBucket, Parts};
use super::key::BlobKey;
use crate::clock;
use crate::error::{Error, Result};

/// Where blobs are kept.
#[derive(Clone, Debug)]
pub enum BlobStore {
    /// A folder of this machine, made when it is missing.
    Folder(PathBuf),
    /// A bucket, which must exist.
    Bucket(Bucket),
}

impl From<PathBuf> for BlobStore {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

/// A place for blobs that is in use.
#[derive(Debug)]
pub(super) enum Store {
    Folder(Folder),
    Bucket(OpenBucket),
}

#[derive(Debug)]
pub(super) struct Folder {
    files: LocalFileSystem,
    root: PathBuf,
}

/// A blob that is written in pieces. What is dropped before it is complete is removed by the sweep at the latest.
#[derive(Debug)]
pub(super) enum Pieces {
    Folder(Box<dyn MultipartUpload>),
    Bucket(Parts),
}

impl Store {
    pub(super) async fn open(place: &BlobStore) -> Result<Self> {
        match place {
            BlobStore::Folder(root) => Folder::open(root).await.map(Self::Folder),
            BlobStore::Bucket(bucket) => OpenBucket::open(bucket).await.map(Self::Bucket),
        }
    }

    /// The folder, where it is one.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(&folder.root),
            Self::Bucket(_) => None,
        }
    }

    /// What both can do.
    pub(super) fn objects(&self) -> &dyn ObjectStore {
        match self {
            Self::Folder(folder) => &folder.files,
            Self::Bucket(bucket) => bucket.objects(),
        }
    }

    /// Where a blob lies.
    pub(super) fn path(&self, key: BlobKey) -> StorePath {
        match self {
            Self::Folder(_) => StorePath::from(key.path()),
            Self::Bucket(bucket) => bucket.path(&key.path()),
        }
    }

    /// A blob of at most so many bytes is written at once, a larger one in pieces of this size.
    pub(super) const fn piece(&self) -> usize {
        match self {
            Self::Folder(_) => 1024 * 1024,
            // S3 takes no smaller ones than 5 MiB, and 10,000 at most.
            Self::Bucket(_) => 8 * 1024 * 1024,
        }
    }

    /// Whether the store answers.
    pub(super) async fn ping(&self) -> Result<()> {
        match self {
            Self::Folder(Folder { root, .. }) => {
                tokio::fs::metadata(root).await.map(drop).map_err(|source| Error::unwritable(root, source))
            }
            Self::Bucket(bucket) => bucket.ping().await,
        }
    }

    /// Begins to write a blob in pieces.
    pub(super) async fn begin(&self, key: BlobKey) -> Result<Pieces> {
        match self {
            Self::Folder(folder) => {
                let begun = folder.files.put_multipart(&self.path(key)).await;
                Ok(Pieces::Folder(begun.map_err(|source| Error::from_blob_store(key, source))?))
            }
            Self::Bucket(bucket) => bucket.begin(key).await.map(Pieces::Bucket),
        }
    }

    pub(super) async fn add(&self, key: BlobKey, pieces: &mut Pieces, bytes: Bytes) -> Result<()> {
        let payload = PutPayload::from_bytes(bytes);
        match (self, pieces) {
            (Self::Bucket(bucket), Pieces::Bucket(parts)) => bucket.add(key, parts, payload).await,
            (_, Pieces::Folder(upload)) => {
                upload.put_part(payload).await.map_err(|source| Error::from_blob_store(key, source))
            }
            (Self::Folder(_), Pieces::Bucket(_)) => Err(Error::damaged("pieces of another store")),
        }
    }

    pub(super) async fn complete(&self, key: BlobKey, pieces: Pieces) -> Result<()> {
        match (self, pieces) {
            (Self::Bucket(bucket), Pieces::Bucket(parts)) => bucket.complete(key, parts).await,
            (_, Pieces::Folder(mut upload)) => {
                upload.complete().await.map(drop).map_err(|source| Error::from_blob_store(key, source))
            }
            (Self::Folder(_), Pieces::Bucket(_)) => Err(Error::damaged("pieces of another store")),
        }
    }

    /// Removes what was written of a blob that will not be complete. What cannot be removed now is swept later.
    pub(super) async fn abandon(&self, key: BlobKey, pieces: Pieces) {
        match (self, pieces) {
            (Self::Bucket(bucket), Pieces::Bucket(parts)) => bucket.abandon(key, parts).await,
            // Its file goes with it.
            (_, Pieces::Folder(_)) | (Self::Folder(_), Pieces::Bucket(_)) => {}
        }
    }

    /// The blobs of one of the 256 parts that the store is listed in.
    pub(super) fn list(&self, shard: u8) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let folder = format!("{shard:02x}");
        let prefix = match self {
            Self::Folder(_) => StorePath::from(folder),
            Self::Bucket(bucket) => bucket.path(&folder),
        };
        self.objects().list(Some(&prefix))
    }

    /// Removes what writers that were cut off have left and nobody has written to since a time; how many there were.
    pub(super) async fn sweep_unfinished(&self, before: i64) -> Result<u64> {
        match self {
            Self::Folder(folder) => {
                let mut swept = 0;
                for shard in 0..=u8::MAX {
                    swept += folder.sweep_unfinished(shard, before).await?;
                }
                Ok(swept)
            }
            Self::Bucket(bucket) => bucket.sweep_unfinished(before).await,
        }
    }
}

impl Folder {
    /// Opens the folder `root`, made when it is missing, and checks that it can be written.
    async fn open(root: &Path) -> Result<Self> {
        let unwritable = |source| Error::unwritable(root, source);
        tokio::fs::create_dir_all(root).await.map_err(unwritable)?;
        let probe = root.join(format!(".probe-{}", BlobKey::new()?));
        tokio::fs::write(&probe, b"").await.map_err(unwritable)?;
        tokio::fs::remove_file(&probe).await.map_err(unwritable)?;
        let files = LocalFileSystem::new_with_prefix(root).map_err(Error::blob_store)?.with_fsync(true);
        Ok(Self { files, root: root.to_owned() })
    }

    /// The store names temporary files after the key, with `#` and a number behind it, and does not list them.
    async fn sweep_unfinished(&self, shard: u8, before: i64) -> Result<u64> {
        let folder = self.root.join(format!("{shard:02x}"));
        let key = |name: &str| name.split_once('#').and_then(|(key, _)| BlobKey::parse(key));
        let old = old_files(&folder, before, key).await?;
        for (path, _) in &old {
            tokio::fs::remove_file(path).await.map_err(|source| Error::unwritable(&folder, source))?;
        }
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }
}

/// The files of a folder, which need not be there, whose names tell a key and that nobody has written to since a time.
pub(super) async fn old_files(
    folder: &Path,
    before: i64,
    key: impl Fn(&str) -> Option<BlobKey>,
) -> Result<Vec<(PathBuf, BlobKey)>> {
    let failed = |source| Error::unwritable(folder, source);
    let mut entries = match tokio::fs::read_dir(folder).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut old = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(failed)? {
        let Some(key) = entry.file_name().to_str().and_then(&key) else { continue };
        let written = entry.metadata().await.and_then(|metadata| metadata.modified());
        match written {
            Ok(written) if clock::at(written) < before => old.push((entry.path(), key)),
            Ok(_) => {}
            // Whoever wrote it has just ended.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(old)
}
