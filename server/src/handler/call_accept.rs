//! `callAccept`: answer a call.

use std::sync::Arc;

use protocol::CallAccept;

use crate::call;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: CallAccept) -> Result<Step, Failure> {
    let sdp = request.sdp.as_ref();
    let account = Arc::clone(session.handle.account());
    call::reach(session, &request.leg, sdp, |call, new_leg| call.accept(sdp, &account.address, new_leg))?;
    Ok(Step::Done)
}
