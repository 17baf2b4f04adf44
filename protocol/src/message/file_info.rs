//! `fileInfo`: a file or directory.

use crate::{FileKind, Time, wire::wire};

wire! {
    /// Answers `fileList`.
    pub struct FileInfo "fileInfo" {
        /// Its name in the directory; of a single one that was asked for, what was asked for.
        attribute file_name: String = "fileName";
        /// The directory as it was sent.
        attribute directory: Option<String> = "directory";
        /// Whether it is a directory; absent: it is a file.
        attribute kind: Option<FileKind> = "type";
        /// Bytes in a file.
        attribute size: Option<u64> = "size";
        /// When a file was last written, or a directory made.
        attribute modified: Option<Time> = "timeModified";
    }
}
