//! `fileData`: what is in a file.

use crate::{FileContent, FileType, Time, wire::wire};

wire! {
    /// Answers `fileRead`.
    pub struct FileData "fileData" {
        /// The file as it was named.
        attribute file_name: String = "fileName";
        /// How it was wanted.
        attribute kind: Option<FileType> = "type";
        /// The byte that the content begins with.
        attribute position: u64 = "position";
        /// How many bytes of the file the content is.
        attribute slice: u64 = "slice";
        /// Bytes in the file.
        attribute size: u64 = "size";
        /// When it was last written.
        attribute modified: Time = "timeModified";
        /// The content.
        body content: FileContent = "content";
    }
}
