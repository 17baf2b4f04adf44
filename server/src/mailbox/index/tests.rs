//! Tests of how views follow a mailbox.

use super::*;
use crate::mailbox::sorted::Values;
use protocol::Scalar;

const SEEN: Flags = Flags::SEEN;

fn row(uid: u32, flags: Flags) -> Row {
    Row { uid, flags }
}

fn spec() -> Spec {
    Spec { sort: SortField::Uid, descending: false, filter: Filter::None, hide_deleted: false, uid_min: 0 }
}

fn by_size() -> Spec {
    Spec { sort: SortField::Size, ..spec() }
}

fn unseen_only() -> Spec {
    Spec { filter: Filter::Flags(FlagTerms::from_wire("Unseen").unwrap()), ..spec() }
}

/// Messages 1 to 4 with the sizes 30, 10, 20, 10.
fn index() -> Index {
    let mut index = Index::new((1..=4).map(|uid| row(uid, SEEN)).collect());
    let sizes = Values::Numbers(vec![30, 10, 20, 10]);
    index.add_sorted(SortField::Size, Sorted::build(index.entries(), sizes));
    index
}

fn uids(index: &Index, view: ViewId) -> Vec<u32> {
    index.order(view).iter().map(|row| row.uid).collect()
}

fn arrival(uid: u32, size: i64) -> Arrival {
    Arrival { row: row(uid, Flags::RECENT), places: vec![Placed::Number(size)], matches: Vec::new() }
}

#[test]
fn ties_are_sorted_by_uid_and_descending_reverses_everything() {
    let mut index = index();
    let rising = index.add_view(by_size(), HashSet::new());
    let falling = index.add_view(Spec { descending: true, ..by_size() }, HashSet::new());
    assert_eq!(uids(&index, rising), [2, 4, 3, 1]);
    assert_eq!(uids(&index, falling), [1, 3, 4, 2]);
}

#[test]
fn an_arrival_finds_its_place_in_every_view() {
    let mut index = index();
    let (plain, sorted) = (index.add_view(spec(), HashSet::new()), index.add_view(by_size(), HashSet::new()));
    index.arrive(arrival(9, 15));
    index.arrive(arrival(7, 10));
    index.arrive(arrival(7, 99));
    assert_eq!(uids(&index, plain), [1, 2, 3, 4, 7, 9]);
    assert_eq!(uids(&index, sorted), [2, 4, 7, 9, 3, 1]);
    assert_eq!(index.take_changed(), [plain, sorted]);
    assert_eq!(index.take_changed(), []);
}

#[test]
fn removed_messages_leave_views_and_columns() {
    let mut index = index();
    let sorted = index.add_view(by_size(), HashSet::new());
    index.remove(&[1, 4, 77]);
    assert_eq!(uids(&index, sorted), [2, 3]);
    index.arrive(arrival(8, 15));
    assert_eq!(uids(&index, sorted), [2, 8, 3]);
    assert_eq!(index.uids().collect::<Vec<_>>(), [2, 3, 8]);
}

#[test]
fn a_deleted_message_leaves_a_hiding_view_for_good_but_not_for_newcomers() {
    let mut index = index();
    let hiding = Spec { hide_deleted: true, ..spec() };
    let view = index.add_view(hiding.clone(), HashSet::new());
    index.set_flags(2, Flags::DELETED);
    assert_eq!(uids(&index, view), [1, 3, 4]);
    assert_eq!(index.find_view(&hiding), Some(view));
    index.set_flags(2, SEEN);
    assert_eq!(uids(&index, view), [1, 3, 4]);
    assert_eq!(index.find_view(&hiding), None);
    let later = index.add_view(hiding, HashSet::new());
    assert_eq!(uids(&index, later), [1, 2, 3, 4]);
}

#[test]
fn a_message_that_stops_matching_stays_until_reopened() {
    let mut index = index();
    index.set_flags(1, Flags::NONE);
    let view = index.add_view(unseen_only(), HashSet::new());
    assert_eq!(uids(&index, view), [1]);
    index.set_flags(1, SEEN);
    assert_eq!(index.order(view).iter().collect::<Vec<_>>(), [row(1, SEEN)]);
    assert_eq!(index.find_view(&unseen_only()), None);
    let later = index.add_view(unseen_only(), HashSet::new());
    assert_eq!(uids(&index, later), Vec::<u32>::new());
}

#[test]
fn a_message_that_begins_to_match_comes_in() {
    let mut index = index();
    let view = index.add_view(unseen_only(), HashSet::new());
    index.set_flags(3, Flags::FLAGGED);
    assert_eq!(uids(&index, view), [3]);
    assert_eq!(index.find_view(&unseen_only()), Some(view));
}

#[test]
fn a_change_outside_a_view_does_not_change_it() {
    let mut index = index();
    let recent = index.add_view(Spec { uid_min: 3, ..spec() }, HashSet::new());
    index.set_flags(2, Flags::NONE);
    index.remove(&[1]);
    assert_eq!(index.take_changed(), []);
    index.set_flags(4, Flags::NONE);
    assert_eq!(index.take_changed(), [recent]);
}

#[test]
fn a_view_sorted_by_flags_moves_its_rows() {
    let mut index = index();
    let view = index.add_view(Spec { sort: SortField::Flags, ..spec() }, HashSet::new());
    index.set_flags(4, Flags::ANSWERED);
    assert_eq!(uids(&index, view), [4, 1, 2, 3]);
    index.set_flags(4, SEEN);
    assert_eq!(uids(&index, view), [1, 2, 3, 4]);
}

#[test]
fn a_content_filter_admits_what_was_found_to_match() {
    let mut index = index();
    let filter = ContentFilter { place: Place::Anywhere, text: "tea".to_owned() };
    let spec = Spec { filter: Filter::Content(filter.clone()), ..spec() };
    let view = index.add_view(spec, HashSet::from([2, 3]));
    assert_eq!(index.content_filters().collect::<Vec<_>>(), [(view, &filter)]);
    index.arrive(arrival(5, 1));
    index.arrive(Arrival { matches: vec![view], ..arrival(6, 1) });
    assert_eq!(uids(&index, view), [2, 3, 6]);
    assert!(!index.is_worth_keeping(view));
}

#[test]
fn few_messages_are_found_in_the_order_of_a_view_as_many_are() {
    let mut index = Index::new((1..=1_000).map(|uid| row(uid * 2, SEEN)).collect());
    let sizes = Values::Numbers((0..1_000).map(|n| n * 7 % 1_000).collect());
    index.add_sorted(SortField::Size, Sorted::build(index.entries(), sizes));
    let views = [by_size(), Spec { descending: true, ..by_size() }, Spec { uid_min: 20, ..spec() }]
        .map(|spec| index.add_view(spec, HashSet::new()));
    index.remove(&[6, 30, 7, 30]);
    let range = |from, till| Range { from, till };
    for ranges in
        [vec![range(1, 9), range(28, 33)], vec![range(5, 600)], vec![range(3_000, u32::MAX)], vec![]]
    {
        let numbers = Numbers::of(&ranges);
        for view in views {
            let mut expected = uids(&index, view);
            expected.retain(|uid| numbers.contains(*uid));
            assert_eq!(index.shown(view, &numbers), expected, "{ranges:?}");
        }
    }
}

#[test]
fn what_nobody_views_can_be_given_up_and_costs_nothing_then() {
    let mut index = index();
    let plain = index.add_view(spec(), HashSet::new());
    index.add_view(by_size(), HashSet::new());
    let (all, left) = index.bytes(&HashSet::from([plain]));
    assert!(left < all, "{left} of {all}");
    index.keep(&HashSet::from([plain]));
    assert!(!index.can_sort_by(&SortField::Size) && index.can_sort_by(&SortField::Uid));
    assert_eq!(index.bytes(&HashSet::from([plain])), (left, left));
    assert_eq!(uids(&index, plain), [1, 2, 3, 4]);
}

#[test]
fn views_both_ways_share_the_order_that_they_are_made_of() {
    let mut index = index();
    let rising = index.add_view(by_size(), HashSet::new());
    let falling = index.add_view(Spec { descending: true, ..by_size() }, HashSet::new());
    assert_eq!(index.sorted().len(), 1);
    index.set_flags(3, Flags::FLAGGED);
    index.arrive(arrival(5, 15));
    index.remove(&[1]);
    let later = index.add_view(Spec { uid_min: 2, ..by_size() }, HashSet::new());
    let rows = |index: &Index, view| index.order(view).iter().collect::<Vec<_>>();
    assert_eq!(rows(&index, later), rows(&index, rising));
    let mut reversed = rows(&index, falling);
    reversed.reverse();
    assert_eq!(reversed, rows(&index, rising));
    assert_eq!(rows(&index, later)[3], row(3, Flags::FLAGGED));
}

#[test]
fn a_message_is_found_in_a_view_whatever_it_is_sorted_by() {
    let mut index = index();
    let specs = [
        spec(),
        by_size(),
        Spec { descending: true, ..by_size() },
        Spec { sort: SortField::Flags, hide_deleted: true, ..spec() },
        unseen_only(),
    ];
    let views = specs.map(|spec| index.add_view(spec, HashSet::new()));
    index.arrive(arrival(7, 15));
    index.set_flags(2, Flags::FLAGGED);
    index.set_flags(3, Flags::DELETED);
    index.remove(&[4]);
    for view in views {
        let shown = uids(&index, view);
        for uid in 0..9 {
            let only = Numbers::of(&[Range { from: uid, till: uid }]);
            assert_eq!(
                index.shown(view, &only),
                shown.iter().filter(|one| **one == uid).copied().collect::<Vec<_>>(),
                "{uid} in {view:?}"
            );
        }
    }
}

#[test]
fn what_is_marked_deleted_when_a_hiding_view_is_opened_stays_out_too() {
    let mut index = index();
    index.set_flags(2, Flags::DELETED);
    let hiding = Spec { hide_deleted: true, ..spec() };
    let first = index.add_view(hiding.clone(), HashSet::new());
    index.set_flags(3, Flags::DELETED);
    // Who opens it now sees the same from now on as who has it open.
    assert_eq!(index.find_view(&hiding), Some(first));
    index.set_flags(2, SEEN);
    assert_eq!(uids(&index, first), [1, 4]);
    assert_eq!(index.find_view(&hiding), None);
    let later = index.add_view(hiding, HashSet::new());
    assert_eq!(uids(&index, later), [1, 2, 4]);
}
