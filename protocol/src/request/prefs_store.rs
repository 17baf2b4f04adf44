//! `prefsStore`: set preferences.

use crate::{Preference, wire::wire};

wire! {
    /// Sets preferences; an empty value or the word `default` removes one.
    pub struct PrefsStore "prefsStore" {
        /// `custom` or absent.
        attribute kind: Option<String> = "type";
        /// The new values.
        body preferences: Vec<Preference> = "preferences";
    }
}
