//! What has been changed? Told to who asks for it, once it is durable.

use tokio::sync::broadcast;

use crate::id::{AccountId, MailboxId};
use crate::mailbox::{Grant, Mailbox};
use crate::name::MailboxName;

/// Changes that may wait for who hears of them. Who is slower is told that some were lost.
const QUEUE: usize = 4_096;

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A mailbox was created.
    Created(Box<Mailbox>),
    /// A mailbox has another name.
    Renamed {
        /// The mailbox.
        mailbox: MailboxId,
        /// Whose it is.
        account: AccountId,
        /// What it was called.
        from: MailboxName,
        /// What it is called.
        to: MailboxName,
    },
    /// A mailbox was removed.
    Removed {
        /// As it was.
        mailbox: Box<Mailbox>,
        /// What had been granted to it.
        grants: Vec<Grant>,
    },
    /// The counters of a mailbox have changed.
    Counted {
        /// The mailbox.
        mailbox: MailboxId,
        /// Whose it is.
        account: AccountId,
    },
    /// Rights to a mailbox have changed.
    Granted {
        /// The mailbox.
        mailbox: MailboxId,
        /// What had been granted before.
        before: Vec<Grant>,
    },
    /// The mail of an account has come near to its quota.
    NearlyFull(AccountId),
}

/// Where changes are told.
#[derive(Clone, Debug)]
pub(crate) struct News(broadcast::Sender<Event>);

impl News {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(QUEUE))
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }

    pub(crate) fn tell(&self, events: Vec<Event>) {
        for event in events {
            // Perhaps nobody hears it.
            _ = self.0.send(event);
        }
    }
}
