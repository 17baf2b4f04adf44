//! One media thread: waits for packets, hands them to its router, sends what the router wants sent.

use std::collections::HashMap;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use media::{Arrival, Command, Event, LegId, Output, Router, Socket};
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
/// Batches of datagrams that are read from one socket before the others have their turn.
const BATCHES: usize = 8;
/// How long a bridge waits for its legs: they are on their way from another task.
const BRIDGE_WAITS: Duration = Duration::from_secs(10);

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
    /// Sockets that may have more to read.
    ready: Vec<Token>,
    /// Bridges whose legs are not all there yet.
    early: Vec<Early>,
    reported: Instant,
}

/// A bridge that was ordered before both of its legs.
#[derive(Clone, Copy)]
struct Early {
    a: LegId,
    b: LegId,
    until: Instant,
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
            ready: Vec::new(),
            early: Vec::new(),
            reported: Instant::now(),
        })
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(1_024);
        let mut due = None;
        loop {
            let wait = due.map_or(REPORT, |due: Instant| due.saturating_duration_since(Instant::now()));
            let wait = if self.ready.is_empty() { wait.min(REPORT) } else { Duration::ZERO };
            if let Err(error) = self.poll.poll(&mut events, Some(wait))
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                return error!(%error, "a media thread ends");
            }
            let rest = std::mem::take(&mut self.ready);
            for token in rest.into_iter().chain(events.iter().map(|event| event.token())) {
                match token {
                    WAKER => {
                        if !self.take_orders() {
                            return;
                        }
                    }
                    SHARED => self.read_shared(),
                    leg => self.read_leg(leg),
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
                    if let Command::Remove { leg } = &command {
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

    fn order(&mut self, command: Command) {
        let now = Instant::now();
        let (added, bridge) = match &command {
            Command::Add { leg, .. } => (Some(*leg), None),
            Command::Bridge { a, b } => {
                self.forget_early(&[*a, *b]);
                (None, Some(Early { a: *a, b: *b, until: now + BRIDGE_WAITS }))
            }
            Command::Remove { leg } | Command::Unbridge { leg } => {
                self.forget_early(&[*leg]);
                (None, None)
            }
            Command::Update { .. } | Command::Report { .. } => (None, None),
        };
        match (self.router.handle_command(now, command), added, bridge) {
            (Ok(()), Some(leg), _) => self.bridge_early(now, leg),
            // The ends of a call tell of their legs each for itself, and the switch may be faster.
            (Err(_), _, Some(early)) => self.early.push(early),
            (Ok(()), ..) => {}
            // A leg may have gone while the order was on its way.
            (Err(error), ..) => debug!(%error, "an order to a media thread comes to nothing"),
        }
    }

    fn forget_early(&mut self, legs: &[LegId]) {
        self.early.retain(|early| !legs.contains(&early.a) && !legs.contains(&early.b));
    }

    /// Makes the bridges that have waited for this leg.
    fn bridge_early(&mut self, now: Instant, leg: LegId) {
        let router = &mut self.router;
        self.early.retain(|early| {
            let concerns = early.a == leg || early.b == leg;
            let bridge = Command::Bridge { a: early.a, b: early.b };
            early.until > now && !(concerns && router.handle_command(now, bridge).is_ok())
        });
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
        for _ in 0..BATCHES {
            let more = self.inbox.fill(&self.shared);
            let now = Instant::now();
            for (from, data) in self.inbox.datagrams() {
                self.router.handle_datagram(now, Arrival { socket: Socket::Shared, from, data });
            }
            self.drain();
            if !more {
                return;
            }
        }
        self.ready.push(SHARED);
    }

    fn read_leg(&mut self, token: Token) {
        let number = token.0 - FIRST_LEG;
        let (place, is_rtcp) = (number & !1, number & 1 == 1);
        for _ in 0..BATCHES {
            let Some((leg, pair)) = self.legs.get(&place) else { return };
            let (socket, name) =
                if is_rtcp { (&pair.rtcp, Socket::Rtcp(*leg)) } else { (&pair.rtp, Socket::Rtp(*leg)) };
            let more = self.inbox.fill(socket);
            let now = Instant::now();
            for (from, data) in self.inbox.datagrams() {
                self.router.handle_datagram(now, Arrival { socket: name, from, data });
            }
            if !more {
                return;
            }
        }
        self.ready.push(token);
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
