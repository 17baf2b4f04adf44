//! What tests of the whole gateway are made of.

mod baresip;
mod browser;
mod bucket;
mod client;
#[expect(dead_code, clippy::unwrap_used, reason = "the tests of storage share a server, and restart theirs")]
#[path = "../../storage/src/harness/cluster.rs"]
mod cluster;
pub(crate) mod disk;
mod fixture;
mod gateway;
mod http;
mod inbox;
mod kamailio;
pub(crate) mod network;
mod ports;
mod postfix;
mod postgres;
mod smtp_dialogue;
pub(crate) mod sound;
mod tone;
mod user_agent;

pub(crate) use baresip::{Baresip, Line};
pub(crate) use browser::{Browser, Kind as BrowserKind, Rtp};
pub(crate) use bucket::Bucket;
pub(crate) use client::{Client, Kind, Login, Received, element};
pub(crate) use cluster::Cluster;
pub(crate) use fixture::{ALICE, BOB, Fixture, Mail, PASSWORD};
pub(crate) use gateway::{Gateway, printed_password, run};
pub(crate) use http::Http;
pub(crate) use inbox::Inbox;
pub(crate) use kamailio::Kamailio;
pub(crate) use ports::{free_port, free_port_range};
pub(crate) use postfix::{Postfix, Setup as PostfixSetup};
pub(crate) use postgres::Postgres;
pub(crate) use smtp_dialogue::SmtpDialogue;
pub(crate) use user_agent::UserAgent;

/// How long anything that must happen may take on a slow machine.
pub(crate) const SOON: std::time::Duration = std::time::Duration::from_secs(20);
