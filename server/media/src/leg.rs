//! What does the router hold of one leg?

mod browser;
mod phone;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(crate) use self::browser::Browser;
pub(crate) use self::phone::Phone;
use crate::Direction;
use crate::allowance::Allowance;
use crate::codec::Encoding;
use crate::dtmf::Detector;
use crate::interface::{LegId, Socket};
use crate::legs::Slot;
use crate::parameters::{LegParameters, Payload, TransportParameters};
use crate::random::Random;
use crate::reception::Reception;
use crate::rtcp::{self, Compound, Item, ReportBlock, SenderInfo};
use crate::rtp::Header;
use crate::sending::Sending;
use crate::statistics::{Drops, FarEnd, Received, Sent, Statistics};

/// One leg: its transport, the stream that it sends and the one that it receives.
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) transport: Transport,
    pub(crate) direction: Direction,
    pub(crate) sending: Sending,
    pub(crate) detector: Detector,
    pub(crate) drops: Drops,
    /// How many packets the peer may still send just now.
    pub(crate) allowance: Allowance,
    /// The leg that it is bridged with, possibly itself.
    pub(crate) peer: Option<Slot>,
    /// [`Event::Connected`](crate::Event::Connected) was the last word.
    pub(crate) is_connected: bool,
    /// When the next RTCP report is due.
    pub(crate) report_due: Instant,
    /// What the router's timers hold for this leg.
    pub(crate) deadline: Option<Instant>,
    /// How many packets had come of the peer, RTCP too, and when another had come last; looked at with each report.
    heard: (u64, Instant),
    reports_heard: u64,
    cname: String,
    routes: [Option<Route>; Encoding::ALL.len()],
    reception: Option<Reception>,
    received: Received,
    /// Packets sent when the last report was made.
    reported: u64,
    far_end: Option<FarEnd>,
}

/// How packets of a leg travel.
pub(crate) enum Transport {
    Browser(Box<Browser>),
    Phone(Phone),
}

/// What is received under one payload type, and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) payload: Payload,
    /// The payload type under which the leg at the other end of the bridge sends it, if it has the codec.
    pub(crate) onward: Option<u8>,
}

/// The interval of RTCP reports, before jitter: the minimum that RFC 3550 §6.2 recommends.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// How long a phone may say nothing at all. Those that send no sound still report, every five seconds or so.
const SILENCE: Duration = Duration::from_secs(60);

impl Leg {
    pub(crate) fn new(
        id: LegId,
        transport: Transport,
        parameters: &LegParameters,
        now: Instant,
        random: &mut Random,
    ) -> Self {
        Self {
            id,
            transport,
            direction: parameters.direction,
            sending: Sending::new(parameters.ssrc, random),
            detector: Detector::default(),
            drops: Drops::default(),
            allowance: Allowance::of_media(now),
            peer: None,
            is_connected: false,
            // The first report comes after half the interval (§6.2).
            report_due: now + interval(random) / 2,
            deadline: None,
            heard: (0, now),
            reports_heard: 0,
            cname: parameters.cname.clone(),
            routes: routes(&parameters.payloads),
            reception: None,
            received: Received::default(),
            reported: 0,
            far_end: None,
        }
    }

    /// Takes over what was negotiated, the transport excepted.
    pub(crate) fn renegotiate(&mut self, parameters: &LegParameters) {
        self.direction = parameters.direction;
        self.routes = routes(&parameters.payloads);
    }

    /// Reckons where this leg's packets go when `peer` is at the other end.
    pub(crate) fn route_to(&mut self, peer: &[Payload]) {
        for route in self.routes.iter_mut().flatten() {
            let other = peer.iter().find(|other| other.encoding == route.payload.encoding);
            route.onward = other.map(|other| other.send);
        }
    }

    pub(crate) fn payloads(&self) -> Vec<Payload> {
        self.routes.iter().flatten().map(|route| route.payload).collect()
    }

    /// What the peer sends under `payload_type`, if that was negotiated.
    pub(crate) fn route(&self, payload_type: u8) -> Option<Route> {
        self.routes.iter().flatten().find(|route| route.payload.receive == payload_type).copied()
    }

    /// Counts an accepted packet.
    pub(crate) fn note_packet(&mut self, now: Instant, header: &Header, encoding: Encoding, octets: usize) {
        let clock_rate = encoding.clock_rate();
        if let Some(former) = self.reception.take_if(|reception| reception.ssrc() != header.ssrc) {
            self.received.lost += former.lost();
        }
        let reception = self.reception.get_or_insert_with(|| Reception::new(now, header, clock_rate));
        reception.note(now, header, clock_rate, !encoding.is_telephone_event());
        self.received.packets += 1;
        self.received.octets += u64::try_from(octets).unwrap_or(0);
    }

    /// Takes what matters of the peer's RTCP; false if it is none.
    pub(crate) fn note_rtcp(&mut self, now: Instant, ntp: u64, packet: &[u8]) -> bool {
        self.reports_heard += 1;
        let (own, clock_rate) = (self.sending.ssrc(), self.sending.clock_rate());
        let (reception, far_end) = (&mut self.reception, &mut self.far_end);
        rtcp::parse(packet, |item| match item {
            Item::SenderReport { ssrc, middle } => {
                if let Some(reception) = reception.as_mut().filter(|reception| reception.ssrc() == ssrc) {
                    reception.note_sender_report(now, middle);
                }
            }
            Item::Block(block) if block.ssrc == own => *far_end = Some(reported(&block, clock_rate, ntp)),
            // The end of a stream is not the end of a call: that is for the signalling to say.
            Item::Block(_) | Item::Bye { .. } => {}
        })
    }

    /// The next report, or the last one.
    pub(crate) fn report(&mut self, now: Instant, ntp: u64, is_farewell: bool) -> Compound<'_> {
        let (packets, octets) = self.sending.counts();
        let has_sent = packets != std::mem::replace(&mut self.reported, packets);
        let sender = has_sent.then(|| SenderInfo {
            ntp,
            timestamp: self.sending.timestamp_at(now),
            packets: wrapped(packets),
            octets: wrapped(octets),
        });
        Compound {
            ssrc: self.sending.ssrc(),
            sender,
            block: self.reception.as_mut().and_then(|reception| reception.report(now)),
            cname: &self.cname,
            is_farewell,
        }
    }

    /// Whether nothing has come of the peer for [`SILENCE`], or for as long again.
    pub(crate) fn is_silent(&mut self, now: Instant) -> bool {
        let heard = self.received.packets + self.reports_heard;
        let (before, since) = self.heard;
        let is_silent = heard == before && now.saturating_duration_since(since) >= SILENCE;
        if heard != before || is_silent {
            self.heard = (heard, now);
        }
        is_silent
    }

    /// Puts the next report off by an interval, more or less (§6.2: so that nobody falls into step).
    pub(crate) fn schedule_report(&mut self, now: Instant, random: &mut Random) {
        self.report_due = now + interval(random);
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let (packets, octets) = self.sending.counts();
        let lost = self.reception.as_ref().map_or(0, Reception::lost);
        let jitter = self.reception.as_ref().map(Reception::jitter).unwrap_or_default();
        Statistics {
            received: Received { lost: self.received.lost + lost, jitter, ..self.received },
            sent: Sent { packets, octets },
            far_end: self.far_end,
            drops: self.drops,
        }
    }

    /// Where RTP to the peer goes, once that is known and allowed.
    pub(crate) fn rtp_path(&self) -> Option<(Socket, SocketAddr)> {
        match &self.transport {
            Transport::Browser(browser) => Some((Socket::Shared, browser.destination()?)),
            Transport::Phone(phone) => Some((Socket::Rtp(self.id), phone.rtp_destination()?)),
        }
    }

    /// Where RTCP to the peer goes.
    pub(crate) fn rtcp_path(&self) -> Option<(Socket, SocketAddr)> {
        match &self.transport {
            Transport::Browser(browser) => Some((Socket::Shared, browser.destination()?)),
            Transport::Phone(phone) => {
                let (to, is_muxed) = phone.rtcp_destination()?;
                Some((if is_muxed { Socket::Rtp(self.id) } else { Socket::Rtcp(self.id) }, to))
            }
        }
    }

    /// Whether RTCP comes on the port of RTP.
    pub(crate) fn has_muxed_rtcp(&self) -> bool {
        match &self.transport {
            Transport::Browser(_) => true,
            Transport::Phone(phone) => phone.is_muxed(),
        }
    }

    /// When something of this leg is due.
    pub(crate) fn next_deadline(&self) -> Instant {
        let transport = match &self.transport {
            Transport::Browser(browser) => browser.deadline(),
            Transport::Phone(_) => None,
        };
        [transport, self.detector.deadline()].into_iter().flatten().fold(self.report_due, Instant::min)
    }
}

impl Transport {
    /// Whether these parameters are for this kind.
    pub(crate) fn fits(&self, parameters: &TransportParameters) -> bool {
        match (self, parameters) {
            (Self::Browser(_), TransportParameters::WebRtc(_))
            | (Self::Phone(_), TransportParameters::Rtp(_)) => true,
            (Self::Browser(_), TransportParameters::Rtp(_))
            | (Self::Phone(_), TransportParameters::WebRtc(_)) => false,
        }
    }
}

/// Held in the leg itself: every packet looks here. An encoding is negotiated once, so there is room for all.
fn routes(payloads: &[Payload]) -> [Option<Route>; Encoding::ALL.len()] {
    let mut routes = [None; Encoding::ALL.len()];
    for (route, payload) in routes.iter_mut().zip(payloads) {
        *route = Some(Route { payload: *payload, onward: None });
    }
    routes
}

/// Half to one and a half times the interval.
fn interval(random: &mut Random) -> Duration {
    REPORT_INTERVAL / 2 + REPORT_INTERVAL * (random.u32() >> 16) / (1 << 16)
}

fn reported(block: &ReportBlock, clock_rate: u32, ntp: u64) -> FarEnd {
    let jitter = u64::from(block.jitter) * 1_000_000_000;
    FarEnd {
        fraction_lost: block.fraction_lost,
        lost: block.lost,
        jitter: Duration::from_nanos(jitter.checked_div(u64::from(clock_rate)).unwrap_or(0)),
        round_trip: rtcp::round_trip(block, ntp),
    }
}

/// The counters of a report have 32 bits and wrap around (§6.4.1).
fn wrapped(count: u64) -> u32 {
    u32::try_from(count & u64::from(u32::MAX)).unwrap_or(0)
}
