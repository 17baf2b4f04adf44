//! `fileAttrData`: who else may do what with a file.

use crate::{FileAcl, FilePasswords, wire::wire};

wire! {
    /// Answers `fileAttrRead`.
    pub struct FileAttrData "fileAttrData" {
        /// The file as it was named.
        attribute file_name: String = "fileName";
        /// Who may do what.
        body acl: Option<FileAcl> = "acl";
        /// Access passwords.
        body passwords: Option<FilePasswords> = "accessPasswords";
    }
}
