//! A sans-IO SIP user agent: bytes, time and commands in; bytes, wishes and events out.
