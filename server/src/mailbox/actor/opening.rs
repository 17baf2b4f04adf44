//! How is a view opened without holding up those who have the mailbox open already?
//!
//! What takes long to find out (all messages, an order, which messages match) is found out by a task, on a snapshot; the
//! owner goes on meanwhile. What has happened in between is made up for when the task is done. Of several who open what
//! needs the same, all wait for one task.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use protocol::ErrorCode;
use storage::MailboxId;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Actor, State, Watch};
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::column::SortField;
use crate::mailbox::index::{ContentFilter, Filter, Index, Spec, ViewId};
use crate::mailbox::order::Row;
use crate::mailbox::reading::{self, Reading};
use crate::mailbox::sorted::{Placed, Sorted, remove_places};
use crate::mailbox::{Open, Opened};

/// Up to how many messages that came meanwhile are looked at at once, rather than by another task.
const FEW: usize = 4;
/// Results that may wait for the owner.
const RESULTS: usize = 16;

/// What is being opened.
pub(super) struct Openings {
    waiting: Vec<Open>,
    running: Vec<Running>,
    /// How many tasks have been started.
    started: u64,
    /// Found out for those who wait.
    found: Vec<(ContentFilter, HashSet<u32>)>,
    results: mpsc::Sender<Prepared>,
}

/// What a view needs that takes a task to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    /// All messages, sorted by a field.
    Sorted(SortField),
    /// The messages that match.
    Matching(ContentFilter),
}

/// A task that finds something out.
struct Running {
    number: u64,
    need: Need,
    task: CancellationToken,
}

/// Which messages are looked at to find those that match.
#[derive(Default)]
struct Search {
    /// All messages of the index.
    among: Vec<u32>,
    /// Those of them that nobody has looked at yet.
    unknown: Vec<u32>,
    /// Those of the others that match.
    found: HashSet<u32>,
}

/// What a task has found out.
pub(super) struct Prepared {
    number: u64,
    need: Need,
    outcome: storage::Result<Outcome>,
}

enum Outcome {
    Sorted(Reading),
    /// Which of the messages match.
    Matching {
        among: Vec<u32>,
        found: HashSet<u32>,
    },
}

impl Openings {
    /// Nothing is being opened. Results come by the channel.
    pub(super) fn new() -> (Self, mpsc::Receiver<Prepared>) {
        let (results, received) = mpsc::channel(RESULTS);
        let openings =
            Self { waiting: Vec::new(), running: Vec::new(), started: 0, found: Vec::new(), results };
        (openings, received)
    }

    /// Whether anything is.
    pub(super) const fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }
}

impl Drop for Openings {
    fn drop(&mut self) {
        self.running.iter().for_each(|running| running.task.cancel());
    }
}

impl Actor {
    pub(super) fn open(&mut self, open: Open) {
        self.openings.waiting.push(open);
        self.open_waiting();
    }

    /// Opens what can be opened, and begins to find out what the others need.
    fn open_waiting(&mut self) {
        for open in std::mem::take(&mut self.openings.waiting) {
            if open.reply.is_closed() {
                continue;
            }
            match self.need(&open.spec, open.uid_validity) {
                None => self.open_now(open),
                Some(need) => {
                    self.find_out(need);
                    self.openings.waiting.push(open);
                }
            }
        }
        self.openings.found.clear();
        self.stop_unneeded();
        self.weigh();
    }

    /// Ends the tasks whose results nobody waits for any more.
    pub(super) fn stop_unneeded(&mut self) {
        self.openings.waiting.retain(|open| !open.reply.is_closed());
        let needs: Vec<Option<Need>> =
            self.openings.waiting.iter().map(|open| self.need(&open.spec, open.uid_validity)).collect();
        let is_first = self.state.is_none() && !self.openings.waiting.is_empty();
        self.openings.running.retain(|running| {
            let is_needed = needs.iter().flatten().any(|need| *need == running.need);
            // The first reading serves all who wait, however they want it sorted.
            let stays = is_needed || (is_first && matches!(running.need, Need::Sorted(_)));
            if !stays {
                running.task.cancel();
            }
            stays
        });
    }

    /// What has to be found out before this can be shown.
    fn need(&self, spec: &Spec, uid_validity: Option<u32>) -> Option<Need> {
        let Some(state) = &self.state else { return Some(Need::Sorted(spec.sort.clone())) };
        if !state.index.can_sort_by(&spec.sort) {
            return Some(Need::Sorted(spec.sort.clone()));
        }
        match &spec.filter {
            Filter::None | Filter::Flags(_) => None,
            Filter::Content(filter) => {
                let is_known = state.index.find_view(&state.effective(spec, uid_validity)).is_some()
                    || self.openings.found.iter().any(|(known, _)| known == filter);
                (!is_known).then(|| Need::Matching(filter.clone()))
            }
        }
    }

    fn find_out(&mut self, need: Need) {
        let is_under_way = |running: &Running| {
            running.need == need || (self.state.is_none() && matches!(running.need, Need::Sorted(_)))
        };
        if self.openings.running.iter().any(is_under_way) {
            return;
        }
        let among: Vec<u32> = match &need {
            Need::Sorted(_) => Vec::new(),
            Need::Matching(_) => self.state.iter().flat_map(|state| state.index.uids()).collect(),
        };
        self.start(need, Search { unknown: among.clone(), among, found: HashSet::new() });
    }

    fn start(&mut self, need: Need, search: Search) {
        let (task, number) = (self.hub.shutdown.child_token(), self.openings.started);
        self.openings.started += 1;
        self.openings.running.push(Running { number, need: need.clone(), task: task.clone() });
        let (hub, id, results) = (Arc::clone(&self.hub), self.id, self.openings.results.clone());
        let work = async move {
            let outcome = match &need {
                Need::Sorted(sort) => reading::read(&hub, id, sort).await.map(Outcome::Sorted),
                Need::Matching(filter) => {
                    let Search { among, unknown, mut found } = search;
                    reading::matching(&hub, id, &unknown, filter).await.map(|more| {
                        found.extend(more);
                        Outcome::Matching { among, found }
                    })
                }
            };
            // Without the owner nobody wants it.
            _ = results.send(Prepared { number, need, outcome }).await;
        };
        self.hub.spawn(async move {
            task.run_until_cancelled(work).await;
        });
    }

    /// A task is done: makes up for what has happened meanwhile, and opens what waits for it.
    pub(super) async fn prepared(&mut self, prepared: Prepared) {
        let Prepared { number, need, outcome } = prepared;
        let known = self.openings.running.iter().position(|running| running.number == number);
        let Some(at) = known else { return };
        self.openings.running.swap_remove(at);
        let taken = match (outcome, &need) {
            (Ok(Outcome::Sorted(reading)), Need::Sorted(sort)) => self.take(reading, sort).await,
            (Ok(Outcome::Matching { among, found }), Need::Matching(filter)) => {
                self.matched(filter, &among, found).await
            }
            (Ok(_), _) => Ok(()),
            (Err(error), _) => Err(error),
        };
        if let Err(error) = taken {
            for open in std::mem::take(&mut self.openings.waiting) {
                if self.need(&open.spec, open.uid_validity).as_ref() == Some(&need) {
                    _ = open.reply.send(Err(error.clone().into()));
                } else {
                    self.openings.waiting.push(open);
                }
            }
        }
        self.open_waiting();
    }

    /// Takes what was read into the index; the first reading is the index.
    async fn take(&mut self, reading: Reading, sort: &SortField) -> storage::Result<()> {
        let Some(state) = &mut self.state else {
            let mut index = Index::new(reading.rows);
            if let Some(sorted) = reading.sorted {
                index.add_sorted(sort.clone(), sorted);
            }
            for change in std::mem::take(&mut self.meanwhile) {
                change.apply(&mut index);
            }
            let (uid_validity, uid_next) = (reading.mailbox.uid_validity, reading.mailbox.uid_next.0);
            self.state = Some(State { index, uid_validity, uid_next });
            self.arrived(&[]).await;
            return Ok(());
        };
        let Some(sorted) = reading.sorted else { return Ok(()) };
        if state.index.can_sort_by(sort) {
            return Ok(());
        }
        let sorted = caught_up(&self.hub, self.id, state, (sort, sorted), reading.rows).await?;
        state.index.add_sorted(sort.clone(), sorted);
        Ok(())
    }

    async fn matched(
        &mut self,
        filter: &ContentFilter,
        among: &[u32],
        mut found: HashSet<u32>,
    ) -> storage::Result<()> {
        let Some(state) = &self.state else { return Ok(()) };
        let unknown: Vec<u32> = state.index.uids().filter(|uid| among.binary_search(uid).is_err()).collect();
        if unknown.len() > FEW {
            let among = state.index.uids().collect();
            self.start(Need::Matching(filter.clone()), Search { among, unknown, found });
            return Ok(());
        }
        // The index knows nothing of what has only just come.
        found.extend(reading::looked_at(&self.hub, self.id, &unknown, &[filter]).await?.into_keys());
        let present: HashSet<u32> = state.index.uids().filter(|uid| found.contains(uid)).collect();
        self.openings.found.push((filter.clone(), present));
        Ok(())
    }

    /// Opens a view for which everything is there.
    fn open_now(&mut self, open: Open) {
        let Open { spec, uid_validity, subscriber, reply } = open;
        let Some(state) = &mut self.state else { return };
        let spec = state.effective(&spec, uid_validity);
        let view = match state.index.find_view(&spec) {
            Some(view) => view,
            None => {
                if state.index.views() >= self.hub.config.mailbox.views as usize {
                    let watched: HashSet<ViewId> = self.folders.values().map(|watch| watch.view).collect();
                    if watched.len() >= self.hub.config.mailbox.views as usize {
                        _ = reply.send(Err(Failure::because(
                            ErrorCode::LimitReached,
                            "the mailbox is shown in too many ways at once: try again later, or without a filter",
                        )));
                        return;
                    }
                    state.index.keep_views(&watched);
                }
                let found = &self.openings.found;
                let matching = match &spec.filter {
                    Filter::Content(filter) => {
                        found.iter().find(|(known, _)| known == filter).map(|(_, found)| found.clone())
                    }
                    Filter::None | Filter::Flags(_) => None,
                };
                state.index.add_view(spec, matching.unwrap_or_default())
            }
        };
        let opened = Opened {
            order: state.index.order(view),
            uid_validity: state.uid_validity,
            uid_next: state.uid_next,
        };
        self.folders.insert(subscriber.key, Watch { view, subscriber, changed: false, told: false });
        // A session that has gone is forgotten with the others of its kind.
        _ = reply.send(Ok(opened));
    }
}

impl State {
    /// What is shown: the bound applies only if it was seen with the present UIDVALIDITY.
    fn effective(&self, spec: &Spec, uid_validity: Option<u32>) -> Spec {
        let applies = uid_validity == Some(self.uid_validity);
        Spec { uid_min: if applies { spec.uid_min } else { 0 }, ..spec.clone() }
    }
}

/// An order of some messages made one of those that the index has now.
async fn caught_up(
    hub: &Hub,
    id: MailboxId,
    state: &State,
    (sort, mut sorted): (&SortField, Sorted),
    mut entries: Vec<Row>,
) -> storage::Result<Sorted> {
    let now: HashMap<u32, Row> = state.index.entries().iter().map(|row| (row.uid, *row)).collect();
    let gone = |(place, row): (usize, &Row)| (!now.contains_key(&row.uid)).then_some(place);
    let gone: Vec<usize> = entries.iter().enumerate().filter_map(gone).collect();
    sorted.remove(&entries, &gone);
    remove_places(&mut entries, &gone);
    let other_flags = |entry: &Row| now.get(&entry.uid).copied().filter(|row| row.flags != entry.flags);
    for row in entries.iter().filter_map(other_flags) {
        sorted.set_flags(&entries, row);
    }
    let later: Vec<u32> = state
        .index
        .uids()
        .filter(|uid| entries.binary_search_by_key(uid, |entry| entry.uid).is_err())
        .collect();
    for page in later.chunks(reading::PAGE) {
        let messages = reading::messages(&hub.storage, id, page, std::iter::once(sort)).await?;
        for row in page.iter().filter_map(|uid| now.get(uid)) {
            let placed = match messages.iter().find(|(message, _)| message.uid.0 == row.uid) {
                Some((message, header)) => {
                    reading::place(&hub.storage, id, (sort, &sorted), &entries, (message, header)).await?
                }
                None => Placed::unknown(sort.is_text()),
            };
            let place = entries.partition_point(|entry| entry.uid < row.uid);
            sorted.insert(&entries, place, *row, placed);
            entries.insert(place, *row);
        }
    }
    Ok(sorted)
}
