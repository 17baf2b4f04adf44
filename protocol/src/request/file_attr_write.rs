//! `fileAttrWrite`: say who else may do what with a file.

use crate::{FileAcl, FilePasswords, wire::wire};

wire! {
    /// Sets the attributes of a file or directory; those that are absent stay as they are. The rights of a directory
    /// hold for what is below it and has none of its own. Nothing in `private/` can be given to others.
    pub struct FileAttrWrite "fileAttrWrite" {
        /// Its path.
        attribute file_name: String = "fileName";
        /// Who may do what; empty: nobody anything.
        body acl: Option<FileAcl> = "acl";
        /// Access passwords; empty: none.
        body passwords: Option<FilePasswords> = "accessPasswords";
    }
}
