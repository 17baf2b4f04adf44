//! The way a response goes back: one element of the Via header field.

use std::fmt;
use std::net::SocketAddr;

use crate::error::Flaw;
use crate::host::HostPort;
use crate::params::Params;
use crate::scan::Scanner;

/// One hop (RFC 3261 §20.42).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// The protocol and version, `SIP/2.0` in whatever case it was written.
    pub protocol: String,
    /// The transport, such as `UDP`, in the case it was written in.
    pub transport: String,
    /// Who sent the request, and where it takes responses.
    pub sent_by: HostPort,
    /// The parameters, such as `branch`, `received` and `rport`.
    pub params: Params,
}

/// What the branch of a request begins with when its sender follows RFC 3261 (§8.1.1.7).
pub(crate) const MAGIC_COOKIE: &str = "z9hG4bK";

impl Via {
    /// Reads one element and nothing else.
    pub fn parse(element: &[u8]) -> Result<Self, Flaw> {
        let mut scanner = Scanner::new(element);
        scanner.skip_space();
        let name = scanner.token()?;
        separator(&mut scanner)?;
        let version = scanner.token()?;
        separator(&mut scanner)?;
        let transport = scanner.token()?;
        if !matches!(scanner.peek(), Some(b' ' | b'\t')) {
            return Err(Flaw::Character);
        }
        scanner.skip_space();
        let sent_by = HostPort::scan(&mut scanner)?;
        let params = Params::scan_header(&mut scanner)?;
        scanner.finish()?;
        Ok(Self { protocol: format!("{name}/{version}"), transport: transport.to_owned(), sent_by, params })
    }

    /// The branch that names the transaction, if there is one.
    pub fn branch(&self) -> Option<&str> {
        self.params.raw("branch")
    }

    /// The branch of a request that follows RFC 3261: the cookie with an identifier behind it. A bare cookie names no
    /// transaction, and the request is matched as one of RFC 2543 would be (RFC 4475 §3.2.1).
    pub(crate) fn transaction_branch(&self) -> Option<&str> {
        let branch = self.branch()?;
        let (cookie, identifier) = branch.split_at_checked(MAGIC_COOKIE.len())?;
        (cookie.eq_ignore_ascii_case(MAGIC_COOKIE) && !identifier.is_empty()).then_some(branch)
    }

    /// Notes where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4). What the sender claimed in
    /// `received` or as the value of `rport` is overwritten.
    pub(crate) fn note_source(&mut self, source: SocketAddr) {
        let address = source.ip().to_canonical();
        let wants_port = self.params.has("rport");
        if wants_port {
            self.params.set("rport", Some(source.port().to_string()));
        }
        if wants_port || self.sent_by.host.address() != Some(address) {
            // Without the brackets that an IPv6 address has elsewhere (RFC 3261 §25.1, `via-received`).
            self.params.set("received", Some(address.to_string()));
        } else {
            self.params.remove("received");
        }
    }

    /// Where a response to a request that came from `source` goes over UDP (RFC 3261 §18.2.2, RFC 3581 §4).
    ///
    /// The address is always the source's: `maddr` is not followed, since anyone could aim it at a third party.
    pub(crate) fn response_address(&self, source: SocketAddr) -> SocketAddr {
        if self.params.has("rport") {
            source
        } else {
            SocketAddr::new(source.ip(), self.sent_by.port.unwrap_or(crate::host::DEFAULT_PORT))
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {}{}", self.protocol, self.transport, self.sent_by, self.params)
    }
}

fn separator(scanner: &mut Scanner<'_>) -> Result<(), Flaw> {
    if scanner.eat_separator(b'/') { Ok(()) } else { Err(Flaw::Character) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(text: &str) -> Via {
        Via::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn white_space_around_the_separators_does_not_matter() {
        let parsed = via("  SIP  / 2.0  / TCP     spindle.example.com : 5061  ; branch  =   z9hG4bK9ikj8  ");
        assert_eq!(parsed.to_string(), "SIP/2.0/TCP spindle.example.com:5061;branch=z9hG4bK9ikj8");
    }

    #[test]
    fn extra_separators_are_refused() {
        assert_eq!(Via::parse(b"SIP/2.0/UDP 192.0.2.15;;,;,,"), Err(Flaw::Character));
        assert_eq!(Via::parse(b"SIP/2.0 host"), Err(Flaw::Character));
    }

    #[test]
    fn a_branch_without_an_identifier_names_no_transaction() {
        let branches = ["z9hG4bK", "z9hG4bKx", "Z9HG4BKx", "1", "z9hG"];
        let named = branches
            .map(|branch| via(&format!("SIP/2.0/UDP h;branch={branch}")).transaction_branch().is_some());
        assert_eq!(named, [false, true, true, false, false]);
    }

    #[test]
    fn the_source_is_noted_over_whatever_the_sender_claimed() {
        let source = "192.0.2.9:4096".parse().unwrap();
        for (before, after) in [
            ("SIP/2.0/UDP 192.0.2.9;branch=b", "SIP/2.0/UDP 192.0.2.9;branch=b"),
            ("SIP/2.0/UDP 10.0.0.1;branch=b", "SIP/2.0/UDP 10.0.0.1;branch=b;received=192.0.2.9"),
            (
                "SIP/2.0/UDP 10.0.0.1;received=1.2.3.4;branch=b",
                "SIP/2.0/UDP 10.0.0.1;received=192.0.2.9;branch=b",
            ),
            ("SIP/2.0/UDP 192.0.2.9;received=1.2.3.4", "SIP/2.0/UDP 192.0.2.9"),
            ("SIP/2.0/UDP 192.0.2.9;rport", "SIP/2.0/UDP 192.0.2.9;rport=4096;received=192.0.2.9"),
            ("SIP/2.0/UDP phone.lan;rport=1", "SIP/2.0/UDP phone.lan;rport=4096;received=192.0.2.9"),
        ] {
            let mut noted = via(before);
            noted.note_source(source);
            assert_eq!(noted.to_string(), after);
        }
    }

    #[test]
    fn a_response_goes_to_the_source_port_only_if_asked_and_never_to_maddr() {
        let source: SocketAddr = "192.0.2.9:4096".parse().unwrap();
        let addresses = ["h;rport", "h", "h:5070", "h;maddr=198.51.100.1"]
            .map(|rest| via(&format!("SIP/2.0/UDP {rest}")).response_address(source).to_string());
        assert_eq!(addresses, ["192.0.2.9:4096", "192.0.2.9:5060", "192.0.2.9:5070", "192.0.2.9:5060"]);
    }
}
