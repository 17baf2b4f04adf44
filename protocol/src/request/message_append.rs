//! `messageAppend`: store a message in a mailbox.

use crate::{CopyReport, Email, Flags, Time, wire::wire};

wire! {
    /// Stores a message in a mailbox without sending it: the `<EMail>` of the body, or an uploaded file that is a message.
    /// With `report`, answered by `messageAdded`.
    pub struct MessageAppend "messageAppend" {
        /// An open folder, in whose mailbox it is stored; else `targetMailbox` names the mailbox.
        attribute folder: Option<String> = "folder";
        /// The mailbox.
        attribute target: Option<String> = "targetMailbox";
        /// If that mailbox does not exist, create it with this class; it may be empty.
        attribute class: Option<String> = "mailboxClass";
        /// The flags that it has from the beginning; absent: none.
        attribute flags: Option<Flags> = "flags";
        /// When it came; absent: now.
        attribute internal_date: Option<Time> = "internalDate";
        /// `uid`: report the UID that it has there.
        attribute report: Option<CopyReport> = "report";
        /// The UID in the same mailbox of the version that it replaces, such as a draft saved before: that one is removed
        /// as this one is stored, and is its original (`ORIGUID`). One that is gone already is no error.
        attribute replaces: Option<u32> = "replacesUID";
        /// A file of the session's upload set that is a message, stored as it is. Then there is no `<EMail>`.
        attribute upload: Option<String> = "uploadID";
        /// The message.
        body email: Option<Email> = "email";
    }
}
