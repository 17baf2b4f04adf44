//! What does a session see of a mailbox, and what changes when it asks to be brought up to date?
//!
//! A folder is the pure half of that: the logical view, which is the version of a sorted view that the client
//! knows. The mailbox goes on changing behind it; the view moves as the client is told what [`Folder::sync`] finds.

use protocol::{Field, MessageSet, ReportMode};

use crate::mailbox::{Change, Numbers, Order, Row, in_order};

/// An open folder: the logical view of one session.
#[derive(Debug)]
pub(crate) struct Folder {
    view: Order,
    /// The version that the last reports lead to, if they are all, and how many of them were not told yet.
    ahead: Option<(Order, usize)>,
    /// The viewer fields of its reports, in the order asked for.
    pub(crate) fields: Vec<Field>,
}

/// One report of a `folderSync`. `messages` and `unseen` are the totals after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    /// Removed, added or updated.
    pub(crate) mode: ReportMode,
    /// Position in the view after all reports before this one.
    pub(crate) index: usize,
    /// The message.
    pub(crate) row: Row,
    /// Messages in the view.
    pub(crate) messages: usize,
    /// Messages in the view that are not seen.
    pub(crate) unseen: usize,
    /// How the view moves when the client is told.
    change: Change,
}

impl Folder {
    /// A folder whose client knows this version of its view.
    pub(crate) const fn new(view: Order, fields: Vec<Field>) -> Self {
        Self { view, ahead: None, fields }
    }

    /// The version that the client knows.
    pub(crate) const fn view(&self) -> &Order {
        &self.view
    }

    /// The rows of a message set that are in the logical view, with their positions, each once: those of positions in
    /// the set's order, those of UIDs in the view's. Numbers outside the view are skipped.
    pub(crate) fn rows(&self, set: &MessageSet) -> Vec<(usize, Row)> {
        match set {
            MessageSet::Indexes(ranges) => {
                let mut rows = Vec::new();
                let mut positions = in_order(ranges, self.view.len()).into_iter().peekable();
                while let Some(from) = positions.next() {
                    let mut till = from + 1;
                    while positions.next_if_eq(&till).is_some() {
                        till += 1;
                    }
                    rows.extend(self.view.range(from, till));
                }
                rows
            }
            MessageSet::Uids(ranges) => {
                let numbers = Numbers::of(ranges);
                let rows = self.view.iter().enumerate().filter(|(_, row)| numbers.contains(row.uid));
                // Each is there once at most: behind the last of them nobody needs to look.
                rows.take(numbers.count()).collect()
            }
        }
    }

    /// What changes on the way to `now`; with a limit, only so many changes. The logical view stays where it is until
    /// the client is [`told`](Self::told).
    pub(crate) fn sync(&mut self, now: Order, limit: Option<usize>) -> Vec<Report> {
        let mut changes = self.view.changes_to(&now);
        let partial = limit.is_some_and(|limit| limit < changes.len());
        changes.truncate(limit.unwrap_or(usize::MAX));
        let mut totals = Totals { messages: self.view.len(), unseen: self.view.unseen() };
        let reports: Vec<Report> = changes.iter().map(|change| totals.report(*change)).collect();
        self.ahead = (!partial).then_some((now, reports.len()));
        self.told(&[]);
        reports
    }

    /// The client is told the next of the reports of the last [`sync`](Self::sync): moves the logical view by them. What
    /// is not told is found again by the next sync.
    pub(crate) fn told(&mut self, reports: &[Report]) {
        for report in reports {
            self.view.apply(report.change);
        }
        if let Some((now, left)) = self.ahead.take() {
            match left.saturating_sub(reports.len()) {
                // The same rows, in the chunks that they are compared by.
                0 => self.view = now,
                left => self.ahead = Some((now, left)),
            }
        }
    }
}

struct Totals {
    messages: usize,
    unseen: usize,
}

impl Totals {
    const fn report(&mut self, change: Change) -> Report {
        let (mode, index, row) = match change {
            Change::Removed(index, row) => {
                self.messages -= 1;
                self.unseen -= row.unseen();
                (ReportMode::Removed, index, row)
            }
            Change::Added(index, row) => {
                self.messages += 1;
                self.unseen += row.unseen();
                (ReportMode::Added, index, row)
            }
            Change::Updated(index, before, row) => {
                self.unseen = self.unseen + row.unseen() - before.unseen();
                (ReportMode::Updated, index, row)
            }
        };
        Report { mode, index, row, messages: self.messages, unseen: self.unseen, change }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Flags, Range};

    fn row(uid: u32, flags: Flags) -> Row {
        Row { uid, flags }
    }

    fn folder(uids: &[u32]) -> Folder {
        let rows: Vec<Row> = uids.iter().map(|uid| row(*uid, Flags::SEEN)).collect();
        Folder::new(Order::of(&rows), Vec::new())
    }

    fn order(uids: &[u32]) -> Order {
        Order::of(&uids.iter().map(|uid| row(*uid, Flags::SEEN)).collect::<Vec<_>>())
    }

    fn synced(folder: &mut Folder, now: Order, limit: Option<usize>) -> Vec<Report> {
        let reports = folder.sync(now, limit);
        folder.told(&reports);
        reports
    }

    fn told(reports: &[Report]) -> Vec<(ReportMode, usize, u32, usize)> {
        reports.iter().map(|r| (r.mode, r.index, r.row.uid, r.messages)).collect()
    }

    #[test]
    fn indexes_are_relative_to_the_state_after_all_earlier_reports() {
        let mut folder = folder(&[123, 543, 343, 512, 600, 117]);
        let reports = synced(&mut folder, order(&[123, 976, 543, 512, 600]), None);
        let expected = [
            (ReportMode::Removed, 5, 117, 5),
            (ReportMode::Removed, 2, 343, 4),
            (ReportMode::Added, 1, 976, 5),
        ];
        assert_eq!(told(&reports), expected);
        assert_eq!(synced(&mut folder, order(&[123, 976, 543, 512, 600]), None), []);
    }

    #[test]
    fn a_limit_leaves_the_rest_for_the_next_sync() {
        let mut folder = folder(&[1, 2, 3]);
        let now = order(&[3, 4, 5]);
        let first = synced(&mut folder, now.clone(), Some(2));
        assert_eq!(told(&first), [(ReportMode::Removed, 1, 2, 2), (ReportMode::Removed, 0, 1, 1)]);
        assert_eq!(folder.view().iter().map(|r| r.uid).collect::<Vec<_>>(), [3]);
        let second = synced(&mut folder, now, Some(2));
        assert_eq!(told(&second), [(ReportMode::Added, 1, 4, 2), (ReportMode::Added, 2, 5, 3)]);
    }

    #[test]
    fn what_the_client_was_not_told_is_found_again() {
        let mut folder = folder(&[1, 2, 3]);
        let reports = folder.sync(order(&[3, 4, 5]), None);
        assert_eq!(reports.len(), 4);
        folder.told(&reports[..1]);
        folder.told(&reports[1..3]);
        assert_eq!(folder.view().iter().map(|r| r.uid).collect::<Vec<_>>(), [3, 4]);
        let later = order(&[3, 4, 5, 6]);
        let rest = synced(&mut folder, later.clone(), None);
        assert_eq!(told(&rest), [(ReportMode::Added, 2, 5, 3), (ReportMode::Added, 3, 6, 4)]);
        assert_eq!(folder.sync(later, None), []);
    }

    #[test]
    fn unseen_is_a_running_total() {
        let before = [row(1, Flags::NONE), row(2, Flags::NONE), row(3, Flags::SEEN)];
        let mut folder = Folder::new(Order::of(&before), Vec::new());
        let now = Order::of(&[row(2, Flags::SEEN), row(3, Flags::SEEN), row(4, Flags::NONE)]);
        let unseen: Vec<_> = synced(&mut folder, now, None).iter().map(|r| (r.mode, r.unseen)).collect();
        let expected = [(ReportMode::Removed, 1), (ReportMode::Added, 2), (ReportMode::Updated, 1)];
        assert_eq!(unseen, expected);
    }

    #[test]
    fn sets_select_from_the_logical_view_and_skip_what_is_outside() {
        let folder = folder(&[30, 10, 20]);
        let uids = |set| folder.rows(&set).iter().map(|(index, row)| (*index, row.uid)).collect::<Vec<_>>();
        let range = |from, till| Range { from, till };
        assert_eq!(uids(MessageSet::Indexes(vec![range(1, 100), range(0, 0)])), [(1, 10), (2, 20), (0, 30)]);
        assert_eq!(uids(MessageSet::Uids(vec![range(15, 99), range(7, 7)])), [(0, 30), (2, 20)]);
        assert_eq!(uids(MessageSet::Indexes(vec![range(3, u32::MAX)])), []);
        assert_eq!(
            uids(MessageSet::Indexes(vec![range(1, 1), range(0, 9), range(0, 9)])),
            [(1, 10), (0, 30), (2, 20)]
        );
    }
}
