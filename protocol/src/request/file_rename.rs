//! `fileRename`: give a file another name or place.

use crate::wire::wire;

wire! {
    /// Renames or moves a file, or a directory with all that is below it, within its account. Directories that are
    /// missing on the way to the new path are made. Fails with 520 if something has the new path, 500 if a directory
    /// would be below itself.
    pub struct FileRename "fileRename" {
        /// Its path.
        attribute file_name: String = "fileName";
        /// Its new path.
        attribute new_file_name: String = "newFileName";
    }
}
