//! `setClientName`: what is the client called?

use crate::wire::wire;

wire! {
    /// Tells the client's name and version, for the log.
    pub struct SetClientName "setClientName" {
        /// The name.
        attribute name: String = "name";
    }
}
