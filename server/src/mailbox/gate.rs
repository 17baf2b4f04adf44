//! How does a request on an open folder come to the folder's mailbox? As far as its user's rights go at that moment.

use protocol::{ErrorCode, Rights};
use storage::{AccountId, MailboxId, Storage};

use super::{Command, FolderKey, Handle};
use crate::failure::Failure;
use crate::name::rights_of;

/// The way to the mailbox of an open folder.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    storage: Storage,
    mailbox: Handle,
    key: FolderKey,
    guest: Option<AccountId>,
}

impl Gate {
    /// The way to a mailbox. Rights are asked for where it is somebody else's: then its user is the `guest`.
    pub(crate) const fn new(
        storage: Storage,
        mailbox: Handle,
        key: FolderKey,
        guest: Option<AccountId>,
    ) -> Self {
        Self { storage, mailbox, key, guest }
    }

    /// The mailbox, for who needs these rights to do something with it. They may have been withdrawn since the folder
    /// was opened, so they are looked up each time.
    pub(crate) async fn pass(&self, rights: Rights) -> Result<&Handle, Failure> {
        match self.rights().await? {
            Some(granted) if !granted.contains(rights) => Err(ErrorCode::AccessDenied.into()),
            Some(_) | None => Ok(&self.mailbox),
        }
    }

    /// What the user may do, if the mailbox is somebody else's.
    pub(crate) async fn rights(&self) -> Result<Option<Rights>, Failure> {
        Ok(match self.guest {
            Some(guest) => Some(rights_of(self.storage.rights(self.mailbox.id(), guest).await?)),
            None => None,
        })
    }

    /// Which mailbox.
    pub(crate) const fn id(&self) -> MailboxId {
        self.mailbox.id()
    }

    /// How the mailbox knows the folder.
    pub(crate) const fn key(&self) -> FolderKey {
        self.key
    }

    /// The user, if the mailbox is somebody else's.
    pub(crate) const fn guest(&self) -> Option<AccountId> {
        self.guest
    }

    /// Tells the mailbox that the client could not be told all that has changed.
    pub(crate) async fn remind(&self) {
        // A mailbox that has gone has nothing more to tell.
        _ = self.mailbox.ask(|reply| Command::Remind(self.key, reply)).await;
    }

    /// Tells the mailbox that nobody watches here any more.
    pub(crate) async fn close(self) {
        let key = self.key;
        // A mailbox that has gone needs no telling.
        _ = self.mailbox.ask(|reply| Command::Close(key, reply)).await;
    }
}
