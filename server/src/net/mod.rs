//! Everything that has a socket. Nothing else in the gateway does.

pub(crate) mod admin;
pub(crate) mod control;
mod http;
mod listener;
mod lmtp;
pub(crate) mod media;
mod relay;
pub(crate) mod sip;
mod stream;
mod tcp;
mod tls;
mod websocket;

pub(crate) use listener::{Bound, Kind, bind, serve};
pub(crate) use relay::Relay;
pub(crate) use stream::Stream;
pub(crate) use tls::Tls;
