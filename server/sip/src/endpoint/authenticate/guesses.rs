//! How many passwords may a source try?

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Tries of each source that were not right, or not yet.
///
/// A try is given back when it was right, so a proxy with thousands of phones behind it is not held up, and a phone
/// with a wrong password costs next to nothing: what is over is refused before anyone is asked.
#[derive(Debug)]
pub(crate) struct Guesses {
    cap: usize,
    /// When each source will have all of its tries again. What is in neither map has them now.
    recent: BTreeMap<IpAddr, Instant>,
    earlier: BTreeMap<IpAddr, Instant>,
    turned: Option<Instant>,
}

/// Tries at once.
const TRIES: u32 = 200;
/// How long until one comes back.
const EVERY: Duration = Duration::from_millis(250);

impl Guesses {
    /// At most `cap` sources are remembered at a time; beyond that those are forgotten that tried longest ago.
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap, recent: BTreeMap::new(), earlier: BTreeMap::new(), turned: None }
    }

    /// Takes a try of a source; `false` if it has none left.
    pub(crate) fn take(&mut self, now: Instant, source: IpAddr) -> bool {
        self.turn(now);
        let source = network(source);
        let known = self.recent.get(&source).copied().or_else(|| self.earlier.remove(&source));
        let full = known.map_or(now, |known| known.max(now));
        let is_left = full + EVERY <= now + EVERY * TRIES;
        self.recent.insert(source, if is_left { full + EVERY } else { full });
        is_left
    }

    /// The try was right: it does not count.
    pub(crate) fn give_back(&mut self, source: IpAddr) {
        let source = network(source);
        let full = match self.recent.get_mut(&source) {
            Some(full) => Some(full),
            None => self.earlier.get_mut(&source),
        };
        if let Some(full) = full {
            *full = full.checked_sub(EVERY).unwrap_or(*full);
        }
    }

    /// Forgets who has tried nothing for so long that all tries are back; earlier, if there are too many.
    fn turn(&mut self, now: Instant) {
        let due = self.turned.is_none_or(|turned| now.saturating_duration_since(turned) >= EVERY * TRIES);
        if due || self.recent.len() >= self.cap / 2 {
            self.earlier = std::mem::take(&mut self.recent);
            self.turned = Some(now);
        }
    }
}

/// Who holds one IPv6 address has its whole network of 64 bits.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::origin;

    fn tries(guesses: &mut Guesses, now: Instant, source: &str) -> usize {
        (0..1_000).take_while(|_| guesses.take(now, source.parse().unwrap())).count()
    }

    #[test]
    fn a_source_has_so_many_tries_and_gets_them_back_one_by_one() {
        let (mut guesses, now) = (Guesses::new(100), origin());
        assert_eq!(tries(&mut guesses, now, "192.0.2.1"), 200);
        assert_eq!(tries(&mut guesses, now, "192.0.2.2"), 200, "another");
        assert_eq!(tries(&mut guesses, now + Duration::from_secs(1), "192.0.2.1"), 4);
        assert_eq!(tries(&mut guesses, now + Duration::from_secs(51), "::ffff:192.0.2.1"), 200);
    }

    #[test]
    fn a_right_one_does_not_count() {
        let (mut guesses, now, source) = (Guesses::new(100), origin(), "192.0.2.1".parse().unwrap());
        for _ in 0..1_000 {
            assert!(guesses.take(now, source));
            guesses.give_back(source);
        }
        assert_eq!(tries(&mut guesses, now, "192.0.2.1"), 200);
    }

    #[test]
    fn the_addresses_of_one_network_share_their_tries() {
        let (mut guesses, now) = (Guesses::new(100), origin());
        assert_eq!(tries(&mut guesses, now, "2001:db8:1:2::1"), 200);
        assert_eq!(tries(&mut guesses, now, "2001:db8:1:2:3:4:5:6"), 0);
        assert_eq!(tries(&mut guesses, now, "2001:db8:1:3::1"), 200);
    }

    #[test]
    fn only_so_many_sources_are_remembered() {
        let (mut guesses, now) = (Guesses::new(100), origin());
        for number in 0..100_000_u32 {
            guesses.take(now, IpAddr::from(number.to_be_bytes()));
        }
        assert!(guesses.recent.len() + guesses.earlier.len() <= 101);
    }
}
