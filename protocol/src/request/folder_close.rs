//! `folderClose`: close a folder.

use crate::wire::wire;

wire! {
    /// Closes a folder. Its name can be used again.
    pub struct FolderClose "folderClose" {
        /// The folder.
        attribute folder: String = "folder";
    }
}
