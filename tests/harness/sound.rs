//! Sound as RTP packets: sent as a phone sends it, and compared byte for byte where it arrives.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::UdpSocket;

use super::SOON;

/// Packets of one check: half a second of sound.
const PACKETS: usize = 25;
/// Packets until it is clear that nothing arrives: five seconds.
const LONGEST: u16 = 250;
const PCMU: u8 = 0;
/// A phone sends a packet so often.
const FRAME: Duration = Duration::from_millis(20);

/// Where a description wants sound to be sent.
pub(crate) fn destination(sdp: &str) -> SocketAddr {
    let value = |prefix: &str| sdp.lines().find_map(|line| line.trim_end().strip_prefix(prefix));
    let ip = value("c=IN IP4 ").expect("the description has an address");
    let port = value("m=audio ").and_then(|media| media.split(' ').next()).expect("it has audio");
    format!("{ip}:{port}").parse().unwrap_or_else(|_| panic!("{ip}:{port} is an address"))
}

/// Sends PCMU to the gateway and compares what arrives at the other end. The first packets may come before the gateway
/// knows where they should go; from the first one that arrives all must.
pub(crate) async fn flows(from: &UdpSocket, to_gateway: SocketAddr, at: &UdpSocket) {
    let (mut frames, ssrc) = (tokio::time::interval(FRAME), new_source());
    let mut heard = Vec::new();
    let mut sent = 0;
    while heard.len() < PACKETS {
        assert!(sent < LONGEST, "{} of {sent} packets have arrived", heard.len());
        frames.tick().await;
        let packet = packet(PCMU, ssrc, sent, 160 * u32::from(sent), &sound(ssrc, sent));
        from.send_to(&packet, to_gateway).await.expect("loopback takes it");
        sent += 1;
        heard.extend(std::iter::from_fn(|| try_receive(at)).filter(|packet| packet.is_of(ssrc)));
    }
    let first = (0..sent).find(|number| sound(ssrc, *number) == heard[0].payload).expect("it was sent");
    for (number, pair) in (first..).zip(heard.windows(2)) {
        let [before, after] = pair else { panic!("windows have two packets") };
        assert_eq!(after.payload, sound(ssrc, number + 1), "packet {}", number + 1);
        assert_eq!(after.sequence, before.sequence.wrapping_add(1), "packet {}", number + 1);
        assert_eq!(after.timestamp, before.timestamp.wrapping_add(160), "packet {}", number + 1);
    }
}

/// Presses the key 5 for 100 ms (RFC 4733 §2.5) and compares what arrives at the other end.
pub(crate) async fn key_arrives(from: &UdpSocket, to_gateway: SocketAddr, at: &UdpSocket, payload_type: u8) {
    let (mut frames, ssrc) = (tokio::time::interval(FRAME), new_source());
    for number in 0..8_u8 {
        frames.tick().await;
        let (duration, end) = (160 * u16::from(number.min(5) + 1), if number < 5 { 0 } else { 0x80 });
        let [high, low] = duration.to_be_bytes();
        let payload = [5, end | 10, high, low];
        let packet = packet(payload_type, ssrc, u16::from(number), 0, &payload);
        from.send_to(&packet, to_gateway).await.expect("loopback takes it");
        assert_eq!(receive(at, payload_type).await, payload);
    }
}

/// Sound that comes after other sound has another source, or it would be taken for a repetition.
fn new_source() -> u32 {
    static SOURCES: AtomicU32 = AtomicU32::new(1);
    SOURCES.fetch_add(1, Ordering::Relaxed)
}

fn packet(payload_type: u8, ssrc: u32, number: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend((1_000 + number).to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

/// A packet that has arrived.
struct Packet {
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    payload: Vec<u8>,
}

impl Packet {
    /// Whether it is sound, and was sent by this source: what came last of another may still arrive.
    fn is_of(&self, ssrc: u32) -> bool {
        self.payload_type == PCMU && self.payload.starts_with(&ssrc.to_be_bytes())
    }
}

/// What has arrived already. RTCP is passed over.
fn try_receive(at: &UdpSocket) -> Option<Packet> {
    let mut buffer = [0; 2_048];
    loop {
        let length = at.try_recv(&mut buffer).ok()?;
        let (header, payload) = buffer[..length].split_at(12);
        if !(200..=207).contains(&header[1]) {
            return Some(Packet {
                payload_type: header[1] & 0x7f,
                sequence: u16::from_be_bytes([header[2], header[3]]),
                timestamp: u32::from_be_bytes(header[4..8].try_into().expect("four bytes")),
                payload: payload.to_vec(),
            });
        }
    }
}

/// The payload of the next packet of this type.
async fn receive(at: &UdpSocket, payload_type: u8) -> Vec<u8> {
    loop {
        match try_receive(at) {
            Some(packet) if packet.payload_type == payload_type => return packet.payload,
            Some(_) => {}
            None => {
                let readable = tokio::time::timeout(SOON, at.readable()).await;
                readable.expect("the packet arrives").expect("UDP works");
            }
        }
    }
}

/// 20 ms of G.711 that no other packet has.
fn sound(ssrc: u32, number: u16) -> Vec<u8> {
    let mut sound = ssrc.to_be_bytes().to_vec();
    sound
        .extend((0..156).map(|sample: u16| {
            sample.wrapping_mul(7).wrapping_add(number.wrapping_mul(31)).to_be_bytes()[1]
        }));
    sound
}
