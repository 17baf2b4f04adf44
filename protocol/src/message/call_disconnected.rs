//! `callDisconnected`: the call is over.

use crate::{CallLeg, wire::wire};

wire! {
    /// The call failed, was cancelled or has ended. `callKill` still has to release it.
    pub struct CallDisconnected "callDisconnected" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// A SIP status.
        attribute code: Option<u16> = "signalCode";
        /// Why.
        attribute error: Option<String> = "errorText";
    }
}
