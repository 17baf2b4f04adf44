//! `quota`: how much mail the account may keep, and how much it keeps.

use crate::wire::wire;

wire! {
    /// Answers `quotaRead`.
    pub struct Quota "quota" {
        /// Bytes of all messages.
        attribute size: u64 = "size";
        /// The most that they may be.
        attribute size_limit: u64 = "sizeLimit";
        /// Messages.
        attribute messages: u64 = "messages";
        /// The most that there may be.
        attribute messages_limit: u64 = "messagesLimit";
        /// Mailboxes.
        attribute mailboxes: u64 = "mailboxes";
        /// The most that there may be.
        attribute mailboxes_limit: u64 = "mailboxesLimit";
    }
}
