//! `mailboxRemove`: remove a mailbox and its messages.

use crate::wire::{Presence, wire};

wire! {
    /// Removes a mailbox with its messages.
    pub struct MailboxRemove "mailboxRemove" {
        /// Its name.
        attribute mailbox: String = "mailbox";
        /// If present, the mailboxes below it are removed, too.
        attribute children: Presence = "children";
    }
}
