//! `mailboxRights`: what somebody may do with a mailbox.

use crate::wire::wire;

wire! {
    /// Answers `mailboxRightsGet` and `mailboxRightsList`.
    pub struct MailboxRights "mailboxRights" {
        /// The mailbox, as the request names it.
        attribute mailbox: String = "mailbox";
        /// Whose rights: an account, or `anyone` for all accounts of the mailbox's domain; absent: the user's own.
        attribute account: Option<String> = "account";
        /// The rights, a letter each.
        body letters: String = "letters";
    }
}
