//! Where a URI or a Via points: a name or an address, and a port.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::error::Flaw;
use crate::scan::{self, Scanner};

/// A host as SIP writes it: a name, an IPv4 address, or an IPv6 address in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A domain name, in the case it was written in.
    Name(String),
    /// An address of either family.
    Address(IpAddr),
}

impl Host {
    /// Reads a host and nothing else.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let mut scanner = Scanner::new(text.as_bytes());
        let host = Self::scan(&mut scanner)?;
        if scanner.is_end() { Ok(host) } else { Err(Flaw::Host) }
    }

    /// The address, if it is one; an IPv4 address mapped into IPv6 counts as IPv4.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address.to_canonical()),
            Self::Name(_) => None,
        }
    }

    /// Whether both are the same host: names without regard to case, addresses by value (RFC 3261 §19.1.4).
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(another)) => one.eq_ignore_ascii_case(another),
            (Self::Address(_), _) | (_, Self::Address(_)) => {
                self.address().is_some() && self.address() == other.address()
            }
        }
    }

    /// Reads a host from the front of `scanner`.
    pub(crate) fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Flaw> {
        if scanner.eat(b'[') {
            let inside = scanner.take_while(|byte| byte != b']');
            let address = ascii(inside)?.parse::<Ipv6Addr>().map_err(|_| Flaw::Host)?;
            return if scanner.eat(b']') { Ok(Self::Address(address.into())) } else { Err(Flaw::Host) };
        }
        let name = scanner.take_while(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        let name = ascii(name)?;
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let labels = name.strip_suffix('.').unwrap_or(name);
        if labels.is_empty() || labels.len() > 253 || labels.split('.').any(str::is_empty) {
            return Err(Flaw::Host);
        }
        Ok(Self::Name(name.to_owned()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

/// A host with the port that was written beside it, if one was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// The host.
    pub host: Host,
    /// The port; what is meant by its absence depends on the transport (5060 for UDP and TCP).
    pub port: Option<u16>,
}

impl HostPort {
    /// Whether both name the same place, where an absent port is 5060 (RFC 3261 §18.1.1).
    pub fn matches(&self, other: &Self) -> bool {
        self.port.unwrap_or(DEFAULT_PORT) == other.port.unwrap_or(DEFAULT_PORT)
            && self.host.matches(&other.host)
    }

    /// Reads `host [ COLON port ]` from the front of `scanner`; white space around the colon is for a Via alone.
    pub(crate) fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Flaw> {
        let host = Host::scan(scanner)?;
        let port = if scanner.eat_separator(b':') { Some(port(scanner)?) } else { None };
        Ok(Self { host, port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => write!(f, "{}", self.host),
        }
    }
}

impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Address(address.ip().to_canonical()), port: Some(address.port()) }
    }
}

/// The port of SIP over UDP and TCP when none is written (RFC 3261 §19.1.2).
pub(crate) const DEFAULT_PORT: u16 = 5060;

/// Reads a port number from the front of `scanner`.
pub(crate) fn port(scanner: &mut Scanner<'_>) -> Result<u16, Flaw> {
    let digits = scanner.take_while(|byte| byte.is_ascii_digit());
    u16::try_from(scan::decimal(digits)?).map_err(|_| Flaw::Number)
}

fn ascii(bytes: &[u8]) -> Result<&str, Flaw> {
    std::str::from_utf8(bytes).map_err(|_| Flaw::Host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        Host::parse(text).map_or_else(|flaw| flaw.to_string(), |host| host.to_string())
    }

    #[test]
    fn names_and_addresses_are_told_apart() {
        assert_eq!(Host::parse("192.0.2.1"), Ok(Host::Address([192, 0, 2, 1].into())));
        assert_eq!(Host::parse("host-5.example.com."), Ok(Host::Name("host-5.example.com.".into())));
        assert_eq!(round_trip("[2001:db8::192.0.2.1]"), "[2001:db8::c000:201]");
    }

    #[test]
    fn an_ipv6_address_needs_its_brackets_and_one_double_colon() {
        for text in ["2001:db8::10", "[2001:db8:::192.0.2.1]", "[2001:db8::1", "[example.com]"] {
            assert_eq!(Host::parse(text), Err(Flaw::Host), "{text}");
        }
    }

    #[test]
    fn an_empty_label_is_no_host() {
        for text in ["", ".", "a..b", ".a"] {
            assert_eq!(Host::parse(text), Err(Flaw::Host), "{text}");
        }
    }

    #[test]
    fn a_mapped_address_matches_the_ipv4_address() {
        let mapped = Host::parse("[::ffff:192.0.2.1]").unwrap();
        assert!(mapped.matches(&Host::parse("192.0.2.1").unwrap()));
    }

    #[test]
    fn a_port_beyond_65535_is_refused() {
        assert_eq!(port(&mut Scanner::new(b"65536")), Err(Flaw::Number));
        assert_eq!(port(&mut Scanner::new(b"65535")), Ok(65535));
    }
}
