//! Does an open folder show a message?

use protocol::{Range, Rights};
use storage::MailboxId;

use super::{Command, Gate, Order};
use crate::failure::Failure;

/// What to ask about a folder, apart from its session, which has other things to do meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct LookUp {
    pub(super) gate: Gate,
    /// What the client knows.
    pub(super) view: Order,
}

impl LookUp {
    /// The mailbox behind the folder.
    pub(crate) const fn mailbox(&self) -> MailboxId {
        self.gate.id()
    }

    /// The messages that the client knows of, in the folder's order.
    pub(crate) fn uids(&self) -> std::vec::IntoIter<u32> {
        self.view.iter().map(|row| row.uid).collect::<Vec<_>>().into_iter()
    }

    /// Fails if the user may not, or may no longer, read in the mailbox.
    pub(crate) async fn may_read(&self) -> Result<(), Failure> {
        self.gate.pass(Rights::READ).await.map(|_| ())
    }

    /// Whether the folder shows the message: now, even if the client has not heard of it yet, or when the client heard of
    /// the folder last, even if it has left since.
    pub(crate) async fn shows(&self, uid: u32) -> Result<bool, Failure> {
        let mailbox = self.gate.pass(Rights::READ).await?;
        let range = Range { from: uid, till: uid };
        let now = mailbox.ask(|reply| Command::Select(self.gate.key(), vec![range], reply)).await;
        // Only what has left is looked for row by row.
        Ok(now.is_ok_and(|uids| !uids.is_empty()) || self.view.iter().any(|row| row.uid == uid))
    }
}
