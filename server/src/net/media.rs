//! Who moves the sound? A few threads of their own, each with one port for all browsers and a pair for each phone.
//!
//! Nothing else touches packets. All legs of a call are on the same thread, which the call's number tells.

mod batch;
mod thread;

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::{Instant, SystemTime};

use media::{Certificate, Command, Event, Fingerprint, Local, Negotiation, Router};
use mio::{Poll, Waker};
use tokio::sync::mpsc;
use tracing::warn;

use crate::config::Config;
use crate::hub::{Ports, TakenPair};
use crate::key::random;
use crate::leg::{LegKind, NoLeg};
use crate::metrics::Metrics;
use crate::signal::{CallId, End};

/// Commands that may wait for a media thread.
const COMMANDS: usize = 4_096;
/// Pairs of ports that are tried before a call is refused: other programs may use some.
const TRIES: usize = 500;

/// The media threads.
pub(crate) struct Media {
    threads: Vec<Thread>,
    ports: Ports,
    address: IpAddr,
    advertise: IpAddr,
    fingerprint: Fingerprint,
}

/// How to reach a media thread.
struct Thread {
    orders: SyncSender<Order>,
    waker: Arc<Waker>,
    /// The shared port as browsers are told it.
    shared: SocketAddr,
}

/// What a media thread can be told.
enum Order {
    /// Something for the router.
    Router(Command),
    /// The sockets of a leg that will be added.
    Open(End, Box<Pair>),
    /// The server stops.
    Stop,
}

/// The bound sockets of a phone's leg.
struct Pair {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    _taken: TakenPair,
}

impl Media {
    /// Starts the threads. What happens to legs is told to `events`.
    pub(crate) fn start(
        config: &Config,
        metrics: &Metrics,
        events: &mpsc::Sender<Event>,
    ) -> anyhow::Result<Self> {
        let media = &config.media;
        let ports = Ports::new(media.ports.first, media.ports.last)?;
        let advertise = media.advertise.unwrap_or(media.address);
        let certificate = Certificate::generate()?;
        let fingerprint = certificate.fingerprint();
        let mut threads = Vec::new();
        for number in 0..media.thread_count() {
            let (socket, taken) = bind_shared(&ports, media.address)?;
            let shared = SocketAddr::new(advertise, socket.local_addr()?.port());
            let poll = Poll::new()?;
            let waker = Arc::new(Waker::new(poll.registry(), thread::WAKER)?);
            let (orders, inbox) = sync_channel(COMMANDS);
            let router = Router::new(certificate.clone(), random(), Instant::now(), SystemTime::now())?;
            let (metrics, events) = (metrics.media_of(number), events.clone());
            let parts = thread::Parts {
                router,
                poll,
                shared: socket,
                shared_port: taken,
                orders: inbox,
                events,
                metrics,
            };
            std::thread::Builder::new().name(format!("media-{number}")).spawn(move || thread::run(parts))?;
            threads.push(Thread { orders, waker, shared });
        }
        Ok(Self { threads, ports, address: media.address, advertise, fingerprint })
    }

    /// A new leg for an end of a call: its negotiation; for a phone its sockets are bound, too.
    pub(crate) fn new_leg(&self, end: End, kind: LegKind) -> Result<Negotiation, NoLeg> {
        let thread = self.thread(end.call).ok_or(NoLeg)?;
        let local = match kind {
            LegKind::WebRtc => {
                Local::WebRtc { address: thread.shared, certificate: self.fingerprint.clone() }
            }
            LegKind::Rtp => {
                let pair = self.bind_pair().ok_or(NoLeg)?;
                let ports = pair._taken.pair();
                thread.tell(Order::Open(end, Box::new(pair)));
                Local::Rtp { address: self.advertise, rtp_port: ports.rtp(), rtcp_port: ports.rtcp() }
            }
        };
        Ok(Negotiation::new(local, random()))
    }

    /// Tells the thread of a call something.
    pub(crate) fn tell(&self, call: CallId, command: Command) {
        if let Some(thread) = self.thread(call) {
            thread.tell(Order::Router(command));
        }
    }

    /// Stops the threads.
    pub(crate) fn stop(&self) {
        for thread in &self.threads {
            thread.tell(Order::Stop);
        }
    }

    fn thread(&self, call: CallId) -> Option<&Thread> {
        let index = usize::try_from(call.0).unwrap_or_default().checked_rem(self.threads.len())?;
        self.threads.get(index)
    }

    fn bind_pair(&self) -> Option<Pair> {
        for _ in 0..TRIES.min(self.ports.capacity()) {
            let taken = self.ports.take()?;
            let bind = |port| bind(SocketAddr::new(self.address, port));
            if let (Ok(rtp), Ok(rtcp)) = (bind(taken.pair().rtp()), bind(taken.pair().rtcp())) {
                return Some(Pair { rtp, rtcp, _taken: taken });
            }
        }
        warn!("no UDP ports are left for sound: see media.ports");
        None
    }
}

impl Thread {
    fn tell(&self, order: Order) {
        match self.orders.try_send(order) {
            Ok(()) => {
                if let Err(error) = self.waker.wake() {
                    warn!(%error, "cannot wake a media thread");
                }
            }
            Err(TrySendError::Full(_)) => warn!("a media thread does not keep up with its orders"),
            // It stops with the server.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }
}

/// Binds the port that browsers of one thread share.
fn bind_shared(ports: &Ports, address: IpAddr) -> anyhow::Result<(UdpSocket, TakenPair)> {
    let mut last = None;
    for _ in 0..ports.capacity() {
        let Some(taken) = ports.take() else { break };
        match bind(SocketAddr::new(address, taken.pair().rtp())) {
            Ok(socket) => return Ok((socket, taken)),
            Err(error) => last = Some(error),
        }
    }
    let reason = last.map_or_else(|| "all are taken".to_owned(), |error| error.to_string());
    anyhow::bail!(
        "cannot bind a UDP port for sound on {address} (see media.address and media.ports): {reason}"
    )
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
