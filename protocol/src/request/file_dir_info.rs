//! `fileDirInfo`: how much is in a directory?

use crate::wire::wire;

wire! {
    /// Asks how much is below a directory. Answered by `fileDirInfo`.
    pub struct FileDirInfo "fileDirInfo" {
        /// The directory; absent or empty: the root.
        attribute directory: Option<String> = "directory";
    }
}
