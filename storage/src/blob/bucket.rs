//! How is a bucket of an S3 service used?
//!
//! A large blob is written as what S3 calls a multipart upload, which takes room until it is completed or aborted, and
//! which nobody but its writer knows of. So each is noted in a file of this machine before its first part is sent; the sweep
//! aborts those whose writers were cut off.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as StorePath;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};

use super::http::Connector;
use super::key::BlobKey;
use super::store::old_files;
use crate::error::{Error, Result};

/// A bucket of an S3 service.
#[derive(Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The address of the service, as in `https://s3.example.org`; empty: Amazon's.
    pub endpoint: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Whether the bucket stands in the path of addresses, or else in front of the host's name.
    pub is_path_style: bool,
    /// What the names of all blobs begin with, so that others may use the bucket too.
    pub prefix: String,
    /// The access key and its secret; none: as Amazon's own programs find them.
    pub keys: Option<(String, String)>,
    /// A PEM file with the authorities that the service's certificate is trusted by; none: those of the system.
    pub authorities: Option<PathBuf>,
    /// A folder of this machine, made when it is missing, for notes of what is being written.
    pub notes: PathBuf,
}

/// Without the secret.
impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.name)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// How often a request is tried, and for how long after the first try there is another. A client waits meanwhile.
const TRIES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(8);

/// A bucket that is in use.
#[derive(Debug)]
pub(super) struct OpenBucket {
    service: AmazonS3,
    prefix: StorePath,
    notes: PathBuf,
}

/// A blob that is written in parts.
#[derive(Debug)]
pub(super) struct Parts {
    upload: String,
    done: Vec<PartId>,
    note: PathBuf,
}

impl OpenBucket {
    /// Checks that the bucket is there, and can be listed and written.
    pub(super) async fn open(bucket: &Bucket) -> Result<Self> {
        let notes = bucket.notes.clone();
        tokio::fs::create_dir_all(&notes).await.map_err(|source| Error::unwritable(&notes, source))?;
        let service = service(bucket)?;
        let opened = Self { service, prefix: StorePath::from(bucket.prefix.as_str()), notes };
        let probe = opened.path(&format!("probe-{}", BlobKey::new()?));
        let probed = async {
            opened.service.list_with_delimiter(Some(&probe)).await?;
            opened.service.put(&probe, PutPayload::from_static(b"")).await?;
            opened.service.delete(&probe).await
        };
        probed.await.map_err(Error::blob_store)?;
        Ok(opened)
    }

    pub(super) fn objects(&self) -> &dyn ObjectStore {
        &self.service
    }

    pub(super) fn path(&self, name: &str) -> StorePath {
        self.prefix.parts().chain(StorePath::from(name).parts()).collect()
    }

    pub(super) async fn ping(&self) -> Result<()> {
        match self.service.head(&self.path("probe")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::blob_store(source)),
        }
    }

    pub(super) async fn begin(&self, key: BlobKey) -> Result<Parts> {
        let begun = self.service.create_multipart(&self.path(&key.path())).await;
        let upload = begun.map_err(|source| Error::from_blob_store(key, source))?;
        let note = self.notes.join(key.to_string());
        let noted = tokio::fs::write(&note, &upload).await;
        let parts = Parts { upload, done: Vec::new(), note };
        match noted {
            Ok(()) => Ok(parts),
            Err(source) => {
                self.abandon(key, parts).await;
                Err(Error::unwritable(&self.notes, source))
            }
        }
    }

    pub(super) async fn add(&self, key: BlobKey, parts: &mut Parts, payload: PutPayload) -> Result<()> {
        touch(&parts.note).map_err(|source| Error::unwritable(&parts.note, source))?;
        let path = self.path(&key.path());
        let part = self.service.put_part(&path, &parts.upload, parts.done.len(), payload).await;
        parts.done.push(part.map_err(|source| Error::from_blob_store(key, source))?);
        Ok(())
    }

    pub(super) async fn complete(&self, key: BlobKey, parts: Parts) -> Result<()> {
        let path = self.path(&key.path());
        let completed = self.service.complete_multipart(&path, &parts.upload, parts.done).await;
        if let Err(source) = completed {
            // The service may have done it and its answer was lost: then it knows the upload no more, but has the blob.
            let is_there = matches!(source, object_store::Error::NotFound { .. })
                && self.service.head(&path).await.is_ok();
            if !is_there {
                return Err(Error::blob_store(source));
            }
        }
        // A note that stays makes the sweep look for an upload that is not there any more.
        let _ = tokio::fs::remove_file(parts.note).await;
        Ok(())
    }

    /// Aborts an upload. Where the service does not answer, the note stays for the sweep.
    pub(super) async fn abandon(&self, key: BlobKey, parts: Parts) {
        if self.abort(key, &parts.upload).await.is_ok() {
            let _ = tokio::fs::remove_file(parts.note).await;
        }
    }

    async fn abort(&self, key: BlobKey, upload: &str) -> Result<()> {
        match self.service.abort_multipart(&self.path(&key.path()), &upload.to_owned()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::from_blob_store(key, source)),
        }
    }

    pub(super) async fn sweep_unfinished(&self, before: i64) -> Result<u64> {
        let old = old_files(&self.notes, before, BlobKey::parse).await?;
        let failed = |source| Error::unwritable(&self.notes, source);
        for (note, key) in &old {
            let upload = tokio::fs::read_to_string(note).await.map_err(failed)?;
            self.abort(*key, &upload).await?;
            tokio::fs::remove_file(note).await.map_err(failed)?;
        }
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }
}

/// The writer is alive.
fn touch(note: &Path) -> std::io::Result<()> {
    std::fs::File::options().write(true).open(note)?.set_modified(SystemTime::now())
}

fn service(bucket: &Bucket) -> Result<AmazonS3> {
    let mut builder = match &bucket.keys {
        Some((key, secret)) => AmazonS3Builder::new().with_access_key_id(key).with_secret_access_key(secret),
        None => AmazonS3Builder::from_env(),
    };
    if !bucket.endpoint.is_empty() {
        builder = builder.with_endpoint(&bucket.endpoint);
    }
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() };
    let retry = RetryConfig { backoff, max_retries: TRIES - 1, retry_timeout: PATIENCE };
    let built = builder
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_virtual_hosted_style_request(!bucket.is_path_style)
        .with_allow_http(true)
        .with_retry(retry)
        .with_http_connector(Connector::new(bucket.authorities.as_deref())?)
        .build();
    built.map_err(|error| Error::Refused { reason: error.to_string().into() })
}
