//! `messageMark`: set and clear flags.

use crate::{FlagTerms, MessageSet, wire::wire};

wire! {
    /// Sets the flags named and clears those named negatively.
    pub struct MessageMark "messageMark" {
        /// The folder.
        attribute folder: String = "folder";
        /// Such as `Seen,Unflagged`.
        attribute flags: FlagTerms = "flags";
        /// Which messages.
        body set: MessageSet = "set";
    }
}
