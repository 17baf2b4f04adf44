//! `folderReopen`: show a folder's mailbox in another way.

use super::folder_open::showing;

showing! {
    /// Builds an open folder anew from its mailbox. Answered by `folderReport` with the mode `init`: what the client knows
    /// of the folder's messages is void.
    pub struct FolderReopen "folderReopen" {
        /// The folder.
        attribute folder: String = "folder";
    }
    /// The fields that reports on messages carry; none: those that they carried before.
    fields
}
