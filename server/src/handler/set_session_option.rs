//! `setSessionOption`: how shall the session behave?

use std::time::Duration;

use protocol::{ErrorCode, Scalar, SetSessionOption};

use crate::failure::Failure;
use crate::session::{Session, Step};

/// The shortest and the longest idle time-out, in seconds.
const IDLE: std::ops::RangeInclusive<u64> = 10..=86_400;

pub(super) fn handle(session: &mut Session, request: &SetSessionOption) -> Result<Step, Failure> {
    if request.name.eq_ignore_ascii_case("idleTimeout") {
        let seconds = request.value.trim().parse().ok().filter(|seconds| IDLE.contains(seconds));
        let seconds = seconds.ok_or_else(|| {
            let (from, till) = (IDLE.start(), IDLE.end());
            Failure::because(ErrorCode::BadRequest, format!("idleTimeout should be {from} to {till} seconds"))
        })?;
        session.idle = Duration::from_secs(seconds);
    }
    if request.name.eq_ignore_ascii_case("reportMailboxChanges") {
        let wanted = bool::from_wire(&request.value).unwrap_or(false);
        session.hub.sessions.watch(&session.handle, wanted);
    }
    // Clients set options of other servers, too.
    Ok(Step::Done)
}
