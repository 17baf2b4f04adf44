//! `callUpdateSolicited`: the peer wants an offer.

use crate::{CallLeg, wire::wire};

wire! {
    /// The peer asks this client to propose media. Answered with `callUpdateReject`, or an offer in `callUpdate`.
    pub struct CallUpdateSolicited "callUpdateSolicited" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// Which device, before the call is established.
        attribute tag: Option<String> = "tag";
    }
}
