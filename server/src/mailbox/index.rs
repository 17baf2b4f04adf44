//! What is in a mailbox, in memory, and how do views of it follow its changes?
//!
//! Pure. Entries are sorted by UID; columns hold what views are sorted by; each view is an [`Order`] of the entries
//! that it admits. Folders that were opened alike share a view. What such a view shows can depend on its history
//! (a message that was hidden by its `Deleted` flag stays hidden), so a view whose history matters is closed to
//! newcomers, who get a fresh one.

use std::cmp::Ordering;
use std::collections::HashSet;

use protocol::{FlagTerms, Flags, Scalar};

use super::column::{Column, Key, SortField};
use super::order::{Order, Row};

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
    columns: Vec<(SortField, Column)>,
    views: Vec<View>,
    next_view: u32,
}

#[derive(Debug)]
struct View {
    id: ViewId,
    spec: Spec,
    order: Order,
    /// Messages that left because they were marked `Deleted`; they do not come back.
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
    /// Its key for each column of [`Index::columns`], in that order.
    pub(crate) keys: Vec<Key>,
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

    /// The fields whose keys are kept.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &SortField> {
        self.columns.iter().map(|(field, _)| field)
    }

    /// Keeps the keys of a field; `keys` are those of all messages, by rising UID.
    pub(crate) fn add_column(&mut self, field: SortField, keys: Vec<Key>) {
        let column = Column::of(&field, keys);
        self.columns.push((field, column));
    }

    /// Whether the index has what a view needs to be sorted so.
    pub(crate) fn can_sort_by(&self, field: &SortField) -> bool {
        !field.needs_column() || self.columns.iter().any(|(known, _)| known == field)
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
        let admitted = |row: Row| {
            admits(&spec, row, &matching) && !(spec.hide_deleted && row.flags.contains(Flags::DELETED))
        };
        let rows = self.entries.iter().copied().enumerate().filter(|(_, row)| admitted(*row));
        let mut rows: Vec<(usize, Row)> = rows.collect();
        let sorting = Sorting::new(&self.columns, &spec);
        rows.sort_unstable_by(|a, b| sorting.compare(*a, *b));
        let order = Order::of(&rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>());
        let hidden = HashSet::new();
        self.views.push(View { id, spec, order, hidden, matching, fresh: true, changed: false });
        id
    }

    /// Forgets a view that no folder shows any more.
    pub(crate) fn remove_view(&mut self, id: ViewId) {
        self.views.retain(|view| view.id != id);
    }

    /// Whether the view may be kept for the next folder that is opened alike.
    pub(crate) fn is_fresh(&self, id: ViewId) -> bool {
        self.views.iter().any(|view| view.id == id && view.fresh)
    }

    /// The present version of a view.
    pub(crate) fn order(&self, id: ViewId) -> Order {
        self.views.iter().find(|view| view.id == id).map(|view| view.order.clone()).unwrap_or_default()
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
        self.entries.insert(place, arrival.row);
        for ((_, column), key) in self.columns.iter_mut().zip(arrival.keys) {
            column.insert(place, key);
        }
        for view in &mut self.views {
            if arrival.matches.contains(&view.id) {
                view.matching.insert(arrival.row.uid);
            }
            if view.admits(arrival.row)
                && !(view.spec.hide_deleted && arrival.row.flags.contains(Flags::DELETED))
            {
                let compare = comparison(&self.entries, &self.columns, &view.spec);
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
        for view in &mut self.views {
            // Where the sort field is FLAGS the row is still where its old flags put it.
            let compare = comparison(&self.entries, &self.columns, &view.spec);
            view.set_flags(before, flags, &compare);
        }
    }

    /// Messages have gone.
    pub(crate) fn remove(&mut self, uids: &[u32]) {
        let gone: HashSet<u32> = uids.iter().copied().collect();
        for view in &mut self.views {
            let compare = comparison(&self.entries, &self.columns, &view.spec);
            for row in self.entries.iter().filter(|row| gone.contains(&row.uid)) {
                if view.order.remove(|other| compare(other, *row)).is_some() {
                    view.changed = true;
                }
                view.hidden.remove(&row.uid);
                view.matching.remove(&row.uid);
            }
        }
        let keep: Vec<bool> = self.entries.iter().map(|row| !gone.contains(&row.uid)).collect();
        for (_, column) in &mut self.columns {
            column.retain(&keep);
        }
        self.entries.retain(|row| !gone.contains(&row.uid));
    }

    fn place(&self, uid: u32) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&uid, |row| row.uid)
    }
}

impl View {
    fn admits(&self, row: Row) -> bool {
        admits(&self.spec, row, &self.matching) && !self.hidden.contains(&row.uid)
    }

    fn set_flags(&mut self, before: Row, flags: Flags, compare: &impl Fn(Row, Row) -> Ordering) {
        let after = Row { uid: before.uid, flags };
        let is_deleted = self.spec.hide_deleted && flags.contains(Flags::DELETED);
        let shown = self.order.find(|other| compare(other, before)).is_some();
        if shown && is_deleted {
            self.order.remove(|other| compare(other, before));
            self.hidden.insert(before.uid);
            self.changed = true;
        } else if shown && self.spec.sort == SortField::Flags {
            self.order.remove(|other| compare(other, before));
            self.order.insert(after, |other| compare(other, after));
            self.changed = true;
        } else if shown {
            self.order.set_flags(flags, |other| compare(other, before));
            self.changed = true;
        } else if !is_deleted && self.admits(after) {
            // It has begun to match the filter.
            self.order.insert(after, |other| compare(other, after));
            self.changed = true;
        }
        // A folder that is opened now would see it, or would not: this view differs for good.
        let for_newcomers = admits(&self.spec, after, &self.matching) && !is_deleted;
        let here = self.order.find(|other| compare(other, after)).is_some();
        if for_newcomers != here {
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

/// How the rows of a view are compared.
struct Sorting<'a> {
    column: Option<&'a Column>,
    by_flags: bool,
    descending: bool,
}

impl<'a> Sorting<'a> {
    fn new(columns: &'a [(SortField, Column)], spec: &Spec) -> Self {
        Self {
            column: columns.iter().find(|(field, _)| *field == spec.sort).map(|(_, column)| column),
            by_flags: spec.sort == SortField::Flags,
            descending: spec.descending,
        }
    }

    /// Compares two rows whose places among the entries are known.
    fn compare(&self, (at_a, a): (usize, Row), (at_b, b): (usize, Row)) -> Ordering {
        let by_key = match self.column {
            _ if self.by_flags => flags_text(a).cmp(&flags_text(b)),
            Some(column) => column.compare(at_a, at_b),
            None => Ordering::Equal,
        };
        let ordering = by_key.then(a.uid.cmp(&b.uid));
        if self.descending { ordering.reverse() } else { ordering }
    }
}

/// How any rows of a view are compared.
fn comparison<'a>(
    entries: &'a [Row],
    columns: &'a [(SortField, Column)],
    spec: &Spec,
) -> impl Fn(Row, Row) -> Ordering + use<'a> {
    let sorting = Sorting::new(columns, spec);
    // A row that is no entry stands where it would be one.
    let place = |row: Row| entries.binary_search_by_key(&row.uid, |entry| entry.uid).unwrap_or_else(|at| at);
    move |a, b| {
        if a.uid == b.uid && !sorting.by_flags {
            return Ordering::Equal;
        }
        sorting.compare((place(a), a), (place(b), b))
    }
}

fn flags_text(row: Row) -> String {
    row.flags.to_wire().into_owned()
}

#[cfg(test)]
mod tests;
