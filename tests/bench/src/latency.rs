//! How long did many things take?

use std::time::Duration;

/// Durations in microseconds.
#[derive(Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds those of another client.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The latency, in milliseconds, that this share of all stays below.
    pub fn quantile(&mut self, share: f64) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        let at = (self.0.len() as f64 * share) as usize;
        let at = at.min(self.0.len() - 1);
        f64::from(*self.0.select_nth_unstable(at).1) / 1e3
    }
}
