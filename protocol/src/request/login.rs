//! `login`: who is the client?

use crate::wire::{Flag, wire};

wire! {
    /// Logs in, or begins to. Answered by `session`, or by `challenge` if a mechanism is named.
    pub struct Login "login" {
        /// The account: `name` or `name@domain`.
        attribute account: Option<String> = "authData";
        /// The password in the clear.
        attribute password: Option<String> = "password";
        /// In place of the password: the ticket of an earlier `session`.
        attribute ticket: Option<String> = "ticket";
        /// In place of both: a SASL mechanism, `PLAIN` or `CRAM-MD5`; goes on with `auth`.
        attribute method: Option<String> = "method";
        /// With `method`: the mechanism's first response in base64, if it has one.
        attribute value: Option<String> = "value";
        /// Whether messages are to be numbered, so that the session can be resumed (BINDINGS.md).
        attribute numbered: Flag = "numbered";
    }
}
