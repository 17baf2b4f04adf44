//! Where is a leg found quickly?

use std::collections::HashMap;

use crate::interface::LegId;
use crate::leg::Leg;

/// The place of a leg, as long as it lives: what addresses and bridges refer to, so that a packet costs one
/// look-up and an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Slot(usize);

/// All legs of a router.
#[derive(Default)]
pub(crate) struct Legs {
    places: Vec<Option<Box<Leg>>>,
    free: Vec<usize>,
    by_id: HashMap<LegId, Slot>,
}

impl Legs {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn find(&self, id: LegId) -> Option<Slot> {
        self.by_id.get(&id).copied()
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<&Leg> {
        self.places.get(slot.0)?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Leg> {
        self.places.get_mut(slot.0)?.as_deref_mut()
    }

    pub(crate) fn insert(&mut self, leg: Leg) -> Slot {
        let slot = Slot(self.free.pop().unwrap_or(self.places.len()));
        self.by_id.insert(leg.id, slot);
        match self.places.get_mut(slot.0) {
            Some(place) => *place = Some(Box::new(leg)),
            None => self.places.push(Some(Box::new(leg))),
        }
        slot
    }

    pub(crate) fn remove(&mut self, slot: Slot) -> Option<Box<Leg>> {
        let leg = self.places.get_mut(slot.0)?.take()?;
        self.free.push(slot.0);
        self.by_id.remove(&leg.id);
        Some(leg)
    }
}
