//! `callUpdated`: what the client proposed has been done, or not.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// The outcome of `callProvision` or `callAccept`.
    pub struct CallUpdated "callUpdated" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// The peer, if it is another one now.
        attribute peer: Option<String> = "peer";
        /// The peer's name.
        attribute peer_name: Option<String> = "peerName";
        /// On failure: a SIP status.
        attribute code: Option<u16> = "signalCode";
        /// On failure: why.
        attribute error: Option<String> = "errorText";
        /// The answer, if the request carried an offer.
        body sdp: Option<Description> = "sdp";
    }
}
