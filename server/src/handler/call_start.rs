//! `callStart`: call someone.

use protocol::CallStart;

use crate::call;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: CallStart) -> Result<Step, Failure> {
    call::start(session, request)?;
    Ok(Step::Done)
}
