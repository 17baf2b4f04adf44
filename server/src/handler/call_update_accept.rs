//! `callUpdateAccept`: agree to what a server message proposed.

use protocol::CallUpdateAccept;

use crate::call;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: CallUpdateAccept) -> Result<Step, Failure> {
    let sdp = request.sdp.as_ref();
    call::reach(session, &request.leg, sdp, |call, _| call.update_accept(sdp))?;
    Ok(Step::Done)
}
