//! `fileAttrRead`: who else may do what with a file?

use crate::wire::wire;

wire! {
    /// Asks for the attributes that were given to a file or directory. Answered by `fileAttrData`.
    pub struct FileAttrRead "fileAttrRead" {
        /// Its path.
        attribute file_name: String = "fileName";
    }
}
