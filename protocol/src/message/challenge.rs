//! `challenge`: the server's turn in a SASL exchange.

use crate::wire::wire;

wire! {
    /// Answers `login` with a method, or `auth`.
    pub struct Challenge "challenge" {
        /// The challenge in base64; empty if the mechanism lets the client begin.
        attribute value: String = "value";
    }
}
