//! `mailbox`: a mailbox and its counters.

use crate::wire::{Flag, wire};

wire! {
    /// Answers `mailboxList`. Some clients read `Messages` and `Size`, others `messages` and `size`: both are there.
    pub struct Mailbox "mailbox" {
        /// Its name.
        attribute mailbox: String = "mailbox";
        /// Changes when UIDs lose their meaning.
        attribute uid_validity: Option<u32> = "UIDValidity";
        /// The UID of the next message.
        attribute uid_next: Option<u32> = "UIDNext";
        /// How many messages.
        attribute messages: Option<u64> = "messages";
        /// The same.
        attribute messages_too: Option<u64> = "Messages";
        /// How many of them are not seen.
        attribute unseen: Option<u64> = "Unseen";
        /// Bytes of all messages.
        attribute size: Option<u64> = "size";
        /// The same.
        attribute size_too: Option<u64> = "Size";
        /// Its class, such as `IPF.Contact`.
        attribute class: Option<String> = "Class";
        /// Whether it only contains other mailboxes.
        attribute pure_folder: Flag = "pureFolder";
        /// Whether it contains other mailboxes.
        attribute has_children: Flag = "isFolder";
        /// What the user may do with it; absent: everything.
        attribute rights: Option<String> = "rights";
    }
}
