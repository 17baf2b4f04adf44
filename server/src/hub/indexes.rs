//! How much memory do the indexes of mailboxes take, and whose is given up when it is too much?
//!
//! What somebody views is never given up. Of the rest, that of the mailboxes goes first which nobody has opened or
//! closed for the longest time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::MailboxId;

/// What the indexes of all mailboxes take.
pub(crate) struct Indexes {
    budget: usize,
    weights: Mutex<Weights>,
}

#[derive(Default)]
struct Weights {
    of: HashMap<MailboxId, Weight>,
    uses: u64,
}

struct Weight {
    bytes: usize,
    /// How many of them nobody views.
    idle: usize,
    /// When it was used last, in uses.
    used: u64,
}

impl Indexes {
    /// Indexes that may take so many bytes.
    pub(crate) fn new(budget: u64) -> Self {
        Self { budget: usize::try_from(budget).unwrap_or(usize::MAX), weights: Mutex::default() }
    }

    /// A mailbox that is being used takes so many bytes, of which nobody views so many. Returns the mailboxes that must
    /// give up what nobody views.
    pub(crate) fn weigh(&self, id: MailboxId, bytes: usize, idle: usize) -> Vec<MailboxId> {
        let mut weights = self.lock();
        weights.uses += 1;
        let used = weights.uses;
        weights.of.insert(id, Weight { bytes, idle, used });
        let all: usize = weights.of.values().map(|weight| weight.bytes).sum();
        let mut excess = all.saturating_sub(self.budget);
        let mut unused: Vec<(&MailboxId, &mut Weight)> =
            weights.of.iter_mut().filter(|(_, weight)| weight.idle > 0).collect();
        unused.sort_unstable_by_key(|(_, weight)| weight.used);
        let mut shrinking = Vec::new();
        for (id, weight) in unused {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(weight.idle);
            // It is told once; when it has done so it says how much it takes then.
            weight.idle = 0;
            shrinking.push(*id);
        }
        shrinking
    }

    /// A mailbox has given up what nobody views.
    pub(crate) fn shrunk(&self, id: MailboxId, bytes: usize) {
        if let Some(weight) = self.lock().of.get_mut(&id) {
            weight.bytes = bytes;
            weight.idle = 0;
        }
    }

    /// A mailbox is no longer in memory.
    pub(crate) fn forget(&self, id: MailboxId) {
        self.lock().of.remove(&id);
    }

    /// The bytes that all take.
    pub(crate) fn bytes(&self) -> usize {
        self.lock().of.values().map(|weight| weight.bytes).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Weights> {
        self.weights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_used_longest_ago_gives_up_first_and_only_as_many_as_needed() {
        let [a, b, c] = ["a", "b", "c"].map(|digit| MailboxId::parse(&digit.repeat(16)).unwrap());
        let indexes = Indexes::new(100);
        assert_eq!(indexes.weigh(a, 40, 40), []);
        assert_eq!(indexes.weigh(b, 40, 40), []);
        assert_eq!(indexes.weigh(a, 40, 40), []);
        assert_eq!(indexes.weigh(c, 50, 0), [b]);
        indexes.forget(b);
        assert_eq!(indexes.bytes(), 90);
        assert_eq!(indexes.weigh(c, 120, 10), [a, c]);
        indexes.forget(a);
        indexes.shrunk(c, 110);
        assert_eq!((indexes.bytes(), indexes.weigh(c, 110, 0)), (110, Vec::new()));
    }
}
