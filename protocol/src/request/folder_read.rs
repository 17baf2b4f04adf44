//! `folderRead`: read a message.

use crate::{ReadMode, wire::wire};

wire! {
    /// Asks for a message or a part of it as XML. Answered by `folderMessage`. Does not mark it as seen.
    pub struct FolderRead "folderRead" {
        /// The folder.
        attribute folder: String = "folder";
        /// The message.
        attribute uid: u32 = "UID";
        /// A part of it; absent: all.
        attribute part: Option<String> = "partID";
        /// How many bytes of texts, decoded, to include in all; absent: 10 MiB; -1: no limit. Those that do not fit are left
        /// empty, to be fetched by URL.
        attribute total_size_limit: Option<i64> = "totalSizeLimit";
        /// What to make of it: an answer, or a message for others; absent: it is shown as it is.
        attribute mode: Option<ReadMode> = "mode";
    }
}
