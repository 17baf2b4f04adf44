//! Tests of the gateway as a whole: the real binary, driven from outside.
//!
//! `harness/` starts it and talks to it, `transcript/*.txt` are dialogues of the protocol text, `scenario/` is everything
//! else. `tests/run` runs all of them.

mod harness;
mod scenario;
mod tidy;
mod transcript;
