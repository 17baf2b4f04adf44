//! What tests of the whole gateway are made of.

mod client;
mod fixture;
mod gateway;
mod http;
pub(crate) mod sound;
mod user_agent;

pub(crate) use client::{Client, Kind, Login, Received, element};
pub(crate) use fixture::{ALICE, BOB, Fixture, Mail, PASSWORD};
pub(crate) use gateway::Gateway;
pub(crate) use http::Http;
pub(crate) use user_agent::UserAgent;

/// How long anything that must happen may take on a slow machine.
pub(crate) const SOON: std::time::Duration = std::time::Duration::from_secs(20);
