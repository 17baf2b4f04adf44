//! Which mailboxes are open, and who owns each?

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::MailboxId;
use tokio::sync::{Notify, mpsc};

use super::Hub;
use crate::mailbox::{self, Command, Handle};

/// The open mailboxes.
#[derive(Default)]
pub(crate) struct Mailboxes {
    stored: Notify,
    open: Mutex<HashMap<MailboxId, Handle>>,
}

impl Mailboxes {
    /// The owner of the mailbox; it is started if there is none.
    pub(crate) fn open(&self, hub: &Arc<Hub>, id: MailboxId) -> Handle {
        let mut open = self.lock();
        // One that has ended without asking has failed.
        if open.get(&id).is_some_and(Handle::is_gone) {
            open.remove(&id);
        }
        open.entry(id).or_insert_with(|| mailbox::spawn(hub, id)).clone()
    }

    /// The owner asks whether it may end. It may unless somebody has a command for it.
    pub(crate) fn close(&self, id: MailboxId, commands: &mpsc::Receiver<Command>) -> bool {
        let mut open = self.lock();
        if commands.is_empty() {
            open.remove(&id);
            return true;
        }
        false
    }

    /// Messages were stored in a mailbox: its folders are told, if it has any, before this returns.
    pub(crate) async fn arrived(&self, id: MailboxId, uids: Vec<u32>) {
        self.stored.notify_one();
        let owner = self.lock().get(&id).cloned();
        if let Some(owner) = owner
            && !uids.is_empty()
        {
            // An owner that has just gone had no folders.
            _ = owner.ask(|reply| Command::Arrived(uids, reply)).await;
        }
    }

    /// Rights to a mailbox were granted or withdrawn: the folders of those who need some are told.
    pub(crate) async fn rights_changed(&self, id: MailboxId) {
        let owner = self.lock().get(&id).cloned();
        if let Some(owner) = owner {
            // An owner that has just gone had no folders.
            _ = owner.ask(Command::RightsChanged).await;
        }
    }

    /// Waits until messages are stored.
    pub(crate) async fn stored(&self) {
        self.stored.notified().await;
    }

    /// A mailbox was removed: its folders are told, and its owner ends.
    pub(crate) async fn removed(&self, id: MailboxId) {
        let owner = self.lock().remove(&id);
        if let Some(owner) = owner {
            // An owner that has just gone had no folders.
            _ = owner.ask(Command::Vanished).await;
        }
    }

    /// Memory is short: the mailbox gives up what nobody views.
    pub(crate) fn shrink(&self, id: MailboxId) {
        if let Some(owner) = self.lock().get(&id) {
            owner.shrink();
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxId, Handle>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
