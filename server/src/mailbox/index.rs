//! What is in a mailbox, in memory, and how do views of it follow its changes?
//!
//! Pure. Entries are sorted by UID; for each field that views are sorted by there is one [`Sorted`], which all of them share;
//! each view is an [`Order`] of the entries that it admits. Folders that were opened alike share a view. What such a view shows can depend on its history
//! (a message that was marked `Deleted` stays hidden until the folder is opened anew, whether it was marked before the
//! folder was opened or after), so a view whose history matters is closed to newcomers, who get a fresh one.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::LazyLock;

use protocol::{FlagTerms, Flags, Range, Scalar};

use super::column::SortField;
use super::numbers::Numbers;
use super::order::{Order, Row};
use super::sorted::{Placed, Sorted, insert_tight, remove_places};

/// The highest bits that flags can have.
const FLAGS: u16 = 0x7fff;

/// Up to which part of a view messages are looked for one by one.
const FEW: usize = 32;

/// Names a view of one mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ViewId(u32);

/// What a view shows and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spec {
    /// What it is sorted by; ties are sorted by UID.
    pub(crate) sort: SortField,
    /// Whether the order is reversed.
    pub(crate) descending: bool,
    /// What it is filtered by.
    pub(crate) filter: Filter,
    /// Whether messages leave it when they are marked `Deleted`.
    pub(crate) hide_deleted: bool,
    /// The smallest UID that it shows.
    pub(crate) uid_min: u32,
}

/// Which messages a view shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All.
    None,
    /// Those with some flags and without others.
    Flags(FlagTerms),
    /// Those whose content matches; that is found out elsewhere, once a message.
    Content(ContentFilter),
}

/// A text that is looked for in messages, whatever its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentFilter {
    /// Where to look.
    pub(crate) place: Place,
    /// The text.
    pub(crate) text: String,
}

/// Where a text is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a header field.
    Header(protocol::Field),
    /// In the text parts.
    Body,
    /// In any header field or text part.
    Anywhere,
}

/// The messages of a mailbox.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Row>,
    sorted: Vec<(SortField, Sorted)>,
    views: Vec<View>,
    next_view: u32,
}

#[derive(Debug)]
struct View {
    id: ViewId,
    spec: Spec,
    order: Order,
    /// Messages that are or were marked `Deleted` in a view that hides such; they do not come back.
    hidden: HashSet<u32>,
    /// For a content filter: the messages that match.
    matching: HashSet<u32>,
    /// Whether a folder that is opened now would see the same.
    fresh: bool,
    /// Whether it has changed since [`Index::take_changed`].
    changed: bool,
}

/// A message that has come, with what the index needs of it.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// The message.
    pub(crate) row: Row,
    /// Its place in each of [`Index::sorted`], in that order.
    pub(crate) places: Vec<Placed>,
    /// The views with a content filter that it matches.
    pub(crate) matches: Vec<ViewId>,
}

impl Index {
    /// An index of these messages, by rising UID.
    pub(crate) fn new(entries: Vec<Row>) -> Self {
        Self { entries, ..Self::default() }
    }

    /// The UIDs of all messages, rising.
    pub(crate) fn uids(&self) -> impl Iterator<Item = u32> + '_ {
        self.entries.iter().map(|row| row.uid)
    }

    /// The messages that have some of these flags.
    pub(crate) fn flagged(&self, flags: Flags) -> Vec<u32> {
        self.entries.iter().filter(|row| row.flags.intersects(flags)).map(|row| row.uid).collect()
    }

    /// All messages, by rising UID.
    pub(crate) fn entries(&self) -> &[Row] {
        &self.entries
    }

    /// The fields by which it is kept sorted, and the orders.
    pub(crate) fn sorted(&self) -> &[(SortField, Sorted)] {
        &self.sorted
    }

    /// Keeps the messages sorted by another field.
    pub(crate) fn add_sorted(&mut self, field: SortField, sorted: Sorted) {
        self.sorted.push((field, sorted));
    }

    /// Whether a view can be sorted so.
    pub(crate) fn can_sort_by(&self, field: &SortField) -> bool {
        !field.needs_values() || self.sorted.iter().any(|(known, _)| known == field)
    }

    /// The views with a content filter.
    pub(crate) fn content_filters(&self) -> impl Iterator<Item = (ViewId, &ContentFilter)> {
        self.views.iter().filter_map(|view| match &view.spec.filter {
            Filter::Content(filter) => Some((view.id, filter)),
            Filter::None | Filter::Flags(_) => None,
        })
    }

    /// A view that shows this and whose history does not matter, if there is one.
    pub(crate) fn find_view(&self, spec: &Spec) -> Option<ViewId> {
        self.views.iter().find(|view| view.fresh && view.spec == *spec).map(|view| view.id)
    }

    /// A new view. `matching` are the messages that match its content filter, if it has one.
    pub(crate) fn add_view(&mut self, spec: Spec, matching: HashSet<u32>) -> ViewId {
        let id = ViewId(self.next_view);
        self.next_view += 1;
        let order = self.order_of(&spec, &matching);
        let is_hidden = |row: &&Row| spec.hide_deleted && row.flags.contains(Flags::DELETED);
        let hidden = self.entries.iter().filter(is_hidden).map(|row| row.uid).collect();
        self.views.push(View { id, spec, order, hidden, matching, fresh: true, changed: false });
        id
    }

    /// The messages that a view shows, sorted.
    fn order_of(&self, spec: &Spec, matching: &HashSet<u32>) -> Order {
        let admitted = |row: &Row| {
            admits(spec, *row, matching) && !(spec.hide_deleted && row.flags.contains(Flags::DELETED))
        };
        let sorted = self.sorted.iter().find(|(field, _)| *field == spec.sort).map(|(_, sorted)| sorted);
        let mut rows: Vec<Row> = match sorted {
            Some(sorted) => sorted.order().iter().filter(admitted).collect(),
            None => self.entries.iter().copied().filter(admitted).collect(),
        };
        if let Some(sorted) = sorted.filter(|_| !spec.descending && rows.len() == self.entries.len()) {
            return sorted.order().clone();
        }
        if spec.sort == SortField::Flags {
            rows.sort_by_key(|row| flags_rank(row.flags));
        }
        if spec.descending {
            rows.reverse();
        }
        Order::of(&rows)
    }

    /// How many views there are.
    pub(crate) fn views(&self) -> usize {
        self.views.len()
    }

    /// Forgets the views that are not named, and what only they were sorted by.
    pub(crate) fn keep(&mut self, views: &HashSet<ViewId>) {
        self.keep_views(views);
        let views = &self.views;
        self.sorted.retain(|(field, _)| views.iter().any(|view| view.spec.sort == *field));
    }

    /// Forgets the views that are not named.
    pub(crate) fn keep_views(&mut self, views: &HashSet<ViewId>) {
        self.views.retain(|view| views.contains(&view.id));
    }

    /// The bytes of memory that it takes, and how many of them [`keep`](Self::keep) would leave.
    pub(crate) fn bytes(&self, kept: &HashSet<ViewId>) -> (usize, usize) {
        let entries = self.entries.capacity() * size_of::<Row>();
        let (mut all, mut left) = (entries, entries);
        for view in &self.views {
            let bytes = view.bytes();
            all += bytes;
            left += if kept.contains(&view.id) { bytes } else { 0 };
        }
        for (field, sorted) in &self.sorted {
            let bytes = sorted.bytes();
            let is_used = |view: &View| kept.contains(&view.id) && view.spec.sort == *field;
            all += bytes;
            left += if self.views.iter().any(is_used) { bytes } else { 0 };
        }
        (all, left)
    }

    /// Forgets a view that no folder shows any more.
    pub(crate) fn remove_view(&mut self, id: ViewId) {
        self.views.retain(|view| view.id != id);
    }

    /// Whether the view is kept for the next folder that is opened alike. One with a content filter is not: whatever
    /// comes would have to be read for it.
    pub(crate) fn is_worth_keeping(&self, id: ViewId) -> bool {
        let is_free = |view: &View| view.fresh && !matches!(view.spec.filter, Filter::Content(_));
        self.views.iter().any(|view| view.id == id && is_free(view))
    }

    /// The present version of a view.
    pub(crate) fn order(&self, id: ViewId) -> Order {
        self.views.iter().find(|view| view.id == id).map(|view| view.order.clone()).unwrap_or_default()
    }

    /// Those of these messages that a view has at present, in its order. Few are found without going through all.
    pub(crate) fn shown(&self, id: ViewId, uids: &Numbers) -> Vec<u32> {
        let Some(view) = self.views.iter().find(|view| view.id == id) else { return Vec::new() };
        let till = |range: &Range| self.entries.partition_point(|row| row.uid <= range.till);
        let from = |range: &Range| self.entries.partition_point(|row| row.uid < range.from);
        let places: Vec<(usize, usize)> =
            uids.ranges().iter().map(|range| (from(range), till(range))).collect();
        let count: usize = places.iter().map(|(from, till)| till - from).sum();
        if count >= view.order.len() / FEW {
            return view.order.iter().map(|row| row.uid).filter(|uid| uids.contains(*uid)).collect();
        }
        let compare = comparison(&self.entries, &self.sorted, &view.spec);
        let named =
            places.into_iter().flat_map(|(from, till)| self.entries.get(from..till).unwrap_or_default());
        let is_shown = |row: &Row| view.order.find(|other| compare(other, *row)).is_some();
        let mut rows: Vec<Row> = named.copied().filter(is_shown).collect();
        rows.sort_by(|a, b| compare(*a, *b));
        rows.into_iter().map(|row| row.uid).collect()
    }

    /// The views that have changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> Vec<ViewId> {
        let changed = self.views.iter_mut().filter(|view| view.changed);
        changed
            .map(|view| {
                view.changed = false;
                view.id
            })
            .collect()
    }

    /// A message has come. One that is there already is passed over.
    pub(crate) fn arrive(&mut self, arrival: Arrival) {
        let Err(place) = self.place(arrival.row.uid) else { return };
        for ((_, sorted), placed) in self.sorted.iter_mut().zip(arrival.places) {
            sorted.insert(&self.entries, place, arrival.row, placed);
        }
        insert_tight(&mut self.entries, place, arrival.row);
        for view in &mut self.views {
            if arrival.matches.contains(&view.id) {
                view.matching.insert(arrival.row.uid);
            }
            if view.spec.hide_deleted && arrival.row.flags.contains(Flags::DELETED) {
                view.hidden.insert(arrival.row.uid);
            }
            if view.admits(arrival.row) {
                let compare = comparison(&self.entries, &self.sorted, &view.spec);
                view.order.insert(arrival.row, |other| compare(other, arrival.row));
                view.changed = true;
            }
        }
    }

    /// A message has other flags.
    pub(crate) fn set_flags(&mut self, uid: u32, flags: Flags) {
        let Ok(place) = self.place(uid) else { return };
        let Some(entry) = self.entries.get_mut(place) else { return };
        let before = std::mem::replace(entry, Row { uid, flags });
        for (_, sorted) in &mut self.sorted {
            sorted.set_flags(&self.entries, Row { uid, flags });
        }
        for view in &mut self.views {
            // Where the sort field is FLAGS the row is still where its old flags put it.
            let compare = comparison(&self.entries, &self.sorted, &view.spec);
            view.set_flags(before, flags, &compare);
        }
    }

    /// Messages have gone.
    pub(crate) fn remove(&mut self, uids: &[u32]) {
        let mut places: Vec<usize> = uids.iter().filter_map(|uid| self.place(*uid).ok()).collect();
        places.sort_unstable();
        places.dedup();
        let gone: Vec<Row> = places.iter().filter_map(|place| self.entries.get(*place)).copied().collect();
        for view in &mut self.views {
            let compare = comparison(&self.entries, &self.sorted, &view.spec);
            for row in &gone {
                if view.order.remove(|other| compare(other, *row)).is_some() {
                    view.changed = true;
                }
                view.hidden.remove(&row.uid);
                view.matching.remove(&row.uid);
            }
        }
        for (_, sorted) in &mut self.sorted {
            sorted.remove(&self.entries, &places);
        }
        remove_places(&mut self.entries, &places);
    }

    fn place(&self, uid: u32) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&uid, |row| row.uid)
    }
}

impl View {
    fn bytes(&self) -> usize {
        // A set has a byte beside each number, and up to half of it is room.
        let numbers = self.hidden.capacity() + self.matching.capacity();
        self.order.bytes() + numbers * (size_of::<u32>() + 1)
    }

    fn admits(&self, row: Row) -> bool {
        admits(&self.spec, row, &self.matching) && !self.hidden.contains(&row.uid)
    }

    fn set_flags(&mut self, before: Row, flags: Flags, compare: &impl Fn(Row, Row) -> Ordering) {
        let after = Row { uid: before.uid, flags };
        let is_deleted = self.spec.hide_deleted && flags.contains(Flags::DELETED);
        let shown = self.order.find(|other| compare(other, before)).is_some();
        if is_deleted {
            self.hidden.insert(before.uid);
        }
        if shown && is_deleted {
            self.order.remove(|other| compare(other, before));
            self.changed = true;
        } else if shown && self.spec.sort == SortField::Flags {
            self.order.remove(|other| compare(other, before));
            self.order.insert(after, |other| compare(other, after));
            self.changed = true;
        } else if shown {
            self.order.set_flags(flags, |other| compare(other, before));
            self.changed = true;
        } else if self.admits(after) {
            // It has begun to match the filter.
            self.order.insert(after, |other| compare(other, after));
            self.changed = true;
        }
        // A folder that is opened now would see it, now or some day, or would not: this view differs for good.
        let for_newcomers = admits(&self.spec, after, &self.matching) && !is_deleted;
        let here = self.order.find(|other| compare(other, after)).is_some();
        if for_newcomers != here || (!is_deleted && self.hidden.contains(&before.uid)) {
            self.fresh = false;
        }
    }
}

/// Whether the view's filter and bounds admit the message; what was hidden is judged elsewhere.
fn admits(spec: &Spec, row: Row, matching: &HashSet<u32>) -> bool {
    row.uid >= spec.uid_min
        && match &spec.filter {
            Filter::None => true,
            Filter::Flags(terms) => terms.admit(row.flags),
            Filter::Content(_) => matching.contains(&row.uid),
        }
}

/// How any rows of a view are compared.
fn comparison<'a>(
    entries: &'a [Row],
    sorted: &'a [(SortField, Sorted)],
    spec: &Spec,
) -> impl Fn(Row, Row) -> Ordering + use<'a> {
    let sorted = sorted.iter().find(|(field, _)| *field == spec.sort).map(|(_, sorted)| sorted);
    let (by_flags, descending) = (spec.sort == SortField::Flags, spec.descending);
    move |a, b| {
        let ordering = match sorted {
            _ if by_flags => (flags_rank(a.flags), a.uid).cmp(&(flags_rank(b.flags), b.uid)),
            _ if a.uid == b.uid => Ordering::Equal,
            Some(sorted) => sorted.compare(entries, a, b),
            None => a.uid.cmp(&b.uid),
        };
        if descending { ordering.reverse() } else { ordering }
    }
}

/// Where the text of flags stands among those of all flags there can be.
fn flags_rank(flags: Flags) -> usize {
    static RANKS: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let mut all: Vec<u16> = (0..=FLAGS).collect();
        all.sort_by_cached_key(|bits| Flags::from_bits(*bits).to_wire().into_owned());
        let mut ranks = vec![0; all.len()];
        for (rank, bits) in all.iter().enumerate() {
            if let Some(slot) = ranks.get_mut(usize::from(*bits)) {
                *slot = rank;
            }
        }
        ranks
    });
    RANKS.get(usize::from(flags.bits())).copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
