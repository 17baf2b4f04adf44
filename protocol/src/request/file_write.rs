//! `fileWrite`: put something into a file.

use crate::{FileContent, FilePosition, FileType, wire::wire};

wire! {
    /// Writes a file. One that is not there is made, with the directories on the way to it. The file is as before or
    /// has all of what was written, whoever writes at once. Fails with 500 "file storage is full…" if the account has
    /// no room for it.
    pub struct FileWrite "fileWrite" {
        /// Its path.
        attribute file_name: String = "fileName";
        /// What is in the body; absent: what the body is.
        attribute kind: Option<FileType> = "type";
        /// Where it is written: over what is there from this byte on, which lies in the file or follows its last one,
        /// or at the end; absent: in place of all that is there.
        attribute position: Option<FilePosition> = "position";
        /// What is written: text, `<base64>`, or `<vCard>` elements, which are written as vCard 3.0.
        body content: FileContent = "content";
    }
}
