//! Who uses a data folder just now? One process at a time.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

/// The right to use a data folder; it ends with the process, however that ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: Flock<File>,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another process uses it.
    #[error(
        "the data folder {folder} is in use by another ximss-gateway (process {process}): stop that first, or choose \
         another folder with --data",
        folder = folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Its number, as it wrote it into the lock file.
        process: String,
    },
    /// It cannot be made or written.
    #[error(
        "cannot write to the data folder {folder}: {source}; it must be a folder that belongs to the user that the \
         gateway runs as: choose another with --data, or give it to that user",
        folder = folder.display()
    )]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl FolderLock {
    /// Makes the folder if it is missing, and takes it.
    ///
    /// # Errors
    /// [`LockError`] names the folder.
    pub(crate) fn take(folder: &Path) -> Result<Self, LockError> {
        let unwritable = |source| LockError::Unwritable { folder: folder.to_owned(), source };
        // What is in it concerns its owner only: password hashes, keys, mail.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable)?;
        let mut options = OpenOptions::new();
        let path = folder.join("lock");
        let file =
            options.write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(unwritable)?;
        let mut file = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| {
            let error = std::io::Error::from(error);
            if error.kind() == ErrorKind::WouldBlock {
                let process = std::fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
                return LockError::InUse { folder: folder.to_owned(), process };
            }
            unwritable(error)
        })?;
        // For people who look who holds it.
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unwritable)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let first = FolderLock::take(&data).unwrap();
        let refused = FolderLock::take(&data).unwrap_err().to_string();
        let process = format!("in use by another ximss-gateway (process {})", std::process::id());
        assert!(refused.contains(&process) && refused.contains("--data"), "{refused}");
        drop(first);
        assert!(FolderLock::take(&data).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = FolderLock::take(&file.join("data")).unwrap_err().to_string();
        assert!(error.contains("cannot write to the data folder") && error.contains("--data"), "{error}");
    }
}
