//! One media thread: waits for packets, hands them to its router, sends what the router wants sent.

use std::collections::HashMap;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use media::{Arrival, Event, LegId, Output, Router, Socket};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use tokio::sync::mpsc;
use tracing::{debug, error};

use super::batch::{Inbox, Outbox, send, widen};
use super::{Order, Pair};
use crate::hub::TakenPair;
use crate::metrics::MediaMetrics;

/// Wakes the thread for orders.
pub(super) const WAKER: Token = Token(0);
/// Something came on the port that browsers share.
const SHARED: Token = Token(1);
/// The sockets of phones' legs count from here: an even number is RTP, the next one RTCP.
const FIRST_LEG: usize = 2;

/// How often the figures are told to the metrics.
const REPORT: Duration = Duration::from_secs(1);

/// What a thread is made of.
pub(super) struct Parts {
    pub(super) router: Router,
    pub(super) poll: Poll,
    pub(super) shared: UdpSocket,
    /// Kept as long as the socket.
    pub(super) shared_port: TakenPair,
    pub(super) orders: Receiver<Order>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) metrics: MediaMetrics,
}

/// Runs until the server stops.
pub(super) fn run(parts: Parts) {
    match Driver::new(parts) {
        Ok(driver) => driver.run(),
        Err(error) => error!(%error, "a media thread cannot start"),
    }
}

struct Driver {
    router: Router,
    poll: Poll,
    shared: UdpSocket,
    _shared_port: TakenPair,
    inbox: Inbox,
    outbox: Outbox,
    orders: Receiver<Order>,
    events: mpsc::Sender<Event>,
    metrics: MediaMetrics,
    /// Sockets of phones' legs, by their place in the tokens.
    legs: HashMap<usize, (LegId, Box<Pair>)>,
    places: HashMap<LegId, usize>,
    next_place: usize,
    reported: Instant,
}

impl Driver {
    fn new(parts: Parts) -> std::io::Result<Self> {
        let Parts { router, poll, shared, shared_port, orders, events, metrics } = parts;
        if let Err(error) = widen(&shared) {
            debug!(%error, "the shared media port keeps its default buffers");
        }
        poll.registry().register(&mut SourceFd(&shared.as_raw_fd()), SHARED, Interest::READABLE)?;
        Ok(Self {
            router,
            poll,
            shared,
            _shared_port: shared_port,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            orders,
            events,
            metrics,
            legs: HashMap::new(),
            places: HashMap::new(),
            next_place: 0,
            reported: Instant::now(),
        })
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(1_024);
        let mut due = None;
        loop {
            let wait = due.map(|due: Instant| due.saturating_duration_since(Instant::now()));
            if let Err(error) = self.poll.poll(&mut events, Some(wait.unwrap_or(REPORT).min(REPORT)))
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                return error!(%error, "a media thread ends");
            }
            for event in &events {
                match event.token() {
                    WAKER => {
                        if !self.take_orders() {
                            return;
                        }
                    }
                    SHARED => self.read_shared(),
                    Token(token) => self.read_leg(token - FIRST_LEG),
                }
            }
            let now = Instant::now();
            if due.is_some_and(|due| due <= now) {
                self.router.handle_timeout(now);
            }
            due = self.drain();
            if now.duration_since(self.reported) >= REPORT {
                self.reported = now;
                self.metrics.set(&self.router.totals(), self.outbox.lost);
            }
        }
    }

    /// Does what was ordered; `false` if the server stops.
    fn take_orders(&mut self) -> bool {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Stop => return false,
                Order::Open(end, pair) => self.open(end.leg(), pair),
                Order::Router(command) => {
                    if let media::Command::Remove { leg } = &command {
                        // What the leg says last goes out before its sockets close.
                        let leg = *leg;
                        self.order(command);
                        self.drain();
                        self.close(leg);
                    } else {
                        self.order(command);
                    }
                }
            }
        }
        true
    }

    fn order(&mut self, command: media::Command) {
        if let Err(error) = self.router.handle_command(Instant::now(), command) {
            // A leg may have gone while the order was on its way.
            debug!(%error, "an order to a media thread comes to nothing");
        }
    }

    fn open(&mut self, leg: LegId, pair: Box<Pair>) {
        let place = self.next_place;
        self.next_place += 2;
        for (token, socket) in [(place, &pair.rtp), (place + 1, &pair.rtcp)] {
            let registered = self.poll.registry().register(
                &mut SourceFd(&socket.as_raw_fd()),
                Token(FIRST_LEG + token),
                Interest::READABLE,
            );
            if let Err(error) = registered {
                return error!(%error, "a leg hears nothing");
            }
        }
        self.places.insert(leg, place);
        self.legs.insert(place, (leg, pair));
    }

    fn close(&mut self, leg: LegId) {
        let Some((_, pair)) = self.places.remove(&leg).and_then(|place| self.legs.remove(&place)) else {
            return;
        };
        for socket in [&pair.rtp, &pair.rtcp] {
            // Closing it takes it out of the poll anyway.
            _ = self.poll.registry().deregister(&mut SourceFd(&socket.as_raw_fd()));
        }
    }

    fn read_shared(&mut self) {
        loop {
            let more = self.inbox.fill(&self.shared);
            let now = Instant::now();
            for (from, data) in self.inbox.datagrams() {
                self.router.handle_datagram(now, Arrival { socket: Socket::Shared, from, data });
            }
            self.drain();
            if !more {
                break;
            }
        }
    }

    fn read_leg(&mut self, token: usize) {
        let (place, is_rtcp) = (token & !1, token & 1 == 1);
        while let Some((leg, pair)) = self.legs.get(&place) {
            let (socket, name) =
                if is_rtcp { (&pair.rtcp, Socket::Rtcp(*leg)) } else { (&pair.rtp, Socket::Rtp(*leg)) };
            let more = self.inbox.fill(socket);
            let now = Instant::now();
            for (from, data) in self.inbox.datagrams() {
                self.router.handle_datagram(now, Arrival { socket: name, from, data });
            }
            if !more {
                break;
            }
        }
    }

    /// Sends what is to be sent; returns when the router wants to be called again.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.router.poll_output() {
                Output::Transmit(transmit) => match transmit.socket {
                    Socket::Shared => self.outbox.push(&self.shared, transmit.to, transmit.bytes),
                    Socket::Rtp(leg) | Socket::Rtcp(leg) => {
                        let pair = self.places.get(&leg).and_then(|place| self.legs.get(place));
                        if let Some((_, pair)) = pair {
                            let is_rtp = matches!(transmit.socket, Socket::Rtp(_));
                            let socket = if is_rtp { &pair.rtp } else { &pair.rtcp };
                            if !send(socket, transmit.to, &transmit.bytes) {
                                self.outbox.lost += 1;
                            }
                        }
                    }
                },
                Output::Event(event) => {
                    if self.events.try_send(event).is_err() {
                        debug!("news of a leg is lost: signalling does not keep up, or has stopped");
                    }
                }
                Output::Timeout(due) => {
                    self.outbox.flush(&self.shared);
                    return due;
                }
            }
        }
    }
}
