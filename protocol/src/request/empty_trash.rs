//! `emptyTrash`: remove what was deleted for good.

use crate::wire::wire;

wire! {
    /// Removes all messages of the Trash mailbox.
    pub struct EmptyTrash "emptyTrash" {
    }
}
