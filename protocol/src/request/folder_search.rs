//! `folderSearch`: which messages of a folder match?

use crate::wire::wire;

wire! {
    /// Looks for messages in the logical view. Answered by one `folderSearchResult` for each that is found, in the order of
    /// the view; the form of the answer is ours.
    pub struct FolderSearch "folderSearch" {
        /// The folder.
        attribute folder: String = "folder";
        /// What to look for: search keys as of IMAP (RFC 3501, 6.4.4), such as `UNSEEN FROM "ann" SINCE 1-Feb-2024`. Sequence
        /// numbers are positions in the view, counted from 1; days are those of the user's time zone.
        attribute filter: String = "filter";
        /// How many messages to find at most; absent: all.
        attribute limit: Option<u32> = "limit";
        /// How many seconds to look at most, 60 if more are asked for; absent: 10.
        attribute timeout: Option<u32> = "timeout";
    }
}
