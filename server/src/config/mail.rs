//! What can be set about mail that comes in and goes out?

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::accept;
use super::value::{Size, Span};

/// Mail that comes in and goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// What the gateway is called among mail servers; empty: as the oldest domain.
    #[serde(deserialize_with = "accept::host_name")]
    pub host_name: String,
    /// Bytes of a message that is taken in or sent.
    #[serde(deserialize_with = "accept::message_size")]
    pub message: Size,
    /// Recipients of a message.
    #[serde(deserialize_with = "accept::count")]
    pub recipients: u32,
    /// How long after the first failure a message is tried again; it doubles with each further one.
    #[serde(deserialize_with = "accept::some_time")]
    pub retry_first: Span,
    /// The longest time between two tries.
    #[serde(deserialize_with = "accept::some_time")]
    pub retry_longest: Span,
    /// How long a message is tried before it is returned to its sender.
    pub give_up: Span,
    /// The server that takes mail for the outside world.
    pub relay: Relay,
}

/// The server that takes mail for the outside world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Relay {
    /// Its name or IP address; empty: there is none, and no mail goes outside.
    #[serde(deserialize_with = "accept::host_name")]
    pub host: String,
    /// Its port.
    #[serde(deserialize_with = "accept::port")]
    pub port: u16,
    /// How the way to it is protected.
    pub tls: RelayTls,
    /// The user name it knows us by; empty: it does not ask.
    pub user: String,
    /// A file with the password.
    pub password_file: PathBuf,
    /// A PEM file with authorities that its certificate is believed by, beside the system's.
    pub ca_file: PathBuf,
    /// How long it may take to answer.
    #[serde(deserialize_with = "accept::some_time")]
    pub timeout: Span,
}

/// How the way to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelayTls {
    /// Not at all.
    None,
    /// By STARTTLS, without which nothing is sent.
    Starttls,
    /// By TLS from the first byte on.
    Tls,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            host_name: String::new(),
            message: Size(50 << 20),
            recipients: 1_000,
            retry_first: Span::seconds(60),
            retry_longest: Span::seconds(3_600),
            give_up: Span::seconds(3 * 86_400),
            relay: Relay::default(),
        }
    }
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: RelayTls::Starttls,
            user: String::new(),
            password_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            timeout: Span::seconds(60),
        }
    }
}
