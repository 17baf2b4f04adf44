//! Which section of a peer's description is taken, and can media flow with it?

use std::net::{IpAddr, SocketAddr};

use super::Local;
use crate::Error;
use crate::description::{Description, Host, Section, Setup};

/// The audio section to use: the one in use already, else the first acceptable one.
///
/// When there is none, the error says what is wrong with the first audio section.
pub(super) fn choose(
    local: &Local,
    description: &Description,
    preferred: Option<usize>,
) -> Result<usize, Error> {
    let in_use = preferred.and_then(|index| Some((index, description.sections.get(index)?)));
    let mut refusal = Error::NoAudio;
    for (index, section) in in_use.into_iter().chain(description.sections.iter().enumerate()) {
        match check_section(local, section) {
            Ok(()) => return Ok(index),
            Err(error) if refusal == Error::NoAudio => refusal = error,
            Err(_) => {}
        }
    }
    Err(refusal)
}

fn check_section(local: &Local, section: &Section) -> Result<(), Error> {
    if section.kind != "audio" {
        return Err(Error::NoAudio);
    }
    check_open(section)?;
    let spoken: &[&str] = match local {
        // Clients of the XML protocol write RTP/SAVPF for what is UDP/TLS/RTP/SAVPF.
        Local::WebRtc { .. } => &["UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP"],
        Local::Rtp { .. } => &["RTP/AVP", "RTP/AVPF"],
    };
    if !spoken.iter().any(|protocol| protocol.eq_ignore_ascii_case(&section.protocol)) {
        return Err(Error::Profile { line: section.line() });
    }
    if !section.codecs.iter().any(|(_, codec)| codec.encoding.is_audio()) {
        return Err(Error::NoCodec { line: section.line() });
    }
    Ok(())
}

pub(super) fn check_open(section: &Section) -> Result<(), Error> {
    if section.is_open() { Ok(()) } else { Err(Error::Refused { line: section.line() }) }
}

/// Whether the section says everything that its kind of transport needs.
pub(super) fn check_transport(
    local: &Local,
    description: &Description,
    section: &Section,
) -> Result<(), Error> {
    match local {
        Local::Rtp { .. } => address(local, section).map(|_| ()),
        Local::WebRtc { .. } => check_browser(description, section),
    }
}

fn check_browser(description: &Description, section: &Section) -> Result<(), Error> {
    let tagged = description.tagged(section);
    if description.ice_lite {
        return Err(Error::BothLite);
    }
    if tagged.ice.is_none() {
        return Err(Error::NoIce { line: section.line() });
    }
    if section.fingerprints.is_empty() && tagged.fingerprints.is_empty() {
        return Err(Error::NoFingerprint { line: section.line() });
    }
    if !section.rtcp_mux && !tagged.rtcp_mux {
        return Err(Error::NoRtcpMux { line: section.line() });
    }
    match section.setup.or(tagged.setup) {
        // An absent attribute in an answer means active (RFC 4145 §4); the gateway is passive in all these cases.
        Some(Setup::Active | Setup::ActPass) | None => Ok(()),
        Some(setup @ (Setup::Passive | Setup::HoldConn)) => {
            Err(Error::Setup { line: format!("a=setup:{}", setup.value()) })
        }
    }
}

/// Where a phone wants its RTP; `None` when it is on hold by address.
pub(super) fn address(local: &Local, section: &Section) -> Result<Option<SocketAddr>, Error> {
    let unusable = |line: String| Err(Error::Address { line });
    match (&section.host, local) {
        (Host::Hold, _) => Ok(None),
        // A leg that sends to its own port would talk to itself for ever.
        (Host::Ip(ip), Local::Rtp { address, rtp_port, rtcp_port })
            if ip.is_ipv4() == address.is_ipv4()
                && !(ip == address && [*rtp_port, *rtcp_port].contains(&section.port)) =>
        {
            Ok(Some(SocketAddr::new(*ip, section.port)))
        }
        (Host::Ip(ip), _) => unusable(format!("c=IN {} {ip}", family(*ip))),
        (Host::Unusable(text), _) => unusable(format!("c=IN {text}")),
        (Host::Absent, _) => unusable(section.line()),
    }
}

/// The `<addrtype>` of an address.
pub(super) fn family(ip: IpAddr) -> &'static str {
    if ip.is_ipv4() { "IP4" } else { "IP6" }
}
