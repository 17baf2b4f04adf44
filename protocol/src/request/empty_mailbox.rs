//! `emptyMailbox`: remove a mailbox's messages, or the older ones.

use crate::{TimeDelta, wire::wire};

wire! {
    /// Removes messages of a mailbox for good.
    pub struct EmptyMailbox "emptyMailbox" {
        /// The mailbox.
        attribute mailbox: String = "mailbox";
        /// How old a message has to be: seconds, or counts of `w`, `d`, `h`, `m` and `s` (`1d12h`). 0 removes all.
        attribute duration: TimeDelta = "duration";
    }
}
