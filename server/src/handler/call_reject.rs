//! `callReject`: decline a call.

use protocol::CallReject;

use crate::call;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: &CallReject) -> Result<Step, Failure> {
    call::reach(session, &request.leg, None, |call, _| call.reject(request.code))?;
    Ok(Step::Done)
}
