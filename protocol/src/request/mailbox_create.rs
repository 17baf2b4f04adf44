//! `mailboxCreate`: make a mailbox.

use crate::wire::wire;

wire! {
    /// Creates a mailbox. A name that ends with `/` is a place that only has mailboxes below it.
    pub struct MailboxCreate "mailboxCreate" {
        /// Its name.
        attribute mailbox: String = "mailbox";
        /// Its class, such as `IPF.Contact`.
        attribute class: Option<String> = "mailboxClass";
    }
}
