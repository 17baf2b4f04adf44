//! `callReject`: decline a call.

use crate::{CallLeg, SignalCode, wire::wire};

wire! {
    /// Declines an incoming call.
    pub struct CallReject "callReject" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// A SIP status: 486 lets other devices ring on, 6xx stops them all. Absent: 603.
        attribute code: Option<SignalCode> = "signalCode";
    }
}
