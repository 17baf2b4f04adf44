//! `fileRemove`: remove a file or directory.

use crate::wire::{Presence, wire};

wire! {
    /// Removes a file or a directory. Fails with 500 for a directory that is not empty, without `children`.
    pub struct FileRemove "fileRemove" {
        /// Its path.
        attribute file_name: String = "fileName";
        /// If present, all that is below a directory is removed, too. (Ours: the protocol does not say.)
        attribute children: Presence = "children";
    }
}
