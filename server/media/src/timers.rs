//! Which leg is due next?

use std::collections::BTreeSet;
use std::time::Instant;

use crate::legs::Slot;

/// The legs by what is due for each: one entry a leg, so that the table never outgrows them.
#[derive(Default)]
pub(crate) struct Timers {
    table: BTreeSet<(Instant, Slot)>,
    /// The first of the table: it is asked for after every packet.
    next: Option<Instant>,
}

impl Timers {
    /// When the first leg is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Moves a leg from one instant to another; `held` is what the table has for it and what it gets.
    pub(crate) fn schedule(&mut self, slot: Slot, held: &mut Option<Instant>, due: Instant) {
        if *held != Some(due) {
            if let Some(before) = held.replace(due) {
                self.table.remove(&(before, slot));
            }
            self.table.insert((due, slot));
            self.note_next();
        }
    }

    pub(crate) fn cancel(&mut self, slot: Slot, held: &mut Option<Instant>) {
        if let Some(due) = held.take() {
            self.table.remove(&(due, slot));
            self.note_next();
        }
    }

    /// Every leg that is due by now.
    pub(crate) fn due(&self, now: Instant) -> Vec<Slot> {
        self.table.iter().take_while(|(due, _)| *due <= now).map(|(_, slot)| *slot).collect()
    }

    fn note_next(&mut self) {
        self.next = self.table.first().map(|(due, _)| *due);
    }
}
