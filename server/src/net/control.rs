//! How do commands reach a running gateway? Through the Unix socket `control` in its data folder, which only its
//! owner may open.

use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::administration::Administration;

/// The path of the socket in a data folder.
pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("control")
}

/// Binds the socket. The caller holds the folder's lock, so one that is there is left over.
pub(crate) fn bind(data: &Path) -> io::Result<UnixListener> {
    // It gets its mode where nobody else can reach it, then its name.
    let closed = data.join(".control");
    match std::fs::remove_dir_all(&closed) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::DirBuilder::new().mode(0o700).create(&closed)?;
    let hidden = closed.join("s");
    let listener = UnixListener::bind(&hidden)?;
    std::fs::set_permissions(&hidden, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&hidden, path(data))?;
    std::fs::remove_dir(&closed)?;
    Ok(listener)
}

/// Serves commands until the server stops.
pub(crate) async fn serve(
    listener: UnixListener,
    administration: Administration,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let administration = administration.clone();
                tokio::spawn(async move {
                    if let Err(error) = administration.converse(stream).await {
                        debug!(%error, "a command broke off");
                    }
                });
            }
            Err(error) => {
                warn!(%error, "cannot take a command in");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Connects to the gateway that uses the data folder.
pub(crate) async fn connect(data: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path(data)).await
}
