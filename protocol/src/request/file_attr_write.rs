//! `fileAttrWrite`: say who else may do what with a file.

use crate::{FileAcl, FilePasswords, wire::wire};

wire! {
    /// Sets the attributes of a file or directory; those that are absent stay as they are. Rights add up: what is granted
    /// by a directory holds for all that is below it. Nothing in `private/` can be granted to others.
    pub struct FileAttrWrite "fileAttrWrite" {
        /// Its path.
        attribute file_name: String = "fileName";
        /// What is granted to whom; empty: nothing.
        body acl: Option<FileAcl> = "acl";
        /// Access passwords; empty: none.
        body passwords: Option<FilePasswords> = "accessPasswords";
    }
}
