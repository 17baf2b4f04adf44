//! `setClientName`: what is the client called?

use protocol::SetClientName;
use tracing::info;

use crate::failure::Failure;
use crate::session::{Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &Session, request: &SetClientName) -> Result<Step, Failure> {
    let name: String = request.name.chars().filter(|c| !c.is_control()).take(100).collect();
    info!(session = ?session.handle.id(), client = name, "client names itself");
    Ok(Step::Done)
}
