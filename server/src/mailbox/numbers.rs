//! Which numbers do the ranges of a message set stand for?
//!
//! A set can have thousands of ranges, of which each can be all of a large mailbox.

use protocol::Range;

/// Numbers to be found in a set: its ranges, sorted, none touching another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers(Vec<Range>);

impl Numbers {
    /// The numbers that are in any of the ranges.
    pub(crate) fn of(ranges: &[Range]) -> Self {
        let mut sorted: Vec<Range> =
            ranges.iter().copied().filter(|range| range.from <= range.till).collect();
        sorted.sort_unstable_by_key(|range| range.from);
        let mut merged: Vec<Range> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match merged.last_mut() {
                Some(last) if range.from <= last.till.saturating_add(1) => {
                    last.till = last.till.max(range.till)
                }
                Some(_) | None => merged.push(range),
            }
        }
        Self(merged)
    }

    /// The ranges, rising, none touching another.
    pub(crate) fn ranges(&self) -> &[Range] {
        &self.0
    }

    /// How many numbers they are.
    pub(crate) fn count(&self) -> usize {
        let length = |range: &Range| (range.till - range.from) as usize;
        self.0.iter().fold(0, |count: usize, range| count.saturating_add(length(range)).saturating_add(1))
    }

    /// Whether the number is one of them.
    pub(crate) fn contains(&self, number: u32) -> bool {
        let place = self.0.partition_point(|range| range.till < number);
        self.0.get(place).is_some_and(|range| range.from <= number)
    }
}

/// The numbers below `end` in the order of the ranges, each once: where it comes first.
pub(crate) fn in_order(ranges: &[Range], end: usize) -> Vec<usize> {
    let bounds = |range: &Range| (range.from as usize, (range.till as usize).saturating_add(1).min(end));
    if let [only] = ranges {
        let (from, till) = bounds(only);
        return (from..till).collect();
    }
    // For each number the next one that was not taken, as far as known: what was taken is stepped over.
    let mut free: Vec<usize> = (0..=end).collect();
    let mut taken = Vec::new();
    for (from, till) in ranges.iter().map(bounds) {
        let mut at = next_free(&mut free, from.min(end));
        while at < till {
            taken.push(at);
            if let Some(slot) = free.get_mut(at) {
                *slot = at + 1;
            }
            at = next_free(&mut free, at + 1);
        }
    }
    taken
}

/// The first number from this one on that was not taken. The way to it is made shorter for the next time.
fn next_free(free: &mut [usize], from: usize) -> usize {
    let mut found = from;
    while let Some(next) = free.get(found).copied().filter(|next| *next != found) {
        found = next;
    }
    let mut at = from;
    while let Some(slot) = free.get_mut(at).filter(|slot| **slot != at) {
        at = std::mem::replace(slot, found);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use proptest::prelude::*;

    fn range(from: u32, till: u32) -> Range {
        Range { from, till }
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let set =
            [range(5, 9), range(1, 2), range(3, 3), range(8, 12), range(7, 6), range(u32::MAX, u32::MAX)];
        assert_eq!(Numbers::of(&set), Numbers(vec![range(1, 3), range(5, 12), range(u32::MAX, u32::MAX)]));
    }

    #[test]
    fn thousands_of_ranges_over_a_large_mailbox_cost_little() {
        let all = vec![range(0, u32::MAX); 20_000];
        let begun = Instant::now();
        let count = in_order(&all, 1_000_000).len();
        let numbers = Numbers::of(&(0..20_000).map(|n| range(n * 50, n * 50 + 3)).collect::<Vec<_>>());
        let found = (0..1_000_000).filter(|number| numbers.contains(*number)).count();
        assert_eq!((count, found), (1_000_000, 80_000));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    fn ranges() -> impl Strategy<Value = Vec<Range>> {
        proptest::collection::vec((0u32..40, 0u32..40).prop_map(|(from, till)| range(from, till)), 0..12)
    }

    proptest! {
        #[test]
        fn the_same_numbers_are_found_as_in_the_ranges_one_by_one(ranges in ranges()) {
            let numbers = Numbers::of(&ranges);
            for number in 0..45 {
                prop_assert_eq!(numbers.contains(number), ranges.iter().any(|range| range.contains(number)));
            }
        }

        #[test]
        fn each_number_comes_where_it_comes_first(ranges in ranges(), end in 0usize..45) {
            let mut expected = Vec::new();
            for number in ranges.iter().flat_map(|range| range.from as usize..=range.till as usize) {
                if number < end && !expected.contains(&number) {
                    expected.push(number);
                }
            }
            prop_assert_eq!(in_order(&ranges, end), expected);
        }
    }
}
