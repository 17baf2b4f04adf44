//! `callConnected`: the callee has answered.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// An outgoing call is established. Answered with `callUpdateAccept` or `callUpdateReject`.
    pub struct CallConnected "callConnected" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// The Call-ID.
        attribute call_id: String = "callId";
        /// Who has answered.
        attribute peer: String = "peer";
        /// Which device.
        attribute tag: String = "tag";
        /// An answer to the offer of `callStart`, or an offer if that had none.
        body sdp: Option<Description> = "sdp";
    }
}
