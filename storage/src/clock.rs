//! What time is it?

use std::time::{Duration, SystemTime};

/// Milliseconds since 1970 in UTC; zero on a machine whose clock stands before that.
pub(crate) fn now() -> i64 {
    at(SystemTime::now())
}

/// A time of the system as milliseconds since 1970 in UTC; zero if before.
pub(crate) fn at(time: SystemTime) -> i64 {
    millis(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// A duration in milliseconds, capped at what the database can hold.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
