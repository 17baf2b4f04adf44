//! `features`: what the server offers before a login.

use crate::{Features, wire::wire};

wire! {
    /// Answers `listFeatures`.
    pub struct FeaturesReport "features" {
        /// The domain.
        attribute domain: Option<String> = "domain";
        /// What is offered.
        body features: Features = "features";
    }
}
