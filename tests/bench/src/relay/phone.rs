//! A SIP phone that answers every call at once, and has all sound sent to one port.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::net::UdpSocket;

use super::peer::{Peer, Target};

/// Answers calls until the process ends.
pub async fn answer_all(socket: UdpSocket, peer: Arc<Peer>) -> anyhow::Result<()> {
    let mut buffer = [0; 8_192];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        let request = std::str::from_utf8(&buffer[..length])?;
        let response = match request.split(' ').next() {
            Some("INVITE") => {
                let target = target(request)?;
                let answer = answer(&socket, &peer, target.payload_type)?;
                peer.add(target);
                respond(request, &socket, &answer)?
            }
            Some("BYE" | "CANCEL" | "OPTIONS") => respond(request, &socket, "")?,
            // An ACK.
            _ => continue,
        };
        socket.send_to(response.as_bytes(), from).await?;
    }
}

/// Where the offer wants sound, and what it calls Opus.
pub fn target(offer: &str) -> anyhow::Result<Target> {
    let value = |prefix| offer.lines().find_map(|line: &str| line.trim_end().strip_prefix(prefix));
    let host = value("c=IN IP4 ").context("an address")?;
    let port = value("m=audio ").and_then(|media| media.split(' ').next()).context("audio")?;
    let maps = offer.lines().filter_map(|line| line.strip_prefix("a=rtpmap:"));
    let opus = maps.filter_map(|map| map.split_once(' ')).find(|(_, codec)| codec.starts_with("opus/"));
    let Some((payload_type, _)) = opus else { bail!("no Opus in {offer}") };
    Ok(Target { address: SocketAddr::new(host.parse()?, port.parse()?), payload_type: payload_type.parse()? })
}

fn answer(socket: &UdpSocket, peer: &Peer, payload_type: u8) -> anyhow::Result<String> {
    let (host, port) = (socket.local_addr()?.ip(), peer.address()?.port());
    Ok(format!(
        "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP {payload_type}\r\n\
         a=rtpmap:{payload_type} opus/48000/2\r\na=sendrecv\r\n"
    ))
}

/// A 200, its headers copied from the request. A request that comes again gets the same.
fn respond(request: &str, socket: &UdpSocket, sdp: &str) -> anyhow::Result<String> {
    let (head, _) = request.split_once("\r\n\r\n").context("a request has an empty line")?;
    let mut response = "SIP/2.0 200 OK\r\n".to_owned();
    for line in head.lines() {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if matches!(name.as_str(), "via" | "from" | "call-id" | "cseq") {
            response += &format!("{line}\r\n");
        } else if name == "to" {
            let tag = if line.contains(";tag=") { "" } else { ";tag=phone" };
            response += &format!("{line}{tag}\r\n");
        }
    }
    response += &format!("Contact: <sip:phone@{}>\r\n", socket.local_addr()?);
    if !sdp.is_empty() {
        response += "Content-Type: application/sdp\r\n";
    }
    Ok(response + &format!("Content-Length: {}\r\n\r\n{sdp}", sdp.len()))
}
