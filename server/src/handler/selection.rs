//! Which messages does a message set of a request that changes them stand for?

use protocol::{MessageSet, Range, Rights};

use crate::failure::Failure;
use crate::mailbox::{Command, Gate, Handle, OpenFolder};

/// A message set and the folder that it is about.
pub(super) struct Selection {
    gate: Gate,
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
        Self { gate: folder.gate().clone(), messages }
    }

    pub(super) const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The mailbox, for who needs these rights to do something with the messages; and the messages.
    pub(super) async fn open(&self, rights: Rights) -> Result<(&Handle, Vec<u32>), Failure> {
        let mailbox = self.gate.pass(rights).await?;
        let uids = match &self.messages {
            Messages::Known(uids) => uids.clone(),
            Messages::Ranges(ranges) => {
                mailbox.ask(|reply| Command::Select(self.gate.key(), ranges.clone(), reply)).await?
            }
        };
        Ok((mailbox, uids))
    }
}
