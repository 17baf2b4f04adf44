//! `folderExpunge`: remove what is marked `Deleted`.

use crate::wire::wire;

wire! {
    /// Removes every message of the mailbox that is marked `Deleted`, whether or not the folder shows it.
    pub struct FolderExpunge "folderExpunge" {
        /// The folder.
        attribute folder: String = "folder";
    }
}
