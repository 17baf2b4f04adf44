//! `auth`: the next step of a SASL exchange.

use crate::wire::wire;

wire! {
    /// Answers a `challenge`.
    pub struct Auth "auth" {
        /// The response in base64.
        attribute value: String = "value";
    }
}
