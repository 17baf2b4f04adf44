//! Where does the configuration come from: a file, the environment, the command line, in this order?

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::{Table, Value};

use super::Config;

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
    #[error("the environment variable {0} names no key of the configuration: see ximss-gateway.example.toml")]
    UnknownVariable(String),
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
        const KINDS: [&str; 6] = ["http", "https", "admin", "ximss", "ximsss", "sip"];
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
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = Table::new();
        let mut config = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
            let wrong = |e: toml::de::Error| ConfigError::Wrong {
                origin: path.display().to_string(),
                message: e.to_string(),
            };
            config = toml::from_str(&text).map_err(wrong)?;
            table = toml::from_str(&text).map_err(wrong)?;
        }
        let known = Value::try_from(Self::default()).unwrap_or(Value::Table(Table::new()));
        for (name, text) in environment {
            let Some(key) = name.strip_prefix("XIMSS_") else { continue };
            if !set(&mut table, &known, &key.to_ascii_lowercase(), &text) {
                return Err(ConfigError::UnknownVariable(name));
            }
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
                _ => &mut self.listen.sip,
            };
            if !replaced.contains(&&option.kind) {
                list.clear();
                replaced.push(&option.kind);
            }
            list.extend(option.address);
        }
    }

    /// Refuses what is well-formed but cannot work.
    ///
    /// # Errors
    /// [`ConfigError::Conflict`] says what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        let conflict = |text: &str| Err(ConfigError::Conflict(text.to_owned()));
        if self.sip.advertise.is_empty() && self.listen.sip.iter().any(|a| a.ip().is_unspecified()) {
            return conflict(
                "sip.advertise must be set when SIP listens on all addresses: the address phones reach",
            );
        }
        if self.media.advertise.is_empty() && self.media.address.is_unspecified() {
            return conflict(
                "media.advertise must be set when media.address is all addresses: the address browsers reach",
            );
        }
        for (key, value) in
            [("sip.advertise", &self.sip.advertise), ("media.advertise", &self.media.advertise)]
        {
            if !value.is_empty() && value.parse::<IpAddr>().is_err() {
                return conflict(&format!("{key} should be an IP address, not {value:?}"));
            }
        }
        if self.tls.certificate.as_os_str().is_empty() != self.tls.key.as_os_str().is_empty() {
            return conflict("tls.certificate and tls.key must be set both or neither");
        }
        let url = &self.database.url;
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return conflict("database.url should be empty (SQLite) or begin with postgres://");
        }
        if u32::from(self.media.ports.last - self.media.ports.first) < 2 {
            return conflict("media.ports should have at least 3 ports");
        }
        for origin in &self.http.allowed_origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains(['/', '*'])) {
                return conflict(&format!("http.allowed_origins: {origin:?} should be https://host[:port]"));
            }
        }
        for trunk in &self.sip.trunk {
            if trunk.proxy.is_empty() || trunk.name.is_empty() {
                return conflict("each [[sip.trunk]] needs a name and a proxy");
            }
        }
        Ok(())
    }

    /// The configuration as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_default()
    }
}

/// Sets the key that `name` stands for; false if none does. Keys contain underscores themselves, so the name
/// is matched against the keys that are known.
fn set(table: &mut Table, known: &Value, name: &str, text: &str) -> bool {
    let Value::Table(keys) = known else { return false };
    for (key, default) in keys {
        if key == name {
            table.insert(key.clone(), value_like(default, text));
            return true;
        }
        let Some(rest) = name.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('_')) else {
            continue;
        };
        if let Value::Table(_) = default {
            let inner = table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner
                && set(inner, default, rest, text)
            {
                return true;
            }
        }
    }
    false
}

fn value_like(default: &Value, text: &str) -> Value {
    let string = || Value::String(text.to_owned());
    match default {
        Value::Integer(_) => text.parse().map_or_else(|_| string(), Value::Integer),
        Value::Boolean(_) => text.parse().map_or_else(|_| string(), Value::Boolean),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        Value::String(_) | Value::Float(_) | Value::Datetime(_) | Value::Table(_) => string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(Some(file.path()), environment)
            .map_err(|e| e.to_string().replace(&file.path().display().to_string(), "FILE"))
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(load("", &[]), Ok(Config::default()));
        assert_eq!(Config::default().check().map_err(|e| e.to_string()), Ok(()));
    }

    #[test]
    fn what_is_shown_can_be_loaded_again() {
        let config = Config::default();
        assert_eq!(load(&config.to_toml(), &[]), Ok(config));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_known_ones() {
        let error = load("[sip]\nadvertize = \"192.0.2.1\"\n", &[]).unwrap_err();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("unknown field `advertize`, expected one of `advertise`"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line_and_what_is_allowed() {
        let error = load("[session]\n\ndetached = \"2 weeks\"\n", &[]).unwrap_err();
        assert!(error.contains("line 3"), "{error}");
        assert!(error.contains("should be a number with ms, s, m, h or d"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let environment = [
            ("XIMSS_SIP_ADVERTISE", "192.0.2.9"),
            ("XIMSS_LISTEN_HTTP", "127.0.0.1:1,127.0.0.1:2"),
            ("XIMSS_AUTH_CRAM_MD5", "true"),
            ("XIMSS_SESSION_PER_ACCOUNT", "3"),
            ("PATH", "/bin"),
        ];
        let config = load("[sip]\nadvertise = \"192.0.2.1\"\n", &environment).unwrap();
        assert_eq!(config.sip.advertise, "192.0.2.9");
        assert_eq!(config.listen.http.iter().map(SocketAddr::port).collect::<Vec<_>>(), [1, 2]);
        assert!(config.auth.cram_md5);
        assert_eq!(config.session.per_account, 3);
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let unknown = load("", &[("XIMSS_SIP_COLOUR", "red")]).unwrap_err();
        assert!(unknown.contains("XIMSS_SIP_COLOUR names no key"), "{unknown}");
        let wrong = load("", &[("XIMSS_SESSION_PER_ACCOUNT", "many")]).unwrap_err();
        assert!(wrong.contains("XIMSS_SESSION_PER_ACCOUNT: invalid type: string \"many\""), "{wrong}");
    }

    #[test]
    fn listen_options_replace_their_kind_only() {
        let mut config = Config::default();
        let options = ["sip=127.0.0.1:5070", "sip=127.0.0.1:5071", "https=off"];
        config.listen_on(&options.map(|text| text.parse().unwrap()));
        assert_eq!(config.listen.sip.iter().map(SocketAddr::port).collect::<Vec<_>>(), [5070, 5071]);
        assert_eq!(config.listen.https, []);
        assert_eq!(config.listen.http, Config::default().listen.http);
        assert!("smtp=127.0.0.1:25".parse::<ListenOption>().unwrap_err().contains("http, https, admin"));
    }

    #[test]
    fn what_cannot_work_is_refused_with_advice() {
        let check = |text: &str| load(text, &[]).unwrap().check().unwrap_err().to_string();
        assert!(check("[listen]\nsip = [\"0.0.0.0:5060\"]").contains("sip.advertise must be set"));
        assert!(check("[media]\naddress = \"0.0.0.0\"").contains("media.advertise must be set"));
        assert!(check("[media]\nadvertise = \"example.org\"").contains("should be an IP address"));
        assert!(check("[tls]\nkey = \"k\"").contains("both or neither"));
        assert!(check("[database]\nurl = \"mysql://x\"").contains("postgres://"));
        assert!(check("[http]\nallowed_origins = [\"*\"]").contains("https://host[:port]"));
    }
}
