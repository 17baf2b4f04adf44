//! Which messages does a message set of a request that changes them stand for?

use protocol::{MessageSet, Range};

use crate::failure::Failure;
use crate::mailbox::{Command, FolderKey, Handle, OpenFolder};

/// A message set and the folder that it is about.
pub(super) struct Selection {
    mailbox: Handle,
    key: FolderKey,
    messages: Messages,
}

enum Messages {
    /// Positions in the logical view are looked up at once: they mean what the client sees.
    Known(Vec<u32>),
    /// UIDs stand for all messages that the folder admits, those included that came after the last sync.
    Ranges(Vec<Range>),
}

impl Selection {
    pub(super) fn of(folder: &OpenFolder, set: MessageSet) -> Self {
        let messages = match set {
            MessageSet::Uids(ranges) => Messages::Ranges(ranges),
            set @ MessageSet::Indexes(_) => {
                Messages::Known(folder.folder.rows(&set).into_iter().map(|(_, row)| row.uid).collect())
            }
        };
        Self { mailbox: folder.mailbox.clone(), key: folder.key(), messages }
    }

    pub(super) const fn mailbox(&self) -> &Handle {
        &self.mailbox
    }

    /// The messages.
    pub(super) async fn uids(&self) -> Result<Vec<u32>, Failure> {
        Ok(match &self.messages {
            Messages::Known(uids) => uids.clone(),
            Messages::Ranges(ranges) => {
                self.mailbox.ask(|reply| Command::Select(self.key, ranges.clone(), reply)).await?
            }
        })
    }
}
