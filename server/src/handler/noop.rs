//! `noop`: nothing.

use crate::failure::Failure;
use crate::session::Step;

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) const fn handle() -> Result<Step, Failure> {
    Ok(Step::Done)
}
