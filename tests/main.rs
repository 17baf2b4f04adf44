//! Tests of the gateway as a whole: the real binary, driven from outside.
//!
//! `harness/` starts it and talks to it, `transcript/*.txt` are dialogues of the protocol text, `scenario/` is everything
//! else. `tests/run` runs all of them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that finds something else than it expects has failed, and says so by a panic"
)]

mod harness;
mod mutation;
mod scenario;
mod tidy;
mod transcript;
