//! `fileStore`: keep an uploaded file.

use crate::wire::wire;

wire! {
    /// Stores a file of the session's upload set, where it stays, in place of what is in a file or as a new one.
    /// Directories that are missing on the way are made. Fails with 512 if there is no such upload.
    pub struct FileStore "fileStore" {
        /// Its path.
        attribute file_name: String = "fileName";
        /// The file's id in the upload set.
        attribute upload_id: String = "uploadID";
    }
}
