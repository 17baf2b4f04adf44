//! A reference for the relay bench: ICE-lite, DTLS-SRTP and RTP from the crates that `server/media` is made of, and
//! nothing around them: one port for all browsers, one thread, no limits, no statistics, no other codec than Opus.
//!
//!     gw-dimpl ADDRESS
//!
//! How the loader talks to it is told in `relay.rs`. It is a bar to be measured against, not a gateway.

mod leg;
mod media;
mod net;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc;

use anyhow::Context;
use rtc_crypto::RTCCryptoProvider;

/// A leg to be.
pub struct New {
    /// Our ICE name for it, and its password.
    pub ufrag: String,
    pub password: String,
    /// SHA-256 of the browser's certificate, as SDP writes it.
    pub fingerprint: String,
    pub payload_type: u8,
    pub ssrc: u32,
    /// The socket of the plain side, connected to the peer.
    pub phone: UdpSocket,
}

fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).context("see the first lines of gw-dimpl/main.rs")?;
    let crypto: Arc<dyn RTCCryptoProvider> = rtc_crypto::default_provider()?;
    let certificate = dimpl::certificate::generate_self_signed_certificate()?;
    let fingerprint = certificate.fingerprint_str();
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let local = socket.local_addr()?;
    let (sender, new_legs) = mpsc::channel();
    let waker = net::Waker::new();
    media::start(socket, waker, new_legs, Arc::clone(&crypto), certificate)?;
    let listener = TcpListener::bind(address)?;
    for (number, stream) in (1..).zip(listener.incoming()) {
        let mut stream = stream?;
        let request = read(&mut stream)?;
        let (peer, offer) = request.split_once('\n').context("an address and an offer")?;
        let phone = UdpSocket::bind("127.0.0.1:0")?;
        phone.connect(peer)?;
        phone.set_nonblocking(true)?;
        let plain = phone.local_addr()?;
        let mut secret = [0; 20];
        crypto.random().fill(&mut secret)?;
        let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let (ufrag, password) = secret.split_at(8);
        let new = New {
            ufrag: ufrag.to_owned(),
            password: password.to_owned(),
            fingerprint: value(offer, "a=fingerprint:sha-256 ")
                .context("a fingerprint")?
                .to_ascii_uppercase(),
            payload_type: opus(offer).context("Opus")?,
            ssrc: 0x1000_0000 + number,
            phone,
        };
        let answer = answer(&new, value(offer, "a=mid:").unwrap_or("0"), local, &fingerprint);
        sender.send(new).ok().context("the media thread is there")?;
        waker.wake();
        write(&mut stream, &format!("{plain}\n{answer}"))?;
    }
    Ok(())
}

fn read(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut bytes)?;
    Ok(String::from_utf8(bytes)?)
}

fn write(stream: &mut TcpStream, text: &str) -> anyhow::Result<()> {
    stream.write_all(&u32::try_from(text.len())?.to_be_bytes())?;
    Ok(stream.write_all(text.as_bytes())?)
}

fn value<'a>(sdp: &'a str, prefix: &str) -> Option<&'a str> {
    sdp.lines().find_map(|line| line.trim().strip_prefix(prefix))
}

fn opus(sdp: &str) -> Option<u8> {
    let maps = sdp.lines().filter_map(|line| line.strip_prefix("a=rtpmap:"));
    let (payload_type, _) = maps
        .filter_map(|map| map.split_once(' '))
        .find(|(_, codec)| codec.to_ascii_lowercase().starts_with("opus/"))?;
    payload_type.parse().ok()
}

fn answer(new: &New, mid: &str, local: SocketAddr, fingerprint: &str) -> String {
    let New { ufrag, password, payload_type, ssrc, .. } = new;
    let (ip, port) = (local.ip(), local.port());
    format!(
        "v=0\r\no=- {ssrc} 2 IN IP4 {ip}\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mid}\r\na=ice-lite\r\na=msid-semantic: WMS s\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF {payload_type}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
         a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\na=ice-ufrag:{ufrag}\r\n\
         a=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:passive\r\na=mid:{mid}\r\na=sendrecv\r\n\
         a=msid:s t\r\na=rtcp-mux\r\na=rtpmap:{payload_type} opus/48000/2\r\n\
         a=fmtp:{payload_type} minptime=10;useinbandfec=1\r\na=ssrc:{ssrc} cname:gw\r\na=ssrc:{ssrc} msid:s t\r\n"
    )
}
