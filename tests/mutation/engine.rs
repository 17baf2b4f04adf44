//! How mutants are made of seeds, and what is told when one does harm.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads a mutant; the number is random. Whether it was taken for something.
pub(super) type Read = dyn FnMut(&[u8], u64) -> bool;

/// Something that reads what peers send.
pub(super) struct Target {
    /// Messages that are right.
    pub(super) seeds: Vec<Vec<u8>>,
    /// Pieces that mean something to the reader.
    pub(super) words: &'static [&'static [u8]],
    /// What reads them.
    pub(super) read: Box<Read>,
}

/// Random numbers (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).expect("it is below a usize")
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

/// The longest mutant.
const LONGEST: usize = 100_000;

/// Gives so many mutants to a target.
pub(super) fn mutate(name: &str, count: u64, seed: u64, target: &mut Target) {
    let mut random = Random(seed);
    assert!(!target.seeds.is_empty() && target.seeds.iter().all(|seed| !seed.is_empty()));
    for seed in target.seeds.clone() {
        (target.read)(&seed, 0);
    }
    let mut taken = 0;
    for number in 0..count {
        let mut mutant = random.one_of(&target.seeds).clone();
        let most = 1 + random.below(5);
        for _ in 0..=random.below(most) {
            change(&mut mutant, &mut random, target);
        }
        mutant.truncate(LONGEST);
        let chance = random.next();
        match catch_unwind(AssertUnwindSafe(|| (target.read)(&mutant, chance))) {
            Ok(is_taken) => taken += u64::from(is_taken),
            Err(_) => panic!("{name}: mutant {number} does harm: \"{}\"", mutant.escape_ascii()),
        }
    }
    println!("{name}: {count} mutants of {} seeds, {taken} were taken, none does harm", target.seeds.len());
    // Mutants that are all refused at the door would show nothing.
    assert!(taken > count / 20, "{name}: only {taken} of {count} mutants were taken for something");
}

fn change(mutant: &mut Vec<u8>, random: &mut Random, target: &Target) {
    let at = random.below(mutant.len() + 1);
    let longest = if random.below(8) == 0 { 2_000 } else { 12 };
    let length = 1 + random.below(longest);
    let end = (at + length).min(mutant.len());
    match random.below(9) {
        0 => mutant.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
        1 => mutant.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.byte()),
        2 => drop(mutant.drain(at..end)),
        3 => mutant.truncate(at),
        // A piece again, here or elsewhere.
        4 => {
            let piece = mutant[at..end].to_vec();
            let to = random.below(mutant.len() + 1);
            mutant.splice(to..to, piece);
        }
        5 => {
            let piece: Vec<u8> = (0..length.min(40)).map(|_| random.byte()).collect();
            mutant.splice(at..at, piece);
        }
        6 | 7 if !target.words.is_empty() => {
            let word = random.one_of(target.words).to_vec();
            let end = if random.below(2) == 0 { at } else { (at + word.len()).min(mutant.len()) };
            mutant.splice(at..end, word);
        }
        // The beginning of one message and the end of another.
        _ => {
            let other = random.one_of(&target.seeds);
            let from = random.below(other.len());
            mutant.truncate(at);
            mutant.extend(&other[from..]);
        }
    }
}
