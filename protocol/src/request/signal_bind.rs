//! `signalBind`: let calls and messages reach this session.

use crate::{BindMode, Description, wire::{Flag, wire}};

wire! {
    /// Lets signals directed to the account reach this session. A second one replaces the first.
    pub struct SignalBind "signalBind" {
        /// The session's name among those of the account; absent: the server makes one.
        attribute client: Option<String> = "clientID";
        /// What to do if the name is in use; absent: vary it.
        attribute mode: Option<BindMode> = "mode";
        /// Whether roster and presence are to be told.
        attribute presence: Flag = "presence";
        /// Whether `readIM` comes in its extended form.
        attribute extended_messages: Flag = "readIM";
        /// What the client can do with media. Its presentation, XML or text, is the one the server then uses.
        body sdp: Option<Description> = "sdp";
    }
}
