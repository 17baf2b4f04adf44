//! What is done with each method: one file a method. A further one is a file here and its line in `ingress`.

mod ack;
mod bye;
mod cancel;
mod invite;
mod options;
mod register;

pub(crate) use invite::sure_flow;
pub(crate) use register::Stores;
