//! What the loaders share.
//!
//! A loader is a program that puts one kind of load on a server. What it finds out it prints as JSON, one object a
//! line, each with its `phase`; where the server is to be measured from outside it waits for a line on standard
//! input. `tests/bench/run` is at the other end.

pub mod latency;
pub mod orchestrator;
pub mod relay;
pub mod websocket;
pub mod ximss;
pub mod xmpp;
