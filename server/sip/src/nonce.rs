//! Which nonces are ours, how old they are, and how often each was used.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::digest::same;
use crate::random::{Random, hex, keyed_hash};

/// Makes nonces and knows them again without having stored them; only those are remembered that a password was proved
/// with or guessed with, and nobody may guess often.
///
/// A nonce is its time of issue (64 bits, milliseconds of the wall clock), 64 random bits, and half an HMAC-SHA-256 of
/// both, the realm and the address it is for, in hexadecimal digits. It is of no use to any other address: whoever
/// answers it can hear us.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: [u8; 32],
    /// Milliseconds.
    lifetime: u64,
    cap: usize,
    used: BTreeMap<Nonce, Uses>,
    /// No nonce issued before this is good any more: uses of it may have been forgotten.
    floor: u64,
}

/// A nonce of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nonce {
    issued: u64,
    random: u64,
}

/// Which counts of a nonce were used: the highest, and the 64 up to it as bits.
#[derive(Debug, Clone, Copy, Default)]
struct Uses {
    highest: u32,
    seen: u64,
    /// How often a wrong password was given with it.
    wrong: u8,
}

/// After so many wrong passwords a nonce is of no more use.
const MOST_WRONG: u8 = 5;

impl Nonces {
    /// Nothing issued before `now` (milliseconds of the wall clock) is taken: an earlier run may have seen its uses.
    pub(crate) fn new(key: [u8; 32], lifetime: u64, cap: usize, now: u64) -> Self {
        Self { key, lifetime, cap, used: BTreeMap::new(), floor: now }
    }

    /// A new nonce for a challenge.
    pub(crate) fn issue(&self, now: u64, realm: &str, peer: IpAddr, random: &mut Random) -> String {
        let nonce = Nonce { issued: now, random: random.next_u64() };
        format!("{:016x}{:016x}{}", nonce.issued, nonce.random, self.seal(nonce, realm, peer))
    }

    /// The nonce, if it is ours, for this realm and this peer, and fresh.
    pub(crate) fn check(&self, now: u64, realm: &str, peer: IpAddr, text: &str) -> Option<Nonce> {
        let part = |range: std::ops::Range<usize>| u64::from_str_radix(text.get(range)?, 16).ok();
        let nonce = Nonce { issued: part(0..16)?, random: part(16..32)? };
        let sealed = same(self.seal(nonce, realm, peer).as_bytes(), text.get(32..)?.as_bytes());
        let fresh = nonce.issued >= self.floor && nonce.issued <= now && now - nonce.issued < self.lifetime;
        let guessed = self.used.get(&nonce).is_some_and(|uses| uses.wrong >= MOST_WRONG);
        (sealed && fresh && !guessed).then_some(nonce)
    }

    /// Notes a use with a wrong password.
    pub(crate) fn blame(&mut self, now: u64, nonce: Nonce) {
        self.forget(now);
        if nonce.issued >= self.floor {
            let uses = self.used.entry(nonce).or_default();
            uses.wrong = uses.wrong.saturating_add(1);
        }
    }

    /// Notes a use that a password was proved with; `false` if it is a replay. An answer that does not count its uses
    /// may use a nonce once.
    pub(crate) fn spend(&mut self, now: u64, nonce: Nonce, count: Option<u32>) -> bool {
        self.forget(now);
        if nonce.issued < self.floor {
            return false;
        }
        match count {
            Some(count) => self.used.entry(nonce).or_default().note(count),
            None => {
                let uses = self.used.entry(nonce).or_default();
                let is_first = uses.highest == 0;
                (uses.highest, uses.seen) = (u32::MAX, u64::MAX);
                is_first
            }
        }
    }

    /// Drops what has run out, and the oldest when there is no more room; what is dropped early counts as run out.
    fn forget(&mut self, now: u64) {
        while let Some(entry) = self.used.first_entry() {
            let issued = entry.key().issued;
            let expired = now.saturating_sub(issued) >= self.lifetime;
            if !expired && self.used.len() < self.cap {
                return;
            }
            self.floor = self.floor.max(issued + 1);
            self.used.pop_first();
        }
    }

    fn seal(&self, nonce: Nonce, realm: &str, peer: IpAddr) -> String {
        let peer = match peer {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        let (issued, random) = (nonce.issued.to_be_bytes(), nonce.random.to_be_bytes());
        let seal = keyed_hash(&self.key, &[&issued, &random, &peer.octets(), realm.as_bytes()]);
        hex(seal.get(..16).unwrap_or_default())
    }
}

impl Uses {
    /// Notes a count; `false` if it was used before, or is too old to tell. Requests may overtake one another on the way.
    fn note(&mut self, count: u32) -> bool {
        if count > self.highest {
            let ahead = count - self.highest;
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let bit = 1_u64.checked_shl(self.highest - count).unwrap_or(0);
        let new = count > 0 && bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_000_000;
    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9));

    fn nonces(cap: usize) -> (Nonces, Random) {
        (Nonces::new([7; 32], 300_000, cap, START), Random::new([1; 32]))
    }

    #[test]
    fn a_nonce_is_good_for_its_realm_and_lifetime_and_not_if_altered() {
        let (nonces, mut random) = nonces(10);
        let text = nonces.issue(START + 5, "example.com", PEER, &mut random);
        let good = |now: u64, realm: &str, text: &str| nonces.check(now, realm, PEER, text).is_some();
        assert!(good(START + 5, "example.com", &text));
        assert!(good(START + 300_004, "example.com", &text));
        assert!(!good(START + 300_005, "example.com", &text));
        assert!(!good(START + 4, "example.com", &text), "it is not issued yet");
        assert!(!good(START + 5, "example.org", &text));
        assert!(!good(START + 5, "example.com", &text.replacen('1', "2", 1)));
        assert!(
            !good(START + 5, "example.com", "") && !good(START + 5, "example.com", "é".repeat(40).as_str())
        );
    }

    #[test]
    fn a_nonce_is_good_for_nobody_else() {
        let (nonces, mut random) = nonces(10);
        let text = nonces.issue(START, "r", PEER, &mut random);
        let good = |peer: &str| nonces.check(START, "r", peer.parse().unwrap(), &text).is_some();
        assert!(good("192.0.2.9") && good("::ffff:192.0.2.9"));
        assert!(!good("192.0.2.10") && !good("2001:db8::1"));
    }

    #[test]
    fn a_nonce_is_not_good_any_more_after_five_wrong_passwords() {
        let (mut nonces, mut random) = nonces(10);
        let text = nonces.issue(START, "r", PEER, &mut random);
        let nonce = nonces.check(START, "r", PEER, &text).unwrap();
        for _ in 0..5 {
            assert_eq!(nonces.check(START, "r", PEER, &text), Some(nonce));
            nonces.blame(START, nonce);
        }
        assert_eq!(nonces.check(START, "r", PEER, &text), None);
    }

    #[test]
    fn a_nonce_of_an_earlier_run_is_not_good() {
        let (before, mut random) = nonces(10);
        let text = before.issue(START + 5, "r", PEER, &mut random);
        let after = Nonces::new([7; 32], 300_000, 10, START + 6);
        assert_eq!(after.check(START + 7, "r", PEER, &text), None);
    }

    #[test]
    fn each_count_is_good_once_and_may_come_out_of_order() {
        let (mut nonces, mut random) = nonces(10);
        let text = nonces.issue(START, "r", PEER, &mut random);
        let nonce = nonces.check(START, "r", PEER, &text).unwrap();
        let spent =
            [1, 1, 3, 2, 2, 0, 100, 37, 36, 37, 101].map(|count| nonces.spend(START, nonce, Some(count)));
        assert_eq!(spent, [true, false, true, true, false, false, true, true, false, false, true]);
    }

    #[test]
    fn an_answer_that_does_not_count_uses_a_nonce_up() {
        let (mut nonces, _) = nonces(10);
        let nonce = Nonce { issued: START, random: 1 };
        assert_eq!(
            [None, None, Some(1)].map(|count| nonces.spend(START, nonce, count)),
            [true, false, false]
        );
    }

    #[test]
    fn a_full_table_drops_the_oldest_and_never_takes_it_again() {
        let (mut nonces, _) = nonces(2);
        let nonce = |issued| Nonce { issued, random: 1 };
        for issued in START..START + 5 {
            assert!(nonces.spend(START + 5, nonce(issued), Some(1)));
        }
        assert_eq!(nonces.used.len(), 2);
        assert!(!nonces.spend(START + 5, nonce(START + 1), Some(1)), "a replay of a forgotten nonce");
    }
}
