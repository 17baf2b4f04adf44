//! `messageAdded`: a message was stored.

use crate::wire::wire;

wire! {
    /// Tells the UID of a message that the request stored.
    pub struct MessageAdded "messageAdded" {
        /// The UID in the target mailbox.
        attribute uid: u32 = "UID";
    }
}
