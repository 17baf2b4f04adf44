//! `folderBrowse`: show messages of a folder.

use crate::{MessageSet, wire::wire};

wire! {
    /// Asks for messages of the logical view. Answered by one `folderReport` for each.
    pub struct FolderBrowse "folderBrowse" {
        /// The folder.
        attribute folder: String = "folder";
        /// Which messages.
        body set: MessageSet = "set";
    }
}
