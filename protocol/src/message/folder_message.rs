//! `folderMessage`: a message, read.

use crate::{Email, ReadMode, wire::wire};

wire! {
    /// Answers `folderRead`.
    pub struct FolderMessage "folderMessage" {
        /// The folder.
        attribute folder: String = "folder";
        /// The message.
        attribute uid: u32 = "UID";
        /// What was made of it, as asked for.
        attribute mode: Option<ReadMode> = "mode";
        /// The message's headers and parts.
        body email: Email = "email";
    }
}
