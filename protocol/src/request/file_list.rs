//! `fileList`: which files are there?

use crate::wire::wire;

wire! {
    /// Lists the files and directories in a directory, in the order of the bytes of their names. Answered by one
    /// `fileInfo` for each. `~account@domain/path` names what is in another account, here and in all requests for
    /// files. Fails with 512 if there is no such directory or file, 516 if its rights do not go so far.
    pub struct FileList "fileList" {
        /// The directory, with or without a `/` at its end; absent or empty: the root. It is echoed as it is sent.
        attribute directory: Option<String> = "directory";
        /// A single file or directory in it that is wanted; absent: all.
        attribute file_name: Option<String> = "fileName";
        /// How many to leave out at the beginning.
        attribute position: Option<u64> = "position";
        /// How many are wanted at most.
        attribute limit: Option<u64> = "limit";
    }
}
