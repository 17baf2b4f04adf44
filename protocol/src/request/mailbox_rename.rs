//! `mailboxRename`: give a mailbox another name.

use crate::wire::{Presence, wire};

wire! {
    /// Renames a mailbox. It stays itself: folders on it stay open, and UIDs keep their meaning.
    pub struct MailboxRename "mailboxRename" {
        /// Its name.
        attribute mailbox: String = "mailbox";
        /// Its new name.
        attribute new_name: String = "newName";
        /// If present, the mailboxes below it go with it.
        attribute children: Presence = "children";
    }
}
