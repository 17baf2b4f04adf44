//! `mailboxSubList`: which mailboxes is the user subscribed to?

use crate::wire::wire;

wire! {
    /// Lists subscriptions. Answered by one `mailboxSubscription` for each; the mailbox need not exist.
    pub struct MailboxSubList "mailboxSubList" {
        /// A pattern as of `mailboxList`. Absent: all.
        attribute filter: Option<String> = "filter";
    }
}
