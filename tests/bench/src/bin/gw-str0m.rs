//! A reference for the relay bench: a gateway made of a ready-made WebRTC stack, with a socket and a task for each leg.
//!
//!     gw-str0m ADDRESS
//!
//! How the loader talks to it is told in `relay.rs`. It is a bar to be measured against, not a gateway.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Context;
use str0m::change::SdpOffer;
use str0m::media::Mid;
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::sleep_until;

/// One browser and its plain RTP peer.
struct Leg {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    plain: UdpSocket,
    mid: Option<Mid>,
    connected: bool,
    /// The sequence number of the last packet from the plain side, with its cycles.
    sequence: Option<u64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).context("see the first lines of gw-str0m.rs")?;
    str0m::crypto::from_feature_flags().install_process_default();
    let certificate = str0m::crypto::from_feature_flags().dtls_provider.generate_certificate();
    let certificate = certificate.context("a certificate")?;
    let listener = TcpListener::bind(address).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        let mut request = vec![0; stream.read_u32().await? as usize];
        stream.read_exact(&mut request).await?;
        let request = String::from_utf8(request)?;
        let (peer, offer) = request.split_once('\n').context("an address and an offer")?;
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let local = socket.local_addr()?;
        let plain = UdpSocket::bind("127.0.0.1:0").await?;
        plain.connect(peer).await?;
        let config = RtcConfig::new().set_rtp_mode(true).clear_codecs().enable_opus(true, false);
        let mut rtc =
            config.set_stats_interval(None).set_dtls_cert(certificate.clone()).build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        let answer = rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(offer)?)?;
        let answer = format!("{}\n{}", plain.local_addr()?, answer.to_sdp_string());
        stream.write_u32(u32::try_from(answer.len())?).await?;
        stream.write_all(answer.as_bytes()).await?;
        let leg = Leg { rtc, socket, local, plain, mid: None, connected: false, sequence: None };
        tokio::spawn(async move {
            if let Err(error) = leg.run().await {
                eprintln!("a leg ends: {error:#}");
            }
        });
    }
}

impl Leg {
    async fn run(mut self) -> anyhow::Result<()> {
        let (mut from_browser, mut from_plain) = ([0; 2_048], [0; 2_048]);
        let sleep = sleep_until(Instant::now().into());
        tokio::pin!(sleep);
        loop {
            sleep.as_mut().reset(self.drain()?.into());
            tokio::select! {
                biased;
                received = self.socket.recv_from(&mut from_browser) => {
                    let (length, from) = received?;
                    if let Ok(datagram) = Receive::new(Protocol::Udp, from, self.local, &from_browser[..length]) {
                        self.rtc.handle_input(Input::Receive(Instant::now(), datagram))?;
                    }
                }
                received = self.plain.recv(&mut from_plain) => {
                    self.to_browser(&from_plain[..received?])?;
                }
                () = &mut sleep => self.rtc.handle_input(Input::Timeout(Instant::now()))?,
            }
        }
    }

    /// Does what the stack wants; returns when it wants to be called again.
    fn drain(&mut self) -> anyhow::Result<Instant> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(due) => return Ok(due),
                // What the kernel does not take is lost, as datagrams are.
                Output::Transmit(packet) => _ = self.socket.try_send_to(&packet.contents, packet.destination),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::MediaAdded(media)) => self.mid = Some(media.mid),
                Output::Event(Event::RtpPacket(packet)) => self.from_browser(&packet),
                Output::Event(_) => {}
            }
        }
    }

    fn from_browser(&self, packet: &RtpPacket) {
        let header = &packet.header;
        let mut out = [0; 2_048];
        let length = 12 + packet.payload.len();
        let Some(payload) = out.get_mut(12..length) else { return };
        payload.copy_from_slice(&packet.payload);
        out[0] = 0x80;
        out[1] = *header.payload_type | if header.marker { 0x80 } else { 0 };
        out[2..4].copy_from_slice(&header.sequence_number.to_be_bytes());
        out[4..8].copy_from_slice(&header.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&(*header.ssrc).to_be_bytes());
        _ = self.plain.try_send(&out[..length]);
    }

    fn to_browser(&mut self, packet: &[u8]) -> anyhow::Result<()> {
        let (Some(mid), true, Some((header, payload))) =
            (self.mid, self.connected, packet.split_at_checked(12))
        else {
            return Ok(());
        };
        let sequence = u16::from_be_bytes([header[2], header[3]]);
        let time = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let next = match self.sequence {
            None => u64::from(sequence),
            Some(last) => last.wrapping_add_signed(i64::from(sequence.wrapping_sub(last as u16) as i16)),
        };
        self.sequence = Some(next);
        let now = Instant::now();
        let payload_type = self.rtc.media(mid).and_then(|media| media.remote_pts().first().copied());
        let mut direct = self.rtc.direct_api();
        if let (Some(payload_type), Some(stream)) = (payload_type, direct.stream_tx_by_mid(mid, None)) {
            stream.write_rtp(RtpWrite::new(payload_type, next.into(), time, now, payload));
        }
        Ok(self.rtc.handle_input(Input::Timeout(now))?)
    }
}
