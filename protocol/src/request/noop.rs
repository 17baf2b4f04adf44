//! `noop`: nothing.

use crate::wire::wire;

wire! {
    /// Does nothing, and keeps the session alive.
    pub struct Noop "noop" {
    }
}
