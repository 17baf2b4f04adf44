//! `fileDirCreate`: make a directory.

use crate::wire::wire;

wire! {
    /// Makes a directory, and those that are missing on the way to it. Fails with 520 if a file or directory has the
    /// name. The parts of a path are divided by `/`; a part has 255 bytes at most and is not `.` or `..`; a path has
    /// 1,024 bytes and 32 parts at most, and no control characters.
    pub struct FileDirCreate "fileDirCreate" {
        /// Its path, with or without a `/` at its end.
        attribute file_name: String = "fileName";
    }
}
