//! `mailboxList`: which mailboxes are there?

use crate::wire::{Flag, wire};

wire! {
    /// Lists mailboxes. Answered by one `mailbox` for each.
    pub struct MailboxList "mailboxList" {
        /// A pattern as of IMAP LIST: `*` any text, `%` any text without `/`. Absent: all.
        attribute filter: Option<String> = "filter";
        /// Whether containers without messages are wanted too.
        attribute pure_folder: Flag = "pureFolder";
        /// Only mailboxes of this class.
        attribute class: Option<String> = "mailboxClass";
    }
}
