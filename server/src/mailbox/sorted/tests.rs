//! Tests of orders by one field.

use proptest::prelude::*;
use protocol::Flags;

use super::*;
use crate::mailbox::collation::{key, prefix};

/// An order, and beside it what it should be: the keys of all messages.
struct Pair {
    entries: Vec<Row>,
    sorted: Sorted,
    keys: Vec<(Vec<u8>, u32)>,
}

fn row(uid: u32) -> Row {
    Row { uid, flags: Flags::NONE }
}

impl Pair {
    fn new(texts: &[String]) -> Self {
        let entries: Vec<Row> = (1..).zip(texts).map(|(uid, _)| row(uid)).collect();
        let mut values = Values::new(true);
        texts.iter().for_each(|text| values.push_text(text));
        let sorted = Sorted::build(&entries, values);
        Self { entries, sorted, keys: texts.iter().map(|text| key(text)).zip(1..).collect() }
    }

    fn insert(&mut self, uid: u32, text: &str) {
        let new = (key(text), uid);
        let Err(place) = self.entries.binary_search_by_key(&uid, |row| row.uid) else { return };
        let (low, high) = self.sorted.ties(&self.entries, prefix(&new.0));
        let before = self.keys.iter().filter(|known| **known < new).count();
        assert!((low..=high).contains(&before), "{before} is not among the ties from {low} to {high}");
        let placed = Placed::Text { prefix: prefix(&new.0), index: before };
        self.sorted.insert(&self.entries, place, row(uid), placed);
        self.entries.insert(place, row(uid));
        self.keys.push(new);
    }

    fn remove(&mut self, uid: u32) {
        let place = self.entries.iter().position(|row| row.uid == uid);
        self.sorted.remove(&self.entries, place.as_slice());
        self.entries.retain(|row| row.uid != uid);
        self.keys.retain(|(_, known)| *known != uid);
    }

    fn check(&mut self) {
        self.keys.sort();
        let expected: Vec<u32> = self.keys.iter().map(|(_, uid)| *uid).collect();
        let rows: Vec<Row> = self.sorted.order().iter().collect();
        assert_eq!(rows.iter().map(|row| row.uid).collect::<Vec<_>>(), expected);
        for pair in rows.windows(2) {
            assert_eq!(self.sorted.compare(&self.entries, pair[0], pair[1]), Ordering::Less);
        }
    }
}

#[test]
fn thousands_of_messages_with_one_subject_come_in_between() {
    let mut pair = Pair::new(&["a".to_owned(), "z".to_owned()]);
    for uid in 3..3_000 {
        pair.insert(uid, "Weekly report");
    }
    pair.check();
}

#[test]
fn labels_that_have_no_room_between_them_make_room() {
    let mut pair = Pair::new(&["a".to_owned(), "z".to_owned()]);
    // Each before the one before it, so that the room between two is halved each time.
    for uid in (3..2_000).rev() {
        pair.insert(uid, "Weekly report");
    }
    pair.check();
}

#[test]
fn an_order_with_views_both_ways_takes_less_than_64_bytes_a_message() {
    const MESSAGES: u32 = 60_000;
    let mut pair = Pair::new(
        &(0..MESSAGES / 2).map(|n| format!("subject {}", n * 7_919 % MESSAGES)).collect::<Vec<_>>(),
    );
    let rows = |order: &Order| order.iter().collect::<Vec<Row>>();
    let mut views = [rows(pair.sorted.order()), rows(pair.sorted.order()).into_iter().rev().collect()]
        .map(|rows| Order::of(&rows));
    // Half of them come one by one.
    for uid in MESSAGES / 2 + 1..=MESSAGES {
        let placed = Placed::Text {
            prefix: u64::from(uid),
            index: (uid as usize).wrapping_mul(7_919) % pair.entries.len(),
        };
        let place = pair.entries.len();
        pair.sorted.insert(&pair.entries, place, row(uid), placed);
        insert_tight(&mut pair.entries, place, row(uid));
        let index = uid as usize % views[0].len();
        views.iter_mut().for_each(|view| view.insert_at(index, row(uid)));
    }
    let entries = pair.entries.capacity() * size_of::<Row>();
    let all = entries + pair.sorted.bytes() + views.iter().map(Order::bytes).sum::<usize>();
    let each = all as f64 / f64::from(MESSAGES);
    assert!((40.0..64.0).contains(&each), "{each} bytes a message");
}

#[test]
fn values_are_taken_out_at_any_places() {
    for places in [&[][..], &[0], &[4], &[0, 1, 4], &[1, 3], &[0, 1, 2, 3, 4]] {
        let mut list: Vec<usize> = (0..5).collect();
        remove_places(&mut list, places);
        let expected: Vec<usize> = (0..5).filter(|place| !places.contains(place)).collect();
        assert_eq!(list, expected, "without {places:?}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[abAB\u{e4}]{0,3}", "Re: a long subject [ab]{0,2}"]
}

proptest! {
    #[test]
    fn an_order_follows_random_changes(
        first in proptest::collection::vec(texts(), 0..20),
        changes in proptest::collection::vec((any::<bool>(), 1u32..60, texts()), 0..80),
    ) {
        let mut pair = Pair::new(&first);
        for (comes, uid, text) in changes {
            if comes { pair.insert(uid, &text) } else { pair.remove(uid) }
        }
        pair.check();
    }
}
