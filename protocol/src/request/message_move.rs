//! `messageMove`: move messages to a mailbox.

use super::message_copy::transfer;

transfer! {
    /// Moves messages to a mailbox: all, or none if it fails. With `report`, answered by one `messageAdded` for each.
    pub struct MessageMove "messageMove"
}
