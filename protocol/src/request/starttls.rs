//! `starttls`: make the connection a TLS one.

use crate::wire::wire;

wire! {
    /// Begins TLS right after the response. Possible on TCP, before a login.
    pub struct Starttls "starttls" {
    }
}
