//! `mailboxRightsGet`: what may the user do with a mailbox?

use crate::wire::wire;

wire! {
    /// Tells the user's own rights. Answered by one `mailboxRights`.
    pub struct MailboxRightsGet "mailboxRightsGet" {
        /// The mailbox.
        attribute mailbox: String = "mailbox";
    }
}
