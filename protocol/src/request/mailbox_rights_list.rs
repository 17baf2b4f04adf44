//! `mailboxRightsList`: who may do what with a mailbox?

use crate::wire::wire;

wire! {
    /// Tells what has been granted to others, for who has the right `a`. Answered by one `mailboxRights` for each of them.
    /// The owner, who has all rights, is not among them.
    pub struct MailboxRightsList "mailboxRightsList" {
        /// The mailbox.
        attribute mailbox: String = "mailbox";
    }
}
