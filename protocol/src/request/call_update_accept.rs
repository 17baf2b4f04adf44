//! `callUpdateAccept`: agree to what a server message proposed.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// Answers `callUpdateRequest`, `callProvisioned` or `callConnected`.
    pub struct CallUpdateAccept "callUpdateAccept" {
        /// The call.
        attribute leg: CallLeg = "callLeg";
        /// The answer, if the message carried an offer.
        body sdp: Option<Description> = "sdp";
    }
}
