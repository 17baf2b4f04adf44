//! `prefs`: preferences.

use crate::{Preference, wire::wire};

wire! {
    /// Answers `prefsRead`. Preferences without a value are left out.
    pub struct Prefs "prefs" {
        /// As in the request.
        attribute kind: Option<String> = "type";
        /// The values.
        body preferences: Vec<Preference> = "preferences";
    }
}
