//! `bye`: the end of a session.

use crate::wire::wire;

wire! {
    /// Ends the session; the server closes after its response.
    pub struct Bye "bye" {
    }
}
