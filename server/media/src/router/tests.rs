//! Routers on a virtual clock, with browsers and phones at their other end.

mod attack;
mod bench;
mod browser;
mod phone;
mod relay;

/// Routers live on media threads, negotiations in the tasks of sessions.
const _: fn() = || {
    fn is_send<T: Send>() {}
    is_send::<crate::Router>();
    is_send::<crate::Negotiation>();
};
