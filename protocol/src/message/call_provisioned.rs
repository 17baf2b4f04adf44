//! `callProvisioned`: a device of the callee rings.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// Progress of an outgoing call. Answered with `callUpdateAccept` or `callUpdateReject`.
    pub struct CallProvisioned "callProvisioned" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// The Call-ID.
        attribute call_id: String = "callId";
        /// Which device.
        attribute tag: String = "tag";
        /// Early media: an answer to the offer of `callStart`, or an offer if that had none.
        body sdp: Option<Description> = "sdp";
    }
}
