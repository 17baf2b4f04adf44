//! Endpoints on a virtual network, and one endpoint against peers that are text.

mod account;
mod bad_network;
mod bench;
mod call;
mod cancel;
mod fork;
mod network;
mod reoffer;
mod rfc4475;
mod serve;
mod transport;
