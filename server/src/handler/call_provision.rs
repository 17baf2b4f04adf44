//! `callProvision`: the phone rings.

use protocol::CallProvision;

use crate::call;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: CallProvision) -> Result<Step, Failure> {
    let sdp = request.sdp.as_ref();
    call::reach(session, &request.leg, sdp, |call, new_leg| call.provision(sdp, new_leg))?;
    Ok(Step::Done)
}
