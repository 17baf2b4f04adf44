//! `mailboxSubscription`: a mailbox that the user is subscribed to.

use crate::wire::wire;

wire! {
    /// Answers `mailboxSubList`.
    pub struct MailboxSubscription "mailboxSubscription" {
        /// The mailbox's name.
        attribute mailbox: String = "mailbox";
    }
}
