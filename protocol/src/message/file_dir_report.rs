//! `fileDirInfo`: how much is in a directory.

use crate::wire::wire;

wire! {
    /// Answers `fileDirInfo`.
    pub struct FileDirReport "fileDirInfo" {
        /// The directory as it was sent.
        attribute directory: Option<String> = "directory";
        /// Bytes of all files below it.
        attribute size: u64 = "size";
        /// Files and directories below it.
        attribute files: u64 = "files";
        /// For the root: bytes that the account may have.
        attribute size_limit: Option<u64> = "sizeLimit";
        /// For the root: files and directories that the account may have.
        attribute files_limit: Option<u64> = "filesLimit";
    }
}
