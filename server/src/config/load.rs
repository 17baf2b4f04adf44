//! Where does the configuration come from: a file, the environment, the command line, in this order?

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::{Table, Value};

use super::{Config, environment};

/// Why a configuration is refused. The text says where it is wrong and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key is unknown or a value is wrong.
    #[error("{origin}: {message}")]
    Wrong {
        /// The file, or the environment variable.
        origin: String,
        /// Line, column and what is allowed.
        message: String,
    },
    /// An environment variable names no key.
    #[error("the environment variable {name} names no key of the configuration; {allowed}")]
    UnknownVariable {
        /// Its name.
        name: String,
        /// The names that were perhaps meant.
        allowed: String,
    },
    /// An environment variable holds bytes that are no text.
    #[error("the environment variable {0} should be UTF-8 text")]
    NotText(String),
    /// A combination that cannot work.
    #[error("{0}")]
    Conflict(String),
}

/// `KIND=ADDRESS:PORT` or `KIND=off` of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenOption {
    kind: String,
    address: Option<SocketAddr>,
}

impl FromStr for ListenOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const KINDS: [&str; 7] = ["http", "https", "admin", "ximss", "ximsss", "sip", "lmtp"];
        let expected = || format!("expected KIND=ADDRESS:PORT or KIND=off, KIND one of {}", KINDS.join(", "));
        let (kind, address) = text.split_once('=').ok_or_else(expected)?;
        if !KINDS.contains(&kind) {
            return Err(expected());
        }
        let address = if address == "off" { None } else { Some(address.parse().map_err(|_| expected())?) };
        Ok(Self { kind: kind.to_owned(), address })
    }
}

impl Config {
    /// Loads the configuration: the defaults, changed by the file, changed by `XIMSS_…` variables of the
    /// environment. A variable is named as the key with underscores: `XIMSS_SIP_ADVERTISE` for `sip.advertise`;
    /// lists are separated by commas.
    ///
    /// # Errors
    /// [`ConfigError`] says which line or variable is wrong and what is allowed.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut table = Table::new();
        let mut config = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
            let wrong = |e: toml::de::Error| ConfigError::Wrong {
                origin: path.display().to_string(),
                message: e.to_string().trim_end().to_owned(),
            };
            config = toml::from_str(&text).map_err(wrong)?;
            table = toml::from_str(&text).map_err(wrong)?;
        }
        for variable in environment::variables(environment) {
            let (name, text) = variable?;
            environment::set(&mut table, &name, &text)?;
            let merged = Value::Table(table.clone()).try_into();
            config = merged.map_err(|e: toml::de::Error| ConfigError::Wrong {
                origin: format!("the environment variable {name}"),
                message: e.message().to_owned(),
            })?;
        }
        Ok(config)
    }

    /// Replaces listeners by those of the command line; the first of a kind replaces all of that kind.
    pub fn listen_on(&mut self, options: &[ListenOption]) {
        let mut replaced = Vec::new();
        for option in options {
            let list = match option.kind.as_str() {
                "http" => &mut self.listen.http,
                "https" => &mut self.listen.https,
                "admin" => &mut self.listen.admin,
                "ximss" => &mut self.listen.ximss,
                "ximsss" => &mut self.listen.ximsss,
                "lmtp" => &mut self.listen.lmtp,
                _ => &mut self.listen.sip,
            };
            if !replaced.contains(&&option.kind) {
                list.clear();
                replaced.push(&option.kind);
            }
            list.extend(option.address);
        }
    }

    /// Refuses values that are right by themselves and cannot work together.
    ///
    /// # Errors
    /// [`ConfigError::Conflict`] says what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        let conflict = |text: String| Err(ConfigError::Conflict(text));
        if self.sip.advertise.is_none() && self.listen.sip.iter().any(|a| a.ip().is_unspecified()) {
            return conflict(must_be_told("sip.advertise", "listen.sip", "phones"));
        }
        if self.media.advertise.is_none() && self.media.address.is_unspecified() {
            return conflict(must_be_told("media.advertise", "media.address", "browsers and phones"));
        }
        if self.tls.certificate.as_os_str().is_empty() != self.tls.key.as_os_str().is_empty() {
            return conflict("tls.certificate and tls.key belong together: set both or neither".to_owned());
        }
        let relay = &self.mail.relay;
        if relay.user.is_empty() != relay.password_file.as_os_str().is_empty() {
            return conflict(
                "mail.relay.user and mail.relay.password_file belong together: set both or neither"
                    .to_owned(),
            );
        }
        if self.blobs.access_key.is_empty() != self.blobs.secret_key_file.as_os_str().is_empty() {
            return conflict(
                "blobs.access_key and blobs.secret_key_file belong together: set both or neither".to_owned(),
            );
        }
        let needed = 2 * (self.media.thread_count() + 1);
        if self.media.ports.pairs() * 2 < needed {
            let (ports, threads) = (self.media.ports, self.media.thread_count());
            return conflict(format!(
                "media.ports {ports} are too few: {threads} media threads and one phone need {needed} ports, \
                 from an even one on"
            ));
        }
        Ok(())
    }

    /// The same to be shown: without the password that stands in `database.url`.
    #[must_use]
    pub fn without_password(&self) -> Self {
        let mut config = self.clone();
        config.database.url = redacted(&config.database.url);
        config
    }

    /// The configuration as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_default()
    }
}

/// The URL with `***` for the password, which stands behind the user's name or is a parameter.
fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, parameters) = rest.split_once('?').map_or((rest, None), |(place, rest)| (place, Some(rest)));
    let mut out = format!("{scheme}://");
    match place.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => out.push_str(&format!("{name}:***@{host}")),
            None => out.push_str(place),
        },
        None => out.push_str(place),
    }
    let secret = |name: &str| ["password", "sslpassword"].contains(&name);
    let shown = parameters.iter().flat_map(|all| all.split('&')).map(|one| match one.split_once('=') {
        Some((name, _)) if secret(name) => format!("{name}=***"),
        _ => one.to_owned(),
    });
    let shown: Vec<String> = shown.collect();
    if parameters.is_some() {
        out.push('?');
    }
    out + &shown.join("&")
}

/// What to do when an address cannot be guessed.
fn must_be_told(key: &str, cause: &str, whom: &str) -> String {
    let variable = environment::variable_of(key);
    format!(
        "{key} must be set, because {cause} is all addresses: set it in the file, or {variable} in the environment, \
         to the IP address that {whom} reach this machine at"
    )
}
