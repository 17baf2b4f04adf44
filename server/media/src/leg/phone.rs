//! Which packets are the phone's, and where do its own go?

use std::net::SocketAddr;

use crate::parameters::{RemoteRtp, RtpParameters, SourceRule};
use crate::rtp::Header;

/// The addresses of a plain-RTP peer.
///
/// A packet from anywhere else is dropped, whatever it says: media is never diverted to, nor injected by, whoever
/// sends first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phone {
    remote: Option<RemoteRtp>,
    rule: SourceRule,
    rtp: Option<Box<Learned>>,
    rtcp: Option<Box<Learned>>,
}

/// What the first packet after an offer has taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Learned {
    offer: u32,
    /// What the description said meanwhile: the phone's own idea of its address.
    named: SocketAddr,
    from: SocketAddr,
    ssrc: u32,
}

impl Phone {
    pub(crate) fn new(parameters: &RtpParameters) -> Self {
        Self { remote: parameters.remote, rule: parameters.source, rtp: None, rtcp: None }
    }

    pub(crate) fn update(&mut self, parameters: &RtpParameters) {
        (self.remote, self.rule) = (parameters.remote, parameters.source);
    }

    /// Whether RTP and RTCP share a port.
    pub(crate) fn is_muxed(&self) -> bool {
        self.remote.is_some_and(|remote| remote.is_muxed())
    }

    /// Whether RTP of this source is the phone's. `is_negotiated` tells whether its payload type is.
    pub(crate) fn accepts_rtp(&mut self, from: SocketAddr, header: &Header, is_negotiated: bool) -> bool {
        let Some(remote) = self.remote else { return false };
        match self.rule {
            SourceRule::Named => remote.rtp == from,
            SourceRule::Learned { from: signalling, offer }
            | SourceRule::Either { from: signalling, offer } => {
                let may_teach = from.ip() == signalling || self.is_either() && from == remote.rtp;
                let packet = Learned { offer, named: remote.rtp, from, ssrc: header.ssrc };
                learn(&mut self.rtp, packet, may_teach && is_negotiated)
            }
        }
    }

    /// Whether RTCP of this source is the phone's; `on_rtp_port` tells where it came in.
    pub(crate) fn accepts_rtcp(&mut self, from: SocketAddr, on_rtp_port: bool) -> bool {
        let Some(remote) = self.remote.filter(|remote| remote.is_muxed() == on_rtp_port) else {
            return false;
        };
        match self.rule {
            SourceRule::Named => remote.rtcp == from,
            SourceRule::Learned { .. } | SourceRule::Either { .. } if on_rtp_port => {
                self.rtp.as_ref().is_some_and(|learned| learned.from == from)
            }
            SourceRule::Learned { from: signalling, offer }
            | SourceRule::Either { from: signalling, offer } => {
                let may_teach = from.ip() == signalling || self.is_either() && from == remote.rtcp;
                // Any SSRC may report.
                let packet = Learned { offer, named: remote.rtcp, from, ssrc: 0 };
                learn(&mut self.rtcp, packet, may_teach)
            }
        }
    }

    /// Where RTP goes. Behind a NAT nothing is sent before something came.
    pub(crate) fn rtp_destination(&self) -> Option<SocketAddr> {
        self.destination(self.rtp.as_deref(), |remote| remote.rtp)
    }

    /// Where RTCP goes, and whether it shares the RTP port.
    pub(crate) fn rtcp_destination(&self) -> Option<(SocketAddr, bool)> {
        let remote = self.remote?;
        let learned = if remote.is_muxed() { &self.rtp } else { &self.rtcp };
        Some((self.destination(learned.as_deref(), |remote| remote.rtcp)?, remote.is_muxed()))
    }

    fn destination(
        &self,
        learned: Option<&Learned>,
        named: fn(RemoteRtp) -> SocketAddr,
    ) -> Option<SocketAddr> {
        let (named, learned) = (self.remote.map(named), learned.map(|learned| learned.from));
        match self.rule {
            SourceRule::Named => named,
            SourceRule::Learned { .. } => learned,
            SourceRule::Either { .. } => learned.or(named),
        }
    }

    /// Whether the SDP may be right.
    fn is_either(&self) -> bool {
        matches!(self.rule, SourceRule::Either { .. })
    }
}

/// Whether a packet is of the source that was learned; the first one that `may_teach` after an offer teaches it.
///
/// When the offer names another address than the one before, the phone is about to move: packets still on their
/// way from the old one are welcome, but do not count as the first.
fn learn(learned: &mut Option<Box<Learned>>, packet: Learned, may_teach: bool) -> bool {
    match learned {
        Some(known) if known.offer == packet.offer => known.from == packet.from && known.ssrc == packet.ssrc,
        Some(old) if old.named != packet.named && old.from == packet.from && old.ssrc == packet.ssrc => true,
        Some(_) | None => {
            if may_teach {
                *learned = Some(Box::new(packet));
            }
            may_teach
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(ssrc: u32) -> Header {
        let mut packet = vec![0x80, 0, 0, 1, 0, 0, 0, 1];
        packet.extend(ssrc.to_be_bytes());
        Header::parse(&packet).unwrap()
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn phone(source: SourceRule, rtcp: &str) -> Phone {
        let remote = RemoteRtp { rtp: at("192.168.1.7:4000"), rtcp: at(rtcp) };
        Phone::new(&RtpParameters { remote: Some(remote), source })
    }

    fn learned(offer: u32) -> SourceRule {
        SourceRule::Learned { from: "203.0.113.5".parse().unwrap(), offer }
    }

    #[test]
    fn only_the_address_and_port_that_the_sdp_named_are_the_phones() {
        let mut phone = phone(SourceRule::Named, "192.168.1.7:4001");
        assert!(phone.accepts_rtp(at("192.168.1.7:4000"), &header(1), true));
        assert!(phone.accepts_rtp(at("192.168.1.7:4000"), &header(2), true), "its SSRC may change");
        assert!(!phone.accepts_rtp(at("192.168.1.7:4002"), &header(1), true));
        assert!(!phone.accepts_rtp(at("192.168.1.8:4000"), &header(1), true));
        assert!(phone.accepts_rtcp(at("192.168.1.7:4001"), false));
        assert!(!phone.accepts_rtcp(at("192.168.1.7:4000"), false));
        assert!(!phone.accepts_rtcp(at("192.168.1.7:4001"), true));
        assert_eq!(phone.rtp_destination(), Some(at("192.168.1.7:4000")));
        assert_eq!(phone.rtcp_destination(), Some((at("192.168.1.7:4001"), false)));
    }

    #[test]
    fn behind_a_nat_the_first_packet_from_the_signalling_address_fixes_port_and_ssrc() {
        let mut phone = phone(learned(1), "192.168.1.7:4001");
        assert_eq!(phone.rtp_destination(), None, "nothing is sent before something came");
        assert!(!phone.accepts_rtp(at("192.168.1.7:4000"), &header(1), true), "what the SDP named");
        assert!(!phone.accepts_rtp(at("203.0.113.6:9000"), &header(1), true), "another host");
        assert!(!phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), false), "another payload type");
        assert!(phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), true));
        assert!(!phone.accepts_rtp(at("203.0.113.5:9002"), &header(1), true), "another port");
        assert!(!phone.accepts_rtp(at("203.0.113.5:9000"), &header(2), true), "another SSRC");
        assert_eq!(phone.rtp_destination(), Some(at("203.0.113.5:9000")));
    }

    #[test]
    fn a_new_offer_allows_to_learn_once_more_and_until_then_the_old_address_serves() {
        let mut phone = phone(learned(1), "192.168.1.7:4001");
        phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), true);
        phone.update(&RtpParameters { remote: phone.remote, source: learned(2) });
        assert_eq!(phone.rtp_destination(), Some(at("203.0.113.5:9000")));
        assert!(phone.accepts_rtp(at("203.0.113.5:9100"), &header(2), true));
        assert_eq!(phone.rtp_destination(), Some(at("203.0.113.5:9100")));
        assert!(!phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), true));
    }

    #[test]
    fn packets_on_their_way_from_the_old_address_do_not_shut_out_a_phone_that_moves() {
        let mut phone = phone(learned(1), "192.168.1.7:4001");
        phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), true);
        let moved = RemoteRtp { rtp: at("192.168.1.7:4400"), rtcp: at("192.168.1.7:4401") };
        phone.update(&RtpParameters { remote: Some(moved), source: learned(2) });
        assert!(phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), true), "on its way");
        assert!(phone.accepts_rtp(at("203.0.113.5:9100"), &header(2), true), "moved");
        assert!(!phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), true));
    }

    #[test]
    fn a_private_address_may_be_right_and_the_first_packet_tells() {
        let either = SourceRule::Either { from: "203.0.113.5".parse().unwrap(), offer: 1 };
        for (first, other) in
            [("192.168.1.7:4000", "203.0.113.5:9000"), ("203.0.113.5:9000", "192.168.1.7:4000")]
        {
            let mut phone = phone(either, "192.168.1.7:4001");
            assert_eq!(phone.rtp_destination(), Some(at("192.168.1.7:4000")), "as long as nothing came");
            assert_eq!(phone.rtcp_destination(), Some((at("192.168.1.7:4001"), false)));
            assert!(!phone.accepts_rtp(at("203.0.113.6:9000"), &header(1), true), "another host");
            assert!(!phone.accepts_rtp(at("192.168.1.7:4002"), &header(1), true), "another port");
            assert!(phone.accepts_rtp(at(first), &header(1), true));
            assert!(!phone.accepts_rtp(at(other), &header(1), true), "it is known where it is");
            assert_eq!(phone.rtp_destination(), Some(at(first)));
        }
        let mut phone = phone(either, "192.168.1.7:4001");
        assert!(phone.accepts_rtcp(at("203.0.113.5:9001"), false));
        assert!(!phone.accepts_rtcp(at("192.168.1.7:4001"), false));
        assert_eq!(phone.rtcp_destination(), Some((at("203.0.113.5:9001"), false)));
    }

    #[test]
    fn rtcp_behind_a_nat_is_learned_on_its_own_port_and_follows_rtp_on_a_shared_one() {
        let mut separate = phone(learned(1), "192.168.1.7:4001");
        assert_eq!(separate.rtcp_destination(), None);
        assert!(separate.accepts_rtcp(at("203.0.113.5:9001"), false));
        assert!(!separate.accepts_rtcp(at("203.0.113.5:9009"), false));
        assert_eq!(separate.rtcp_destination(), Some((at("203.0.113.5:9001"), false)));
        let mut shared = phone(learned(1), "192.168.1.7:4000");
        assert!(!shared.accepts_rtcp(at("203.0.113.5:9000"), true), "RTP comes first");
        shared.accepts_rtp(at("203.0.113.5:9000"), &header(1), true);
        assert!(shared.accepts_rtcp(at("203.0.113.5:9000"), true));
        assert_eq!(shared.rtcp_destination(), Some((at("203.0.113.5:9000"), true)));
    }

    #[test]
    fn before_the_peers_description_nothing_is_accepted_or_sent() {
        let mut phone = Phone::new(&RtpParameters { remote: None, source: learned(0) });
        assert!(!phone.accepts_rtp(at("203.0.113.5:9000"), &header(1), true));
        assert!(!phone.accepts_rtcp(at("203.0.113.5:9001"), false));
        assert_eq!((phone.rtp_destination(), phone.rtcp_destination()), (None, None));
    }
}
