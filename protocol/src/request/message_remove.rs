//! `messageRemove`: delete messages, one way or another.

use crate::{DeleteMode, MessageSet, wire::wire};

wire! {
    /// Removes messages.
    pub struct MessageRemove "messageRemove" {
        /// The folder.
        attribute folder: String = "folder";
        /// How; absent: as the preference DeleteMode says.
        attribute mode: Option<DeleteMode> = "mode";
        /// Which messages.
        body set: MessageSet = "set";
    }
}
