//! Which leg is due next?

use std::collections::BTreeSet;
use std::time::Instant;

use crate::legs::Slot;

/// The legs by what is due for each: one entry a leg, so that the table never outgrows them.
#[derive(Default)]
pub(crate) struct Timers(BTreeSet<(Instant, Slot)>);

impl Timers {
    /// When the first leg is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(due, _)| *due)
    }

    /// Moves a leg from one instant to another; `held` is what the table has for it and what it gets.
    pub(crate) fn schedule(&mut self, slot: Slot, held: &mut Option<Instant>, due: Instant) {
        if *held != Some(due) {
            self.cancel(slot, held);
            self.0.insert((due, slot));
            *held = Some(due);
        }
    }

    pub(crate) fn cancel(&mut self, slot: Slot, held: &mut Option<Instant>) {
        if let Some(due) = held.take() {
            self.0.remove(&(due, slot));
        }
    }

    /// Every leg that is due by now.
    pub(crate) fn due(&self, now: Instant) -> Vec<Slot> {
        self.0.iter().take_while(|(due, _)| *due <= now).map(|(_, slot)| *slot).collect()
    }
}
