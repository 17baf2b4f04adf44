//! `callUpdateReject`: do not agree to what a server message proposed.

use protocol::CallUpdateReject;

use crate::call;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: &CallUpdateReject) -> Result<Step, Failure> {
    let reason = request.reason.as_deref();
    call::reach(session, &request.leg, None, |call, _| call.update_reject(request.code, reason))?;
    Ok(Step::Done)
}
