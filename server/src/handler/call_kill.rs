//! `callKill`: end a call and forget it.

use protocol::CallKill;

use crate::call;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: &CallKill) -> Result<Step, Failure> {
    call::release(session, &request.leg)?;
    Ok(Step::Done)
}
