//! How an endpoint is set up.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::digest::DigestAlgorithm;
use crate::flow::{Listener, ListenerId, Transport};
use crate::host::HostPort;
use crate::timer::Timers;

/// Everything an endpoint is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// The domains whose accounts live here; each is the realm of its accounts. The first is the realm of a challenge
    /// to anyone who claims no local domain. Without any, nobody can authenticate.
    pub domains: Vec<String>,
    /// The sockets. The first of a transport and address family is the one requests go out from.
    pub listeners: Vec<Listener>,
    /// What stands in User-Agent and Server.
    pub user_agent: String,
    /// The peers that are known by their address.
    pub trunks: Vec<Trunk>,
    /// The key that nonces are sealed with: 32 random bytes, kept secret.
    pub nonce_key: [u8; 32],
    /// How long a nonce may be used. 5 minutes.
    pub nonce_lifetime: Duration,
    /// The algorithms a challenge offers, the preferred first. SHA-256, then MD5 (RFC 8760 §2.4).
    pub digests: Vec<DigestAlgorithm>,
    /// How the User-Agent of phones begins that give up at a challenge they do not know instead of passing over it:
    /// they are offered MD5 alone, if it is offered at all. `baresip v0.` and `baresip v1.`
    pub md5_only: Vec<String>,
    /// The timers of the protocol.
    pub timers: Timers,
    /// The bounds of every table.
    pub caps: Caps,
    /// How long phones are registered for.
    pub registrar: RegistrarLimits,
}

impl Config {
    /// The given domains and listeners, and the documented value of everything else.
    pub fn new(domains: Vec<String>, listeners: Vec<Listener>, nonce_key: [u8; 32]) -> Self {
        Self {
            domains,
            listeners,
            user_agent: concat!("ximss-gateway/", env!("CARGO_PKG_VERSION")).to_owned(),
            trunks: Vec::new(),
            nonce_key,
            nonce_lifetime: Duration::from_secs(300),
            digests: vec![DigestAlgorithm::Sha256, DigestAlgorithm::Md5],
            md5_only: vec!["baresip v0.".to_owned(), "baresip v1.".to_owned()],
            timers: Timers::default(),
            caps: Caps::default(),
            registrar: RegistrarLimits::default(),
        }
    }

    /// The trunk that a source address belongs to: the first that names it.
    pub(crate) fn trunk(&self, source: SocketAddr) -> Option<&Trunk> {
        self.trunks.iter().find(|trunk| trunk.sources.iter().any(|known| known.covers(source)))
    }

    /// The local domain of this name, as it is configured.
    pub(crate) fn domain(&self, name: &str) -> Option<&str> {
        self.domains.iter().find(|domain| domain.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// The listener that requests to an address go out from.
    pub(crate) fn listener_for(&self, transport: Transport, remote: IpAddr) -> Option<&Listener> {
        let of_transport = || self.listeners.iter().filter(|listener| listener.transport == transport);
        of_transport().find(|listener| listener.ipv6 == remote.is_ipv6()).or_else(|| of_transport().next())
    }

    /// The listener of this name.
    pub(crate) fn listener(&self, id: ListenerId) -> Option<&Listener> {
        self.listeners.iter().find(|listener| listener.id == id)
    }

    /// The algorithms that a challenge to this agent offers.
    pub(crate) fn digests_for(&self, user_agent: &[u8]) -> Vec<DigestAlgorithm> {
        let limited = self.md5_only.iter().any(|start| user_agent.starts_with(start.as_bytes()));
        let offered = |digest: &DigestAlgorithm| !limited || *digest == DigestAlgorithm::Md5;
        self.digests.iter().copied().filter(offered).collect()
    }

    /// Whether a Via or a URI names this endpoint.
    pub(crate) fn is_ours(&self, place: &HostPort) -> bool {
        self.listeners.iter().any(|listener| listener.advertised.matches(place))
    }
}

/// A peer whose requests are believed because of where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// What it is called in events.
    pub name: String,
    /// Where it sends from.
    pub sources: Vec<TrunkSource>,
}

/// Addresses a trunk sends from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrunkSource {
    /// An address of the network.
    pub network: IpAddr,
    /// How many leading bits of it count: 32 or 128 for one address.
    pub prefix: u8,
    /// The port, if only that one is meant. A connection comes from any port: leave it out for TCP.
    pub port: Option<u16>,
}

impl TrunkSource {
    /// One address, with any port or the one given.
    pub fn address(network: IpAddr, port: Option<u16>) -> Self {
        Self { network, prefix: if network.is_ipv4() { 32 } else { 128 }, port }
    }

    fn covers(&self, source: SocketAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let ((ours, our_width), (theirs, their_width)) = (bits(self.network), bits(source.ip()));
        let ignored = 128_u32.saturating_sub(u32::from(self.prefix));
        our_width == their_width
            && self.port.is_none_or(|port| port == source.port())
            && (ours ^ theirs).checked_shr(ignored).unwrap_or(0) == 0
    }
}

/// The bounds of what peers can make grow. Beyond them a request is refused with 503 and a Retry-After.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Transactions in each direction. 50,000.
    pub transactions: usize,
    /// Calls in every state. 20,000.
    pub calls: usize,
    /// Connections. 20,000.
    pub connections: usize,
    /// Requests that wait for the credentials of an account. 2,000.
    pub authentications: usize,
    /// Nonces in use, each remembered for its lifetime. 100,000.
    pub nonces: usize,
    /// Sources that are remembered to have given a wrong password. 20,000.
    pub guessing_sources: usize,
    /// Accounts with phones. 200,000.
    pub registered_accounts: usize,
    /// Phones of one account. 10.
    pub contacts_per_account: usize,
    /// Bytes that wait for one connection to open. 256 KiB.
    pub connection_queue: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            transactions: 50_000,
            calls: 20_000,
            connections: 20_000,
            authentications: 2_000,
            nonces: 100_000,
            guessing_sources: 20_000,
            registered_accounts: 200_000,
            contacts_per_account: 10,
            connection_queue: 256 * 1024,
        }
    }
}

/// How long phones are registered for, in seconds (RFC 3261 §10.3 step 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrarLimits {
    /// The shortest; a phone that asks for less gets 423. 60 s.
    pub shortest: u32,
    /// What a phone gets that asks for nothing. 3,600 s.
    pub usual: u32,
    /// The longest; a phone that asks for more gets this. 7,200 s.
    pub longest: u32,
}

impl Default for RegistrarLimits {
    fn default() -> Self {
        Self { shortest: 60, usual: 3_600, longest: 7_200 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trunk_is_known_by_its_network_and_its_port_if_one_is_named() {
        let network = TrunkSource { network: [192, 0, 2, 128].into(), prefix: 25, port: None };
        let one = TrunkSource::address([192, 0, 2, 1].into(), Some(5080));
        let covered = |source: &TrunkSource, address: &str| source.covers(address.parse().unwrap());
        assert_eq!(
            ["192.0.2.129:1", "192.0.2.127:1", "[::ffff:192.0.2.200]:1", "[2001:db8::1]:1"]
                .map(|address| covered(&network, address)),
            [true, false, true, false]
        );
        assert_eq!(["192.0.2.1:5080", "192.0.2.1:5060"].map(|address| covered(&one, address)), [true, false]);
        let any = TrunkSource { network: [0, 0, 0, 0].into(), prefix: 0, port: None };
        assert_eq!(["10.0.0.1:1", "[2001:db8::1]:1"].map(|address| covered(&any, address)), [true, false]);
    }
}
