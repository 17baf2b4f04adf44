//! How is a run of random operations done again?

use std::collections::VecDeque;

/// Another one each time, or that of a run that is to be seen again.
pub(super) fn seed() -> u64 {
    let again = std::env::var("XIMSS_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    again.unwrap_or_else(|| {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
        u64::try_from(time.as_micros()).expect("not so late")
    })
}

/// Tells how a failure comes again.
pub(super) struct Trace {
    seed: u64,
    pub(super) operation: u32,
    last: VecDeque<String>,
}

impl Trace {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, operation: 0, last: VecDeque::new() }
    }

    /// Something is being done.
    pub(super) fn add(&mut self, what: String) {
        self.last.push_back(what);
        if self.last.len() > 40 {
            self.last.pop_front();
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("XIMSS_TEST_SEED={} failed at operation {}, after:", self.seed, self.operation);
            self.last.iter().for_each(|request| eprintln!("  {request}"));
        }
    }
}

/// SplitMix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).expect("31 bits") % end
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
