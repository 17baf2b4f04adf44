//! Which ports for sound are free?

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use media::{PortPair, PortPool, PortRangeError};

/// The ports for phones' sound.
#[derive(Clone)]
pub(crate) struct Ports(Arc<Mutex<PortPool>>);

/// A pair of ports in use; it is free again when this is dropped.
pub(crate) struct TakenPair {
    pair: PortPair,
    ports: Ports,
}

impl Ports {
    /// The ports from the first to the last, both included.
    pub(crate) fn new(first: u16, last: u16) -> Result<Self, PortRangeError> {
        Ok(Self(Arc::new(Mutex::new(PortPool::new(first, last)?))))
    }

    /// A pair that nobody here uses; some other program may.
    pub(crate) fn take(&self) -> Option<TakenPair> {
        let pair = self.lock().take(Instant::now())?;
        Some(TakenPair { pair, ports: self.clone() })
    }

    /// How many pairs there are.
    pub(crate) fn capacity(&self) -> usize {
        self.lock().capacity()
    }

    fn lock(&self) -> MutexGuard<'_, PortPool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TakenPair {
    /// The pair.
    pub(crate) const fn pair(&self) -> PortPair {
        self.pair
    }
}

impl Drop for TakenPair {
    fn drop(&mut self) {
        self.ports.lock().release(Instant::now(), self.pair);
    }
}
