//! Routers on a virtual clock, with browsers and phones at their other end.

mod attack;
mod bench;
mod browser;
mod phone;
mod relay;
