//! `prefsRead`: which preferences are set?

use crate::{PreferenceName, wire::wire};

wire! {
    /// Reads preferences. Answered by `prefs`.
    pub struct PrefsRead "prefsRead" {
        /// `custom` or `default`; absent: the effective values.
        attribute kind: Option<String> = "type";
        /// Which ones; none: all.
        body names: Vec<PreferenceName> = "names";
    }
}
