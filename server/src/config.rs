//! What can an operator set, what is the default, and what is refused?
//!
//! The configuration is parsed once. Its types are what may be in it: after [`Config::load`] nothing checks
//! again. Every key stands in `ximss-gateway.example.toml` with its default.

mod accept;
mod environment;
mod load;
mod mail;
mod value;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use load::{ConfigError, ListenOption};
pub use mail::{Mail, Relay, RelayTls};
pub use value::{Ports, Proxy, Size, Span};

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of everything that is kept: database, blobs, keys, the control socket.
    #[serde(deserialize_with = "accept::folder")]
    pub data: PathBuf,
    /// Where to listen.
    pub listen: Listen,
    /// Where rows are kept.
    pub database: Database,
    /// Where messages and files are kept.
    pub blobs: Blobs,
    /// What the log looks like.
    pub log: Log,
    /// Certificates.
    pub tls: Tls,
    /// How users prove who they are.
    pub auth: Auth,
    /// How long sessions live and what they may hold.
    pub session: Session,
    /// What one peer may send and hold.
    pub limits: Limits,
    /// The files that accounts keep.
    pub files: Files,
    /// Open mailboxes.
    pub mailbox: Mailbox,
    /// The HTTP interface.
    pub http: Http,
    /// Signalling with phones.
    pub sip: Sip,
    /// Sound.
    pub media: Media,
    /// Mail that comes in and goes out.
    pub mail: Mail,
}

/// Addresses to listen on; an empty list switches a listener off, port 0 takes a free port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// The page, the HTTP and WebSocket bindings, and XIMSS if the first byte is `<`.
    #[serde(deserialize_with = "accept::listeners")]
    pub http: Vec<SocketAddr>,
    /// The same with TLS.
    #[serde(deserialize_with = "accept::listeners")]
    pub https: Vec<SocketAddr>,
    /// Metrics and health.
    #[serde(deserialize_with = "accept::listeners")]
    pub admin: Vec<SocketAddr>,
    /// XIMSS over TCP.
    #[serde(deserialize_with = "accept::listeners")]
    pub ximss: Vec<SocketAddr>,
    /// XIMSS over TLS.
    #[serde(deserialize_with = "accept::listeners")]
    pub ximsss: Vec<SocketAddr>,
    /// SIP over UDP and TCP.
    #[serde(deserialize_with = "accept::listeners")]
    pub sip: Vec<SocketAddr>,
    /// LMTP, for the mail server that takes mail in for us.
    #[serde(deserialize_with = "accept::listeners")]
    pub lmtp: Vec<SocketAddr>,
}

/// Where rows are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Empty: SQLite in the data folder. Else `postgres://USER@HOST/NAME`.
    #[serde(deserialize_with = "accept::database_url")]
    pub url: String,
    /// A file with the password of the database user; empty: none.
    pub password_file: PathBuf,
    /// Connections to PostgreSQL.
    #[serde(deserialize_with = "accept::count")]
    pub connections: u32,
}

/// Where messages and files are kept: in the data folder, or in a bucket of an S3 service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Blobs {
    /// The bucket; empty: the data folder.
    pub bucket: String,
    /// The address of the service, `https://HOST[:PORT]`; empty: Amazon's.
    #[serde(deserialize_with = "accept::endpoint")]
    pub endpoint: String,
    /// The region that requests are signed for.
    #[serde(deserialize_with = "accept::name")]
    pub region: String,
    /// Whether the bucket stands in the path of addresses, or else in front of the host's name.
    #[serde(deserialize_with = "accept::switch")]
    pub path_style: bool,
    /// What the names of all objects begin with.
    pub prefix: String,
    /// The access key; empty: what Amazon's own programs would take.
    pub access_key: String,
    /// A file with the secret of the access key.
    pub secret_key_file: PathBuf,
    /// A PEM file with the authorities that the service is trusted by; empty: those of the system.
    pub authorities: PathBuf,
}

/// What the log looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,sip=debug`.
    #[serde(deserialize_with = "accept::log_level")]
    pub level: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// Certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file with the certificate chain; empty: a self-signed one is made.
    pub certificate: PathBuf,
    /// PEM file with its key.
    pub key: PathBuf,
}

/// How users prove who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Whether CRAM-MD5 is offered. Its verifier is as good as the password to who steals it.
    #[serde(deserialize_with = "accept::switch")]
    pub cram_md5: bool,
    /// How long a reconnect ticket is accepted.
    #[serde(deserialize_with = "accept::some_time")]
    pub ticket_lifetime: Span,
}

/// How long sessions live and what they may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// Sessions an account may have at once.
    #[serde(deserialize_with = "accept::count")]
    pub per_account: u32,
    /// How long a session without a connection waits for its client.
    pub detached: Span,
    /// What may wait for a client: messages not acknowledged, in bytes.
    #[serde(deserialize_with = "accept::some_size")]
    pub unacknowledged: Size,
    /// How long a client may say nothing.
    #[serde(deserialize_with = "accept::some_time")]
    pub idle: Span,
    /// How long a connection may take to log in.
    #[serde(deserialize_with = "accept::some_time")]
    pub login: Span,
    /// Folders a session may have open.
    #[serde(deserialize_with = "accept::count")]
    pub folders: u32,
    /// Calls a session may have.
    #[serde(deserialize_with = "accept::count")]
    pub calls: u32,
    /// Bytes of all files uploaded by one session.
    pub uploads: Size,
}

/// What one peer may send and hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections from one address.
    #[serde(deserialize_with = "accept::count")]
    pub connections_per_address: u32,
    /// Bytes of a message before login.
    #[serde(deserialize_with = "accept::some_size")]
    pub message_before_login: Size,
    /// Bytes of a message after login.
    #[serde(deserialize_with = "accept::some_size")]
    pub message: Size,
    /// Elements and texts of a message before login.
    #[serde(deserialize_with = "accept::count")]
    pub nodes_before_login: u32,
    /// Elements and texts of a message after login.
    #[serde(deserialize_with = "accept::count")]
    pub nodes: u32,
    /// Levels of a message.
    #[serde(deserialize_with = "accept::depth")]
    pub depth: u32,
    /// Attributes of an element.
    #[serde(deserialize_with = "accept::count")]
    pub attributes: u32,
    /// Bytes of one uploaded file.
    #[serde(deserialize_with = "accept::some_size")]
    pub upload: Size,
    /// How long an HTTP client may take to send its headers, and how long it may pause in a body.
    #[serde(deserialize_with = "accept::some_time")]
    pub http_header_time: Span,
}

/// The files that accounts keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Files {
    /// Bytes of all files of an account.
    pub size: Size,
    /// Files and directories of an account.
    #[serde(deserialize_with = "accept::count")]
    pub count: u32,
}

/// Open mailboxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mailbox {
    /// What the sorted indexes of all mailboxes may take before those are given up that nobody views, in bytes.
    #[serde(deserialize_with = "accept::some_size")]
    pub memory: Size,
    /// Ways in which a mailbox may be shown at once: sorted, filtered.
    #[serde(deserialize_with = "accept::count")]
    pub views: u32,
}

/// The HTTP interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Origins of pages, beside our own, that may talk to the server: `https://host[:port]`, exactly.
    #[serde(deserialize_with = "accept::origins")]
    pub allowed_origins: Vec<String>,
}

/// Signalling with phones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// The address that phones reach us at; needed when listening on all addresses.
    #[serde(with = "accept::advertised")]
    pub advertise: Option<IpAddr>,
    /// The longest registration.
    #[serde(deserialize_with = "accept::registration")]
    pub max_expires: Span,
    /// Calls that an account may have begun and not ended.
    #[serde(deserialize_with = "accept::count")]
    pub calls_per_account: u32,
    /// Carriers and other servers.
    pub trunk: Vec<Trunk>,
}

/// Another SIP server that calls go to or come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    /// A name, for the log.
    #[serde(deserialize_with = "accept::name")]
    pub name: String,
    /// Where calls to it are sent: `host[:port][;transport=udp|tcp]`.
    pub proxy: Proxy,
    /// Domains that are called through it; `*`: all but our own.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Whether numbers (`tel:` and digits only) are called through it.
    #[serde(default, deserialize_with = "accept::switch")]
    pub numbers: bool,
    /// The domain that our users have there; empty: the one they have here.
    #[serde(default)]
    pub from_domain: String,
    /// The user name it knows us by; empty: it does not ask.
    #[serde(default)]
    pub user: String,
    /// A file with the password.
    #[serde(default)]
    pub password_file: PathBuf,
    /// The realm its challenges name; empty: its host.
    #[serde(default)]
    pub realm: String,
    /// Addresses from which it may call us without a password.
    #[serde(default, deserialize_with = "accept::addresses")]
    pub sources: Vec<IpAddr>,
}

/// Sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// The local address for sound.
    #[serde(deserialize_with = "accept::address")]
    pub address: IpAddr,
    /// The address that browsers and phones send sound to; needed when listening on all addresses.
    #[serde(with = "accept::advertised")]
    pub advertise: Option<IpAddr>,
    /// UDP ports for sound.
    pub ports: Ports,
    /// Threads that move sound; 0: one for each processor, at most 8.
    #[serde(deserialize_with = "accept::threads")]
    pub threads: u32,
}

impl Media {
    /// The threads that move sound.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        match usize::try_from(self.threads).unwrap_or(usize::MAX) {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(8),
            count => count,
        }
    }
}

fn local(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)]
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./data"),
            listen: Listen::default(),
            database: Database::default(),
            blobs: Blobs::default(),
            log: Log::default(),
            tls: Tls { certificate: PathBuf::new(), key: PathBuf::new() },
            auth: Auth::default(),
            session: Session::default(),
            limits: Limits::default(),
            files: Files::default(),
            mailbox: Mailbox::default(),
            http: Http::default(),
            sip: Sip::default(),
            media: Media::default(),
            mail: Mail::default(),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            http: local(8100),
            https: local(9100),
            admin: local(8180),
            ximss: local(11024),
            ximsss: local(11025),
            sip: local(5060),
            lmtp: Vec::new(),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self { url: String::new(), password_file: PathBuf::new(), connections: 10 }
    }
}

impl Default for Blobs {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            path_style: true,
            prefix: String::new(),
            access_key: String::new(),
            secret_key_file: PathBuf::new(),
            authorities: PathBuf::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self { certificate: PathBuf::new(), key: PathBuf::new() }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self { cram_md5: false, ticket_lifetime: Span::seconds(7 * 86_400) }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self {
            per_account: 20,
            detached: Span::seconds(120),
            unacknowledged: Size(1 << 20),
            idle: Span::seconds(600),
            login: Span::seconds(30),
            folders: 100,
            calls: 20,
            uploads: Size(4 << 30),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_per_address: 1_000,
            message_before_login: Size(64 << 10),
            message: Size(4 << 20),
            nodes_before_login: 4_096,
            nodes: 65_536,
            depth: 32,
            attributes: 64,
            upload: Size(2 << 30),
            http_header_time: Span::seconds(10),
        }
    }
}

impl Default for Files {
    fn default() -> Self {
        Self { size: Size(1 << 30), count: 10_000 }
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self { memory: Size(512 << 20), views: 256 }
    }
}

impl Default for Sip {
    fn default() -> Self {
        Self { advertise: None, max_expires: Span::seconds(3_600), calls_per_account: 50, trunk: Vec::new() }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            advertise: None,
            ports: Ports { first: 40_000, last: 49_999 },
            threads: 0,
        }
    }
}
