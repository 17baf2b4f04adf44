//! `bye`: the end of a session.

use crate::failure::Failure;
use crate::session::{Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &mut Session) -> Result<Step, Failure> {
    session.end("bye");
    Ok(Step::Done)
}
