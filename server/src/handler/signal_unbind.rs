//! `signalUnbind`: no more calls and messages.

use crate::failure::Failure;
use crate::session::{Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &Session) -> Result<Step, Failure> {
    session.hub.sessions.unbind(&session.handle);
    Ok(Step::Done)
}
