//! May this one still come, or were there too many lately?

use std::time::{Duration, Instant};

/// A bucket of permissions that fills up again with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    burst: u32,
    /// Microseconds after which there is one more.
    interval: u32,
    left: u32,
    since: Instant,
}

impl Allowance {
    /// DTLS datagrams of one leg: a handshake has a dozen, each may be repeated.
    pub(crate) fn of_handshake(now: Instant) -> Self {
        Self { burst: 64, interval: 30_000, left: 64, since: now }
    }

    /// RTP packets of one leg: ten times what any codec sends, so that a flood, or a peer whose SDP makes the
    /// gateway talk to itself, costs no more than ten calls do.
    pub(crate) fn of_media(now: Instant) -> Self {
        Self { burst: 500, interval: 1_000, left: 500, since: now }
    }

    /// Takes one, if there is one. The bucket is filled up only when it is found empty, since there is no need to
    /// reckon for every packet; so two bursts may follow one another, never a third.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        if self.left == 0 {
            self.refill(now);
        }
        let admits = self.left > 0;
        self.left = self.left.saturating_sub(1);
        admits
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.since);
        let microseconds = elapsed.as_secs() * 1_000_000 + u64::from(elapsed.subsec_micros());
        let more = u32::try_from(microseconds / u64::from(self.interval)).unwrap_or(u32::MAX);
        if more >= self.burst {
            (self.left, self.since) = (self.burst, now);
        } else {
            self.left = more;
            self.since += Duration::from_micros(u64::from(self.interval)) * more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test has to start its virtual clock somewhere")]
    fn start() -> Instant {
        Instant::now()
    }

    fn admitted(allowance: &mut Allowance, now: Instant, attempts: u32) -> usize {
        (0..attempts).filter(|_| allowance.take(now)).count()
    }

    #[test]
    fn a_burst_is_admitted_and_then_no_more_than_the_rate() {
        let now = start();
        let mut allowance = Allowance::of_media(now);
        assert_eq!(admitted(&mut allowance, now, 2_000), 500);
        assert_eq!(admitted(&mut allowance, now, 2_000), 0);
        assert_eq!(admitted(&mut allowance, now + Duration::from_micros(10_900), 2_000), 10);
        assert_eq!(admitted(&mut allowance, now + Duration::from_millis(11), 2_000), 1, "fractions count");
        let later = now + Duration::from_secs(3_600);
        assert_eq!(admitted(&mut allowance, later, 400), 400);
        assert_eq!(admitted(&mut allowance, later, 2_000), 100);
    }

    #[test]
    fn a_call_is_never_held_up() {
        let mut now = start();
        let mut allowance = Allowance::of_media(now);
        for _ in 0..10_000 {
            assert!(allowance.take(now) && allowance.take(now));
            now += Duration::from_millis(10);
        }
    }
}
