//! Where a URI sends a request to (RFC 3263 §4).

use std::net::SocketAddr;

use crate::flow::Transport;
use crate::host::{DEFAULT_PORT, Host};
use crate::status::StatusCode;
use crate::uri::Uri;

use super::Address;

/// What a URI says of the next hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NextHop {
    /// It names an address.
    Address(Address),
    /// It names a name, whose addresses must be found first.
    Name { name: String, port: Option<u16>, transport: Option<Transport> },
}

impl NextHop {
    /// Reads the next hop from a URI; the error is the status that a request to it fails with.
    pub(crate) fn of(uri: &Uri) -> Result<Self, StatusCode> {
        let uri = uri.as_sip().filter(|uri| !uri.is_secure()).ok_or(StatusCode::UNSUPPORTED_URI_SCHEME)?;
        let transport = match uri.params().raw("transport") {
            Some(name) => Some(Transport::of(name).ok_or(StatusCode::SERVICE_UNAVAILABLE)?),
            None => None,
        };
        let host = match uri.params().raw("maddr") {
            Some(maddr) => Host::parse(maddr).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?,
            None => uri.host().clone(),
        };
        if uri.port() == Some(0) {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        Ok(match host {
            Host::Address(address) => Self::Address(Address {
                // RFC 3263 §4.1: an address without a transport is reached over UDP.
                transport: transport.unwrap_or(Transport::Udp),
                address: SocketAddr::new(address, uri.port().unwrap_or(DEFAULT_PORT)),
            }),
            Host::Name(name) => Self::Name { name, port: uri.port(), transport },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<NextHop, StatusCode> {
        NextHop::of(&Uri::parse(text).unwrap())
    }

    fn address(transport: Transport, address: &str) -> Result<NextHop, StatusCode> {
        Ok(NextHop::Address(Address { transport, address: address.parse().unwrap() }))
    }

    #[test]
    fn an_address_needs_no_question() {
        assert_eq!(of("sip:a@192.0.2.1"), address(Transport::Udp, "192.0.2.1:5060"));
        assert_eq!(of("sip:[2001:db8::1]:5080;transport=TCP"), address(Transport::Tcp, "[2001:db8::1]:5080"));
        assert_eq!(of("sip:a@example.com;maddr=192.0.2.7"), address(Transport::Udp, "192.0.2.7:5060"));
    }

    #[test]
    fn a_name_is_asked_for_with_what_the_uri_says_of_it() {
        let name = |port, transport| Ok(NextHop::Name { name: "example.com".to_owned(), port, transport });
        assert_eq!(of("sip:a@example.com"), name(None, None));
        assert_eq!(of("sip:a@example.com:5070;transport=udp"), name(Some(5070), Some(Transport::Udp)));
    }

    #[test]
    fn what_cannot_be_reached_fails_with_a_status() {
        assert_eq!(of("tel:+1"), Err(StatusCode::UNSUPPORTED_URI_SCHEME));
        assert_eq!(of("sips:a@b"), Err(StatusCode::UNSUPPORTED_URI_SCHEME));
        assert_eq!(of("sip:a@b;transport=sctp"), Err(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(of("sip:a@192.0.2.1:0"), Err(StatusCode::SERVICE_UNAVAILABLE));
    }
}
