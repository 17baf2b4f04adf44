//! Where branches, tags, Call-IDs and nonces come from.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A generator of unpredictable names from a secret seed: block *n* is HMAC-SHA-256(seed, "block" ‖ *n*).
///
/// Whoever does not know the seed cannot tell its output from chance (HMAC is a pseudo-random function), and the same
/// seed gives the same names again, which is what a test or a replayed trace needs.
#[derive(Debug)]
pub(crate) struct Random {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0, block: [0; 32], used: 32 }
    }

    /// The next 64 bits.
    pub(crate) fn next_u64(&mut self) -> u64 {
        if self.used + 8 > self.block.len() {
            self.counter += 1;
            self.block = keyed_hash(&self.seed, &[b"block", &self.counter.to_be_bytes()]);
            self.used = 0;
        }
        let bytes = self.block.iter().skip(self.used).take(8);
        self.used += 8;
        bytes.fold(0, |value, &byte| value << 8 | u64::from(byte))
    }

    /// A name of 96 bits in 24 hexadecimal digits, for a tag, a branch or a Call-ID.
    pub(crate) fn name(&mut self) -> String {
        format!("{:016x}{:08x}", self.next_u64(), self.next_u64() >> 32)
    }

    /// A number below `limit`, which must not be 0; 0 if it is.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next_u64().checked_rem(limit).unwrap_or(0)
    }

    /// A name that the same parts give again: the tag of a response that nothing is stored for (RFC 3261 §8.2.7).
    pub(crate) fn derived(&self, parts: &[&[u8]]) -> String {
        let mut separated: Vec<&[u8]> = vec![b"derived"];
        for part in parts {
            separated.extend([b"\0".as_slice(), part]);
        }
        hex(keyed_hash(&self.seed, &separated).get(..12).unwrap_or_default())
    }
}

/// HMAC-SHA-256 of the parts, one after another.
pub(crate) fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // The key of an HMAC is padded with zeros to the block of its hash (RFC 2104 §2).
    let mut padded = [0; 64];
    padded.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new((&padded).into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_names_and_no_name_comes_twice() {
        let names = |seed| {
            let mut random = Random::new([seed; 32]);
            (0..1000).map(|_| random.name()).collect::<Vec<_>>()
        };
        let mut distinct = names(1);
        assert_eq!(distinct, names(1));
        distinct.extend(names(2));
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 2000);
    }

    #[test]
    fn a_derived_name_depends_on_every_part_and_on_where_one_ends() {
        let random = Random::new([1; 32]);
        assert_eq!(random.derived(&[b"a", b"b"]), random.derived(&[b"a", b"b"]));
        assert_ne!(random.derived(&[b"a", b"b"]), random.derived(&[b"ab", b""]));
    }
}
