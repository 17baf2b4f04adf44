//! `messageMove`: move messages to a mailbox.

use crate::{
    CopyReport, MessageSet,
    wire::{Flag, wire},
};

wire! {
    /// Moves messages to a mailbox: all, or none if it fails. With `report`, answered by one `messageAdded` for each.
    pub struct MessageMove "messageMove" {
        /// The folder they are in.
        attribute folder: String = "folder";
        /// The mailbox they go to.
        attribute target: String = "targetMailbox";
        /// If that mailbox does not exist, create it with this class; it may be empty.
        attribute class: Option<String> = "mailboxClass";
        /// `uid`: report the UIDs that they have there.
        attribute report: Option<CopyReport> = "report";
        /// Store encrypted for the user.
        attribute encrypt: Flag = "encrypt";
        /// Store decrypted.
        attribute decrypt: Flag = "decrypt";
        /// Which messages.
        body set: MessageSet = "set";
    }
}
