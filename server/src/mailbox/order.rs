//! How is a sorted view of a mailbox kept, so that a copy of it costs nothing and two versions of it can be
//! compared in the time of what differs?
//!
//! An [`Order`] is a sequence of rows in chunks. Copies share all chunks; a change copies the one chunk that it
//! touches. What two versions have in common is found by comparing pointers.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use protocol::Flags;

/// A message in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The message's unique id.
    pub(crate) uid: u32,
    /// Its flags.
    pub(crate) flags: Flags,
}

impl Row {
    /// 1 if the message is not seen, else 0.
    pub(crate) const fn unseen(self) -> usize {
        if self.flags.contains(Flags::SEEN) { 0 } else { 1 }
    }
}

/// Chunks are filled half way when an order is built, and split when they have this many rows.
const CHUNK: usize = 512;
/// For how many rows a full chunk makes room at once: little, so that an order takes hardly more than its rows.
const ROOM: usize = 16;

#[derive(Debug, Clone, Default)]
struct Chunk {
    rows: Vec<Row>,
    unseen: usize,
}

impl Chunk {
    fn new(rows: Vec<Row>) -> Arc<Self> {
        let unseen = rows.iter().map(|row| row.unseen()).sum();
        Arc::new(Self { rows, unseen })
    }
}

/// A sequence of rows. Cloning copies one pointer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    chunks: Arc<Vec<Arc<Chunk>>>,
    len: usize,
    unseen: usize,
}

/// What turns one version of an order into a later one. Removals come in falling order of their index in the
/// old version, then additions and then updates in rising order of their index in the new version; so each index
/// is right when the changes are applied one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The row at this index has gone.
    Removed(usize, Row),
    /// A row has come at this index.
    Added(usize, Row),
    /// The row at this index had the first form and has the second.
    Updated(usize, Row, Row),
}

impl Order {
    /// An order of rows that are sorted already.
    pub(crate) fn of(rows: &[Row]) -> Self {
        let chunks: Vec<_> = rows.chunks(CHUNK / 2).map(|rows| Chunk::new(rows.to_vec())).collect();
        let unseen = chunks.iter().map(|chunk| chunk.unseen).sum();
        Self { chunks: Arc::new(chunks), len: rows.len(), unseen }
    }

    /// How many rows there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// How many of them are not seen.
    pub(crate) const fn unseen(&self) -> usize {
        self.unseen
    }

    /// All rows in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.chunks.iter().flat_map(|chunk| chunk.rows.iter().copied())
    }

    /// The rows from one index up to another, which is not included, each with its index.
    pub(crate) fn range(&self, from: usize, till: usize) -> impl Iterator<Item = (usize, Row)> + '_ {
        let (mut chunk, mut skip) = self.locate(from.min(self.len));
        let count = till.min(self.len).saturating_sub(from);
        let mut index = from;
        std::iter::from_fn(move || {
            loop {
                let rows = &self.chunks.get(chunk)?.rows;
                if let Some(row) = rows.get(skip) {
                    skip += 1;
                    index += 1;
                    return Some((index - 1, *row));
                }
                chunk += 1;
                skip = 0;
            }
        })
        .take(count)
    }

    /// The row at this index.
    pub(crate) fn get(&self, index: usize) -> Option<Row> {
        let (chunk, at) = self.locate(index);
        self.chunks.get(chunk)?.rows.get(at).copied()
    }

    /// The bytes of memory that it takes; chunks that it shares with others are counted here too.
    pub(crate) fn bytes(&self) -> usize {
        let chunk = |chunk: &Arc<Chunk>| chunk.rows.capacity() * size_of::<Row>() + size_of::<Chunk>() + 24;
        self.chunks.iter().map(chunk).sum()
    }

    /// How many rows come before those for which `is_before` stops to hold.
    pub(crate) fn partition_point(&self, is_before: impl Fn(Row) -> bool) -> usize {
        let first = |chunk: &Arc<Chunk>| chunk.rows.first().copied();
        let chunks = self.chunks.partition_point(|chunk| first(chunk).is_some_and(&is_before));
        let Some(last) = chunks.checked_sub(1) else { return 0 };
        let before: usize = self.chunks.iter().take(last).map(|chunk| chunk.rows.len()).sum();
        let within =
            self.chunks.get(last).map_or(0, |chunk| chunk.rows.partition_point(|row| is_before(*row)));
        before + within
    }

    /// Puts a row in at an index.
    pub(crate) fn insert_at(&mut self, index: usize, row: Row) {
        self.apply(Change::Added(index, row));
    }

    /// The chunk that holds this index, and the index within it.
    fn locate(&self, mut index: usize) -> (usize, usize) {
        for (at, chunk) in self.chunks.iter().enumerate() {
            if index < chunk.rows.len() {
                return (at, index);
            }
            index -= chunk.rows.len();
        }
        (self.chunks.len(), index)
    }

    /// The row for which `compare` says `Equal`; it says how a row stands to the one that is looked for.
    pub(crate) fn find(&self, compare: impl Fn(Row) -> Ordering) -> Option<Row> {
        let (chunk, at) = self.search(&compare).ok()?;
        self.chunks.get(chunk)?.rows.get(at).copied()
    }

    /// Where the row is, or where it would be.
    fn search(&self, compare: &impl Fn(Row) -> Ordering) -> Result<(usize, usize), (usize, usize)> {
        let starts_after =
            |chunk: &Arc<Chunk>| chunk.rows.first().is_some_and(|first| compare(*first) == Ordering::Greater);
        let chunk = self.chunks.partition_point(|chunk| !starts_after(chunk)).saturating_sub(1);
        let Some(rows) = self.chunks.get(chunk).map(|chunk| &chunk.rows) else { return Err((0, 0)) };
        match rows.binary_search_by(|row| compare(*row)) {
            Ok(at) => Ok((chunk, at)),
            Err(at) => Err((chunk, at)),
        }
    }

    /// Puts a row where `compare` wants it; nothing if such a row is there.
    pub(crate) fn insert(&mut self, row: Row, compare: impl Fn(Row) -> Ordering) {
        if let Err((chunk, at)) = self.search(&compare) {
            self.insert_in(chunk, at, row);
        }
    }

    /// Takes out the row for which `compare` says `Equal`.
    pub(crate) fn remove(&mut self, compare: impl Fn(Row) -> Ordering) -> Option<Row> {
        let (chunk, at) = self.search(&compare).ok()?;
        self.remove_in(chunk, at)
    }

    /// Gives the row for which `compare` says `Equal` other flags.
    pub(crate) fn set_flags(&mut self, flags: Flags, compare: impl Fn(Row) -> Ordering) {
        if let Ok((chunk, at)) = self.search(&compare) {
            self.set_in(chunk, at, flags);
        }
    }

    /// Applies one change, as a partial comparison yields them.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Removed(index, _) => {
                let (chunk, at) = self.locate(index);
                self.remove_in(chunk, at);
            }
            Change::Added(index, row) => {
                let (chunk, at) = self.locate(index);
                // After the last row: the end of the last chunk.
                match chunk
                    .checked_sub(1)
                    .and_then(|last| self.chunks.get(last).map(|c| (last, c.rows.len())))
                {
                    Some((last, end)) if chunk == self.chunks.len() => self.insert_in(last, end, row),
                    _ => self.insert_in(chunk, at, row),
                }
            }
            Change::Updated(index, _, row) => {
                let (chunk, at) = self.locate(index);
                self.set_in(chunk, at, row.flags);
            }
        }
    }

    fn insert_in(&mut self, chunk: usize, at: usize, row: Row) {
        let chunks = Arc::make_mut(&mut self.chunks);
        let Some(shared) = chunks.get_mut(chunk) else {
            chunks.push(Chunk::new(vec![row]));
            self.count(1, row.unseen(), 0);
            return;
        };
        let own = Arc::make_mut(shared);
        if own.rows.len() == own.rows.capacity() {
            own.rows.reserve_exact(ROOM);
        }
        own.rows.insert(at.min(own.rows.len()), row);
        own.unseen += row.unseen();
        if own.rows.len() >= CHUNK {
            let second = own.rows.split_off(CHUNK / 2);
            own.rows.shrink_to_fit();
            own.unseen = own.rows.iter().map(|row| row.unseen()).sum();
            chunks.insert(chunk + 1, Chunk::new(second));
        }
        self.count(1, row.unseen(), 0);
    }

    fn remove_in(&mut self, chunk: usize, at: usize) -> Option<Row> {
        let chunks = Arc::make_mut(&mut self.chunks);
        let shared = chunks.get_mut(chunk)?;
        if at >= shared.rows.len() {
            return None;
        }
        let own = Arc::make_mut(shared);
        let row = own.rows.remove(at);
        own.unseen -= row.unseen();
        if own.rows.is_empty() {
            chunks.remove(chunk);
        }
        self.len -= 1;
        self.count(0, 0, row.unseen());
        Some(row)
    }

    fn set_in(&mut self, chunk: usize, at: usize, flags: Flags) {
        let Some(shared) = Arc::make_mut(&mut self.chunks).get_mut(chunk) else { return };
        let own = Arc::make_mut(shared);
        let Some(row) = own.rows.get_mut(at) else { return };
        let before = row.unseen();
        row.flags = flags;
        let after = row.unseen();
        own.unseen = own.unseen + after - before;
        self.count(0, after, before);
    }

    const fn count(&mut self, rows: usize, unseen: usize, no_longer: usize) {
        self.len += rows;
        self.unseen = self.unseen + unseen - no_longer;
    }

    /// What turns this version into `later`, a version of the same order.
    pub(crate) fn changes_to(&self, later: &Self) -> Vec<Change> {
        if Arc::ptr_eq(&self.chunks, &later.chunks) {
            return Vec::new();
        }
        let mut changes = Changes::default();
        let shared: HashSet<*const Chunk> = self.chunks.iter().map(Arc::as_ptr).collect();
        let (mut old, mut new) = (Cursor::new(&self.chunks), Cursor::new(&later.chunks));
        loop {
            // Both stand before a stretch that differs; it ends at the next chunk that both have.
            let new_rows = new.take_until(|chunk| shared.contains(&chunk));
            let next = new.next();
            let old_rows = old.take_until(|chunk| Some(chunk) == next);
            changes.compare(&old_rows, &new_rows);
            if next.is_none() {
                break;
            }
            old.skip();
            new.skip();
        }
        changes.in_order()
    }
}

/// A place between two chunks, and how many rows lie before it.
struct Cursor<'a> {
    chunks: &'a [Arc<Chunk>],
    rows: usize,
}

impl<'a> Cursor<'a> {
    const fn new(chunks: &'a [Arc<Chunk>]) -> Self {
        Self { chunks, rows: 0 }
    }

    fn next(&self) -> Option<*const Chunk> {
        self.chunks.first().map(Arc::as_ptr)
    }

    fn skip(&mut self) {
        if let Some((first, rest)) = self.chunks.split_first() {
            self.rows += first.rows.len();
            self.chunks = rest;
        }
    }

    /// The rows, with their indexes, up to the chunk for which `stop` holds.
    fn take_until(&mut self, stop: impl Fn(*const Chunk) -> bool) -> Vec<(usize, Row)> {
        let mut taken = Vec::new();
        while let Some((first, _)) = self.chunks.split_first() {
            if stop(Arc::as_ptr(first)) {
                break;
            }
            taken.extend(first.rows.iter().enumerate().map(|(at, row)| (self.rows + at, *row)));
            self.skip();
        }
        taken
    }
}

#[derive(Default)]
struct Changes {
    removed: Vec<Change>,
    added: Vec<Change>,
    updated: Vec<Change>,
}

impl Changes {
    /// Compares two stretches of rows.
    fn compare(&mut self, old: &[(usize, Row)], new: &[(usize, Row)]) {
        let new_places: HashMap<u32, usize> =
            new.iter().enumerate().map(|(at, (_, row))| (row.uid, at)).collect();
        let stayed = in_rising_order(old.iter().map(|(_, row)| new_places.get(&row.uid).copied()));
        let mut stayed_uids = HashMap::new();
        for ((index, row), stays) in old.iter().zip(stayed) {
            if stays {
                stayed_uids.insert(row.uid, *row);
            } else {
                self.removed.push(Change::Removed(*index, *row));
            }
        }
        for (index, row) in new {
            match stayed_uids.get(&row.uid) {
                None => self.added.push(Change::Added(*index, *row)),
                Some(before) if before != row => self.updated.push(Change::Updated(*index, *before, *row)),
                Some(_) => {}
            }
        }
    }

    fn in_order(mut self) -> Vec<Change> {
        // Rows may leave one stretch and enter an earlier one, so only the indexes tell the order.
        self.removed.reverse();
        self.removed.append(&mut self.added);
        self.removed.append(&mut self.updated);
        self.removed
    }
}

/// Which of the places to keep so that the kept ones rise, and as many as possible are kept. Places that are
/// `None` are not kept.
fn in_rising_order(places: impl Iterator<Item = Option<usize>>) -> Vec<bool> {
    let places: Vec<Option<usize>> = places.collect();
    // Patience sorting: `tails[k]` is the position of the smallest place that ends a rising run of length k + 1.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; places.len()];
    let place_at = |position: usize| places.get(position).copied().flatten();
    for (position, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        let length = tails.partition_point(|tail| place_at(*tail).is_some_and(|before| before < *place));
        if let (Some(slot), Some(tail)) =
            (previous.get_mut(position), length.checked_sub(1).and_then(|before| tails.get(before)))
        {
            *slot = Some(*tail);
        }
        match tails.get_mut(length) {
            Some(tail) => *tail = position,
            None => tails.push(position),
        }
    }
    let mut kept = vec![false; places.len()];
    let mut position = tails.last().copied();
    while let Some(at) = position {
        if let Some(keep) = kept.get_mut(at) {
            *keep = true;
        }
        position = previous.get(at).copied().flatten();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(uid: u32) -> Row {
        Row { uid, flags: Flags::NONE }
    }

    fn seen(uid: u32) -> Row {
        Row { uid, flags: Flags::SEEN }
    }

    fn by_uid(uid: u32) -> impl Fn(Row) -> Ordering {
        move |row| row.uid.cmp(&uid)
    }

    fn many(count: u32) -> Order {
        Order::of(&(0..count).map(|n| row(n * 10)).collect::<Vec<_>>())
    }

    #[test]
    fn rows_are_found_inserted_and_removed_by_comparison() {
        let mut order = many(2_000);
        assert_eq!(order.find(by_uid(5_000)), Some(row(5_000)));
        assert_eq!(order.find(by_uid(5_001)), None);
        order.insert(seen(5_001), by_uid(5_001));
        order.insert(row(5_001), by_uid(5_001));
        assert_eq!((order.len(), order.unseen()), (2_001, 2_000));
        assert_eq!(
            order.range(499, 503).collect::<Vec<_>>(),
            [(499, row(4_990)), (500, row(5_000)), (501, seen(5_001)), (502, row(5_010))]
        );
        assert_eq!(order.remove(by_uid(5_001)), Some(seen(5_001)));
        assert_eq!(order.remove(by_uid(5_001)), None);
        order.set_flags(Flags::SEEN, by_uid(0));
        assert_eq!((order.len(), order.unseen()), (2_000, 1_999));
    }

    #[test]
    fn a_range_past_the_end_is_cut() {
        let order = many(3);
        assert_eq!(order.range(2, 100).collect::<Vec<_>>(), [(2, row(20))]);
        assert_eq!(order.range(3, 100).count(), 0);
        assert_eq!(order.range(7, 3).count(), 0);
    }

    #[test]
    fn a_copy_keeps_its_rows_and_only_touched_chunks_differ() {
        let mut order = many(100_000);
        let before = order.clone();
        assert_eq!(before.changes_to(&order), []);
        order.remove(by_uid(40));
        order.insert(row(555_555), by_uid(555_555));
        order.set_flags(Flags::SEEN, by_uid(999_990));
        assert_eq!(
            before.changes_to(&order),
            [
                Change::Removed(4, row(40)),
                Change::Added(55_555, row(555_555)),
                Change::Updated(99_999, row(999_990), seen(999_990)),
            ]
        );
        assert_eq!(before.len(), 100_000);
    }

    #[test]
    fn a_row_that_moved_is_removed_and_added() {
        let before = Order::of(&[row(1), row(2), row(3), row(4)]);
        let after = Order::of(&[row(2), row(3), row(4), row(1)]);
        assert_eq!(before.changes_to(&after), [Change::Removed(0, row(1)), Change::Added(3, row(1))]);
    }

    fn any_rows() -> impl Strategy<Value = Vec<Row>> {
        proptest::collection::vec((0u32..60, any::<bool>()), 0..60).prop_map(|rows| {
            let mut known = HashSet::new();
            let rows = rows.into_iter().filter(|(uid, _)| known.insert(*uid));
            rows.map(|(uid, is_seen)| if is_seen { seen(uid) } else { row(uid) }).collect()
        })
    }

    proptest! {
        #[test]
        fn applying_the_changes_one_by_one_gives_the_later_version(old in any_rows(), new in any_rows()) {
            let (mut order, later) = (Order::of(&old), Order::of(&new));
            for change in order.clone().changes_to(&later) {
                match change {
                    Change::Removed(index, row) => prop_assert_eq!(order.range(index, index + 1).next(), Some((index, row))),
                    Change::Updated(index, before, _) => prop_assert_eq!(order.range(index, index + 1).next(), Some((index, before))),
                    Change::Added(..) => {}
                }
                order.apply(change);
            }
            prop_assert_eq!(order.iter().collect::<Vec<_>>(), new);
            prop_assert_eq!((order.len(), order.unseen()), (later.len(), later.unseen()));
        }

        #[test]
        fn random_edits_and_their_changes_agree_with_a_plain_list(edits in proptest::collection::vec((0u32..3, 0u32..3_000), 1..300)) {
            let mut order = many(300);
            let mut plain: std::collections::BTreeMap<u32, Flags> = order.iter().map(|r| (r.uid, r.flags)).collect();
            let before = order.clone();
            for (kind, uid) in edits {
                match kind {
                    0 => { plain.entry(uid).or_insert(Flags::NONE); order.insert(row(uid), by_uid(uid)); }
                    1 => { plain.remove(&uid); order.remove(by_uid(uid)); }
                    _ => if let Some(flags) = plain.get_mut(&uid) { *flags = Flags::SEEN; order.set_flags(Flags::SEEN, by_uid(uid)); }
                }
            }
            let expected: Vec<Row> = plain.into_iter().map(|(uid, flags)| Row { uid, flags }).collect();
            prop_assert_eq!(order.iter().collect::<Vec<_>>(), expected.clone());
            let mut replayed = before.clone();
            for change in before.changes_to(&order) { replayed.apply(change); }
            prop_assert_eq!(replayed.iter().collect::<Vec<_>>(), expected);
        }
    }
}
