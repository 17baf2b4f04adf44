//! `listFeatures`: what can a client do before it logs in?

use crate::wire::wire;

wire! {
    /// Asks what the server offers before a login. Answered by `features`.
    pub struct ListFeatures "listFeatures" {
        /// The domain meant; absent: that of the address connected to.
        attribute domain: Option<String> = "domain";
    }
}
