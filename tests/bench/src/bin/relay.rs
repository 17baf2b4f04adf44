//! Lets browsers talk to plain RTP through a gateway.
//!
//!     relay ximss URL LEGS SECONDS SIP_PORT
//!     relay reference ADDRESS LEGS SECONDS
//!
//! To the gateway each browser is a session that calls `phone@phones.test`; its trunk leads to SIP_PORT, where this
//! program answers. To a reference gateway (`gw-dimpl`, `gw-str0m`) the loader sends, on a TCP connection, the address
//! of the plain side, a line feed and the browser's offer; what comes back is the gateway's plain address, a line feed
//! and the answer, each way after a length of four bytes.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bench::orchestrator::tell_and_wait;
use bench::relay::Counts;
use bench::relay::browser::Browser;
use bench::relay::peer::{Peer, Target};
use bench::relay::phone;
use bench::ximss::{Credential, Session};
use protocol::Element;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// How long a reference gateway may take to start.
const START: Duration = Duration::from_secs(5);
/// How long all browsers have to connect.
const CONNECT: Duration = Duration::from_secs(60);
/// Sound flows for so long before anything is counted.
const WARM_UP: Duration = Duration::from_secs(5);
/// Browsers that call without a pause.
const BURST: usize = 20;
/// What the plain side expects of the reference gateways.
const REFERENCE_OPUS: u8 = 111;

/// How calls are set up.
enum Signalling {
    Ximss(std::vec::IntoIter<Session>),
    Reference(String),
}

// One thread: the other processor is the gateway's.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [kind, place, legs, seconds, rest @ ..] = arguments.as_slice() else {
        bail!("see the first lines of relay.rs")
    };
    let (legs, seconds) = (legs.parse()?, Duration::from_secs(seconds.parse()?));
    str0m::crypto::from_feature_flags().install_process_default();
    let counts = Arc::new(Counts::default());
    let peer = Peer::bind(Arc::clone(&counts))?;
    let mut signalling = match (*kind, rest) {
        ("ximss", [port]) => {
            let socket = UdpSocket::bind(("127.0.0.1", port.parse()?)).await?;
            tokio::spawn(phone::answer_all(socket, Arc::clone(&peer)));
            Signalling::Ximss(sessions(place, legs).await?.into_iter())
        }
        ("reference", []) => Signalling::Reference((*place).to_owned()),
        _ => bail!("see the first lines of relay.rs"),
    };
    tell_and_wait("ready", json!({})).await;
    connect(&mut signalling, legs, &peer, &counts).await?;
    measure(&peer, &counts, seconds).await
}

/// A session for each browser.
async fn sessions(url: &str, count: usize) -> anyhow::Result<Vec<Session>> {
    let first = Session::log_in(url, &Credential::Password("u0@localhost", "secret")).await?;
    let ticket = first.ticket.clone();
    let mut sessions = vec![first];
    while sessions.len() < count {
        sessions.push(Session::log_in(url, &Credential::Ticket(&ticket)).await?);
    }
    Ok(sessions)
}

/// Connects all browsers; tells how long it took.
async fn connect(
    signalling: &mut Signalling,
    legs: usize,
    peer: &Arc<Peer>,
    counts: &Arc<Counts>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    for number in 1..=legs {
        let browser = Browser::new().await?;
        let answer = signalling.call(&browser.offer, peer).await?;
        let counts = Arc::clone(counts);
        tokio::spawn(async move {
            if let Err(error) = browser.talk(&answer, counts).await {
                eprintln!("a browser's leg ends: {error:#}");
            }
        });
        if number % BURST == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    while (counts.connected.load(Relaxed) as usize) < legs {
        if began.elapsed() > CONNECT {
            bail!("only {} of {legs} browsers connect", counts.connected.load(Relaxed));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if peer.targets() != legs {
        bail!("{} legs on the plain side, {legs} browsers", peer.targets());
    }
    tell_and_wait("connected", json!({ "seconds": began.elapsed().as_secs_f64() })).await;
    Ok(())
}

impl Signalling {
    /// Calls the plain side; returns the answer to the browser's offer.
    async fn call(&mut self, offer: &str, peer: &Peer) -> anyhow::Result<String> {
        match self {
            Self::Ximss(sessions) => {
                let mut session = sessions.next().context("there is a session for each browser")?;
                let sdp = Element::new("sdpText").with_text(offer).to_xml();
                let rest = format!(" callLeg=\"c\" peer=\"phone@phones.test\">{sdp}</callStart>");
                session.send("call", "callStart", &rest).await?;
                let connected = session.message("callConnected").await?;
                let answer = connected.child("sdpText").context("an answer")?.text().into_owned();
                session.send("accept", "callUpdateAccept", " callLeg=\"c\"/>").await?;
                session.response("accept").await?;
                // The session lives as long as its connection.
                tokio::spawn(session.socket.idle());
                Ok(answer)
            }
            Self::Reference(address) => {
                let text = format!("{}\n{offer}", peer.address()?);
                let mut stream = reach(address).await?;
                stream.write_u32(u32::try_from(text.len())?).await?;
                stream.write_all(text.as_bytes()).await?;
                let mut answer = vec![0; usize::try_from(stream.read_u32().await?)?];
                stream.read_exact(&mut answer).await?;
                let answer = String::from_utf8(answer)?;
                let (plain, answer) = answer.split_once('\n').context("an address and an answer")?;
                peer.add(Target { address: plain.parse()?, payload_type: REFERENCE_OPUS });
                Ok(answer.to_owned())
            }
        }
    }
}

/// Connects to a reference gateway, which may have just been started.
async fn reach(address: &str) -> anyhow::Result<TcpStream> {
    let began = Instant::now();
    loop {
        match TcpStream::connect(address).await {
            Err(_) if began.elapsed() < START => tokio::time::sleep(Duration::from_millis(20)).await,
            connected => return Ok(connected?),
        }
    }
}

async fn measure(peer: &Arc<Peer>, counts: &Counts, seconds: Duration) -> anyhow::Result<()> {
    let (sender, receiver) = (Arc::clone(peer), Arc::clone(peer));
    tokio::spawn(async move { receiver.receive().await });
    tokio::spawn(async move { sender.send().await });
    tokio::time::sleep(WARM_UP).await;
    tell_and_wait("talking", json!({})).await;
    let (to_phone, to_browser) = (counts.to_phone.snapshot(), counts.to_browser.snapshot());
    let (began, dropped) = (Instant::now(), peer.dropped()?);
    tokio::time::sleep(seconds).await;
    let (to_phone, to_browser) =
        (counts.to_phone.snapshot().since(to_phone), counts.to_browser.snapshot().since(to_browser));
    let figures = json!({
        "seconds": began.elapsed().as_secs_f64(),
        "packets": to_phone.received + to_browser.received,
        "to_phone_loss_percent": to_phone.loss(),
        "to_browser_loss_percent": to_browser.loss(),
        "to_phone_ms": to_phone.latency(),
        "to_browser_ms": to_browser.latency(),
        "dropped_at_loader": peer.dropped()? - dropped,
    });
    tell_and_wait("talked", figures).await;
    Ok(())
}
