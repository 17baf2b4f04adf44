//! `folderSearchResult`: a message that `folderSearch` has found, or that it ended early.

use crate::{SearchEnd, wire::wire};

wire! {
    /// Tells of a message that was found, or, at the end, that there may be more.
    pub struct FolderSearchResult "folderSearchResult" {
        /// The folder.
        attribute folder: String = "folder";
        /// The message's position in the logical view, counted from 0.
        attribute index: Option<u32> = "index";
        /// The message.
        attribute uid: Option<u32> = "UID";
        /// Why the search ended before all messages were looked at; then there is no message.
        attribute partial: Option<SearchEnd> = "partial";
    }
}
