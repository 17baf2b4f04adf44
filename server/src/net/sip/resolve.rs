//! Where is a SIP server of this name (RFC 3263)?

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};
use sip::{Address, Transport};
use tokio::time::timeout;
use tracing::{debug, warn};

/// Where SIP is when nothing else is said.
const PORT: u16 = 5060;
/// How long servers of a domain are looked for, and then addresses: who calls waits for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Addresses that are tried, at most.
const MOST: usize = 16;

/// Looks names up.
#[derive(Clone)]
pub(super) struct Resolver(Option<Arc<TokioResolver>>);

impl Resolver {
    /// With the system's servers; without any, only the system's own way is left.
    pub(super) fn new() -> Self {
        let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
        Self(resolver.inspect_err(|error| debug!(%error, "no DNS servers are configured")).ok().map(Arc::new))
    }

    /// The addresses of a name, the best first.
    pub(super) async fn resolve(
        &self,
        name: &str,
        port: Option<u16>,
        transport: Option<Transport>,
    ) -> Vec<Address> {
        let mut found = Vec::new();
        if port.is_none()
            && let Some(dns) = &self.0
            && timeout(PATIENCE, self.by_services(dns, name, transport, &mut found)).await.is_err()
        {
            debug!(name, "looking for SIP servers takes too long");
        }
        if found.is_empty() {
            let hosts = hosts(name, port.unwrap_or(PORT), transport.unwrap_or(Transport::Udp));
            found = timeout(PATIENCE, hosts).await.unwrap_or_default();
        }
        if found.is_empty() {
            warn!(name, "no SIP server of this name is found");
        }
        found.truncate(MOST);
        found
    }

    /// What is found in time, the best first.
    async fn by_services(
        &self,
        dns: &TokioResolver,
        name: &str,
        transport: Option<Transport>,
        found: &mut Vec<Address>,
    ) {
        for (transport, service) in self.services(dns, name, transport).await {
            for (host, port) in servers(dns, &service).await {
                found.extend(hosts(&host, port, transport).await);
            }
        }
    }

    /// The services of a domain and their transports, from NAPTR or, without it, by their usual names.
    async fn services(
        &self,
        dns: &TokioResolver,
        name: &str,
        transport: Option<Transport>,
    ) -> Vec<(Transport, String)> {
        let usual =
            [(Transport::Udp, format!("_sip._udp.{name}.")), (Transport::Tcp, format!("_sip._tcp.{name}."))];
        if let Some(wanted) = transport {
            return usual.into_iter().filter(|(transport, _)| *transport == wanted).collect();
        }
        let mut pointers = Vec::new();
        if let Ok(lookup) = dns.lookup(format!("{name}."), RecordType::NAPTR).await {
            for record in lookup.answers() {
                let RData::NAPTR(naptr) = &record.data else { continue };
                let transport = match naptr.services.to_ascii_uppercase().as_slice() {
                    b"SIP+D2U" => Transport::Udp,
                    b"SIP+D2T" => Transport::Tcp,
                    _ => continue,
                };
                pointers.push((naptr.order, naptr.preference, transport, naptr.replacement.to_ascii()));
            }
        }
        pointers.sort_by_key(|(order, preference, ..)| (*order, *preference));
        if pointers.is_empty() {
            return usual.into_iter().collect();
        }
        pointers.into_iter().map(|(_, _, transport, service)| (transport, service)).collect()
    }
}

/// The servers of a service, by priority and then by weight (RFC 2782; the heavier is simply first).
async fn servers(dns: &TokioResolver, service: &str) -> Vec<(String, u16)> {
    let Ok(lookup) = dns.lookup(service, RecordType::SRV).await else { return Vec::new() };
    let mut servers = Vec::new();
    for record in lookup.answers() {
        if let RData::SRV(srv) = &record.data {
            servers.push((srv.priority, u16::MAX - srv.weight, srv.target.to_ascii(), srv.port));
        }
    }
    servers.sort();
    servers.into_iter().map(|(_, _, host, port)| (host, port)).collect()
}

/// The addresses of a host, by the system's own way, which knows /etc/hosts.
async fn hosts(name: &str, port: u16, transport: Transport) -> Vec<Address> {
    let name = name.trim_end_matches('.');
    let looked_up = match name.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => match tokio::net::lookup_host((name, port)).await {
            Ok(addresses) => addresses.collect(),
            Err(error) => {
                debug!(name, %error, "a SIP server cannot be found");
                Vec::new()
            }
        },
    };
    looked_up.into_iter().map(|address| Address { transport, address }).collect()
}
