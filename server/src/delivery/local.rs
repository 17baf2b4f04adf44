//! How does a message come into an INBOX?

use std::sync::Arc;

use storage::{Blob, Flags, NewMessage};

use crate::hub::Hub;
use crate::mail;

/// A message to be stored whose blob is written: read once more, in its turn, for its columns.
pub(crate) async fn new_message(
    hub: &Arc<Hub>,
    blob: Blob,
    internal_date: i64,
    flags: Flags,
) -> storage::Result<NewMessage> {
    let (raw, taken) = hub.message(blob).await?;
    let read = move || {
        let message = mail::new_message(&raw, blob, internal_date, flags);
        drop((raw, taken));
        message
    };
    // Reading does not fail on a message that is wrong; a panic would be a defect.
    tokio::task::spawn_blocking(read).await.map_err(|_| storage::Error::Damaged {
        what: format!("the message in the blob {} cannot be read", blob.key).into(),
    })
}
