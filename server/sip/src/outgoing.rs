//! What a request of ours consists of before it is known which way it goes.

use std::net::IpAddr;

use bytes::Bytes;

use crate::config::Config;
use crate::flow::{FlowId, Listener, ListenerId, Transport};
use crate::header::{CSeq, ExtraHeader, HeaderName, NameAddr};
use crate::host::{Host, HostPort};
use crate::method::Method;
use crate::uri::{SipUri, Uri};
use crate::write::Writer;

/// A request without what depends on the way it goes: Via and the host of Contact.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    /// The Route header fields.
    pub(crate) routes: Vec<NameAddr>,
    /// Which of the Request-URI and the routes is the next hop (RFC 3261 §8.1.2).
    pub(crate) next_hop: Uri,
    pub(crate) from: NameAddr,
    pub(crate) to: NameAddr,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) max_forwards: u8,
    pub(crate) contact: Option<Contact>,
    /// Header fields of this kind of request.
    pub(crate) fields: Vec<(HeaderName, String)>,
    pub(crate) extra: Vec<ExtraHeader>,
    pub(crate) authorization: Option<Proof>,
    pub(crate) sdp: Option<Bytes>,
}

/// Our Contact: the host is that of the listener the request goes out from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) user: Option<String>,
    /// Seconds, in a REGISTER.
    pub(crate) expires: Option<u32>,
}

/// An answer to a challenge: the name of its header field, and the value.
pub(crate) type Proof = (HeaderName, String);

/// The way a request goes: what Via and Contact say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) flow: FlowId,
    /// Our address, as peers on this way reach it.
    pub(crate) advertised: HostPort,
}

/// Who is asked for a response, whatever the transport (RFC 3261 §8.1.1.6).
pub(crate) const MAX_FORWARDS: u8 = 70;

impl Outgoing {
    /// Where a request for `target` through `routes` has its Request-URI, Route header fields and next hop
    /// (RFC 3261 §12.2.1.1).
    pub(crate) fn routed(target: &Uri, routes: &[NameAddr]) -> (Uri, Vec<NameAddr>, Uri) {
        let Some(first) = routes.first() else { return (target.clone(), Vec::new(), target.clone()) };
        let loose = first.uri.as_sip().is_none_or(|uri| uri.params().has("lr"));
        if loose {
            return (target.clone(), routes.to_vec(), first.uri.clone());
        }
        let behind = routes.iter().skip(1).cloned().chain([NameAddr::new(None, target.clone())]).collect();
        (first.uri.clone(), behind, first.uri.clone())
    }

    /// The request as it goes out on a way, under a branch.
    pub(crate) fn encode(&self, way: &Way, branch: &str, user_agent: &str) -> Bytes {
        let mut writer = self.begin(&self.method, way, branch, &self.to);
        if let Some(contact) = &self.contact {
            writer.field(HeaderName::Contact, contact.at(way));
        }
        if matches!(self.method, Method::Invite | Method::Register | Method::Options) {
            writer.field(HeaderName::Allow, Method::ALLOWED);
        }
        self.fields.iter().for_each(|(name, value)| writer.field(*name, value));
        self.extra.iter().for_each(|header| writer.other(header.name(), header.value()));
        if let Some((name, value)) = &self.authorization {
            writer.field(*name, value);
        }
        writer.field(HeaderName::UserAgent, user_agent);
        writer.finish(self.sdp.as_ref())
    }

    /// The CANCEL of this request, which must go the same way under the same branch (RFC 3261 §9.1).
    pub(crate) fn cancel(&self, way: &Way, branch: &str, reason: Option<&str>) -> Bytes {
        let mut writer = self.begin(&Method::Cancel, way, branch, &self.to);
        if let Some(reason) = reason {
            writer.field(HeaderName::Reason, reason);
        }
        writer.finish(None)
    }

    /// The ACK of a failure, which must go the same way under the same branch (RFC 3261 §17.1.1.3).
    pub(crate) fn acknowledge(&self, way: &Way, branch: &str, to: &NameAddr) -> Bytes {
        let mut writer = self.begin(&Method::Ack, way, branch, to);
        // An ACK cannot be challenged: it repeats the proof of its INVITE (RFC 3261 §22.1).
        if let Some((name, value)) = &self.authorization {
            writer.field(*name, value);
        }
        writer.finish(None)
    }

    fn begin(&self, method: &Method, way: &Way, branch: &str, to: &NameAddr) -> Writer {
        let mut writer = Writer::request(method, &self.uri);
        let transport = way.flow.transport();
        // The response is to come to the port the request left from (RFC 3581 §3); TCP has its connection.
        let rport = if transport == Transport::Udp { ";rport" } else { "" };
        writer.field(
            HeaderName::Via,
            format_args!("SIP/2.0/{transport} {};branch={branch}{rport}", way.advertised),
        );
        self.routes.iter().for_each(|route| writer.field(HeaderName::Route, route));
        writer.field(HeaderName::MaxForwards, self.max_forwards);
        writer.field(HeaderName::From, &self.from);
        writer.field(HeaderName::To, to);
        writer.field(HeaderName::CallId, &self.call_id);
        writer.field(HeaderName::CSeq, CSeq { number: self.cseq, method: method.clone() });
        writer
    }
}

impl Contact {
    /// Where to reach this user, on this way.
    pub(crate) fn at(&self, way: &Way) -> String {
        let expires = self.expires.map(|seconds| format!(";expires={seconds}")).unwrap_or_default();
        format!("<{}>{expires}", contact_uri(self.user.as_deref(), &way.advertised, way.flow.transport()))
    }
}

/// The URI that reaches us at an advertised address.
pub(crate) fn contact_uri(user: Option<&str>, advertised: &HostPort, transport: Transport) -> SipUri {
    let host = advertised.host.clone();
    let uri = user.map_or_else(|| SipUri::of_host(host.clone()), |user| SipUri::new(user, host.clone()));
    let uri = uri.with_port(advertised.port);
    match transport {
        Transport::Udp => uri,
        Transport::Tcp => uri.with_param("transport", Some("tcp")),
    }
}

impl Way {
    /// What is said of a flow: the address of the listener it came to, or of the one peers like this are answered at.
    pub(crate) fn on(flow: FlowId, listener: Option<ListenerId>, remote: IpAddr, config: &Config) -> Self {
        let usual = || config.listener_for(flow.transport(), remote).or(config.listeners.first());
        let listener = listener.and_then(|id| config.listener(id)).or_else(usual);
        let advertised = listener.map(|Listener { advertised, .. }| advertised.clone());
        // Without any listener nobody can answer; what is written then does not matter.
        let nowhere = || HostPort { host: Host::Name("invalid".to_owned()), port: None };
        Self { flow, advertised: advertised.unwrap_or_else(nowhere) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(text: &str) -> NameAddr {
        NameAddr::parse(text.as_bytes()).unwrap()
    }

    fn routed(routes: &[&str]) -> (String, Vec<String>, String) {
        let target = Uri::parse("sip:callee@u2.domain.com").unwrap();
        let routes: Vec<_> = routes.iter().map(|text| route(text)).collect();
        let (uri, routes, next_hop) = Outgoing::routed(&target, &routes);
        (uri.to_string(), routes.iter().map(ToString::to_string).collect(), next_hop.to_string())
    }

    #[test]
    fn without_routes_the_request_goes_to_its_target() {
        assert_eq!(
            routed(&[]),
            ("sip:callee@u2.domain.com".into(), vec![], "sip:callee@u2.domain.com".into())
        );
    }

    #[test]
    fn a_loose_router_is_the_next_hop_and_stays_a_route() {
        assert_eq!(
            routed(&["<sip:p2.domain.com;lr>", "<sip:p1.domain.com>"]),
            (
                "sip:callee@u2.domain.com".into(),
                vec!["<sip:p2.domain.com;lr>".into(), "<sip:p1.domain.com>".into()],
                "sip:p2.domain.com;lr".into()
            )
        );
    }

    /// RFC 3261 §12.2.1.1: a strict router finds itself in the Request-URI and the target in the last route.
    #[test]
    fn a_strict_router_takes_the_place_of_the_target() {
        assert_eq!(
            routed(&["<sip:p2.domain.com>", "<sip:p1.domain.com;lr>"]),
            (
                "sip:p2.domain.com".into(),
                vec!["<sip:p1.domain.com;lr>".into(), "<sip:callee@u2.domain.com>".into()],
                "sip:p2.domain.com".into()
            )
        );
    }
}
