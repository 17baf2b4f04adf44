//! How is a mailbox kept sorted by one field, in little memory?
//!
//! One such order serves all views that are sorted by the field, whichever way. A number is kept as it is. Of a text only
//! the first bytes of its key are kept, which tell most texts apart, and a label: a number that rises along the order, so
//! that messages whose places are known are compared without their texts. Only to place a message that comes, or to
//! sort a mailbox at all, texts with the same first bytes have to be looked at.

use std::cmp::Ordering;

use super::collation;
use super::order::{Order, Row};

/// How far labels are apart where there is room: what comes between two leaves half of that to the next.
const STEP: u64 = 1 << 20;

/// The values of all messages of a mailbox, by rising UID, as they were read.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    /// Numbers.
    Numbers(Vec<i64>),
    /// The keys of texts, one behind the other.
    Texts {
        /// All bytes.
        bytes: Vec<u8>,
        /// Where each ends.
        ends: Vec<usize>,
    },
}

/// The value of a message that it is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A number.
    Number(i64),
    /// The key of a text.
    Text(Vec<u8>),
}

/// Where a message that comes is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// By its number.
    Number(i64),
    /// At this index of the order, with the first bytes of its key.
    Text { prefix: u64, index: usize },
}

/// A mailbox sorted by a field, ascending; ties by UID.
#[derive(Debug, Clone)]
pub(crate) struct Sorted {
    keys: Keys,
    order: Order,
}

/// By rising UID.
#[derive(Debug, Clone)]
enum Keys {
    Numbers(Vec<i64>),
    Texts { prefixes: Vec<u64>, labels: Vec<u64> },
}

impl Values {
    /// None yet, of texts or of numbers.
    pub(crate) const fn new(is_text: bool) -> Self {
        if is_text { Self::Texts { bytes: Vec::new(), ends: Vec::new() } } else { Self::Numbers(Vec::new()) }
    }

    /// Adds a number.
    pub(crate) fn push_number(&mut self, number: i64) {
        match self {
            Self::Numbers(numbers) => numbers.push(number),
            Self::Texts { bytes, ends } => ends.push(bytes.len()),
        }
    }

    /// Adds the key of a text.
    pub(crate) fn push_text(&mut self, text: &str) {
        match self {
            Self::Numbers(numbers) => numbers.push(0),
            Self::Texts { bytes, ends } => {
                collation::write_key(text, bytes);
                ends.push(bytes.len());
            }
        }
    }

    fn text(&self, place: usize) -> &[u8] {
        let Self::Texts { bytes, ends } = self else { return &[] };
        let from = place.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        ends.get(place).and_then(|till| bytes.get(from..*till)).unwrap_or_default()
    }
}

impl Placed {
    /// First: for one that cannot be read any more.
    pub(crate) const fn unknown(is_text: bool) -> Self {
        if is_text { Self::Text { prefix: 0, index: 0 } } else { Self::Number(i64::MIN) }
    }
}

impl Sorted {
    /// Sorts messages, given by rising UID with their values.
    pub(crate) fn build(entries: &[Row], values: Values) -> Self {
        let mut places: Vec<usize> = (0..entries.len()).collect();
        let keys = match values {
            Values::Numbers(numbers) => {
                // Equal numbers stay in the order of their UIDs.
                places.sort_by_key(|place| numbers.get(*place));
                Keys::Numbers(numbers)
            }
            texts @ Values::Texts { .. } => {
                let prefixes: Vec<u64> =
                    places.iter().map(|place| collation::prefix(texts.text(*place))).collect();
                let key = |place: &usize| (prefixes.get(*place), texts.text(*place));
                places.sort_by(|a, b| key(a).cmp(&key(b)));
                let mut labels = vec![0; places.len()];
                spread(&mut labels, &places, 0, u64::MAX);
                Keys::Texts { prefixes, labels }
            }
        };
        let rows: Vec<Row> = places.iter().filter_map(|place| entries.get(*place)).copied().collect();
        Self { keys, order: Order::of(&rows) }
    }

    /// All messages, ascending.
    pub(crate) const fn order(&self) -> &Order {
        &self.order
    }

    /// The bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        let keys = match &self.keys {
            Keys::Numbers(numbers) => numbers.capacity(),
            Keys::Texts { prefixes, labels } => prefixes.capacity() + labels.capacity(),
        };
        keys * size_of::<u64>() + self.order.bytes()
    }

    /// Compares two of the messages. `entries` are all, by rising UID.
    pub(crate) fn compare(&self, entries: &[Row], a: Row, b: Row) -> Ordering {
        self.keys.rank(entries, a).cmp(&self.keys.rank(entries, b))
    }

    /// The indexes of the messages whose keys begin as this does: the first, and the one after the last.
    pub(crate) fn ties(&self, entries: &[Row], prefix: u64) -> (usize, usize) {
        let Keys::Texts { prefixes, .. } = &self.keys else { return (0, 0) };
        let of = |row: Row| place(entries, row).and_then(|place| prefixes.get(place)).copied();
        let is_before = |row| of(row).is_some_and(|other| other < prefix);
        let is_not_after = |row| of(row).is_some_and(|other| other <= prefix);
        (self.order.partition_point(is_before), self.order.partition_point(is_not_after))
    }

    /// Puts in a message that has come, which will be at this place of the entries.
    pub(crate) fn insert(&mut self, entries: &[Row], place: usize, row: Row, placed: Placed) {
        match placed {
            Placed::Number(number) => {
                let mine = (rank_of(number), row.uid);
                let keys = &self.keys;
                self.order.insert(row, |other| keys.rank(entries, other).cmp(&mine));
                if let Keys::Numbers(numbers) = &mut self.keys {
                    insert_tight(numbers, place, number);
                }
            }
            Placed::Text { prefix, index } => {
                let label = self.label(entries, index);
                self.order.insert_at(index, row);
                if let Keys::Texts { prefixes, labels } = &mut self.keys {
                    insert_tight(prefixes, place, prefix);
                    insert_tight(labels, place, label);
                }
            }
        }
    }

    /// One of the messages has other flags.
    pub(crate) fn set_flags(&mut self, entries: &[Row], row: Row) {
        let (keys, mine) = (&self.keys, self.keys.rank(entries, row));
        self.order.set_flags(row.flags, |other| keys.rank(entries, other).cmp(&mine));
    }

    /// The messages at these places, which rise, are about to leave the entries.
    pub(crate) fn remove(&mut self, entries: &[Row], places: &[usize]) {
        let keys = &self.keys;
        for row in places.iter().filter_map(|place| entries.get(*place)) {
            let mine = keys.rank(entries, *row);
            self.order.remove(|other| keys.rank(entries, other).cmp(&mine));
        }
        match &mut self.keys {
            Keys::Numbers(numbers) => remove_places(numbers, places),
            Keys::Texts { prefixes, labels } => {
                remove_places(prefixes, places);
                remove_places(labels, places);
            }
        }
    }

    /// A label for a message that comes in at an index.
    fn label(&mut self, entries: &[Row], index: usize) -> u64 {
        let (mut low, mut high) = self.room(entries, index, index);
        if high - low < 2 {
            self.make_room(entries, index);
            (low, high) = self.room(entries, index, index);
        }
        low + ((high - low) / 2).min(STEP)
    }

    /// The labels between which those from one index up to another lie.
    fn room(&self, entries: &[Row], from: usize, till: usize) -> (u64, u64) {
        let label = |index: usize| self.order.get(index).map(|row| self.keys.rank(entries, row).0);
        let low = from.checked_sub(1).and_then(label).unwrap_or(0);
        (low, label(till).unwrap_or(u64::MAX))
    }

    /// Moves the labels around an index apart, as many of them as it takes.
    fn make_room(&mut self, entries: &[Row], index: usize) {
        let mut reach = 32;
        loop {
            let from = index.saturating_sub(reach);
            let till = index.saturating_add(reach).min(self.order.len());
            let (low, high) = self.room(entries, from, till);
            let is_all = till - from == self.order.len();
            if is_all || step(low, high, till - from) >= STEP {
                let rows = self.order.range(from, till);
                let places: Vec<usize> = rows.filter_map(|(_, row)| place(entries, row)).collect();
                if let Keys::Texts { labels, .. } = &mut self.keys {
                    spread(labels, &places, low, high);
                }
                return;
            }
            reach *= 4;
        }
    }
}

impl Keys {
    /// What messages are compared by.
    fn rank(&self, entries: &[Row], row: Row) -> (u64, u32) {
        let rank = place(entries, row).map_or(u64::MAX, |place| match self {
            Self::Numbers(numbers) => numbers.get(place).map_or(u64::MAX, |number| rank_of(*number)),
            Self::Texts { labels, .. } => labels.get(place).copied().unwrap_or(u64::MAX),
        });
        (rank, row.uid)
    }
}

/// The number as one without a sign, in the same order.
const fn rank_of(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

fn place(entries: &[Row], row: Row) -> Option<usize> {
    entries.binary_search_by_key(&row.uid, |entry| entry.uid).ok()
}

/// How far apart so many labels are between two others.
fn step(low: u64, high: u64, count: usize) -> u64 {
    (high - low) / u64::try_from(count).unwrap_or(u64::MAX).saturating_add(1)
}

/// Gives the messages at these places labels that rise between two others.
fn spread(labels: &mut [u64], places: &[usize], low: u64, high: u64) {
    let step = step(low, high, places.len());
    let mut next = low;
    for place in places {
        next = next.saturating_add(step);
        if let Some(label) = labels.get_mut(*place) {
            *label = next;
        }
    }
}

/// Inserts a value into a list that shall not take much more memory than its values.
pub(super) fn insert_tight<T>(list: &mut Vec<T>, at: usize, value: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 16);
    }
    list.insert(at.min(list.len()), value);
}

/// Takes out the values at these places, which rise.
pub(super) fn remove_places<T: Copy>(list: &mut Vec<T>, places: &[usize]) {
    let Some(first) = places.first().filter(|_| places.last().is_some_and(|last| *last < list.len())) else {
        return;
    };
    let mut end = *first;
    let next = places.iter().skip(1).copied().chain([list.len()]);
    for (from, till) in places.iter().map(|place| place + 1).zip(next) {
        list.copy_within(from..till, end);
        end += till - from;
    }
    list.truncate(end);
}

#[cfg(test)]
mod tests;
