//! `folderMessage`: a message, read.

use crate::{Email, wire::wire};

wire! {
    /// Answers `folderRead`.
    pub struct FolderMessage "folderMessage" {
        /// The folder.
        attribute folder: String = "folder";
        /// The message.
        attribute uid: u32 = "UID";
        /// The message's headers and parts.
        body email: Email = "email";
    }
}
