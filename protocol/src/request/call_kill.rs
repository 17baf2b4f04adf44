//! `callKill`: end a call and forget it.

use crate::{CallLeg, wire::wire};

wire! {
    /// Ends the call, whatever its state, and releases its name.
    pub struct CallKill "callKill" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
    }
}
