//! Who owns an open mailbox, and how do folders hear of its changes?
//!
//! An open mailbox is one task. It holds the index in memory, makes the changes that sessions ask for (flags,
//! removals) and hears of those that are made elsewhere (arrivals, copies). When a view changes, the folders that
//! show it are told once; they are told again after they have asked what has changed.

mod actor;
mod collation;
mod column;
mod gate;
mod index;
mod look_up;
mod numbers;
mod open;
mod order;
mod reading;
mod sorted;

use protocol::{FlagTerms, Flags, FolderReport, Range, ReportMode};
use storage::{FlagEdit, MailboxId, NewMessage, Uid};
use tokio::sync::{mpsc, oneshot};

pub(crate) use actor::spawn;
pub(crate) use column::SortField;
pub(crate) use gate::Gate;
pub(crate) use index::{ContentFilter, Filter, Place, Spec};
pub(crate) use look_up::LookUp;
pub(crate) use numbers::{Numbers, in_order};
pub(crate) use open::{open, remove_older, replace};
pub(crate) use order::{Change, Order, Row};
pub(crate) use reading::TextSearch;

use crate::failure::Failure;
use crate::folder::Folder;
use crate::session::{Input, Session};

/// A folder of a session, and the mailbox that it shows.
pub(crate) struct OpenFolder {
    /// What the client knows.
    pub(crate) folder: Folder,
    gate: Gate,
}

/// Names a folder among all folders of all sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FolderKey {
    /// The number of the session.
    pub(crate) session: u32,
    /// The number of the folder in its session.
    pub(crate) folder: u32,
}

/// Who is told of changes.
#[derive(Debug, Clone)]
pub(crate) struct Subscriber {
    /// Which folder.
    pub(crate) key: FolderKey,
    /// Its session.
    pub(crate) session: mpsc::Sender<Input>,
    /// Whether the mailbox is somebody else's, who may withdraw the right to see it.
    pub(crate) is_guest: bool,
}

/// How to reach the owner of an open mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    id: MailboxId,
    commands: mpsc::Sender<Command>,
}

/// What the owner of a mailbox can be asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Open a view and tell its folder of changes.
    Open(Box<Open>),
    /// The present version of a folder's view. From now on the folder is told of the next change.
    Current(FolderKey, oneshot::Sender<Order>),
    /// The folder could not show all of its view's present version: it is told once more that there are changes.
    Remind(FolderKey, oneshot::Sender<()>),
    /// The messages of these UIDs that the folder's view has at present.
    Select(FolderKey, Vec<Range>, oneshot::Sender<Vec<u32>>),
    /// Change flags.
    Mark(Vec<u32>, FlagTerms, oneshot::Sender<Result<(), Failure>>),
    /// Remove messages for good.
    Remove(Vec<u32>, oneshot::Sender<Result<(), Failure>>),
    /// Move messages to a mailbox, with this change to their flags: the UIDs that they have there. Of two who move one,
    /// one gets it.
    Move(Vec<u32>, MailboxId, FlagEdit, oneshot::Sender<Result<Vec<u32>, Failure>>),
    /// Store a message in place of the older version with this UID: the UID that it has.
    Replace(u32, Box<NewMessage>, oneshot::Sender<Result<u32, Failure>>),
    /// Remove messages for good whose internal date, in milliseconds since 1970, is earlier than this, or all.
    RemoveOlder(Option<i64>, oneshot::Sender<Result<(), Failure>>),
    /// Remove all messages that are marked `Deleted`.
    Expunge(oneshot::Sender<Result<(), Failure>>),
    /// Messages were stored in the mailbox.
    Arrived(Vec<u32>, oneshot::Sender<()>),
    /// Rights to the mailbox were granted or withdrawn: the folders of those who need some are told to look.
    RightsChanged(oneshot::Sender<()>),
    /// The mailbox was removed: its folders are told to look, and find nothing.
    Vanished(oneshot::Sender<()>),
    /// Memory is short: give up what nobody views.
    Shrink,
    /// A folder was closed.
    Close(FolderKey, oneshot::Sender<()>),
}

/// A view to be opened.
#[derive(Debug)]
pub(crate) struct Open {
    /// What it shows.
    pub(crate) spec: Spec,
    /// The UIDVALIDITY that makes `spec.uid_min` apply.
    pub(crate) uid_validity: Option<u32>,
    /// Who is told of changes.
    pub(crate) subscriber: Subscriber,
    /// Told the result.
    pub(crate) reply: oneshot::Sender<Result<Opened, Failure>>,
}

/// A view that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The present version.
    pub(crate) order: Order,
    /// The mailbox's UIDVALIDITY.
    pub(crate) uid_validity: u32,
    /// The mailbox's UIDNEXT.
    pub(crate) uid_next: u32,
}

/// The owner of a mailbox has gone: the mailbox was removed, or the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// Flags as they are stored.
pub(crate) fn stored(flags: Flags) -> storage::Flags {
    storage::Flags::from_bits(flags.bits().into())
}

/// Stored flags; bits that mean nothing are dropped.
pub(crate) fn flags_of(flags: storage::Flags) -> Flags {
    Flags::from_bits(u16::try_from(flags.bits() & 0x7fff).unwrap_or_default())
}

fn numbers(uids: &[u32]) -> Vec<Uid> {
    uids.iter().map(|uid| Uid(*uid)).collect()
}

impl Handle {
    /// Which mailbox.
    pub(crate) const fn id(&self) -> MailboxId {
        self.id
    }

    /// Whether the owner has ended.
    pub(crate) fn is_gone(&self) -> bool {
        self.commands.is_closed()
    }

    /// Asks the owner to give up memory, if it has time to listen.
    pub(crate) fn shrink(&self) {
        // One that is too busy is told again when memory is short again.
        _ = self.commands.try_send(Command::Shrink);
    }

    /// Asks the owner; the answer comes by the channel that is put into the command.
    pub(crate) async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, Gone> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }
}

impl OpenFolder {
    pub(crate) const fn new(folder: Folder, gate: Gate) -> Self {
        Self { folder, gate }
    }

    /// The way to the mailbox.
    pub(crate) const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// What to ask about it, apart from its session.
    pub(crate) fn look_up(&self) -> LookUp {
        LookUp { gate: self.gate.clone(), view: self.folder.view().clone() }
    }

    /// Tells the mailbox that nobody watches here any more.
    pub(crate) async fn close(self) {
        self.gate.close().await;
    }
}

/// A mailbox tells a session that the folder of this number has changed.
pub(crate) fn notify(session: &mut Session, number: u32) {
    let folder = session.folders.iter().find(|(_, folder)| folder.gate.key().folder == number);
    if let Some((name, _)) = folder {
        let report = FolderReport { mode: Some(ReportMode::Notify), ..FolderReport::of(name.clone()) };
        session.notify(report);
    }
}
