//! How is a copy made of everything that is kept, while it is in use?
//!
//! The copy is a data folder: rows, blobs, the server's key and its certificate. It has its name when it is whole.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;

use super::{Administration, Answer, Outcome, say, text};

/// What is copied beside rows and blobs, if it is there.
const FILES: [&str; 1] = ["server.key"];
const FOLDERS: [&str; 1] = ["tls"];

/// Backs everything up into a new folder.
pub(super) async fn run(
    administration: &Administration,
    folder: &Path,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Outcome<()> {
    if folder.symlink_metadata().is_ok() {
        return Err(format!("{} is there already: name a new folder", folder.display()));
    }
    let unfinished = with_end(folder, ".unfinished");
    let failed = |error: io::Error| format!("cannot write to {}: {error}", unfinished.display());
    match std::fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        // What an earlier backup has left that was cut off.
        _ => {}
    }
    std::fs::DirBuilder::new().mode(0o700).create(&unfinished).map_err(failed)?;
    let done = async {
        let done = administration.storage.back_up(&unfinished).await.map_err(text)?;
        copy_files(&administration.data, &unfinished).map_err(failed)?;
        std::fs::rename(&unfinished, folder).map_err(failed)?;
        Ok::<_, String>(done)
    };
    let done = match done.await {
        Ok(done) => done,
        Err(error) => {
            // The next backup removes what cannot be removed now.
            _ = std::fs::remove_dir_all(&unfinished);
            return Err(error);
        }
    };
    let line = format!("{} has {}, {} blobs and the key", folder.display(), done.rows, done.blobs);
    say(writer, &Answer::Line(line)).await.map_err(text)?;
    if done.missing.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = done.missing.iter().map(ToString::to_string).collect();
    Err(format!("the backup is made, but blobs were missing before ({}): see `mail check`", keys.join(", ")))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn copy_files(data: &Path, target: &Path) -> io::Result<()> {
    for name in FILES {
        copy_file(&data.join(name), &target.join(name))?;
    }
    for name in FOLDERS {
        let Ok(entries) = std::fs::read_dir(data.join(name)) else { continue };
        std::fs::DirBuilder::new().mode(0o700).create(target.join(name))?;
        for entry in entries {
            let entry = entry?;
            copy_file(&entry.path(), &target.join(name).join(entry.file_name()))?;
        }
    }
    std::fs::File::open(target)?.sync_all()
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => std::fs::File::open(to)?.sync_all(),
    }
}
