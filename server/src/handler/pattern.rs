//! Does a name match a pattern as of IMAP LIST (RFC 3501 §6.3.8)?

use protocol::ErrorCode;

use crate::failure::Failure;

/// Bytes of a pattern.
const LONGEST: usize = 1_000;

/// The attribute `filter` of a list: `*` stands for any text, `%` for any text without `/`.
pub(super) struct Pattern(Option<String>);

impl Pattern {
    /// The pattern that a client sends; absent: any name.
    pub(super) fn of(filter: Option<String>) -> Result<Self, Failure> {
        if filter.as_ref().is_some_and(|filter| filter.len() > LONGEST) {
            let text = format!("the attribute filter is too long: it should have at most {LONGEST} bytes");
            return Err(Failure::because(ErrorCode::BadRequest, text));
        }
        Ok(Self(filter))
    }

    /// Whether the name matches.
    pub(super) fn matches(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|pattern| matches(pattern, name))
    }
}

/// Bit n of the state says whether the pattern read so far can end before byte n of the name. Each byte of the pattern
/// moves all bits at once, 64 in a step, whatever the pattern.
fn matches(pattern: &str, name: &str) -> bool {
    let words = name.len() / 64 + 1;
    let bit = |at: usize| 1_u64 << (at % 64);
    // Where each byte stands in the name, and where no `/` does.
    let mut places = vec![0; 256 * words];
    let mut within = vec![0; words];
    for (at, byte) in name.bytes().enumerate() {
        set(&mut places, usize::from(byte) * words + at / 64, bit(at));
        set(&mut within, at / 64, if byte == b'/' { 0 } else { bit(at) });
    }
    let mut ends = vec![0; words];
    set(&mut ends, 0, 1);
    for byte in pattern.bytes() {
        match byte {
            b'*' => fill_up(&mut ends),
            b'%' => fill_runs(&mut ends, &within),
            byte => {
                let start = usize::from(byte) * words;
                advance(&mut ends, places.get(start..start + words).unwrap_or_default());
            }
        }
    }
    ends.get(name.len() / 64).is_some_and(|word| word & bit(name.len()) != 0)
}

fn set(words: &mut [u64], at: usize, bits: u64) {
    if let Some(word) = words.get_mut(at) {
        *word |= bits;
    }
}

/// Moves the bits that stand at one of these places to the next place, and drops the others.
fn advance(ends: &mut [u64], places: &[u64]) {
    let mut carry = 0;
    for (end, place) in ends.iter_mut().zip(places) {
        let moved = *end & place;
        *end = moved << 1 | carry;
        carry = moved >> 63;
    }
}

/// Sets every bit above the lowest.
fn fill_up(ends: &mut [u64]) {
    let mut above = 0;
    for end in ends {
        // From the lowest bit on; nothing where there is none.
        *end = if above == 0 { *end | end.wrapping_neg() } else { u64::MAX };
        above |= *end;
    }
}

/// Sets the bits that follow each bit as long as they stand at one of these places, and the one behind: an addition
/// carries through a run of ones.
fn fill_runs(ends: &mut [u64], places: &[u64]) {
    let mut carry = false;
    for (end, place) in ends.iter_mut().zip(places) {
        let (sum, over) = (*end & place).overflowing_add(*place);
        let (sum, over_too) = sum.overflowing_add(u64::from(carry));
        carry = over || over_too;
        *end |= sum ^ place;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_as_in_imap() {
        for (pattern, name, expected) in [
            ("*", "INBOX", true),
            ("*", "A/B/C", true),
            ("%", "A", true),
            ("%", "A/B", false),
            ("%/%", "A/B", true),
            ("A*", "A/B", true),
            ("A%", "A/B", false),
            ("*B", "A/B", true),
            ("INBOX", "INBOX", true),
            ("INBOX", "INBOX2", false),
            ("", "INBOX", false),
            ("é%", "éa", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn hostile_patterns_cost_little() {
        let begun = Instant::now();
        let name = "a".repeat(999);
        for pattern in
            ["*a".repeat(500), "%a".repeat(500), "*%".repeat(500), format!("{}b", "%*a".repeat(333))]
        {
            for _ in 0..20 {
                matches(&pattern, &name);
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
        assert!(matches(&"*a".repeat(200), &"a".repeat(200)));
    }

    /// The same by trying everything.
    fn tried(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((wild @ (b'*' | b'%'), rest)) => {
                let reach = name.iter().take_while(|byte| *wild == b'*' || **byte != b'/').count();
                (0..=reach).any(|skip| tried(rest, &name[skip..]))
            }
            Some((byte, rest)) => name.first() == Some(byte) && tried(rest, &name[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_trying_everything_matches(pattern in "[ab/*%]{0,8}", name in "[ab/]{0,12}", long in 0usize..3) {
            // Beyond one word of the state too.
            let (before, after) = ("ab/".repeat(long * 20), "ba/".repeat(long * 12));
            let (pattern, name) = (format!("{before}{pattern}{after}"), format!("{before}{name}{after}"));
            prop_assert_eq!(matches(&pattern, &name), tried(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
