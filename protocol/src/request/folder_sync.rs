//! `folderSync`: what has changed in a folder?

use crate::wire::wire;

wire! {
    /// Brings the logical view up to date. Answered by a `folderReport` for each change.
    pub struct FolderSync "folderSync" {
        /// The folder.
        attribute folder: String = "folder";
        /// At most so many reports; the rest waits for the next sync.
        attribute limit: Option<u32> = "limit";
    }
}
