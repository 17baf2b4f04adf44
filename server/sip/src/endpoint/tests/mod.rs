//! Endpoints on a virtual network, and one endpoint against peers that are text.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test names what it waits for; anything else fails it")]

mod account;
mod bad_network;
mod bench;
mod call;
mod cancel;
mod flows;
mod fork;
mod limits;
pub(crate) mod network;
mod phones;
mod proof;
mod reoffer;
mod rfc4475;
mod serve;
mod storm;
mod transport;
