//! `callUpdateRequest`: the peer proposes other media.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// The peer wants to change the call. Answered with `callUpdateAccept` or `callUpdateReject`.
    pub struct CallUpdateRequest "callUpdateRequest" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// The Call-ID.
        attribute call_id: String = "callId";
        /// Which device, before the call is established.
        attribute tag: Option<String> = "tag";
        /// An offer.
        body sdp: Option<Description> = "sdp";
    }
}
