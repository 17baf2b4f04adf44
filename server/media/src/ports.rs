//! Which ports does the next phone leg get?

use std::time::{Duration, Instant};

/// The ports of one plain-RTP leg: an even one for RTP, and the odd one after it for RTCP (RFC 3550 §11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortPair {
    rtp: u16,
}

impl PortPair {
    /// The even port.
    #[must_use]
    pub fn rtp(self) -> u16 {
        self.rtp
    }

    /// The odd port after it.
    #[must_use]
    pub fn rtcp(self) -> u16 {
        self.rtp | 1
    }
}

/// A range that holds no pair of an even port and the odd one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no pair of media ports from {first} to {last}")]
pub struct PortRangeError {
    /// The first port allowed.
    pub first: u16,
    /// The last port allowed.
    pub last: u16,
}

/// Chooses port pairs from a range; binding them is the caller's affair.
///
/// Pairs are given out one after the other through the whole range before one comes again, and one that was given
/// back rests for [`PortPool::REST`]: late packets of the call before must not be taken for the next one's.
#[derive(Clone, Debug)]
pub struct PortPool {
    first: u16,
    pairs: Vec<Pair>,
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    Free,
    Taken,
    /// Free from then on.
    Resting(Instant),
}

impl PortPool {
    /// How long a pair rests after its use.
    pub const REST: Duration = Duration::from_secs(10);

    /// A pool of the pairs that lie wholly from `first` to `last`, both included.
    ///
    /// # Errors
    /// [`PortRangeError`] when there is none. Port 0 is never given out.
    pub fn new(first: u16, last: u16) -> Result<Self, PortRangeError> {
        let refused = PortRangeError { first, last };
        let even = first.max(1).checked_next_multiple_of(2).ok_or(refused)?;
        let ports = u32::from(last).checked_sub(u32::from(even)).map(|span| span + 1).ok_or(refused)?;
        let count = usize::try_from(ports / 2).unwrap_or(0);
        if count == 0 {
            return Err(refused);
        }
        Ok(Self { first: even, pairs: vec![Pair::Free; count], next: 0 })
    }

    /// How many pairs there are, free or not.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.pairs.len()
    }

    /// The next pair that is free, which is then taken; none when all are taken or at rest.
    pub fn take(&mut self, now: Instant) -> Option<PortPair> {
        let count = self.pairs.len();
        let (before, after) = self.pairs.split_at_mut_checked(self.next)?;
        let start = before.len();
        let in_turn = after.iter_mut().enumerate().map(|(offset, pair)| (start + offset, pair));
        let (index, pair) =
            in_turn.chain(before.iter_mut().enumerate()).find(|(_, pair)| pair.is_free(now))?;
        *pair = Pair::Taken;
        self.next = (index + 1) % count;
        let offset = u16::try_from(2 * index).ok()?;
        Some(PortPair { rtp: self.first.checked_add(offset)? })
    }

    /// Gives a pair back after its use, or after it could not be bound because somebody else has it: either way it
    /// rests before it is tried again. A pair that is not taken is left as it is.
    pub fn release(&mut self, now: Instant, pair: PortPair) {
        let index = pair.rtp.checked_sub(self.first).map(|offset| usize::from(offset / 2));
        if let Some(held) = index.and_then(|index| self.pairs.get_mut(index))
            && *held == Pair::Taken
        {
            *held = Pair::Resting(now + Self::REST);
        }
    }
}

impl Pair {
    fn is_free(self, now: Instant) -> bool {
        match self {
            Self::Free => true,
            Self::Taken => false,
            Self::Resting(until) => until <= now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test has to start its virtual clock somewhere")]
    fn start() -> Instant {
        Instant::now()
    }

    fn take(pool: &mut PortPool, now: Instant) -> Option<(u16, u16)> {
        pool.take(now).map(|pair| (pair.rtp(), pair.rtcp()))
    }

    #[test]
    fn pairs_are_even_and_odd_and_come_in_turn() {
        let (mut pool, now) = (PortPool::new(40_001, 40_007).unwrap(), start());
        let all: Vec<_> = std::iter::from_fn(|| take(&mut pool, now)).collect();
        assert_eq!(all, [(40_002, 40_003), (40_004, 40_005), (40_006, 40_007)]);
        assert_eq!(pool.capacity(), 3);
    }

    #[test]
    fn a_pair_given_back_rests_and_comes_again_after_the_others() {
        let (mut pool, now) = (PortPool::new(40_000, 40_005).unwrap(), start());
        let first = pool.take(now).unwrap();
        pool.release(now, first);
        assert_eq!(take(&mut pool, now), Some((40_002, 40_003)));
        assert_eq!(take(&mut pool, now), Some((40_004, 40_005)));
        assert_eq!(take(&mut pool, now + PortPool::REST - Duration::from_nanos(1)), None);
        assert_eq!(take(&mut pool, now + PortPool::REST), Some((40_000, 40_001)));
    }

    #[test]
    fn taken_pairs_are_skipped_when_the_range_wraps_around() {
        let (mut pool, now) = (PortPool::new(40_000, 40_005).unwrap(), start());
        let pairs: Vec<_> = (0..3).map(|_| pool.take(now).unwrap()).collect();
        pool.release(now, pairs[1]);
        pool.release(now, pairs[1]);
        let later = now + PortPool::REST;
        assert_eq!(pool.take(later), Some(pairs[1]));
        assert_eq!(pool.take(later), None);
    }

    #[test]
    fn a_pair_of_another_pool_is_not_taken_back() {
        let (mut pool, now) = (PortPool::new(40_000, 40_001).unwrap(), start());
        pool.take(now).unwrap();
        for stranger in [PortPair { rtp: 30_000 }, PortPair { rtp: 50_000 }] {
            pool.release(now, stranger);
        }
        assert_eq!(pool.take(now + PortPool::REST), None);
    }

    #[test]
    fn the_last_ports_of_all_are_usable_and_ranges_without_a_pair_are_refused() {
        let mut pool = PortPool::new(65_533, 65_535).unwrap();
        assert_eq!(take(&mut pool, start()), Some((65_534, 65_535)));
        for (first, last) in [(40_001, 40_002), (40_002, 40_002), (40_003, 40_000), (65_535, 65_535), (0, 2)]
        {
            assert_eq!(
                PortPool::new(first, last).map(|pool| pool.capacity()),
                Err(PortRangeError { first, last })
            );
        }
        assert_eq!(PortPool::new(0, 3).unwrap().capacity(), 1);
    }
}
