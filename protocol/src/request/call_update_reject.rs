//! `callUpdateReject`: do not agree to what a server message proposed.

use crate::{CallLeg, SignalCode, wire::wire};

wire! {
    /// Refuses `callUpdateRequest`, `callProvisioned` or `callConnected`.
    pub struct CallUpdateReject "callUpdateReject" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// A SIP status; absent: 488.
        attribute code: Option<SignalCode> = "signalCode";
        /// Why, in words for the peer.
        attribute reason: Option<String> = "errorText";
    }
}
