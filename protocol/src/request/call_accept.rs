//! `callAccept`: answer a call.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// Accepts an incoming call. Goes on with `callUpdated`.
    pub struct CallAccept "callAccept" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// The answer to the caller's offer, or an offer if there was none.
        body sdp: Option<Description> = "sdp";
    }
}
