//! `signalUnbind`: no more calls and messages.

use crate::wire::wire;

wire! {
    /// Undoes `signalBind`. Calls that are under way go on.
    pub struct SignalUnbind "signalUnbind" {
    }
}
