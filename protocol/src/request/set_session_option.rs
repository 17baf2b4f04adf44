//! `setSessionOption`: how shall the session behave?

use crate::wire::wire;

wire! {
    /// Sets an option: `idleTimeout` (seconds), `reportMailboxChanges` (`yes`). Others are accepted and ignored.
    pub struct SetSessionOption "setSessionOption" {
        /// Which option.
        attribute name: String = "name";
        /// Its value.
        attribute value: String = "value";
    }
}
