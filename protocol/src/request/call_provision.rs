//! `callProvision`: the phone rings.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// Tells the caller that the user is being alerted. Goes on with `callUpdated`.
    pub struct CallProvision "callProvision" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// For early media: the answer to the caller's offer, or an offer if there was none.
        body sdp: Option<Description> = "sdp";
    }
}
