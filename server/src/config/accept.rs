//! Which values are refused although they have the right type?
//!
//! They are refused while they are read, so that the message comes with the line that they stand in.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use super::value::{Size, Span};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

const IP_ADDRESS: &str = "an IP address, such as \"192.0.2.1\" or \"2001:db8::1\"";
const SOCKET_ADDRESSES: &str =
    "a list of ADDRESS:PORT, such as [\"127.0.0.1:8100\", \"[::1]:8100\"]; an empty list switches it off";
const COUNT: &str = "a whole number from 1 to 4294967295";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The longest registration may not be shorter than this: phones would keep the server busy with nothing else.
const SHORTEST_REGISTRATION: Span = Span::seconds(60);

/// Reads a `T`; whatever else stands there is answered with what should.
pub(super) fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    expected: &str,
) -> Result<T, D::Error> {
    T::deserialize(deserializer).map_err(|error| {
        // The parser would add the type as the program calls it: "u32", "a sequence".
        let text = error.to_string();
        let found = text.trim_end().split(", expected").next().unwrap_or(&text);
        D::Error::custom(format!("{found}; it should be {expected}"))
    })
}

/// Refuses a value.
pub(super) fn refuse<T, E: Error>(value: impl Display, expected: &str) -> Result<T, E> {
    Err(E::custom(format!("{value} should be {expected}")))
}

fn parse<T: FromStr, E: Error>(text: &str, expected: &str) -> Result<T, E> {
    text.trim().parse().or_else(|_| refuse(format!("{text:?}"), expected))
}

/// A number that is not 0: of nothing at all the gateway can make no use.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match read(deserializer, COUNT)? {
        0 => refuse(0, COUNT),
        count => Ok(count),
    }
}

/// Levels of a document. It is read, written and freed level by level.
pub(super) fn depth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    const DEPTH: &str = "a whole number from 2 to 256";
    match read(deserializer, DEPTH)? {
        depth @ 2..=256 => Ok(depth),
        depth => refuse(depth, DEPTH),
    }
}

/// Yes or no.
pub(super) fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    read(deserializer, "true or false")
}

/// A number of threads.
pub(super) fn threads<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    const THREADS: &str = "a whole number from 1 to 256, or 0 for one thread a processor";
    match read(deserializer, THREADS)? {
        threads @ 0..=256 => Ok(threads),
        threads => refuse(threads, THREADS),
    }
}

/// A duration that is not 0: everything would have run out before it began.
pub(super) fn some_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    let span = Span::deserialize(deserializer)?;
    if span.0.is_zero() { refuse(format!("{:?}", span.to_string()), "longer than nothing") } else { Ok(span) }
}

/// How long registrations may last.
pub(super) fn registration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    let span = Span::deserialize(deserializer)?;
    let expected = format!("at least \"{SHORTEST_REGISTRATION}\"");
    if span.0 < SHORTEST_REGISTRATION.0 {
        refuse(format!("{:?}", span.to_string()), &expected)
    } else {
        Ok(span)
    }
}

/// A size that is not 0.
pub(super) fn some_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
    let size = Size::deserialize(deserializer)?;
    if size.0 == 0 { refuse(format!("{:?}", size.to_string()), "more than nothing") } else { Ok(size) }
}

/// The size of a message. It has to be in memory when it is taken apart.
pub(super) fn message_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
    const LARGEST: Size = Size(256 << 20);
    let size = some_size(deserializer)?;
    let expected = format!("at most \"{LARGEST}\"");
    if size.0 > LARGEST.0 { refuse(format!("{:?}", size.to_string()), &expected) } else { Ok(size) }
}

/// A folder; the empty path would be none.
pub(super) fn folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    const EXPECTED: &str = "a folder, such as \"/var/lib/ximss-gateway\"";
    let text: String = read(deserializer, EXPECTED)?;
    if text.is_empty() { refuse("\"\"", EXPECTED) } else { Ok(PathBuf::from(text)) }
}

/// Addresses to listen on.
pub(super) fn listeners<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SocketAddr>, D::Error> {
    let texts: Vec<String> = read(deserializer, SOCKET_ADDRESSES)?;
    texts
        .iter()
        .map(|text| parse(text, "ADDRESS:PORT, such as \"127.0.0.1:8100\" or \"[::1]:8100\""))
        .collect()
}

/// An address of this machine.
pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text: String = read(deserializer, IP_ADDRESS)?;
    parse(&text, IP_ADDRESS)
}

/// Addresses of other machines.
pub(super) fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    let texts: Vec<String> = read(deserializer, "a list of IP addresses, such as [\"192.0.2.1\"]")?;
    texts.iter().map(|text| parse(text, IP_ADDRESS)).collect()
}

/// An address that others are told, or none, which is written as an empty text.
pub(super) mod advertised {
    use super::*;

    pub(in crate::config) fn serialize<S: Serializer>(
        address: &Option<IpAddr>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        address.map(|address| address.to_string()).unwrap_or_default().serialize(serializer)
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<IpAddr>, D::Error> {
        const EXPECTED: &str = "the IP address that others reach this machine at, such as \"192.0.2.1\"";
        let text: String = read(deserializer, EXPECTED)?;
        if text.is_empty() {
            return Ok(None);
        }
        let address: IpAddr = parse(&text, EXPECTED)?;
        if address.is_unspecified() || address.is_multicast() {
            return refuse(format!("{text:?}"), EXPECTED);
        }
        Ok(Some(address))
    }
}

/// The name of a host, or none.
pub(super) fn host_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    const EXPECTED: &str = "the name of a host, such as \"mail.example.org\", or empty";
    let text: String = read(deserializer, EXPECTED)?;
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if text.len() <= 253 && text.chars().all(good) { Ok(text) } else { refuse(format!("{text:?}"), EXPECTED) }
}

/// A port of another machine.
pub(super) fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    const EXPECTED: &str = "a port from 1 to 65535";
    match read(deserializer, EXPECTED)? {
        0 => refuse(0, EXPECTED),
        port => Ok(port),
    }
}

/// Where rows are kept.
pub(super) fn database_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    const EXPECTED: &str = "postgres://USER@HOST/NAME, or empty for SQLite in the data folder";
    let text: String = read(deserializer, EXPECTED)?;
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    let names_a_user =
        rest.is_some_and(|rest| rest.split_once('@').is_some_and(|(user, _)| !user.is_empty()));
    if text.is_empty() || names_a_user {
        return Ok(text);
    }
    // It may hold a password, which is for no log; so it is not repeated.
    Err(D::Error::custom(format!("it should be {EXPECTED}")))
}

/// The address of an S3 service.
pub(super) fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    const EXPECTED: &str = "https://HOST[:PORT] or http://HOST[:PORT], or empty for Amazon's";
    let text: String = read(deserializer, EXPECTED)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_good = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']));
    if text.is_empty() || is_good { Ok(text) } else { refuse(format!("{text:?}"), EXPECTED) }
}

/// A level, or levels of parts of the program.
pub(super) fn log_level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let expected = format!("one of {}, or a filter such as \"info,sip=debug\"", LEVELS.join(", "));
    let text: String = read(deserializer, &expected)?;
    let is_level = |text: &str| LEVELS.contains(&text.trim());
    let good = text.split(',').all(|part| is_level(part.rsplit_once('=').map_or(part, |(_, level)| level)));
    if good { Ok(text) } else { refuse(format!("{text:?}"), &expected) }
}

/// Origins of pages.
pub(super) fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    const EXPECTED: &str = "a list of https://HOST[:PORT], such as [\"https://mail.example.org\"]";
    let origins: Vec<String> = read(deserializer, EXPECTED)?;
    for origin in &origins {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' ', '@', ','])) {
            return refuse(format!("{origin:?}"), "https://HOST[:PORT], exactly, with no path and no \"*\"");
        }
    }
    Ok(origins)
}

/// A name that is not empty.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    const EXPECTED: &str = "a name for the log, such as \"carrier\"";
    let text: String = read(deserializer, EXPECTED)?;
    if text.trim().is_empty() { refuse(format!("{text:?}"), EXPECTED) } else { Ok(text) }
}
