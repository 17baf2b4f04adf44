//! How is the gateway's own description written?

use std::net::SocketAddr;

use sdp_types::{Attribute, Connection, Media, Origin, Session, Time};

use super::{Local, Negotiation};
use crate::codec::Codec;
use crate::description::{Description, IceCredentials, Section, Setup};
use crate::{Direction, Fingerprint, Proposal};

/// The place of one media section: their number and order never change (RFC 3264 §8, RFC 8829 §5.2.2).
#[derive(Clone)]
pub(super) struct Slot {
    kind: String,
    protocol: String,
    formats: String,
    mid: Option<String>,
}

impl Slot {
    pub(super) fn of(section: &Section) -> Self {
        Self {
            kind: section.kind.clone(),
            protocol: section.protocol.clone(),
            formats: section.formats.clone(),
            mid: section.mid.clone(),
        }
    }

    /// The only section of a first offer.
    pub(super) fn first(local: &Local) -> Self {
        let (protocol, mid) = match local {
            Local::WebRtc { .. } => ("UDP/TLS/RTP/SAVPF", Some("0".to_owned())),
            Local::Rtp { .. } => ("RTP/AVP", None),
        };
        Self { kind: "audio".to_owned(), protocol: protocol.to_owned(), formats: String::new(), mid }
    }
}

/// What goes into one description.
pub(super) struct Composition<'a> {
    pub(super) layout: &'a [Slot],
    /// Which slot is the audio section; all others are refused.
    pub(super) audio: usize,
    pub(super) codecs: &'a [(u8, Codec)],
    pub(super) direction: Direction,
    /// Source of the packet lengths.
    pub(super) proposal: &'a Proposal,
    pub(super) credentials: &'a IceCredentials,
    /// The offer, if this is an answer.
    pub(super) answered: Option<&'a Description>,
}

impl Composition<'_> {
    /// The description, with version 1 in its `o=` line.
    pub(super) fn session(&self, negotiation: &Negotiation) -> Session {
        let address = match negotiation.local {
            Local::WebRtc { address, .. } => address.ip(),
            Local::Rtp { address, .. } => address,
        };
        let origin = Origin::with_ip_addr(negotiation.session_id, 1, address);
        let mut session = Session::new(origin, "-");
        session.add_time(Time::new(0, 0));
        match negotiation.local {
            Local::Rtp { .. } => session.set_connection(Connection::from_ip_addr(address)),
            Local::WebRtc { .. } => {
                if let Some(mid) = self.bundled() {
                    session.add_attribute_with_value("group", format!("BUNDLE {mid}"));
                }
                session.add_attribute_from_str("ice-lite");
            }
        }
        for (index, slot) in self.layout.iter().enumerate() {
            session.add_media(match &negotiation.local {
                _ if index != self.audio => refused(slot, &negotiation.local),
                Local::WebRtc { address, certificate } => {
                    self.browser_section(slot, *address, certificate, negotiation)
                }
                Local::Rtp { rtp_port, rtcp_port, .. } => self.phone_section(slot, *rtp_port, *rtcp_port),
            });
        }
        session
    }

    /// The audio section's `mid`, if it is bundled: in an answer only if the offer has it in the group.
    fn bundled(&self) -> Option<&str> {
        let mid = self.layout.get(self.audio)?.mid.as_deref()?;
        let offered = self.answered.is_none_or(|offer| offer.bundle.iter().any(|member| member == mid));
        offered.then_some(mid)
    }

    fn browser_section(
        &self,
        slot: &Slot,
        address: SocketAddr,
        certificate: &Fingerprint,
        negotiation: &Negotiation,
    ) -> Media {
        let setup = if self.answered.is_some() { Setup::Passive } else { Setup::ActPass };
        let mut attributes = Vec::new();
        let mut add = |name: &str, value: String| attributes.push(Attribute::with_value(name, value));
        // The one candidate of an ICE-lite agent (RFC 8445 §5.1.1.1); its priority is that of a single host address.
        add("candidate", format!("1 1 udp 2130706431 {} {} typ host", address.ip(), address.port()));
        attributes.push(Attribute::new("end-of-candidates"));
        let mut add = |name: &str, value: &str| attributes.push(Attribute::with_value(name, value));
        add("ice-ufrag", &self.credentials.ufrag);
        add("ice-pwd", &self.credentials.password);
        add("fingerprint", &certificate.to_string());
        add("setup", setup.value());
        if let Some(mid) = &slot.mid {
            add("mid", mid);
        }
        if self.direction.sends() {
            add("msid", &format!("{0} {0}-audio", negotiation.stream));
        }
        add("ssrc", &format!("{} cname:{}", negotiation.ssrc, negotiation.cname));
        attributes.push(Attribute::new("rtcp-mux"));
        let connection = Connection::from_ip_addr(address.ip());
        Media { connections: vec![connection], ..self.section(slot, address.port(), attributes) }
    }

    fn phone_section(&self, slot: &Slot, rtp_port: u16, rtcp_port: u16) -> Media {
        let mut attributes = Vec::new();
        let muxed = self
            .answered
            .is_some_and(|offer| offer.sections.get(self.audio).is_some_and(|section| section.rtcp_mux));
        if muxed {
            attributes.push(Attribute::new("rtcp-mux"));
        } else if rtcp_port != rtp_port.wrapping_add(1) {
            attributes.push(Attribute::with_value("rtcp", rtcp_port));
        }
        self.section(slot, rtp_port, attributes)
    }

    /// What both kinds of section have: the codecs after the transport's attributes.
    fn section(&self, slot: &Slot, port: u16, mut attributes: Vec<Attribute>) -> Media {
        let numbers: Vec<String> = self.codecs.iter().map(|(number, _)| number.to_string()).collect();
        for (number, codec) in self.codecs {
            attributes.push(Attribute::with_value("rtpmap", format!("{number} {}", codec.encoding)));
            if let Some(parameters) = &codec.parameters {
                attributes.push(Attribute::with_value("fmtp", format!("{number} {parameters}")));
            }
        }
        if let Some(ptime) = self.proposal.ptime {
            attributes.push(Attribute::with_value("ptime", ptime));
        }
        if let Some(maxptime) = self.proposal.maxptime {
            attributes.push(Attribute::with_value("maxptime", maxptime));
        }
        attributes.push(Attribute::new(self.direction.attribute()));
        media(slot, port, numbers.join(" "), attributes)
    }
}

/// A section that is refused: port 0 and no transport of its own (RFC 3264 §6, RFC 8829 §5.3.1).
fn refused(slot: &Slot, local: &Local) -> Media {
    let mid = slot.mid.as_ref().filter(|_| matches!(local, Local::WebRtc { .. }));
    let attributes = mid.map(|mid| Attribute::with_value("mid", mid)).into_iter().collect();
    let refused = media(slot, 0, slot.formats.clone(), attributes);
    match local {
        Local::Rtp { .. } => refused,
        // There is no connection line at the session level to inherit.
        Local::WebRtc { .. } => {
            let nowhere = Connection::from_ip_addr(std::net::Ipv4Addr::UNSPECIFIED);
            Media { connections: vec![nowhere], ..refused }
        }
    }
}

fn media(slot: &Slot, port: u16, formats: String, attributes: Vec<Attribute>) -> Media {
    Media {
        media: slot.kind.clone(),
        port,
        num_ports: None,
        proto: slot.protocol.clone(),
        fmt: formats,
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes,
    }
}
