//! The task that owns an open mailbox.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use protocol::{FlagTerms, Flags, Range};
use storage::{Blob, FlagEdit, MailboxId, SortKey, Storage, Summary, Uid};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::column::{Key, SortField, StoredField};
use super::index::{Arrival, ContentFilter, Filter, Index, Place, ViewId};
use super::{Command, FolderKey, Handle, Numbers, Open, Opened, Order, Row, Subscriber};
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mail;
use crate::session::Input;

/// Commands that may wait for the owner of a mailbox.
const COMMANDS: usize = 64;
/// How long the index of a mailbox that nobody has open is kept for the next one.
const KEPT: Duration = Duration::from_secs(300);
/// How soon a session is told again that could not be told.
const AGAIN: Duration = Duration::from_millis(50);
/// How soon messages are read again that could not be read.
const RETRY: Duration = Duration::from_secs(1);
/// Messages whose headers are read at once.
const PAGE: usize = 500;

/// Starts the owner of a mailbox. Called by the hub, which owns all tasks that outlive connections.
pub(crate) fn spawn(hub: &Arc<Hub>, id: MailboxId) -> Handle {
    let (sender, commands) = mpsc::channel(COMMANDS);
    let actor = Actor {
        hub: Arc::clone(hub),
        storage: hub.storage.clone(),
        id,
        state: None,
        folders: HashMap::new(),
        untold: false,
        missed: Vec::new(),
        vanished: false,
    };
    hub.spawn(actor.run(commands));
    Handle { id, commands: sender }
}

struct Actor {
    hub: Arc<Hub>,
    storage: Storage,
    id: MailboxId,
    state: Option<State>,
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
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let hub = Arc::clone(&self.hub);
        loop {
            let wait = match (self.untold, self.missed.is_empty()) {
                (true, _) => AGAIN,
                (false, false) => RETRY,
                (false, true) => KEPT,
            };
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => {
                        self.handle(command).await;
                        if self.vanished {
                            break;
                        }
                    }
                    None => break,
                },
                () = hub.shutdown.cancelled(), if self.folders.is_empty() => break,
                () = tokio::time::sleep(wait) => {
                    self.folders.retain(|_, watch| !watch.subscriber.session.is_closed());
                    self.arrived(&[]).await;
                    if !self.untold && self.folders.is_empty() && hub.mailboxes.close(self.id, &commands) {
                        break;
                    }
                }
            }
            self.tell();
        }
        debug!(mailbox = %self.id, "mailbox is no longer open");
    }

    async fn handle(&mut self, command: Command) {
        match command {
            Command::Open(open) => {
                self.arrived(&[]).await;
                self.open(*open).await;
            }
            Command::Current(key, reply) => {
                if let Some(watch) = self.folders.get_mut(&key) {
                    watch.changed = false;
                    watch.told = false;
                }
                _ = reply.send(self.order(key));
            }
            Command::Select(key, ranges, reply) => _ = reply.send(self.select(key, &ranges)),
            Command::Mark(uids, terms, reply) => {
                let outcome = self.mark(&uids, terms).await;
                self.tell();
                _ = reply.send(outcome);
            }
            Command::Remove(uids, reply) => {
                let removed = self.storage.remove(self.id, &numbers(&uids)).await;
                let outcome = self.removed(removed);
                self.tell();
                _ = reply.send(outcome);
            }
            Command::Move(uids, target, edit, reply) => {
                let moved = self.storage.relocate(self.id, &numbers(&uids), target, edit).await;
                let outcome = moved.map_err(Failure::from).and_then(|(copies, removed)| {
                    self.removed(Ok(removed))?;
                    Ok(copies.iter().map(|copy| copy.uid.0).collect())
                });
                self.tell();
                _ = reply.send(outcome);
            }
            Command::RemoveOlder(than, reply) => {
                let removed = self.storage.remove_older(self.id, than).await;
                let outcome = self.removed(removed);
                self.tell();
                _ = reply.send(outcome);
            }
            Command::Expunge(reply) => {
                let removed = self.storage.expunge(self.id, stored(Flags::DELETED)).await;
                let outcome = self.removed(removed);
                self.tell();
                _ = reply.send(outcome);
            }
            Command::Arrived(uids, reply) => {
                self.arrived(&uids).await;
                self.tell();
                _ = reply.send(());
            }
            Command::RightsChanged(reply) => {
                self.tell_guests();
                _ = reply.send(());
            }
            Command::Vanished(reply) => {
                self.vanished = true;
                self.folders.values_mut().for_each(|watch| watch.changed = true);
                // Who cannot be told now finds out by the next request.
                self.tell();
                _ = reply.send(());
            }
            Command::Close(key, reply) => {
                self.close(key).await;
                _ = reply.send(());
            }
        }
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
    fn tell_guests(&mut self) {
        for watch in self.folders.values_mut().filter(|watch| watch.subscriber.is_guest) {
            // Who may not look any more never asks, and so is told nothing after this.
            watch.changed = true;
            watch.told = false;
        }
        self.tell();
    }

    fn order(&self, key: FolderKey) -> Order {
        match (&self.state, self.folders.get(&key)) {
            (Some(state), Some(watch)) => state.index.order(watch.view),
            _ => Order::default(),
        }
    }

    fn select(&self, key: FolderKey, ranges: &[Range]) -> Vec<u32> {
        let numbers = Numbers::of(ranges);
        self.order(key).iter().map(|row| row.uid).filter(|uid| numbers.contains(*uid)).collect()
    }

    // ---- opening and closing

    async fn open(&mut self, open: Open) {
        let Open { mut spec, uid_validity, subscriber, reply } = open;
        let opened = async {
            let state = load(&self.storage, self.id, &mut self.state, &spec.sort).await?;
            if uid_validity != Some(state.uid_validity) {
                spec.uid_min = 0;
            }
            let view = match state.index.find_view(&spec) {
                Some(view) => view,
                None => {
                    let matching = match &spec.filter {
                        Filter::Content(filter) => {
                            let uids: Vec<u32> = state.index.uids().collect();
                            matching(&self.hub, self.id, &uids, filter).await?
                        }
                        Filter::None | Filter::Flags(_) => HashSet::new(),
                    };
                    state.index.add_view(spec, matching)
                }
            };
            let opened = Opened {
                order: state.index.order(view),
                uid_validity: state.uid_validity,
                uid_next: state.uid_next,
            };
            Ok::<_, storage::Error>((view, opened))
        };
        match opened.await {
            Ok((view, opened)) => {
                self.folders.insert(subscriber.key, Watch { view, subscriber, changed: false, told: false });
                _ = reply.send(Ok(opened));
            }
            Err(error) => _ = reply.send(Err(error.into())),
        }
    }

    async fn close(&mut self, key: FolderKey) {
        let Some(watch) = self.folders.remove(&key) else { return };
        let Some(state) = &mut self.state else { return };
        let used = self.folders.values().any(|other| other.view == watch.view);
        if !used && !state.index.is_fresh(watch.view) {
            state.index.remove_view(watch.view);
        }
        if self.folders.is_empty() {
            let recent = state.index.flagged(Flags::RECENT);
            let terms = FlagTerms { set: Flags::NONE, clear: Flags::RECENT };
            if !recent.is_empty() && self.mark(&recent, terms).await.is_err() {
                debug!(mailbox = %self.id, "messages stay marked as recent");
            }
        }
    }

    // ---- changes

    async fn mark(&mut self, uids: &[u32], terms: FlagTerms) -> Result<(), Failure> {
        let edit = FlagEdit { add: stored(terms.set), remove: stored(terms.clear) };
        let changes = self.storage.set_flags(self.id, &numbers(uids), edit).await?;
        if let Some(state) = &mut self.state {
            for change in changes {
                state.index.set_flags(change.uid.0, flags_of(change.flags));
            }
        }
        Ok(())
    }

    fn removed(&mut self, removed: storage::Result<storage::Removed>) -> Result<(), Failure> {
        let uids: Vec<u32> = removed?.uids.iter().map(|uid| uid.0).collect();
        if let Some(state) = &mut self.state {
            state.index.remove(&uids);
        }
        Ok(())
    }

    /// Takes stored messages into the index, with those that could not be read before.
    async fn arrived(&mut self, uids: &[u32]) {
        let Some(state) = &mut self.state else { return };
        self.missed.extend_from_slice(uids);
        match arrive(&self.hub, self.id, state, &self.missed).await {
            Ok(()) => self.missed.clear(),
            Err(error) => {
                warn!(mailbox = %self.id, %error, "arrived messages are not shown yet: they cannot be read")
            }
        }
    }
}

/// Loads the index, or the column that a sort needs, unless they are there.
async fn load<'a>(
    storage: &Storage,
    id: MailboxId,
    state: &'a mut Option<State>,
    sort: &SortField,
) -> storage::Result<&'a mut State> {
    if state.as_ref().is_none_or(|state| !state.index.can_sort_by(sort)) {
        let mut rows = Vec::new();
        let mut keys = Vec::new();
        let mailbox = storage.summaries(id, sort.column(), |summary| {
            rows.push(Row { uid: summary.uid.0, flags: flags_of(summary.flags) });
            keys.push(key_of(sort, &summary));
        });
        let mailbox = mailbox.await?;
        if let SortField::Header(name) = sort {
            keys = header_keys(storage, id, &rows, name).await?;
        }
        match state {
            None => {
                let mut index = Index::new(rows);
                if sort.needs_column() {
                    index.add_column(sort.clone(), keys);
                }
                let uid_next = mailbox.uid_next.0;
                *state = Some(State { index, uid_validity: mailbox.uid_validity, uid_next });
            }
            Some(state) => {
                // Messages may have come that the index has not been told of yet; they bring their own keys.
                let mut known: HashMap<u32, Key> = rows.iter().map(|row| row.uid).zip(keys).collect();
                let keys = state.index.uids().map(|uid| known.remove(&uid).unwrap_or(Key::Number(0)));
                let keys = keys.collect();
                state.index.add_column(sort.clone(), keys);
            }
        }
    }
    // It is there by now.
    state.as_mut().ok_or(storage::Error::NotFound { what: storage::Aggregate::Mailbox })
}

/// Reads what the index needs of messages that have come, and puts them in.
async fn arrive(hub: &Hub, id: MailboxId, state: &mut State, uids: &[u32]) -> storage::Result<()> {
    let storage = &hub.storage;
    for page in uids.chunks(PAGE) {
        let messages = storage.messages(id, &numbers(page)).await?;
        let headers: HashMap<Uid, Vec<u8>> =
            if state.index.columns().any(|f| matches!(f, SortField::Header(_))) {
                storage.headers(id, &numbers(page)).await?.into_iter().collect()
            } else {
                HashMap::new()
            };
        let filters: Vec<(ViewId, ContentFilter)> =
            state.index.content_filters().map(|(view, filter)| (view, filter.clone())).collect();
        let mut matches: HashMap<u32, Vec<ViewId>> = HashMap::new();
        for (view, filter) in filters {
            for uid in matching(hub, id, page, &filter).await? {
                matches.entry(uid).or_default().push(view);
            }
        }
        for message in messages {
            let uid = message.uid.0;
            let header = headers.get(&message.uid).map(Vec::as_slice).unwrap_or_default();
            let keys = state.index.columns().map(|field| key_of_message(field, &message, header)).collect();
            let row = Row { uid, flags: flags_of(message.flags) };
            state.uid_next = state.uid_next.max(uid.saturating_add(1));
            state.index.arrive(Arrival { row, keys, matches: matches.remove(&uid).unwrap_or_default() });
        }
    }
    Ok(())
}

/// The messages whose content matches.
async fn matching(
    hub: &Hub,
    id: MailboxId,
    uids: &[u32],
    filter: &ContentFilter,
) -> storage::Result<HashSet<u32>> {
    let mut found = HashSet::new();
    for page in uids.chunks(PAGE) {
        if let Place::Header(field) = &filter.place {
            let headers = hub.storage.headers(id, &numbers(page)).await?;
            let matching =
                headers.iter().filter(|(_, header)| mail::matches_header(header, field, &filter.text));
            found.extend(matching.map(|(uid, _)| uid.0));
            continue;
        }
        for message in hub.storage.messages(id, &numbers(page)).await? {
            if contains(hub, message.blob, filter).await? {
                found.insert(message.uid.0);
            }
        }
    }
    Ok(found)
}

/// Whether a message contains a text; looked for where it stops nobody, since a message can be long.
async fn contains(hub: &Hub, blob: Blob, filter: &ContentFilter) -> storage::Result<bool> {
    let (raw, room) = match hub.message(blob).await {
        // What cannot be read has no text in it; the others shall be found all the same.
        Err(storage::Error::MissingBlob { .. } | storage::Error::TooLarge { .. }) => return Ok(false),
        read => read?,
    };
    let filter = filter.clone();
    let contains = tokio::task::spawn_blocking(move || {
        let _room = room;
        match filter.place {
            Place::Body => mail::matches_body(&raw, &filter.text),
            Place::Anywhere | Place::Header(_) => mail::matches_anywhere(&raw, &filter.text),
        }
    });
    Ok(contains.await.unwrap_or(false))
}

async fn header_keys(
    storage: &Storage,
    id: MailboxId,
    rows: &[Row],
    name: &str,
) -> storage::Result<Vec<Key>> {
    let mut keys = Vec::with_capacity(rows.len());
    for page in rows.chunks(PAGE) {
        let uids: Vec<Uid> = page.iter().map(|row| Uid(row.uid)).collect();
        let headers: HashMap<Uid, Vec<u8>> = storage.headers(id, &uids).await?.into_iter().collect();
        keys.extend(uids.iter().map(|uid| {
            Key::text(&headers.get(uid).map(|header| mail::sort_text(name, header)).unwrap_or_default())
        }));
    }
    Ok(keys)
}

fn key_of(sort: &SortField, summary: &Summary<'_>) -> Key {
    match (sort, summary.key) {
        (SortField::Size, _) => Key::Number(i64::try_from(summary.size).unwrap_or(i64::MAX)),
        (SortField::InternalDate, _) => Key::Number(summary.internal_date),
        (SortField::Stored(StoredField::Original), SortKey::Integer(0)) => Key::Number(summary.uid.0.into()),
        (_, SortKey::Integer(number)) => Key::Number(number),
        (_, SortKey::Text(text)) => Key::text(text),
        (_, SortKey::None) => Key::Number(0),
    }
}

fn key_of_message(sort: &SortField, message: &storage::Message, header: &[u8]) -> Key {
    let fields = &message.fields;
    match sort {
        SortField::Uid | SortField::Flags => Key::Number(message.uid.0.into()),
        SortField::Size => Key::Number(i64::try_from(message.blob.size).unwrap_or(i64::MAX)),
        SortField::InternalDate => Key::Number(message.internal_date),
        SortField::Stored(StoredField::Sent) => Key::Number(fields.sent.unwrap_or(message.internal_date)),
        SortField::Stored(StoredField::Original) => {
            Key::Number(message.original_uid.unwrap_or(message.uid).0.into())
        }
        SortField::Stored(StoredField::Subject) => Key::text(&fields.subject),
        SortField::Stored(StoredField::From) if fields.from_name.is_empty() => {
            Key::text(&fields.from_address)
        }
        SortField::Stored(StoredField::From) => Key::text(&fields.from_name),
        SortField::Stored(StoredField::FromAddress) => Key::text(&fields.from_address),
        SortField::Stored(StoredField::To) => Key::text(&fields.to),
        SortField::Stored(StoredField::Cc) => Key::text(&fields.cc),
        SortField::Header(name) => Key::text(&mail::sort_text(name, header)),
    }
}

fn numbers(uids: &[u32]) -> Vec<Uid> {
    uids.iter().map(|uid| Uid(*uid)).collect()
}

/// Flags as they are stored.
pub(crate) fn stored(flags: Flags) -> storage::Flags {
    storage::Flags::from_bits(flags.bits().into())
}

/// Stored flags; bits that mean nothing are dropped.
pub(crate) fn flags_of(flags: storage::Flags) -> Flags {
    Flags::from_bits(u16::try_from(flags.bits() & 0x7fff).unwrap_or_default())
}
