//! `messageCopy`: copy messages to a mailbox.

use crate::{
    CopyReport, MessageSet,
    wire::{Flag, wire},
};

wire! {
    /// Copies messages to a mailbox. With `report`, answered by one `messageAdded` for each.
    pub struct MessageCopy "messageCopy" {
        /// The folder they are in.
        attribute folder: String = "folder";
        /// The mailbox they go to.
        attribute target: String = "targetMailbox";
        /// If that mailbox does not exist, create it with this class; it may be empty.
        attribute class: Option<String> = "mailboxClass";
        /// `uid`: report the UIDs of the copies.
        attribute report: Option<CopyReport> = "report";
        /// Copy encrypted for the user.
        attribute encrypt: Flag = "encrypt";
        /// Copy decrypted.
        attribute decrypt: Flag = "decrypt";
        /// Which messages.
        body set: MessageSet = "set";
    }
}
