//! `callIncoming`: someone calls.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// A call for the account. Answered with `callProvision`, `callAccept` or `callReject`.
    pub struct CallIncoming "callIncoming" {
        /// The call; begins with `inp`.
        attribute leg: CallLeg = "callLeg";
        /// Who calls.
        attribute peer: String = "peer";
        /// The caller's name.
        attribute peer_name: Option<String> = "peerName";
        /// The Call-ID.
        attribute call_id: String = "callId";
        /// An offer.
        body sdp: Option<Description> = "sdp";
    }
}
