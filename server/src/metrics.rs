//! What is counted and measured, and under which names?
//!
//! In Prometheus text format at `/metrics` of the admin listener. Gauges that somebody else knows (how many sessions
//! there are) are read when they are asked for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use protocol::ErrorCode;

use crate::hub::Hub;

/// The counters and gauges of the server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    /// Open connections by transport.
    pub(crate) connections: Family<TransportLabels, Gauge>,
    /// Connections and messages that were refused, by reason.
    pub(crate) refused: Family<ReasonLabels, Counter>,
    /// Open folders.
    pub(crate) folders: Gauge,
    /// Calls of sessions, from their start to `callKill`.
    pub(crate) calls: Gauge,
    /// Bytes that wait for clients, or for their acknowledgement.
    pub(crate) outboxes: Gauge,
    sessions: Gauge,
    mailboxes: Gauge,
    indexes: Gauge,
    uploaded: Counter<u64, AtomicU64>,
    mail: Family<ResultLabels, Counter>,
    queues: Family<NameLabels, Gauge>,
    storage: Family<NameLabels, Gauge>,
    sip: SipMetrics,
    media: MediaFamilies,
}

/// What the signalling task last said of itself.
#[derive(Default)]
struct SipMetrics {
    transactions: Family<NameLabels, Gauge>,
    calls: Family<NameLabels, Gauge>,
    requests: Family<SipLabels, Counter>,
    responses: Family<SipLabels, Counter>,
    retransmissions: Family<DirectionLabels, Counter>,
    dropped: Family<ReasonLabels, Counter>,
}

/// What the media threads last said of themselves.
#[derive(Default, Clone)]
struct MediaFamilies {
    legs: Family<ThreadLabels, Gauge>,
    packets: Family<PacketLabels, Counter>,
    dropped: Family<DropLabels, Counter>,
    handshakes: Family<ThreadLabels, Counter>,
    checks: Family<ThreadLabels, Counter>,
}

/// Which request, and what became of it.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    request: &'static str,
    result: &'static str,
}

/// Over which transport.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct TransportLabels {
    pub(crate) transport: Transport,
}

/// A transport of clients.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, EncodeLabelValue)]
pub(crate) enum Transport {
    Tcp,
    WebSocket,
    Http,
    Lmtp,
}

/// For which reason.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct ReasonLabels {
    pub(crate) reason: &'static str,
}

/// With which result.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

/// In which direction: `received` or `sent`.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DirectionLabels {
    direction: &'static str,
}

/// In which direction, and which method or class of status.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SipLabels {
    direction: &'static str,
    kind: String,
}

/// By which media thread.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ThreadLabels {
    thread: u64,
}

/// In which direction, and by which media thread.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PacketLabels {
    direction: &'static str,
    thread: u64,
}

/// For which reason, and by which media thread.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DropLabels {
    reason: &'static str,
    thread: u64,
}

/// Under which name.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct NameLabels {
    pub(crate) name: &'static str,
}

/// Bounds of the histogram, in seconds: from one the user does not notice to one that drives them away.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("ximss"),
            requests: Family::default(),
            request_seconds: Histogram::new(SECONDS),
            connections: Family::default(),
            refused: Family::default(),
            folders: Gauge::default(),
            calls: Gauge::default(),
            outboxes: Gauge::default(),
            sessions: Gauge::default(),
            mailboxes: Gauge::default(),
            indexes: Gauge::default(),
            uploaded: Counter::default(),
            mail: Family::default(),
            queues: Family::default(),
            storage: Family::default(),
            sip: SipMetrics::default(),
            media: MediaFamilies::default(),
        };
        metrics.register();
        metrics.register_calls();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered, by name and result", self.requests.clone());
        let help = "Seconds from a request's turn to its response";
        registry.register("request_seconds", help, self.request_seconds.clone());
        registry.register("connections", "Open connections of clients", self.connections.clone());
        registry.register("refused", "Connections and messages refused, by reason", self.refused.clone());
        registry.register("sessions", "Sessions", self.sessions.clone());
        registry.register("mailboxes", "Mailboxes held in memory", self.mailboxes.clone());
        registry.register("mailbox_bytes", "Bytes of the indexes of mailboxes", self.indexes.clone());
        registry.register("folders", "Open folders", self.folders.clone());
        registry.register("outbox_bytes", "Bytes that clients have not acknowledged", self.outboxes.clone());
        registry.register("uploaded_bytes", "Bytes of uploaded files", self.uploaded.clone());
        let help = "What became of recipients of mail: delivered, deferred (each time), bounced, refused";
        registry.register("mail", help, self.mail.clone());
        registry.register("queue", "Entries that wait, by queue", self.queues.clone());
        let help = "Storage: changes asked for, commits, connections to the database";
        registry.register("storage", help, self.storage.clone());
    }

    fn register_calls(&mut self) {
        let (registry, sip, media) = (&mut self.registry, &self.sip, &self.media);
        registry.register("calls", "Calls of sessions", self.calls.clone());
        registry.register("sip_transactions", "SIP transactions by role", sip.transactions.clone());
        registry.register("sip", "SIP calls, dialogs, connections, bindings of phones", sip.calls.clone());
        registry.register("sip_requests", "SIP requests by method", sip.requests.clone());
        registry.register("sip_responses", "SIP responses by class", sip.responses.clone());
        registry.register(
            "sip_retransmissions",
            "SIP messages that came or went again",
            sip.retransmissions.clone(),
        );
        registry.register("sip_dropped", "SIP messages dropped, by reason", sip.dropped.clone());
        registry.register("media_legs", "Ends of calls with sound", media.legs.clone());
        registry.register("rtp_packets", "RTP packets", media.packets.clone());
        registry.register(
            "rtp_dropped",
            "Datagrams on media ports that were dropped, by reason",
            media.dropped.clone(),
        );
        registry.register("dtls_handshakes", "DTLS handshakes begun", media.handshakes.clone());
        registry.register("ice_checks", "Connectivity checks of browsers answered", media.checks.clone());
    }

    /// A request was answered, with success or with this code, after this time.
    pub(crate) fn request(&self, request: &'static str, failure: Option<ErrorCode>, time: Duration) {
        let result = failure.map_or("ok", |code| match code.number() {
            512 => "no such object",
            515 => "authentication failed",
            516 => "access denied",
            520 => "already exists",
            _ => "failed",
        });
        self.requests.get_or_create(&RequestLabels { request, result }).inc();
        if failure.is_none() {
            self.request_seconds.observe(time.as_secs_f64());
        }
    }

    /// The figures of signalling, and how many orders wait for it.
    pub(crate) fn sip(&self, statistics: &sip::Statistics, waiting: usize) {
        let sip = &self.sip;
        let gauge = |family: &Family<NameLabels, Gauge>, name, value| {
            family.get_or_create(&NameLabels { name }).set(signed(value));
        };
        gauge(&self.queues, "signalling", waiting);
        gauge(&sip.transactions, "client", statistics.client_transactions);
        gauge(&sip.transactions, "server", statistics.server_transactions);
        gauge(&sip.calls, "legs", statistics.calls);
        gauge(&sip.calls, "dialogs", statistics.dialogs);
        gauge(&sip.calls, "connections", statistics.connections);
        gauge(&sip.calls, "bindings", statistics.bindings);
        for (direction, counts) in both(&statistics.requests_received, &statistics.requests_sent) {
            for (method, count) in counts {
                let labels = SipLabels { direction, kind: (*method).to_owned() };
                raise(&sip.requests.get_or_create(&labels), *count);
            }
        }
        for (direction, counts) in both(&statistics.responses_received, &statistics.responses_sent) {
            for (class, count) in counts {
                raise(
                    &sip.responses.get_or_create(&SipLabels { direction, kind: format!("{class}xx") }),
                    *count,
                );
            }
        }
        let again = both(statistics.retransmissions_received, statistics.retransmissions_sent);
        for (direction, count) in again {
            raise(&sip.retransmissions.get_or_create(&DirectionLabels { direction }), count);
        }
        let dropped = statistics.dropped.iter().map(|(reason, count)| (reason.label(), *count));
        let refused = [("parse error", statistics.parse_errors), ("overload", statistics.overload)];
        for (reason, count) in dropped.chain(refused) {
            raise(&sip.dropped.get_or_create(&ReasonLabels { reason }), count);
        }
    }

    /// The figures of a media thread.
    pub(crate) fn media_of(&self, thread: usize) -> MediaMetrics {
        MediaMetrics { families: self.media.clone(), thread: thread as u64 }
    }

    /// Something a peer wanted was refused.
    pub(crate) fn refuse(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// What became of a recipient of a message: `delivered`, `deferred`, `bounced` or `refused`.
    pub(crate) fn mail(&self, result: &'static str) {
        self.mail.get_or_create(&ResultLabels { result }).inc();
    }

    /// Bytes of a file were stored.
    pub(crate) fn uploaded(&self, bytes: u64) {
        self.uploaded.inc_by(bytes);
    }

    /// Everything, in Prometheus text format. `mail` is how many recipients of mail wait, if that is known.
    pub(crate) fn text(&self, hub: &Hub, mail: Option<i64>) -> String {
        if let Some(waiting) = mail {
            self.queues.get_or_create(&NameLabels { name: "mail" }).set(waiting);
        }
        self.sessions.set(signed(hub.sessions.count()));
        self.mailboxes.set(signed(hub.mailboxes.count()));
        self.indexes.set(signed(hub.indexes.bytes()));
        let pressure = hub.storage.pressure();
        let storage = [
            ("jobs", i64::try_from(pressure.jobs).unwrap_or(i64::MAX)),
            ("commits", i64::try_from(pressure.commits).unwrap_or(i64::MAX)),
            ("connections", signed(pressure.connections)),
        ];
        for (name, value) in storage {
            self.storage.get_or_create(&NameLabels { name }).set(value);
        }
        self.queues.get_or_create(&NameLabels { name: "storage" }).set(signed(pressure.waiting));
        let mut text = String::new();
        // Writing to a string does not fail.
        _ = encode(&mut text, &self.registry);
        text
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Two values with the labels of their directions.
fn both<T>(received: T, sent: T) -> [(&'static str, T); 2] {
    [("received", received), ("sent", sent)]
}

/// Sets a counter that somebody else counts, and that never falls.
fn raise(counter: &Counter, count: u64) {
    counter.inner().store(count, Ordering::Relaxed);
}

/// The figures of one media thread.
pub(crate) struct MediaMetrics {
    families: MediaFamilies,
    thread: u64,
}

impl MediaMetrics {
    /// Tells how things stand; `unsent` are the datagrams that the kernel did not take.
    pub(crate) fn set(&self, totals: &media::Totals, unsent: u64) {
        let (families, thread) = (&self.families, self.thread);
        let labels = ThreadLabels { thread };
        families.legs.get_or_create(&labels).set(signed(totals.legs));
        raise(&families.handshakes.get_or_create(&labels), totals.handshakes);
        raise(&families.checks.get_or_create(&labels), totals.checks);
        for (direction, count) in both(totals.received, totals.sent) {
            raise(&families.packets.get_or_create(&PacketLabels { direction, thread }), count);
        }
        for (reason, count) in totals.drops.by_reason().into_iter().chain([("unsent", unsent)]) {
            raise(&families.dropped.get_or_create(&DropLabels { reason, thread }), count);
        }
    }
}

/// Counts a connection of a transport as long as it is open.
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn new(metrics: &Metrics, transport: Transport) -> Self {
        let gauge = metrics.connections.get_or_create(&TransportLabels { transport }).clone();
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
