//! The gateway: sessions of thin clients on one side, storage, phones and sound on the other.
//!
//! [`run`] binds, serves and drains. To find your way: `session.rs` is what a client has, `handler/` what it may
//! ask, `hub.rs` what sessions share, `net/` everything with a socket. The map is in README.md.

mod account;
pub mod administration;
mod call;
mod clock;
pub mod command;
mod composing;
pub mod config;
mod content;
mod delivery;
mod failure;
mod file;
mod first_start;
mod folder;
mod folder_lock;
mod handler;
mod hub;
mod indexing;
mod key;
mod leg;
mod login;
mod mail;
mod mailbox;
mod metrics;
mod name;
mod net;
mod open_files;
mod outbox;
mod password;
mod phone;
mod preference;
mod search;
mod session;
mod signal;
mod signalling;
mod switch;
mod ticket;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use storage::{BlobStore, Database, Lane, Storage};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use account::Accounts;
use administration::Administration;
use config::Config;
use folder_lock::FolderLock;
use hub::{Hub, Parts};
use key::ServerKey;
use metrics::Metrics;
use net::media::Media;
use net::{Bound, Kind, Relay, Tls};
use signalling::{Routes, Signalling};

/// How long sessions and connections have to end when the server stops.
const DRAIN: Duration = Duration::from_secs(4);
/// How long the database has then to close.
const CLOSE: Duration = Duration::from_millis(600);
/// How often blobs are removed that nobody names.
const SWEEP: Duration = Duration::from_secs(3_600);
/// For how long a blob may be named by nobody: uploads and imports are under way.
const GRACE: Duration = Duration::from_secs(3_600);
/// News of legs that may wait for signalling.
const LEG_EVENTS: usize = 4_096;

/// Runs the gateway until `shutdown` is cancelled.
///
/// # Errors
/// If it cannot start; the text says what to do.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    open_files::allow_all();
    let _lock = FolderLock::take(&config.data)?;
    let key = Arc::new(open_key(&config)?);
    let storage = open_storage(&config).await?;
    storage.drop_all_uploads().await?;
    storage.drop_claims().await?;
    let accounts = Accounts::new(storage.clone(), Arc::clone(&key), config.auth.cram_md5);
    let tls = load_tls(&config)?;
    let relay = Relay::load(&config.mail.relay)?;
    let listeners = bind_all(&config)?;
    let sockets = net::sip::bind(&config)?;
    let control =
        net::control::bind(&config.data).context("cannot make the control socket in the data folder")?;
    let metrics = Metrics::new();
    let (leg_events, legs) = mpsc::channel(LEG_EVENTS);
    let media = Media::start(&config, &metrics, &leg_events)?;
    // Now that no port is wanting any more: the passwords of the first accounts are told once, so they must be told.
    let newcomers = first_start::prepare(&storage, &accounts).await?;
    let addresses: Vec<(Kind, SocketAddr)> =
        listeners.iter().map(|bound| (bound.kind, bound.address)).collect();
    tell(&first_start::introduction(&config, &newcomers, &addresses, &sockets.addresses));
    if !newcomers.is_empty() {
        first_start::done(&storage).await?;
    }
    let (signalling, orders) = signalling::Handle::new();
    let hub =
        Hub::new(Parts { config, storage, accounts, media, signalling, metrics, shutdown: shutdown.clone() });
    let signalling = start_signalling(&hub, &key, &sockets).await?;
    let signalling = tokio::spawn(net::sip::run(Arc::clone(&hub), sockets, signalling, orders, legs));
    for bound in listeners {
        info!(listener = bound.kind.name(), address = %bound.address, "listening");
        tokio::spawn(net::serve(Arc::clone(&hub), bound, Some(tls.clone())));
    }
    let administration = Administration {
        storage: hub.storage.clone(),
        accounts: Arc::clone(&hub.accounts),
        hub: Some(Arc::clone(&hub)),
    };
    tokio::spawn(net::control::serve(control, administration, shutdown.clone()));
    tokio::spawn(sweep(hub.storage.clone(), shutdown.clone()));
    hub.spawn(indexing::run(Arc::clone(&hub)));
    hub.spawn(delivery::run(Arc::clone(&hub), Lane::Local, None));
    hub.spawn(delivery::run(Arc::clone(&hub), Lane::Relay, relay));
    info!("ready");
    shutdown.cancelled().await;
    drain(&hub, signalling).await;
    Ok(())
}

/// The signalling of the server, with the phones that were registered before.
async fn start_signalling(
    hub: &Arc<Hub>,
    key: &ServerKey,
    sockets: &net::sip::Sockets,
) -> anyhow::Result<Signalling> {
    for address in &sockets.addresses {
        info!(listener = "sip", %address, "listening");
    }
    let domains = hub.storage.domains().await?.into_iter().map(|domain| domain.name).collect();
    let default_domain = hub.accounts.default_domain().await?;
    let own = sockets.listeners.iter().map(|listener| listener.advertised.clone()).collect();
    let routes = Routes::new(&hub.config.sip.trunk, own, default_domain)?;
    let listeners = sockets.listeners.clone();
    let mut endpoint = net::sip::endpoint(&hub.config, listeners, domains, key.sip_seed());
    endpoint.restore(Instant::now(), signalling::restore(&hub.storage).await?);
    Ok(Signalling::new(Arc::clone(hub), endpoint, routes))
}

/// Removes what nobody refers to any more, from time to time.
async fn sweep(storage: Storage, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_some() {
        match storage.sweep(GRACE).await {
            Ok(swept) => debug!(?swept, "blobs that nobody names were removed"),
            Err(error) => warn!(%error, "blobs that nobody names stay until the next sweep"),
        }
    }
}

/// Ends sessions, waits for what they have to finish, and gives storage up.
async fn drain(hub: &Arc<Hub>, signalling: JoinHandle<()>) {
    info!(sessions = hub.sessions.count(), "stopping");
    hub.sessions.end_all(session::End::Shutdown);
    let ended = async {
        hub.drained().await;
        // It says goodbye to phones; if it has failed, that was logged.
        _ = signalling.await;
    };
    if tokio::time::timeout(DRAIN, ended).await.is_err() {
        warn!("some sessions or calls did not end in time");
    }
    hub.media.stop();
    // What was answered is durable already: closing is for what others asked just now, and for tidy files.
    if tokio::time::timeout(CLOSE, hub.storage.close()).await.is_err() {
        warn!("the database did not close in time");
    }
    info!("stopped");
}

fn tell(text: &str) {
    // Without a standard output there is nobody to tell.
    _ = writeln!(std::io::stdout(), "{text}");
}

/// The server's key; it is made if it is missing.
fn open_key(config: &Config) -> anyhow::Result<ServerKey> {
    let path = config.data.join("server.key");
    ServerKey::open(&path).with_context(|| format!("cannot use {}", path.display()))
}

/// Opens rows and blobs.
async fn open_storage(config: &Config) -> anyhow::Result<Storage> {
    let database = if config.database.url.is_empty() {
        Database::Sqlite { path: config.data.join("gateway.sqlite") }
    } else {
        Database::Postgres { url: database_url(config)?, connections: config.database.connections }
    };
    let name = match &database {
        Database::Sqlite { path } => path.display().to_string(),
        Database::Postgres { .. } => "of database.url".to_owned(),
    };
    let blobs = blob_store(config)?;
    let place = match &blobs {
        BlobStore::Folder(folder) => folder.display().to_string(),
        BlobStore::Bucket(bucket) => format!("the bucket {}", bucket.name),
    };
    let opened = Storage::open(storage::Config { database, blobs }).await;
    opened.with_context(|| format!("cannot open the storage with the database {name} and {place}"))
}

/// Where messages and files are kept.
fn blob_store(config: &Config) -> anyhow::Result<BlobStore> {
    let blobs = &config.blobs;
    if blobs.bucket.is_empty() {
        return Ok(BlobStore::Folder(config.data.join("blobs")));
    }
    let file = &blobs.secret_key_file;
    let keys = if file.as_os_str().is_empty() {
        None
    } else {
        let secret = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read blobs.secret_key_file {}", file.display()))?;
        Some((blobs.access_key.clone(), secret.trim_end().to_owned()))
    };
    Ok(BlobStore::Bucket(storage::Bucket {
        name: blobs.bucket.clone(),
        endpoint: blobs.endpoint.clone(),
        region: blobs.region.clone(),
        is_path_style: blobs.path_style,
        prefix: blobs.prefix.clone(),
        keys,
        authorities: Some(&blobs.authorities).filter(|path| !path.as_os_str().is_empty()).cloned(),
        notes: config.data.join("uploading"),
    }))
}

/// The URL of the database with its password.
fn database_url(config: &Config) -> anyhow::Result<String> {
    let database = &config.database;
    if database.password_file.as_os_str().is_empty() {
        return Ok(database.url.clone());
    }
    let file = &database.password_file;
    let password = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read database.password_file {}", file.display()))?;
    let encoded =
        percent_encoding::utf8_percent_encode(password.trim_end(), percent_encoding::NON_ALPHANUMERIC);
    let (scheme, rest) = database.url.split_once("://").unwrap_or(("postgres", &database.url));
    let (user, host) =
        rest.split_once('@').context("database.url should name a user: postgres://USER@HOST/NAME")?;
    Ok(format!("{scheme}://{user}:{encoded}@{host}"))
}

/// Whether the files can be read that the configuration names, and hold what they should.
///
/// # Errors
/// If one cannot be used; the text says which and why.
pub fn check_files(config: &Config) -> anyhow::Result<()> {
    if !config.tls.certificate.as_os_str().is_empty() {
        load_tls(config)?;
    }
    database_url(config)?;
    Relay::load(&config.mail.relay)?;
    blob_store(config)?;
    Routes::new(&config.sip.trunk, Vec::new(), String::new()).map(drop)
}

fn load_tls(config: &Config) -> anyhow::Result<Tls> {
    if config.tls.certificate.as_os_str().is_empty() {
        let folder = config.data.join("tls");
        return Tls::self_signed(&folder, &["localhost".to_owned()])
            .with_context(|| format!("cannot use the self-signed certificate in {}", folder.display()));
    }
    Tls::load(&config.tls.certificate, &config.tls.key).context("cannot use tls.certificate and tls.key")
}

fn bind_all(config: &Config) -> anyhow::Result<Vec<Bound>> {
    let listen = &config.listen;
    let kinds = [
        (Kind::Http, &listen.http),
        (Kind::Https, &listen.https),
        (Kind::Admin, &listen.admin),
        (Kind::Ximss, &listen.ximss),
        (Kind::Ximsss, &listen.ximsss),
        (Kind::Lmtp, &listen.lmtp),
    ];
    let mut bound = Vec::new();
    for (kind, addresses) in kinds {
        for address in addresses {
            bound.push(net::bind(kind, *address).with_context(|| {
                let name = kind.name();
                format!("cannot listen on {name} {address}; choose another with --listen {name}=ADDR:PORT")
            })?);
        }
    }
    Ok(bound)
}
