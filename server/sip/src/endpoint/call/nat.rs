//! Whether an address translator is between a peer and us, so that what it says of its own address does not hold.

use std::net::{IpAddr, SocketAddr};

use crate::header::{HeaderName, NameAddr};
use crate::message::{Request, Response};

/// Whether whoever sent a request calls itself something else in its Via than where it came from; or, if it sent it
/// straight to us, wants to be reached at a private address that it did not come from.
pub(crate) fn request_behind_nat(source: SocketAddr, request: &Request, contact: Option<&NameAddr>) -> bool {
    let straight = request.headers.list(HeaderName::Via).count() == 1;
    let claimed = request.via.sent_by.host.address();
    claimed.is_some_and(|claimed| claimed != source.ip().to_canonical())
        || straight && hidden(source, contact)
}

/// Whether whoever answered, without a proxy between that stays on the way, wants to be reached at a private address
/// that the answer did not come from.
pub(crate) fn answer_behind_nat(source: SocketAddr, response: &Response, contact: Option<&NameAddr>) -> bool {
    response.headers.value(HeaderName::RecordRoute).is_none() && hidden(source, contact)
}

/// Whether a Contact names a host and not an address.
pub(crate) fn is_named(contact: Option<&NameAddr>) -> bool {
    contact.and_then(|contact| contact.uri.as_sip()).is_some_and(|contact| contact.host().address().is_none())
}

/// A Contact at another public address is that of someone behind a proxy, and can be reached.
fn hidden(source: SocketAddr, contact: Option<&NameAddr>) -> bool {
    let claimed = contact.and_then(|contact| contact.uri.as_sip()?.host().address());
    claimed.is_some_and(|claimed| claimed != source.ip().to_canonical() && is_private(claimed))
}

/// Whether an address means something else elsewhere: RFC 1918, RFC 6598, loopback, link-local, RFC 4193.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = matches!(address.octets(), [100, 64..=127, _, _]);
            address.is_private() || address.is_loopback() || address.is_link_local() || shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::message::Message;

    fn request(via: &str, contact: &str) -> bool {
        let text = format!(
            "INVITE sip:a@b SIP/2.0\r\n{via}From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:a@{contact}>\r\n\r\n"
        );
        let Message::Request(request) = Message::parse(Bytes::from(text)).unwrap() else { panic!() };
        let contact = request.headers.contact().unwrap();
        request_behind_nat("203.0.113.9:5060".parse().unwrap(), &request, contact.as_ref())
    }

    #[test]
    fn a_via_or_a_private_contact_that_differs_from_the_source_tells_of_a_translator() {
        let (own, other) = ("Via: SIP/2.0/UDP 203.0.113.9\r\n", "Via: SIP/2.0/UDP 10.0.0.5\r\n");
        let named = "Via: SIP/2.0/UDP phone.lan\r\n";
        for (via, contact, behind) in [
            (own.to_owned(), "203.0.113.9", false),
            (other.to_owned(), "203.0.113.9", true),
            (own.to_owned(), "10.0.0.5", true),
            (named.to_owned(), "100.64.0.1", true),
            (named.to_owned(), "phone.lan", false),
            (own.to_owned(), "198.51.100.1", false),
            // A proxy sent it: the phone behind that is its business.
            (format!("{own}{other}"), "10.0.0.5", false),
        ] {
            assert_eq!(request(&via, contact), behind, "{via} {contact}");
        }
    }
}
