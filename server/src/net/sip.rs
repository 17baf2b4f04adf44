//! The sockets of SIP: UDP and TCP on the same addresses.

mod arrival;
mod connection;
mod resolve;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use sip::{ConnectionId, Endpoint, FlowId, Host, HostPort, Input, Listener, ListenerId, Output, Transport};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use super::listener::bind_tcp;
use crate::config::Config;
use crate::hub::Hub;
use crate::signalling::{Done, Errand, Order, Signalling};
use arrival::{Arrival, Arrivals};
use connection::Connections;
use resolve::Resolver;

/// Errands that may be done and wait to be taken note of.
const DONE: usize = 4_096;
/// The longest datagram.
const LONGEST: usize = 65_535;
/// How long phones have to answer that their calls end when the server stops.
const GOODBYE: Duration = Duration::from_secs(1);
/// How often the figures are told to the metrics.
const REPORT: Duration = Duration::from_secs(1);

/// The sockets, bound.
pub(crate) struct Sockets {
    udp: Vec<(ListenerId, UdpSocket)>,
    tcp: Vec<(ListenerId, TcpListener)>,
    /// What the endpoint is told of them.
    pub(crate) listeners: Vec<Listener>,
    /// The addresses, with their real ports.
    pub(crate) addresses: Vec<SocketAddr>,
}

/// Binds the addresses of the configuration: each for UDP and for TCP, on the same port.
pub(crate) fn bind(config: &Config) -> anyhow::Result<Sockets> {
    let mut sockets =
        Sockets { udp: Vec::new(), tcp: Vec::new(), listeners: Vec::new(), addresses: Vec::new() };
    for address in &config.listen.sip {
        let (tcp, udp) = bind_pair(*address).with_context(|| {
            format!("cannot listen on sip {address}; choose another with --listen sip=ADDR:PORT")
        })?;
        let address = tcp.local_addr()?;
        let ip: IpAddr = config.sip.advertise.unwrap_or_else(|| address.ip());
        for transport in [Transport::Udp, Transport::Tcp] {
            let id = ListenerId(u16::try_from(sockets.listeners.len())?);
            let advertised = HostPort { host: Host::from(ip), port: Some(address.port()) };
            sockets.listeners.push(Listener { id, transport, ipv6: address.is_ipv6(), advertised });
        }
        let first = sockets.listeners.len() - 2;
        sockets.udp.push((ListenerId(u16::try_from(first)?), udp));
        sockets.tcp.push((ListenerId(u16::try_from(first + 1)?), tcp));
        sockets.addresses.push(address);
    }
    Ok(sockets)
}

/// Binds TCP and UDP to the same port; for port 0 it may take some tries until one is free for both.
fn bind_pair(address: SocketAddr) -> io::Result<(TcpListener, UdpSocket)> {
    const TRIES: usize = 50;
    let mut tries = 0;
    loop {
        let tcp = bind_tcp(address)?;
        match bind_udp(SocketAddr::new(address.ip(), tcp.local_addr()?.port())) {
            Ok(udp) => return Ok((tcp, udp)),
            Err(error) if address.port() != 0 || tries == TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

/// As the TCP sockets: all IPv6 addresses are not all IPv4 addresses, too.
fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    widen(&socket);
    UdpSocket::from_std(socket.into())
}

/// Bursts of calls want more room than the system gives.
fn widen(socket: &Socket) {
    if socket.set_recv_buffer_size(4 << 20).and_then(|()| socket.set_send_buffer_size(4 << 20)).is_err() {
        debug!("the SIP socket keeps its default buffers");
    }
}

/// Drives signalling until the server stops.
pub(crate) async fn run(
    hub: Arc<Hub>,
    sockets: Sockets,
    mut signalling: Signalling,
    mut orders: mpsc::Receiver<Order>,
    mut legs: mpsc::Receiver<media::Event>,
) {
    let (sender, mut arrivals) = Arrivals::new();
    let (done_sender, mut done) = mpsc::channel(DONE);
    let mut udp = HashMap::new();
    for (id, socket) in sockets.udp {
        let socket = Arc::new(socket);
        udp.insert(id, Arc::clone(&socket));
        tokio::spawn(read_datagrams(id, socket, sender.clone()));
    }
    let mut net =
        Network { udp, connections: Connections::new(sender.clone()), resolver: Resolver::new(), sender };
    net.connections.accept_on(&hub, sockets.tcp);
    let mut report = tokio::time::interval(REPORT);
    let mut stops_at = None;
    while stops_at.is_none_or(|at| Instant::now() < at && !signalling.is_idle()) {
        let due = net.drain(&mut signalling);
        for errand in signalling.take_errands() {
            tokio::spawn(run_errand(
                Arc::clone(&hub),
                Arc::clone(signalling.routes()),
                errand,
                done_sender.clone(),
            ));
        }
        let sleep = async {
            match due.into_iter().chain(stops_at).min() {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = hub.shutdown.cancelled(), if stops_at.is_none() => {
                signalling.end_calls(Instant::now());
                stops_at = Some(Instant::now() + GOODBYE);
            }
            Some(arrival) = arrivals.recv() => {
                net.take_in(&mut signalling, arrival);
                // A burst is taken in before anything goes out.
                for _ in 0..64 {
                    let Ok(arrival) = arrivals.try_recv() else { break };
                    net.take_in(&mut signalling, arrival);
                }
            }
            Some(order) = orders.recv() => signalling.handle_order(Instant::now(), order),
            Some(done) = done.recv() => signalling.handle_done(Instant::now(), done),
            Some(event) = legs.recv() => {
                on_leg(&event);
                signalling.handle_leg(Instant::now(), &event);
            }
            () = sleep => signalling.handle_timeout(Instant::now()),
            _ = report.tick() => {
                signalling.handle_timeout(Instant::now());
                hub.metrics.sip(&signalling.endpoint().statistics(), orders.len());
            }
        }
    }
}

async fn read_datagrams(listener: ListenerId, socket: Arc<UdpSocket>, arrivals: Arrivals) {
    let mut buffer = vec![0; LONGEST];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, remote)) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                if arrivals.datagram(listener, remote, bytes).is_err() {
                    return;
                }
            }
            // An ICMP error of something sent earlier; the transaction's timer finds out.
            Err(error) => debug!(%error, "SIP datagram error"),
        }
    }
}

/// Looks up what signalling has to wait for.
async fn run_errand(
    hub: Arc<Hub>,
    routes: Arc<crate::signalling::Routes>,
    errand: Errand,
    done: mpsc::Sender<Done>,
) {
    let outcome = crate::signalling::run_errand(&hub, &routes, errand).await;
    // Signalling that has stopped needs nothing more.
    _ = done.send(outcome).await;
}

fn on_leg(event: &media::Event) {
    match event {
        media::Event::Connected { leg } => debug!(leg = leg.0, "sound flows"),
        media::Event::Lost { leg, why } => info!(leg = leg.0, ?why, "sound is lost"),
        media::Event::Dtmf { leg, digit, .. } => debug!(leg = leg.0, ?digit, "key"),
        media::Event::Statistics { leg, statistics, is_final: true } => {
            info!(
                leg = leg.0,
                received = statistics.received.packets,
                lost = statistics.received.lost,
                sent = statistics.sent.packets,
                "leg ends"
            );
        }
        media::Event::Statistics { .. } => {}
    }
}

/// What the endpoint's wishes are carried out with.
struct Network {
    udp: HashMap<ListenerId, Arc<UdpSocket>>,
    connections: Connections,
    resolver: Resolver,
    sender: Arrivals,
}

impl Network {
    /// Hands the endpoint what has arrived.
    fn take_in(&mut self, signalling: &mut Signalling, arrival: Arrival) {
        let input = match arrival {
            Arrival::Datagram(input, room) => {
                drop(room);
                input
            }
            Arrival::Accepted { connection, listener, remote, messages } => {
                self.connections.insert(connection, messages);
                Input::Accepted { connection, listener, remote }
            }
            Arrival::Input(input) => {
                if let Input::Closed { connection } | Input::Failed { flow: FlowId::Tcp(connection) } = &input
                {
                    self.connections.forget(*connection);
                }
                input
            }
        };
        signalling.endpoint().handle_input(Instant::now(), input);
    }

    /// Carries out what the endpoint wants; returns when it wants to be called again.
    fn drain(&mut self, signalling: &mut Signalling) -> Option<Instant> {
        loop {
            match signalling.endpoint().poll_output() {
                Output::Transmit { flow, bytes } => self.transmit(signalling, flow, &bytes),
                Output::Connect { connection, remote } => self.connections.connect(connection, remote),
                Output::Close { connection } => self.connections.close(connection),
                Output::Resolve { id, name, port, transport } => {
                    let (resolver, sender) = (self.resolver.clone(), self.sender.clone());
                    tokio::spawn(async move {
                        let addresses = resolver.resolve(&name, port, transport).await;
                        // Signalling that has stopped needs no addresses.
                        _ = sender.send(Arrival::Input(Input::Resolved { id, addresses })).await;
                    });
                }
                Output::Event(event) => signalling.handle_event(Instant::now(), event),
                Output::Timeout(due) => return due,
            }
        }
    }

    fn transmit(&mut self, signalling: &mut Signalling, flow: FlowId, bytes: &Bytes) {
        let sent = match flow {
            FlowId::Udp { listener, remote } => {
                match self.udp.get(&listener).map(|s| s.try_send_to(bytes, remote)) {
                    // A full buffer is a lost datagram, which is sent again.
                    Some(Ok(_)) => true,
                    Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => true,
                    Some(Err(error)) => {
                        warn!(%remote, %error, "a SIP message cannot be sent");
                        false
                    }
                    None => false,
                }
            }
            FlowId::Tcp(connection) => self.connections.send(connection, bytes.clone()),
        };
        if !sent {
            signalling.endpoint().handle_input(Instant::now(), Input::Failed { flow });
        }
    }
}

/// Names connections as they are accepted.
pub(super) fn accepted(number: u64) -> ConnectionId {
    ConnectionId::accepted(number)
}

/// An endpoint for these listeners.
pub(crate) fn endpoint(
    config: &Config,
    listeners: Vec<Listener>,
    domains: Vec<String>,
    seed: [u8; 32],
) -> Endpoint {
    let mut sip = sip::Config::new(domains, listeners, seed);
    let longest = u32::try_from(config.sip.max_expires.0.as_secs()).unwrap_or(u32::MAX);
    sip.registrar.longest = longest;
    sip.registrar.usual = sip.registrar.usual.min(longest);
    sip.trunks = config
        .sip
        .trunk
        .iter()
        .map(|trunk| sip::Trunk {
            name: trunk.name.clone(),
            sources: trunk.sources.iter().map(|source| sip::TrunkSource::address(*source, None)).collect(),
        })
        .collect();
    let unix_time = u64::try_from(crate::clock::seconds()).unwrap_or(0);
    Endpoint::new(sip, crate::key::random(), Instant::now(), unix_time)
}
