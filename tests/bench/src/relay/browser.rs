//! A browser, as far as sound goes: ICE, DTLS and SRTP by str0m.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use anyhow::Context;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use super::{Counts, FRAME, STEPS};

/// A browser that has made an offer.
pub struct Browser {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    mid: Mid,
    pending: SdpPendingOffer,
    /// The offer.
    pub offer: String,
}

impl Browser {
    /// Offers Opus on a port of its own.
    pub async fn new() -> anyhow::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let config = RtcConfig::new().set_rtp_mode(true).clear_codecs().enable_opus(true, false);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        let mut changes = rtc.sdp_api();
        let (stream, track) = (Some("s".to_owned()), Some("t".to_owned()));
        let mid = changes.add_media(MediaKind::Audio, Direction::SendRecv, stream, track, None);
        let (offer, pending) = changes.apply().context("an offer")?;
        let offer = offer.to_sdp_string();
        Ok(Self { rtc, socket, address, mid, pending, offer })
    }

    /// Takes the answer, connects and talks until the process ends.
    pub async fn talk(self, answer: &str, counts: Arc<Counts>) -> anyhow::Result<()> {
        let Self { mut rtc, socket, address, mid, pending, .. } = self;
        rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(answer)?)?;
        let (mut buffer, mut sent, mut connected) = (vec![0; 2_048], 0, false);
        let mut frames = interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            let due = loop {
                match rtc.poll_output()? {
                    Output::Timeout(due) => break due,
                    // What the kernel does not take is lost, as datagrams are.
                    Output::Transmit(packet) => _ = socket.try_send_to(&packet.contents, packet.destination),
                    Output::Event(Event::Connected) => {
                        connected = true;
                        counts.connected.fetch_add(1, Relaxed);
                    }
                    Output::Event(Event::RtpPacket(packet)) => {
                        counts.arrived(&counts.to_browser, &packet.payload)
                    }
                    Output::Event(_) => {}
                }
            };
            tokio::select! {
                biased;
                received = socket.recv_from(&mut buffer) => {
                    let (length, from) = received?;
                    if let Ok(packet) = Receive::new(Protocol::Udp, from, address, &buffer[..length]) {
                        rtc.handle_input(Input::Receive(Instant::now(), packet))?;
                    }
                }
                _ = frames.tick() => {
                    if connected {
                        send(&mut rtc, mid, sent, &counts);
                        sent += 1;
                    }
                    rtc.handle_input(Input::Timeout(Instant::now()))?;
                }
                () = sleep_until(due.into()) => rtc.handle_input(Input::Timeout(Instant::now()))?,
            }
        }
    }
}

fn send(rtc: &mut Rtc, mid: Mid, number: u32, counts: &Counts) {
    let Some(payload_type) = rtc.media(mid).and_then(|media| media.remote_pts().first().copied()) else {
        return;
    };
    let mut direct = rtc.direct_api();
    let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return };
    let (sequence, time) = (u64::from(number) + 100, number.wrapping_mul(STEPS));
    stream.write_rtp(RtpWrite::new(payload_type, sequence.into(), time, Instant::now(), counts.sound()));
    counts.to_phone.sends();
}
