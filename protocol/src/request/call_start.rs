//! `callStart`: call someone.

use crate::{CallLeg, Description, wire::wire};

wire! {
    /// Starts a call. Goes on with `callProvisioned`, `callConnected` or `callDisconnected`.
    pub struct CallStart "callStart" {
        /// A new name for the call; names that begin with `inp` are the server's.
        attribute leg: CallLeg = "callLeg";
        /// Whom to call: an e-mail address or a SIP URI.
        attribute peer: String = "peer";
        /// The callee's name.
        attribute peer_name: Option<String> = "peerName";
        /// An offer.
        body sdp: Option<Description> = "sdp";
    }
}
