//! How many connections has each address?

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections, counted by address.
pub(crate) struct Addresses {
    limit: u32,
    counts: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// One connection; it is uncounted when this is dropped.
pub(crate) struct Connection {
    address: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Addresses {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, counts: Arc::default() }
    }

    /// Counts a connection; `None` if the address has too many already.
    pub(crate) fn connect(&self, address: IpAddr) -> Option<Connection> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Connection { address, counts: Arc::clone(&self.counts) })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_so_many_connections_at_once() {
        let addresses = Addresses::new(2);
        let (a, b) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = addresses.connect(a).unwrap();
        let _second = addresses.connect(a).unwrap();
        assert!(addresses.connect(a).is_none());
        let _other = addresses.connect(b).unwrap();
        drop(first);
        assert!(addresses.connect(a).is_some());
        assert_eq!(addresses.counts.lock().unwrap().len(), 2);
    }
}
