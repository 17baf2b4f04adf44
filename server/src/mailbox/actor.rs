//! The task that owns an open mailbox.

mod opening;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use protocol::{ErrorCode, FlagTerms, Flags, Range};
use storage::{FlagEdit, MailboxId, NewMessage, Storage, Uid};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, warn};

use super::index::{Arrival, ContentFilter, Index, ViewId};
use super::reading::{self, PAGE};
use super::{Command, FolderKey, Handle, Numbers, Order, Row, Subscriber, flags_of, numbers, stored};
use crate::failure::Failure;
use crate::hub::Hub;
use crate::session::Input;
use opening::{Openings, Prepared};

/// Commands that may wait for the owner of a mailbox.
const COMMANDS: usize = 64;
/// How long the index of a mailbox that nobody has open is kept for the next one.
const KEPT: Duration = Duration::from_secs(300);
/// How soon a session is told again that could not be told.
const AGAIN: Duration = Duration::from_millis(50);
/// How soon messages are read again that could not be read.
const RETRY: Duration = Duration::from_secs(1);

/// Starts the owner of a mailbox. Called by the hub, which owns all tasks that outlive connections.
pub(crate) fn spawn(hub: &Arc<Hub>, id: MailboxId) -> Handle {
    let (sender, commands) = mpsc::channel(COMMANDS);
    let (openings, results) = Openings::new();
    let actor = Actor {
        hub: Arc::clone(hub),
        storage: hub.storage.clone(),
        id,
        state: None,
        openings,
        meanwhile: Vec::new(),
        folders: HashMap::new(),
        untold: false,
        missed: Vec::new(),
        vanished: false,
    };
    hub.spawn(actor.run(commands, results));
    Handle { id, commands: sender }
}

struct Actor {
    hub: Arc<Hub>,
    storage: Storage,
    id: MailboxId,
    state: Option<State>,
    openings: Openings,
    /// What has changed while the messages are read for the first time.
    meanwhile: Vec<Meanwhile>,
    folders: HashMap<FolderKey, Watch>,
    /// Whether some session could not be told of a change.
    untold: bool,
    /// Messages that have come and could not be read.
    missed: Vec<u32>,
    /// Whether the mailbox was removed.
    vanished: bool,
}

/// What is loaded when the first folder is opened.
struct State {
    index: Index,
    uid_validity: u32,
    uid_next: u32,
}

/// A change of messages.
enum Meanwhile {
    Flags(u32, Flags),
    Removed(Vec<u32>),
}

impl Meanwhile {
    fn apply(self, index: &mut Index) {
        match self {
            Self::Flags(uid, flags) => index.set_flags(uid, flags),
            Self::Removed(uids) => index.remove(&uids),
        }
    }
}

/// A folder that watches a view.
struct Watch {
    view: ViewId,
    subscriber: Subscriber,
    /// Whether its view has changed since it last asked.
    changed: bool,
    /// Whether it was told so.
    told: bool,
}

impl Actor {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>, mut results: mpsc::Receiver<Prepared>) {
        let hub = Arc::clone(&self.hub);
        // When it looked after what is due, and when it was asked for something. Commands do not put off what is due.
        let (mut looked, mut asked) = (Instant::now(), Instant::now());
        loop {
            let due = match (self.untold, self.missed.is_empty()) {
                (true, _) => looked + AGAIN,
                (false, false) => looked + RETRY,
                (false, true) if self.folders.is_empty() => looked.max(asked) + KEPT,
                (false, true) => looked + KEPT,
            };
            tokio::select! {
                biased;
                Some(prepared) = results.recv() => self.prepared(prepared).await,
                () = tokio::time::sleep_until(due) => {
                    looked = Instant::now();
                    self.sweep();
                    self.stop_unneeded();
                    self.arrived(&[]).await;
                    self.weigh();
                    let is_idle = !self.untold && self.folders.is_empty() && self.openings.is_idle();
                    if is_idle && hub.mailboxes.close(self.id, &commands) {
                        break;
                    }
                }
                command = commands.recv() => match command {
                    Some(command) => {
                        asked = Instant::now();
                        self.handle(command).await;
                        if self.vanished {
                            break;
                        }
                    }
                    None => break,
                },
                () = hub.shutdown.cancelled(), if self.folders.is_empty() => break,
            }
            self.tell();
        }
        hub.indexes.forget(self.id);
        debug!(mailbox = %self.id, "mailbox is no longer open");
    }

    async fn handle(&mut self, command: Command) {
        match command {
            Command::Open(open) => {
                self.arrived(&[]).await;
                self.open(*open);
            }
            Command::Shrink => self.shrink(),
            Command::Current(key, reply) => _ = reply.send(self.current(key)),
            Command::Remind(key, reply) => {
                if let Some(watch) = self.folders.get_mut(&key) {
                    watch.changed = true;
                }
                self.answer(reply, ());
            }
            Command::Select(key, ranges, reply) => _ = reply.send(self.select(key, &ranges)),
            Command::Mark(uids, terms, reply) => {
                let outcome = self.mark(&uids, terms).await;
                self.answer(reply, outcome);
            }
            Command::Remove(uids, reply) => {
                let removed = self.storage.remove(self.id, &numbers(&uids)).await;
                let outcome = self.removed(removed);
                self.answer(reply, outcome);
            }
            Command::Move(uids, target, edit, reply) => {
                let moved = self.storage.relocate(self.id, &numbers(&uids), target, edit).await;
                let outcome = moved.map_err(Failure::from).and_then(|(copies, removed)| {
                    self.removed(Ok(removed))?;
                    Ok(copies.iter().map(|copy| copy.uid.0).collect())
                });
                self.answer(reply, outcome);
            }
            Command::Replace(older, message, reply) => {
                let outcome = self.replace(older, *message).await;
                self.answer(reply, outcome);
            }
            Command::RemoveOlder(than, reply) => {
                let removed = self.storage.remove_older(self.id, than).await;
                let outcome = self.removed(removed);
                self.answer(reply, outcome);
            }
            Command::Expunge(reply) => {
                let removed = self.storage.expunge(self.id, stored(Flags::DELETED)).await;
                let outcome = self.removed(removed);
                self.answer(reply, outcome);
            }
            Command::Arrived(uids, reply) => {
                self.arrived(&uids).await;
                self.answer(reply, ());
            }
            Command::RightsChanged(reply) => self.tell_guests(reply),
            Command::Vanished(reply) => {
                self.vanished = true;
                self.folders.values_mut().for_each(|watch| watch.changed = true);
                // Who cannot be told now finds out by the next request.
                self.answer(reply, ());
            }
            Command::Close(key, reply) => {
                self.close(key).await;
                _ = reply.send(());
            }
        }
    }

    /// Tells the folders of a change, and then who asked for it: notices come before responses.
    fn answer<T>(&mut self, reply: oneshot::Sender<T>, outcome: T) {
        self.tell();
        _ = reply.send(outcome);
    }

    /// Tells each folder whose view has changed, once.
    fn tell(&mut self) {
        let Some(state) = &mut self.state else { return };
        let changed = state.index.take_changed();
        self.untold = false;
        for watch in self.folders.values_mut() {
            watch.changed |= changed.contains(&watch.view);
            if watch.changed && !watch.told {
                let news = Input::Changed(watch.subscriber.key.folder);
                watch.told = watch.subscriber.session.try_send(news).is_ok();
                self.untold |= !watch.told && !watch.subscriber.session.is_closed();
            }
        }
    }

    /// Tells the folders of those who see the mailbox of somebody else.
    fn tell_guests(&mut self, reply: oneshot::Sender<()>) {
        for watch in self.folders.values_mut().filter(|watch| watch.subscriber.is_guest) {
            // Who may not look any more never asks, and so is told nothing after this.
            watch.changed = true;
            watch.told = false;
        }
        self.tell();
        _ = reply.send(());
    }

    /// The present version of a folder's view; from now on the folder is told of the next change.
    fn current(&mut self, key: FolderKey) -> Order {
        if let Some(watch) = self.folders.get_mut(&key) {
            watch.changed = false;
            watch.told = false;
        }
        self.order(key)
    }

    fn order(&self, key: FolderKey) -> Order {
        match (&self.state, self.folders.get(&key)) {
            (Some(state), Some(watch)) => state.index.order(watch.view),
            _ => Order::default(),
        }
    }

    fn select(&self, key: FolderKey, ranges: &[Range]) -> Vec<u32> {
        match (&self.state, self.folders.get(&key)) {
            (Some(state), Some(watch)) => state.index.shown(watch.view, &Numbers::of(ranges)),
            _ => Vec::new(),
        }
    }

    // ---- memory and closing

    /// Says how much memory the index takes, and has memory given up that is over the budget.
    fn weigh(&mut self) {
        let Some(state) = &self.state else { return };
        let watched: HashSet<ViewId> = self.folders.values().map(|watch| watch.view).collect();
        let (all, used) = state.index.bytes(&watched);
        let used = match self.openings.is_idle() {
            // What is read for those who wait is needed, though nobody views it yet.
            false => all,
            true if self.folders.is_empty() => 0,
            true => used,
        };
        for id in self.hub.indexes.weigh(self.id, all, all.saturating_sub(used)) {
            if id == self.id {
                self.shrink();
            } else {
                self.hub.mailboxes.shrink(id);
            }
        }
    }

    /// Gives up what nobody views.
    fn shrink(&mut self) {
        if !self.openings.is_idle() {
            return;
        }
        let watched: HashSet<ViewId> = self.folders.values().map(|watch| watch.view).collect();
        let Some(state) = &mut self.state else { return };
        state.index.keep(&watched);
        let (left, _) = state.index.bytes(&watched);
        if self.folders.is_empty() {
            self.state = None;
            self.missed.clear();
            self.hub.indexes.forget(self.id);
        } else {
            self.hub.indexes.shrunk(self.id, left);
        }
    }

    /// Forgets the folders of sessions that have gone.
    fn sweep(&mut self) {
        let gone = self.folders.extract_if(|_, watch| watch.subscriber.session.is_closed());
        for (_, watch) in gone.collect::<Vec<_>>() {
            self.leave(watch.view);
        }
    }

    /// A folder no longer shows a view, which is forgotten unless it serves others.
    fn leave(&mut self, view: ViewId) {
        let used = self.folders.values().any(|other| other.view == view);
        if let Some(state) = self.state.as_mut().filter(|state| !used && !state.index.is_worth_keeping(view))
        {
            state.index.remove_view(view);
        }
    }

    async fn close(&mut self, key: FolderKey) {
        let Some(watch) = self.folders.remove(&key) else { return };
        self.leave(watch.view);
        let Some(state) = &self.state else { return };
        if self.folders.is_empty() {
            let recent = state.index.flagged(Flags::RECENT);
            let terms = FlagTerms { set: Flags::NONE, clear: Flags::RECENT };
            if !recent.is_empty() && self.mark(&recent, terms).await.is_err() {
                debug!(mailbox = %self.id, "messages stay marked as recent");
            }
        }
        // At last: it may give up what was needed until now.
        self.weigh();
    }

    // ---- changes

    async fn mark(&mut self, uids: &[u32], terms: FlagTerms) -> Result<(), Failure> {
        let edit = FlagEdit { add: stored(terms.set), remove: stored(terms.clear) };
        let changes = self.storage.set_flags(self.id, &numbers(uids), edit).await?;
        for change in changes {
            self.change(Meanwhile::Flags(change.uid.0, flags_of(change.flags)));
        }
        Ok(())
    }

    fn removed(&mut self, removed: storage::Result<storage::Removed>) -> Result<(), Failure> {
        let uids: Vec<u32> = removed?.uids.iter().map(|uid| uid.0).collect();
        self.hub.shown.forget(self.id, &uids);
        self.change(Meanwhile::Removed(uids));
        Ok(())
    }

    async fn replace(&mut self, older: u32, message: NewMessage) -> Result<u32, Failure> {
        let (stored, removed) = self.storage.replace(self.id, Uid(older), message).await?;
        self.removed(Ok(removed))?;
        let uid = stored.ok_or(ErrorCode::ServerFailure)?.uid.0;
        self.arrived(&[uid]).await;
        Ok(uid)
    }

    /// Applies a change now, or when the messages have been read.
    fn change(&mut self, change: Meanwhile) {
        match &mut self.state {
            Some(state) => change.apply(&mut state.index),
            None if self.openings.is_idle() => {}
            None => self.meanwhile.push(change),
        }
    }

    /// Takes stored messages into the index, with those that could not be read before.
    async fn arrived(&mut self, uids: &[u32]) {
        if self.state.is_some() || !self.openings.is_idle() {
            self.missed.extend_from_slice(uids);
        }
        let Some(state) = &mut self.state else { return };
        match arrive(&self.hub, self.id, state, &self.missed).await {
            Ok(()) => self.missed.clear(),
            Err(error) => {
                warn!(mailbox = %self.id, %error, "arrived messages are not shown yet: they cannot be read")
            }
        }
    }
}

/// Reads what the index needs of messages that have come, and puts them in.
async fn arrive(hub: &Hub, id: MailboxId, state: &mut State, uids: &[u32]) -> storage::Result<()> {
    let storage = &hub.storage;
    for page in uids.chunks(PAGE) {
        let fields = state.index.sorted().iter().map(|(field, _)| field);
        let messages = reading::messages(storage, id, page, fields).await?;
        let (views, filters): (Vec<ViewId>, Vec<&ContentFilter>) = state.index.content_filters().unzip();
        let mut matches = reading::looked_at(hub, id, page, &filters).await?;
        for (message, header) in messages {
            let uid = message.uid.0;
            let mut places = Vec::new();
            for (field, sorted) in state.index.sorted() {
                let entries = state.index.entries();
                let placed = reading::place(storage, id, (field, sorted), entries, (&message, &header));
                places.push(placed.await?);
            }
            let row = Row { uid, flags: flags_of(message.flags) };
            state.uid_next = state.uid_next.max(uid.saturating_add(1));
            let matches = matches.remove(&uid).unwrap_or_default();
            let matches = matches.into_iter().filter_map(|at| views.get(at)).copied().collect();
            state.index.arrive(Arrival { row, places, matches });
        }
    }
    Ok(())
}
