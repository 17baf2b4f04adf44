//! Which variable of the environment stands for which key?
//!
//! `XIMSS_` and the key's path in capitals, joined by underscores. Keys contain underscores themselves, so a name is
//! matched against those that exist. Kubernetes sets variables for every Service, named after it; those of a Service whose
//! name begins with `ximss` look like ours, and are passed over.

use std::ffi::OsString;

use toml::{Table, Value};

use super::{Config, ConfigError};

const PREFIX: &str = "XIMSS_";

/// The variable for a key such as `sip.advertise`.
pub(super) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Whether Kubernetes sets a variable of this name and value for a Service (its documentation, "Service discovery"):
/// `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT` and `NAME_SERVICE_PORT_PORTNAME`, `NAME_PORT=tcp://ADDRESS:PORT`, and
/// `NAME_PORT_80_TCP` with `_PROTO`, `_PORT` and `_ADDR`.
fn is_of_a_service(name: &str, value: &str) -> bool {
    const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
    let is_url = PROTOCOLS.iter().any(|protocol| {
        value.strip_prefix(&protocol.to_ascii_lowercase()).is_some_and(|rest| rest.starts_with("://"))
    });
    let of_port = |rest: &str| {
        let mut words = rest.split('_');
        let port = words.next().is_some_and(|port| port.parse::<u16>().is_ok());
        let protocol = words.next().is_some_and(|protocol| PROTOCOLS.contains(&protocol));
        port && protocol
            && matches!(words.next(), None | Some("PROTO" | "PORT" | "ADDR"))
            && words.next().is_none()
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_url)
        || name.rsplit_once("_PORT_").is_some_and(|(_, rest)| of_port(rest))
        || name
            .strip_suffix("_PORT")
            .and_then(|name| name.rsplit_once("_PORT_"))
            .is_some_and(|(_, rest)| of_port(rest))
}

/// Those that are ours, with their values.
pub(super) fn variables(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = Result<(String, String), ConfigError>> {
    environment.filter_map(|(name, value)| {
        // What is no text is none of ours.
        let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
        Some(match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(ConfigError::NotText(name)),
        })
    })
}

/// Sets the key that a variable stands for.
pub(super) fn set(table: &mut Table, name: &str, text: &str) -> Result<(), ConfigError> {
    let keys = keys();
    let Some((key, default)) = keys.iter().find(|(key, _)| variable_of(key) == name) else {
        if is_of_a_service(name, text) {
            return Ok(());
        }
        return Err(ConfigError::UnknownVariable { name: name.to_owned(), allowed: allowed(name, &keys) });
    };
    let mut table = table;
    let (section, last) = key.rsplit_once('.').unwrap_or(("", key));
    for step in section.split('.').filter(|step| !step.is_empty()) {
        let inner = table.entry(step).or_insert_with(|| Value::Table(Table::new()));
        // What is no table here was refused when the file was read.
        let Value::Table(inner) = inner else { return Ok(()) };
        table = inner;
    }
    table.insert(last.to_owned(), value_like(default, text));
    Ok(())
}

/// Every key that a variable can set, with its default. Trunks are tables, which no variable can hold.
pub(super) fn keys() -> Vec<(String, Value)> {
    fn walk(path: &str, value: Value, found: &mut Vec<(String, Value)>) {
        let Value::Table(table) = value else {
            if path != "sip.trunk" {
                found.push((path.to_owned(), value));
            }
            return;
        };
        for (key, value) in table {
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            walk(&path, value, found);
        }
    }
    let mut found = Vec::new();
    if let Ok(defaults) = Value::try_from(Config::default()) {
        walk("", defaults, &mut found);
    }
    found
}

/// The names that were perhaps meant: those of the same section, or else the beginnings of all.
fn allowed(name: &str, keys: &[(String, Value)]) -> String {
    let section = |key: &str| key.split_once('.').map(|(section, _)| section.to_owned());
    let meant: Vec<String> = keys
        .iter()
        .filter(|(key, _)| section(key).is_some_and(|s| name.starts_with(&format!("{}_", variable_of(&s)))))
        .map(|(key, _)| variable_of(key))
        .collect();
    if !meant.is_empty() {
        return format!("there are {}", meant.join(", "));
    }
    let mut all: Vec<String> = keys
        .iter()
        .map(|(key, _)| section(key).map_or_else(|| variable_of(key), |s| format!("{}_…", variable_of(&s))))
        .collect();
    all.sort();
    all.dedup();
    format!("there are {}: see ximss-gateway.example.toml", all.join(", "))
}

fn value_like(default: &Value, text: &str) -> Value {
    let string = || Value::String(text.to_owned());
    match default {
        Value::Integer(_) => text.trim().parse().map_or_else(|_| string(), Value::Integer),
        Value::Boolean(_) => text.trim().parse().map_or_else(|_| string(), Value::Boolean),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        Value::String(_) | Value::Float(_) | Value::Datetime(_) | Value::Table(_) => string(),
    }
}
