//! `mailboxReport`: the list of mailboxes has changed.

use crate::{MailboxChange, wire::wire};

wire! {
    /// Comes to a session with the option `reportMailboxChanges`. Changes of counters come together, at most once a second
    /// for a mailbox.
    pub struct MailboxReport "mailboxReport" {
        /// The mailbox, as the user names it; absent: more has changed than was told, and the list should be read anew.
        attribute mailbox: Option<String> = "mailbox";
        /// What has happened.
        attribute mode: MailboxChange = "mode";
        /// The name of a mailbox that was renamed.
        attribute new_name: Option<String> = "newName";
        /// Changes when UIDs lose their meaning.
        attribute uid_validity: Option<u32> = "UIDValidity";
        /// The UID of the next message.
        attribute uid_next: Option<u32> = "UIDNext";
        /// How many messages.
        attribute messages: Option<u64> = "messages";
        /// How many of them are not seen.
        attribute unseen: Option<u64> = "Unseen";
        /// Bytes of all messages.
        attribute size: Option<u64> = "size";
        /// Its class, such as `IPF.Contact`.
        attribute class: Option<String> = "Class";
        /// What the user may do with it; absent: everything.
        attribute rights: Option<String> = "rights";
    }
}

impl MailboxReport {
    /// A report that says nothing yet but what has happened.
    #[must_use]
    pub const fn of(mailbox: Option<String>, mode: MailboxChange) -> Self {
        Self {
            mailbox,
            mode,
            new_name: None,
            uid_validity: None,
            uid_next: None,
            messages: None,
            unseen: None,
            size: None,
            class: None,
            rights: None,
        }
    }
}
