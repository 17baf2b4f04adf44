//! `messageRedirect`: send messages on.

use crate::{MessageSet, Recipient, wire::wire};

wire! {
    /// Sends messages on to others as they are, with fields before them that tell who did it (RFC 5322 §3.6.6), and marks
    /// them `Redirected`.
    pub struct MessageRedirect "messageRedirect" {
        /// The folder.
        attribute folder: String = "folder";
        /// Which messages.
        body set: MessageSet = "set";
        /// To whom: `<To realName="Bob">bob@example.org</To>`, one for each.
        body recipients: Vec<Recipient> = "recipients";
    }
}
