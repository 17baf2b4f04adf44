//! What does one media section say?

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Session};

use crate::codec::{Codec, Encoding};
use crate::fingerprint::{Fingerprint, FingerprintError};
use crate::{Direction, Error};

/// One `m=` section with what it inherits from the session level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `audio`, `video`, `application`, …
    pub kind: String,
    /// The RTP port; 0 for a refused section, or for one that is bundled with another.
    pub port: u16,
    /// The transport profile, e.g. `RTP/AVP`.
    pub protocol: String,
    /// The format list as written.
    pub formats: String,
    /// The section's name for BUNDLE (RFC 5888).
    pub mid: Option<String>,
    /// Port 0 does not mean refused (RFC 9143 §6).
    pub bundle_only: bool,
    /// Codecs that pass through, each at its first payload type, in the order of preference.
    pub codecs: Vec<(u8, Codec)>,
    /// The direction, as written or inherited.
    pub direction: Direction,
    /// The wished packet length in milliseconds.
    pub ptime: Option<u16>,
    /// The longest acceptable packet in milliseconds.
    pub maxptime: Option<u16>,
    /// Where the media is to be sent.
    pub host: Host,
    /// `a=rtcp` (RFC 3605): the port, and the address if it differs.
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// RTP and RTCP on one port (RFC 5761).
    pub rtcp_mux: bool,
    /// ICE credentials of the peer. Its candidates are of no interest: an ICE-lite agent makes no checks.
    pub ice: Option<IceCredentials>,
    /// Certificates that the peer may show in DTLS.
    pub fingerprints: Vec<Fingerprint>,
    /// Who opens the DTLS association.
    pub setup: Option<Setup>,
    /// The identity of the DTLS association (RFC 8842 §4), where the peer names it.
    pub tls_id: Option<String>,
}

/// `a=ice-ufrag` and `a=ice-pwd` (RFC 8839 §5.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IceCredentials {
    /// The user name fragment.
    pub ufrag: String,
    /// The password that keys the integrity of connectivity checks.
    pub password: String,
}

/// `a=setup` (RFC 4145, RFC 5763 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setup {
    /// The writer opens the association: it is the DTLS client.
    Active,
    /// The writer waits for it: it is the DTLS server.
    Passive,
    /// The writer leaves it to the answerer.
    ActPass,
    /// No association for now.
    HoldConn,
}

/// What the `c=` line of a section means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// There is none, neither here nor at the session level.
    Absent,
    /// An address that media can be sent to.
    Ip(IpAddr),
    /// `0.0.0.0` or `::`: send nothing, the hold of old (RFC 3264 §8.4, RFC 6157 §5).
    Hold,
    /// Something that is not a unicast address, as written.
    Unusable(String),
}

impl Section {
    pub(super) fn read(session: &Session, media: &Media) -> Result<Self, Error> {
        let scope = Scope { session: &session.attributes, media: &media.attributes };
        Ok(Self {
            kind: media.media.clone(),
            port: media.port,
            protocol: media.proto.clone(),
            formats: media.fmt.clone(),
            mid: scope.own("mid").map(str::to_owned),
            bundle_only: media.has_attribute("bundle-only"),
            codecs: codecs(media, media.has_attribute("rtcp-mux")),
            direction: scope.direction(),
            ptime: scope.own("ptime").and_then(milliseconds),
            maxptime: scope.own("maxptime").and_then(milliseconds),
            host: Host::read(media.connections.first().or(session.connection.as_ref())),
            rtcp: scope.own("rtcp").and_then(rtcp),
            rtcp_mux: media.has_attribute("rtcp-mux"),
            ice: scope.ice(),
            fingerprints: scope.fingerprints()?,
            setup: scope.inherited("setup").and_then(Setup::read),
            tls_id: scope.inherited("tls-id").map(str::to_owned),
        })
    }

    /// The `m=` line, for a report.
    #[must_use]
    pub fn line(&self) -> String {
        format!("m={} {} {} {}", self.kind, self.port, self.protocol, self.formats)
    }

    /// Whether the peer offers this section at all.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.port != 0 || self.bundle_only
    }

    /// The direction as the peer means it: on hold by address it receives nothing, whatever else it wrote. With
    /// ICE the same address only means that there are no candidates yet (RFC 8840 §4.3).
    #[must_use]
    pub fn effective_direction(&self) -> Direction {
        match self.host {
            Host::Hold if self.ice.is_none() => Direction::new(self.direction.sends(), false),
            Host::Hold | Host::Absent | Host::Ip(_) | Host::Unusable(_) => self.direction,
        }
    }

    /// Where RTCP goes when RTP goes to `rtp`: to the same port, to `a=rtcp`, or to the next port (RFC 3550 §11).
    pub(crate) fn rtcp_address(&self, rtp: SocketAddr) -> SocketAddr {
        match self.rtcp {
            Some((port, ip)) if port != 0 && !self.rtcp_mux => {
                let usable = ip.filter(|ip| !ip.is_unspecified() && ip.is_ipv4() == rtp.is_ipv4());
                SocketAddr::new(usable.unwrap_or(rtp.ip()), port)
            }
            _ if self.rtcp_mux => rtp,
            _ => SocketAddr::new(rtp.ip(), rtp.port().wrapping_add(1)),
        }
    }
}

impl Setup {
    /// The attribute's value.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
        }
    }

    fn read(value: &str) -> Option<Self> {
        [Self::Active, Self::Passive, Self::ActPass, Self::HoldConn]
            .into_iter()
            .find(|setup| setup.value().eq_ignore_ascii_case(value.trim()))
    }
}

impl Host {
    fn read(connection: Option<&Connection>) -> Self {
        let Some(connection) = connection else { return Self::Absent };
        let broadcast = |ip: &IpAddr| matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
        match connection.connection_address.parse::<IpAddr>() {
            Ok(ip) if ip.is_unspecified() => Self::Hold,
            Ok(ip) if !ip.is_multicast() && !broadcast(&ip) => Self::Ip(ip),
            Ok(_) | Err(_) => Self::Unusable(connection.connection_address.clone()),
        }
    }
}

/// Attributes of a section over those of the session.
struct Scope<'a> {
    session: &'a [Attribute],
    media: &'a [Attribute],
}

impl<'a> Scope<'a> {
    fn own(&self, name: &str) -> Option<&'a str> {
        value(self.media, name)
    }

    fn inherited(&self, name: &str) -> Option<&'a str> {
        value(self.media, name).or_else(|| value(self.session, name))
    }

    fn direction(&self) -> Direction {
        let first = |attributes: &[Attribute]| {
            attributes.iter().find_map(|attribute| Direction::from_attribute(&attribute.attribute))
        };
        first(self.media).or_else(|| first(self.session)).unwrap_or_default()
    }

    fn ice(&self) -> Option<IceCredentials> {
        let (ufrag, password) = (self.inherited("ice-ufrag")?, self.inherited("ice-pwd")?);
        Some(IceCredentials { ufrag: ufrag.to_owned(), password: password.to_owned() })
    }

    fn fingerprints(&self) -> Result<Vec<Fingerprint>, FingerprintError> {
        let of = |attributes: &'a [Attribute]| {
            attributes
                .iter()
                .filter(|attribute| attribute.attribute == "fingerprint")
                .filter_map(|attribute| attribute.value.as_deref())
                .map(Fingerprint::parse)
                .filter(|read| !matches!(read, Err(FingerprintError::Unsupported(_))))
                .collect::<Result<Vec<_>, _>>()
        };
        let own = of(self.media)?;
        if own.is_empty() { of(self.session) } else { Ok(own) }
    }
}

fn value<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.attribute == name).and_then(|found| found.value.as_deref())
}

fn milliseconds(text: &str) -> Option<u16> {
    // Some clients write fractions ("a=maxptime:20.0").
    let whole = text.trim().split('.').next()?;
    whole.parse().ok().filter(|duration| (1..=1_000).contains(duration))
}

/// `a=rtcp:53020 IN IP4 126.16.64.4`, the address being optional (RFC 3605 §2.1).
fn rtcp(text: &str) -> Option<(u16, Option<IpAddr>)> {
    let mut words = text.split_ascii_whitespace();
    let port = words.next()?.parse().ok()?;
    Some((port, words.nth(2).and_then(|address| address.parse().ok())))
}

/// Numbers that RTCP on the same port would be mistaken for are no payload types there (RFC 5761 §4).
fn codecs(media: &Media, is_muxed: bool) -> Vec<(u8, Codec)> {
    let is_usable = |number: &u8| *number < 128 && !(is_muxed && (64..=95).contains(number));
    let mut codecs: Vec<(u8, Codec)> = Vec::new();
    let numbers = media.fmt.split_ascii_whitespace().filter_map(|text| text.parse().ok()).filter(is_usable);
    for payload_type in numbers {
        let rtpmap = parameter(media, "rtpmap", payload_type);
        let encoding = match rtpmap {
            Some(value) => Encoding::from_rtpmap(value),
            None => Encoding::from_static(payload_type),
        };
        let Some(encoding) = encoding else { continue };
        if codecs.iter().all(|(number, codec)| *number != payload_type && codec.encoding != encoding) {
            let parameters = parameter(media, "fmtp", payload_type).filter(|text| is_modest(text));
            let parameters = parameters.map(str::to_owned);
            codecs.push((payload_type, Codec { encoding, parameters }));
        }
    }
    codecs
}

/// Format parameters travel to the other leg, so they are to be short and plain; real ones have 100 letters.
fn is_modest(parameters: &str) -> bool {
    parameters.len() <= 500 && !parameters.chars().any(char::is_control)
}

/// The rest of `a=NAME:PT rest`.
fn parameter<'a>(media: &'a Media, name: &str, payload_type: u8) -> Option<&'a str> {
    media
        .attributes
        .iter()
        .filter(|attribute| attribute.attribute == name)
        .filter_map(|attribute| attribute.value.as_deref()?.trim().split_once(' '))
        .find(|(number, _)| number.parse() == Ok(payload_type))
        .map(|(_, rest)| rest.trim())
}
