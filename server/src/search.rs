//! Which messages of a folder does a `folderSearch` find?
//!
//! What a query asks the database is asked once, before the first message is judged; then the messages are judged in groups,
//! in the order of the view, so that a search that ends early has found the first ones.

mod query;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocol::{Field, SearchEnd};
use storage::{MailboxId, SortColumn, SortKey};
use tokio::time::Instant;

use crate::failure::Failure;
use crate::hub::{Hub, Taken};
use crate::mailbox::{ContentFilter, Order, Place, Row, TextSearch};
use query::{Day, Key, TextKey};

pub(crate) use query::Query;

/// Messages that are judged at once.
const GROUP: usize = 200;
/// Bytes of memory for what is known of a message.
const WEIGHT: u64 = 48;

/// A search to be made.
pub(crate) struct Search {
    /// The mailbox.
    pub(crate) mailbox: MailboxId,
    /// The messages among which to look.
    pub(crate) view: Order,
    /// What to look for.
    pub(crate) query: Query,
    /// How many messages are wanted.
    pub(crate) limit: usize,
    /// When to end.
    pub(crate) deadline: Instant,
    /// The zone of days.
    pub(crate) zone: TimeZone,
}

/// The messages that were found, by position, and why not all were looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) found: Vec<(usize, Row)>,
    pub(crate) end: Option<SearchEnd>,
}

impl Search {
    /// Makes the search.
    pub(crate) async fn run(self, hub: Arc<Hub>) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::default();
        let prepared = Prepared::new(&hub, &self);
        let Ok(prepared) = tokio::time::timeout_at(self.deadline, prepared).await else {
            outcome.end = Some(SearchEnd::Timeout);
            return Ok(outcome);
        };
        let prepared = prepared?;
        for from in (0..self.view.len()).step_by(GROUP) {
            let group: Vec<(usize, Row)> = self.view.range(from, from + GROUP).collect();
            let judged = prepared.matching(&hub, &self.query.0, &group);
            let in_time = tokio::time::timeout_at(self.deadline, judged).await;
            let Some(matching) = in_time.ok().filter(|_| Instant::now() < self.deadline) else {
                outcome.end = Some(SearchEnd::Timeout);
                return Ok(outcome);
            };
            let matching = matching?;
            outcome.found.extend(group.into_iter().filter(|(_, row)| matching.contains(&row.uid)));
            if outcome.found.len() > self.limit {
                outcome.found.truncate(self.limit);
                outcome.end = Some(SearchEnd::Limit);
                return Ok(outcome);
            }
        }
        Ok(outcome)
    }
}

/// What was asked of the database.
struct Prepared {
    mailbox: MailboxId,
    zone: TimeZone,
    view: usize,
    last_uid: u32,
    facts: HashMap<u32, Facts>,
    /// What they take.
    _room: Option<Taken>,
    texts: HashMap<TextKey, TextSearch>,
}

/// What is known of a message.
struct Facts {
    size: u64,
    internal_date: i64,
    sent: i64,
}

impl Prepared {
    async fn new(hub: &Hub, search: &Search) -> storage::Result<Self> {
        let mut texts = HashMap::new();
        for key in search.query.0.texts() {
            if !texts.contains_key(key) {
                let asked = TextSearch::begin(hub, search.mailbox, key.filter()).await?;
                texts.insert(key.clone(), asked);
            }
        }
        let (mut facts, mut room) = (HashMap::new(), None);
        if search.query.0.needs_facts() {
            let wanted: HashSet<u32> = search.view.iter().map(|row| row.uid).collect();
            let bytes = u64::try_from(wanted.len()).unwrap_or(u64::MAX).saturating_mul(WEIGHT);
            room = Some(hub.facts.take(bytes).await);
            let read = hub.storage.summaries(search.mailbox, SortColumn::Sent, |summary| {
                if wanted.contains(&summary.uid.0) {
                    let (size, internal_date) = (summary.size, summary.internal_date);
                    let sent = match summary.key {
                        SortKey::Integer(sent) => sent,
                        SortKey::None | SortKey::Text(_) => internal_date,
                    };
                    facts.insert(summary.uid.0, Facts { size, internal_date, sent });
                }
            });
            read.await?;
        }
        let last_uid = search.view.iter().map(|row| row.uid).max().unwrap_or(0);
        let (mailbox, zone) = (search.mailbox, search.zone.clone());
        Ok(Self { mailbox, zone, view: search.view.len(), last_uid, facts, _room: room, texts })
    }

    /// Those of the messages that match.
    async fn matching(&self, hub: &Hub, key: &Key, group: &[(usize, Row)]) -> storage::Result<HashSet<u32>> {
        Ok(match key {
            Key::All(keys) => {
                let mut left = group.to_vec();
                for key in keys {
                    let matching = Box::pin(self.matching(hub, key, &left)).await?;
                    left.retain(|(_, row)| matching.contains(&row.uid));
                }
                left.into_iter().map(|(_, row)| row.uid).collect()
            }
            Key::Either(pair) => {
                let (one, other) = &**pair;
                let mut found = Box::pin(self.matching(hub, one, group)).await?;
                let rest: Vec<(usize, Row)> =
                    group.iter().filter(|(_, row)| !found.contains(&row.uid)).copied().collect();
                found.extend(Box::pin(self.matching(hub, other, &rest)).await?);
                found
            }
            Key::Not(key) => {
                let found = Box::pin(self.matching(hub, key, group)).await?;
                group.iter().map(|(_, row)| row.uid).filter(|uid| !found.contains(uid)).collect()
            }
            Key::Text(key) => match self.texts.get(key) {
                Some(search) => {
                    let uids: Vec<u32> = group.iter().map(|(_, row)| row.uid).collect();
                    search.among(hub, self.mailbox, &uids).await?
                }
                None => HashSet::new(),
            },
            Key::Flags(_)
            | Key::Never
            | Key::Uids(_)
            | Key::Numbers(_)
            | Key::Larger(_)
            | Key::Smaller(_)
            | Key::Came(_)
            | Key::Sent(_) => {
                group.iter().filter(|one| self.is_matching(key, one)).map(|(_, row)| row.uid).collect()
            }
        })
    }

    /// Whether a message matches a key that needs nothing but what is known already.
    fn is_matching(&self, key: &Key, (index, row): &(usize, Row)) -> bool {
        let facts = self.facts.get(&row.uid);
        match key {
            Key::Flags(terms) => terms.admit(row.flags),
            Key::Never => false,
            Key::Uids(set) => set.contains(row.uid, self.last_uid),
            Key::Numbers(set) => {
                let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
                set.contains(number(index.saturating_add(1)), number(self.view))
            }
            Key::Larger(size) => facts.is_some_and(|facts| facts.size > *size),
            Key::Smaller(size) => facts.is_some_and(|facts| facts.size < *size),
            Key::Came(day) => facts.is_some_and(|facts| self.is_day(day, facts.internal_date)),
            Key::Sent(day) => facts.is_some_and(|facts| self.is_day(day, facts.sent)),
            Key::All(_) | Key::Either(_) | Key::Not(_) | Key::Text(_) => false,
        }
    }

    fn is_day(&self, day: &Day, time: i64) -> bool {
        let Ok(time) = Timestamp::from_millisecond(time) else { return false };
        let date: Date = self.zone.to_datetime(time).date();
        match day {
            Day::Before(other) => date < *other,
            Day::On(other) => date == *other,
            Day::Since(other) => date >= *other,
        }
    }
}

impl TextKey {
    fn filter(&self) -> ContentFilter {
        let (place, text) = match self {
            Self::Field(name, text) => match Field::new(name) {
                Some(field) => (Place::Header(field), text),
                None => (Place::Anywhere, text),
            },
            Self::Body(text) => (Place::Body, text),
            Self::Anywhere(text) => (Place::Anywhere, text),
        };
        ContentFilter { place, text: text.clone() }
    }
}
