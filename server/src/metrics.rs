//! What is counted and measured, and under which names?
//!
//! In Prometheus text format at `/metrics` of the admin listener. Gauges that somebody else knows (how many sessions
//! there are) are read when they are asked for.

use std::sync::atomic::AtomicU64;
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
    /// What the signalling task last said of itself.
    sip: Family<NameLabels, Gauge>,
    media: Family<ThreadLabels, Gauge>,
    sessions: Gauge,
    mailboxes: Gauge,
    storage: Family<NameLabels, Gauge>,
    uploaded: Counter<u64, AtomicU64>,
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
}

/// For which reason.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct ReasonLabels {
    pub(crate) reason: &'static str,
}

/// Under which name, and by which media thread.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ThreadLabels {
    name: &'static str,
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
            sip: Family::default(),
            media: Family::default(),
            sessions: Gauge::default(),
            mailboxes: Gauge::default(),
            storage: Family::default(),
            uploaded: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered, by name and result", self.requests.clone());
        registry.register(
            "request_seconds",
            "Time from a request's turn to its response",
            self.request_seconds.clone(),
        );
        registry.register("connections", "Open connections of clients", self.connections.clone());
        registry.register("refused", "Connections and messages refused, by reason", self.refused.clone());
        registry.register("sessions", "Sessions", self.sessions.clone());
        registry.register("mailboxes", "Mailboxes held in memory", self.mailboxes.clone());
        registry.register("folders", "Open folders", self.folders.clone());
        registry.register("calls", "Calls of sessions", self.calls.clone());
        registry.register("sip", "Signalling: transactions, dialogs, messages, drops", self.sip.clone());
        registry.register("media", "Media threads: legs, packets, octets, drops", self.media.clone());
        registry.register(
            "storage",
            "Storage: changes asked for, commits, changes that wait, connections",
            self.storage.clone(),
        );
        registry.register("uploaded_bytes", "Bytes of uploaded files", self.uploaded.clone());
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

    /// The figures of signalling.
    pub(crate) fn sip(&self, statistics: &sip::Statistics, calls: usize) {
        let sum = |counts: &mut dyn Iterator<Item = &u64>| counts.sum::<u64>();
        let figures = [
            ("calls", calls as u64),
            ("legs", statistics.calls as u64),
            ("dialogs", statistics.dialogs as u64),
            ("client_transactions", statistics.client_transactions as u64),
            ("server_transactions", statistics.server_transactions as u64),
            ("connections", statistics.connections as u64),
            ("bindings", statistics.bindings as u64),
            ("requests_received", sum(&mut statistics.requests_received.values())),
            ("requests_sent", sum(&mut statistics.requests_sent.values())),
            ("responses_received", sum(&mut statistics.responses_received.values())),
            ("responses_sent", sum(&mut statistics.responses_sent.values())),
            ("retransmissions_received", statistics.retransmissions_received),
            ("retransmissions_sent", statistics.retransmissions_sent),
            ("parse_errors", statistics.parse_errors),
            ("overload", statistics.overload),
        ];
        let dropped = statistics.dropped.iter().map(|(reason, count)| (reason.label(), *count));
        for (name, value) in figures.into_iter().chain(dropped) {
            self.sip.get_or_create(&NameLabels { name }).set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// The figures of a media thread.
    pub(crate) fn media_of(&self, thread: usize) -> MediaMetrics {
        MediaMetrics { media: self.media.clone(), thread: thread as u64 }
    }

    /// Something a peer wanted was refused.
    pub(crate) fn refuse(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// Bytes of a file were stored.
    pub(crate) fn uploaded(&self, bytes: u64) {
        self.uploaded.inc_by(bytes);
    }

    /// Everything, in Prometheus text format.
    pub(crate) fn text(&self, hub: &Hub) -> String {
        self.sessions.set(signed(hub.sessions.count()));
        self.mailboxes.set(signed(hub.mailboxes.count()));
        let pressure = hub.storage.pressure();
        let storage = [
            ("jobs", i64::try_from(pressure.jobs).unwrap_or(i64::MAX)),
            ("commits", i64::try_from(pressure.commits).unwrap_or(i64::MAX)),
            ("waiting", signed(pressure.waiting)),
            ("connections", signed(pressure.connections)),
        ];
        for (name, value) in storage {
            self.storage.get_or_create(&NameLabels { name }).set(value);
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        _ = encode(&mut text, &self.registry);
        text
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The figures of one media thread.
pub(crate) struct MediaMetrics {
    media: Family<ThreadLabels, Gauge>,
    thread: u64,
}

impl MediaMetrics {
    /// Tells how things stand; `unsent` are the datagrams that the kernel did not take.
    pub(crate) fn set(&self, totals: &media::Totals, unsent: u64) {
        let drops = totals.drops.by_reason();
        let figures = [
            ("legs", totals.legs as u64),
            ("packets_received", totals.received),
            ("packets_sent", totals.sent),
            ("checks", totals.checks),
            ("handshakes", totals.handshakes),
            ("unsent", unsent),
        ];
        for (name, value) in figures.into_iter().chain(drops) {
            let labels = ThreadLabels { name, thread: self.thread };
            self.media.get_or_create(&labels).set(i64::try_from(value).unwrap_or(i64::MAX));
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
