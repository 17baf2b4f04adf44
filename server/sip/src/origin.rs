//! When every test begins.

use std::time::Instant;

/// Some time: tests add to it and never look at a clock again.
#[expect(clippy::disallowed_methods, reason = "an Instant has no other origin, and only differences matter")]
pub(crate) fn origin() -> Instant {
    Instant::now()
}
