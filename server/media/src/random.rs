//! Where do unguessable values come from, when the machines make none themselves?

use aws_lc_rs::hmac;

/// A stream of pseudo-random values drawn from a seed: HMAC-SHA-256 over a counter.
///
/// Whoever knows the values drawn so far learns nothing about the next ones without the seed, so it serves for
/// ICE passwords as well as for SSRCs; the same seed gives the same stream, so tests are repeatable.
pub(crate) struct Random {
    key: hmac::Key,
    counter: u64,
}

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &seed), counter: 0 }
    }

    pub(crate) fn u64(&mut self) -> u64 {
        self.block().iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    pub(crate) fn u32(&mut self) -> u32 {
        self.block().iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
    }

    /// `length` (at most 32) letters of the alphabet that ICE allows, 6 bits each (RFC 8839 §5.4).
    pub(crate) fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letter = |byte: &u8| ALPHABET.get(usize::from(byte & 63)).copied().map(char::from);
        self.block().iter().take(length).filter_map(letter).collect()
    }

    fn block(&mut self) -> [u8; 32] {
        self.counter = self.counter.wrapping_add(1);
        let tag = hmac::sign(&self.key, &self.counter.to_be_bytes());
        let mut block = [0; 32];
        for (to, from) in block.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_values_and_another_seed_others() {
        let draw = |seed| {
            let mut random = Random::new([seed; 32]);
            (random.token(24), random.u32(), random.u64())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn tokens_have_the_length_asked_for_and_only_letters_of_ice() {
        let token = Random::new([7; 32]).token(24);
        assert_eq!(token.len(), 24);
        assert!(token.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"+/".contains(&letter)));
    }
}
