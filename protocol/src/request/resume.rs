//! `resume`: go on with a session whose connection was lost.

use crate::wire::wire;

wire! {
    /// In place of `login`: attaches to a live session whose messages are numbered. Answered by `session`, whose
    /// `requests` says how many requests the server has accepted, then by every message after `ackSeq`.
    pub struct Resume "resume" {
        /// The session's id.
        attribute session: String = "urlID";
        /// The ticket that came with the session.
        attribute ticket: String = "ticket";
        /// The number of the last message received; 0 if none was.
        attribute acknowledged: u64 = "ackSeq";
    }
}
