//! `bye`: the server ends the session.

use crate::wire::wire;

wire! {
    /// The server ends the session.
    pub struct ByeNotice "bye" {
    }
}
