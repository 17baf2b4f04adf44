//! Both ends of calls that are relayed: browsers on one side, plain RTP on the other, 50 packets a second each way.

pub mod browser;
pub mod peer;
pub mod phone;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The time between two packets.
pub const FRAME: Duration = Duration::from_millis(20);
/// Steps of the Opus clock in that time.
pub const STEPS: u32 = 960;
/// Bytes of sound in a packet. The first eight say when it was sent.
pub const SOUND: usize = 80;
/// Packets that come later than this were sent by something else.
const LATEST: u64 = 10_000_000;

/// Packets of one direction.
#[derive(Default)]
pub struct Direction {
    sent: AtomicU64,
    received: AtomicU64,
    /// Sum of the times under way, in microseconds.
    micros: AtomicU64,
}

/// What is counted at both ends.
pub struct Counts {
    began: Instant,
    /// Browsers with media up.
    pub connected: AtomicU64,
    /// From browsers to phones.
    pub to_phone: Direction,
    /// From phones to browsers.
    pub to_browser: Direction,
}

/// The counts of a direction at some moment.
#[derive(Clone, Copy)]
pub struct Snapshot {
    /// Packets sent.
    pub sent: u64,
    /// Packets that have arrived.
    pub received: u64,
    micros: u64,
}

impl Default for Counts {
    fn default() -> Self {
        let (to_phone, to_browser) = (Direction::default(), Direction::default());
        Self { began: Instant::now(), connected: AtomicU64::new(0), to_phone, to_browser }
    }
}

impl Counts {
    /// Sound that says when it was made.
    pub fn sound(&self) -> [u8; SOUND] {
        let mut sound = [0; SOUND];
        sound[..8].copy_from_slice(&self.micros().to_be_bytes());
        sound
    }

    fn micros(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// Counts a packet that has arrived.
    pub fn arrived(&self, direction: &Direction, sound: &[u8]) {
        let Some(sent) = sound.first_chunk() else { return };
        let took = self.micros().saturating_sub(u64::from_be_bytes(*sent));
        if took < LATEST {
            direction.received.fetch_add(1, Relaxed);
            direction.micros.fetch_add(took, Relaxed);
        }
    }
}

impl Direction {
    /// Counts a packet that is sent.
    pub fn sends(&self) {
        self.sent.fetch_add(1, Relaxed);
    }

    /// What was counted so far.
    pub fn snapshot(&self) -> Snapshot {
        let (sent, received) = (self.sent.load(Relaxed), self.received.load(Relaxed));
        Snapshot { sent, received, micros: self.micros.load(Relaxed) }
    }
}

impl Snapshot {
    /// What was counted since an earlier moment.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            sent: self.sent - earlier.sent,
            received: self.received - earlier.received,
            micros: self.micros - earlier.micros,
        }
    }

    /// The share of packets that did not arrive, in percent. What is under way at either end of a window evens out.
    pub fn loss(self) -> f64 {
        100.0 * (1.0 - self.received as f64 / self.sent.max(1) as f64)
    }

    /// How long packets were under way, in milliseconds.
    pub fn latency(self) -> f64 {
        self.micros as f64 / 1e3 / self.received.max(1) as f64
    }
}
