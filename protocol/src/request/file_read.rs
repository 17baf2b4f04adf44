//! `fileRead`: what is in a file?

use crate::{FileType, wire::wire};

wire! {
    /// Reads a file, or a slice of it. Answered by `fileData`. A slice has 1 MiB at most: if `position` and `slice`
    /// of the answer do not add up to `size`, the rest is read from there. A slice of text ends after a whole
    /// character (UTF-8) and has at least one unless `limit` is 0. What is not text fails with 500: read it as
    /// binary.
    pub struct FileRead "fileRead" {
        /// Its path.
        attribute file_name: String = "fileName";
        /// How it is wanted; absent: as text. As vCards it is read whole.
        attribute kind: Option<FileType> = "type";
        /// The byte to begin with; absent: the first one, 0.
        attribute position: Option<u64> = "position";
        /// How many bytes are wanted at most.
        attribute limit: Option<u64> = "limit";
    }
}
