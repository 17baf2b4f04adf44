//! `folderRead`: read a message.

use crate::wire::wire;

wire! {
    /// Asks for a message or a part of it as XML. Answered by `folderMessage`. Does not mark it as seen.
    pub struct FolderRead "folderRead" {
        /// The folder.
        attribute folder: String = "folder";
        /// The message.
        attribute uid: u32 = "UID";
        /// A part of it; absent: all.
        attribute part: Option<String> = "partID";
        /// How many bytes of texts to include in all; absent or -1: no limit.
        attribute total_size_limit: Option<i64> = "totalSizeLimit";
    }
}
