//! Which key did the peer press (RFC 4733)?

use std::fmt;
use std::time::{Duration, Instant};

/// A key of a telephone: an event code from 0 to 15 (RFC 4733 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digit(u8);

impl Digit {
    /// The key of an event code; events above 15 are no keys.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        (code < 16).then_some(Self(code))
    }

    /// The event code: 0 to 9, 10 for the star, 11 for the pound sign, 12 to 15 for A to D.
    #[must_use]
    pub fn code(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = b"0123456789*#ABCD".get(usize::from(self.0)).copied().unwrap_or(b'?');
        write!(f, "{}", char::from(letter))
    }
}

/// A key that was pressed and let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Press {
    pub(crate) digit: Digit,
    pub(crate) duration: Duration,
}

/// Finds the key presses in the packets of one stream: several packets tell of each, the last three times over.
#[derive(Debug, Default)]
pub(crate) struct Detector {
    current: Option<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    ssrc: u32,
    timestamp: u32,
    digit: Digit,
    /// In ticks.
    duration: u32,
    clock_rate: u32,
    heard: Instant,
    is_reported: bool,
}

impl Event {
    fn press(&self) -> Press {
        let nanoseconds = u64::from(self.duration) * 1_000_000_000;
        let duration = Duration::from_nanos(nanoseconds.checked_div(u64::from(self.clock_rate)).unwrap_or(0));
        Press { digit: self.digit, duration }
    }
}

/// Packets of an event come every 50 ms or so; after this long without one its end was lost.
const SILENCE: Duration = Duration::from_millis(300);

impl Detector {
    /// Takes the payload of a telephone-event packet. A press is reported when it ends: at the first packet with
    /// the end bit or, when all of those were lost, at the next event or after 300 ms.
    pub(crate) fn note(
        &mut self,
        now: Instant,
        ssrc: u32,
        timestamp: u32,
        clock_rate: u32,
        payload: &[u8],
    ) -> Option<Press> {
        let [code, flags, d0, d1] = *payload.first_chunk::<4>()?;
        let digit = Digit::from_code(code)?;
        let (is_end, duration) = (flags & 0x80 != 0, u32::from(u16::from_be_bytes([d0, d1])));
        match &mut self.current {
            Some(event) if event.ssrc == ssrc && event.timestamp == timestamp => {
                event.duration = event.duration.max(duration);
                event.heard = now;
                let is_news = is_end && !event.is_reported;
                event.is_reported |= is_end;
                is_news.then(|| event.press())
            }
            Some(event) if event.ssrc == ssrc && is_before(timestamp, event.timestamp) => None,
            _ => {
                let unfinished = self.finish();
                // One report at a time: an end beside an unfinished press waits for its repetition, or the silence.
                let is_reported = is_end && unfinished.is_none();
                let event = Event { ssrc, timestamp, digit, duration, clock_rate, heard: now, is_reported };
                self.current = Some(event);
                unfinished.or_else(|| is_reported.then(|| event.press()))
            }
        }
    }

    /// When [`Detector::handle_timeout`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.current.filter(|event| !event.is_reported).map(|event| event.heard + SILENCE)
    }

    /// Reports a press whose end was lost.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Press> {
        if self.deadline()? <= now { self.finish() } else { None }
    }

    fn finish(&mut self) -> Option<Press> {
        let event = self.current.as_mut().filter(|event| !event.is_reported)?;
        event.is_reported = true;
        Some(event.press())
    }
}

/// Whether `a` comes before `b` on a clock that wraps around: a late packet of an event before the current one.
fn is_before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test has to start its virtual clock somewhere")]
    fn start() -> Instant {
        Instant::now()
    }

    fn payload(code: u8, is_end: bool, duration: u16) -> [u8; 4] {
        let [d0, d1] = duration.to_be_bytes();
        [code, if is_end { 0x8a } else { 0x0a }, d0, d1]
    }

    fn press(code: u8, milliseconds: u64) -> Option<Press> {
        Some(Press { digit: Digit::from_code(code).unwrap(), duration: Duration::from_millis(milliseconds) })
    }

    struct Run(Detector, Instant);

    impl Run {
        fn new() -> Self {
            Self(Detector::default(), start())
        }

        fn note(&mut self, timestamp: u32, code: u8, is_end: bool, duration: u16) -> Option<Press> {
            self.0.note(self.1, 1, timestamp, 8_000, &payload(code, is_end, duration))
        }
    }

    #[test]
    fn a_press_is_reported_once_though_its_end_comes_three_times() {
        let mut run = Run::new();
        assert_eq!(run.note(0, 5, false, 160), None);
        assert_eq!(run.note(0, 5, false, 400), None);
        assert_eq!(run.note(0, 5, true, 800), press(5, 100));
        assert_eq!(run.note(0, 5, true, 800), None);
        assert_eq!(run.note(0, 5, true, 800), None);
        assert_eq!(run.note(1_600, 5, true, 800), press(5, 100), "the same key again");
    }

    #[test]
    fn late_packets_of_the_press_before_are_ignored() {
        let mut run = Run::new();
        assert_eq!(run.note(0, 1, true, 800), press(1, 100));
        assert_eq!(run.note(1_600, 2, false, 160), None);
        assert_eq!(run.note(0, 1, true, 800), None);
        assert_eq!(run.note(1_600, 2, true, 320), press(2, 40));
    }

    #[test]
    fn a_press_whose_end_is_lost_is_reported_at_the_next_one_or_after_a_silence() {
        let mut run = Run::new();
        run.note(0, 1, false, 480);
        assert_eq!(run.note(1_600, 2, false, 160), press(1, 60));
        assert_eq!(run.0.deadline(), Some(run.1 + SILENCE));
        assert_eq!(run.0.handle_timeout(run.1 + Duration::from_millis(299)), None);
        assert_eq!(run.0.handle_timeout(run.1 + SILENCE), press(2, 20));
        assert_eq!(run.0.deadline(), None);
        assert_eq!(run.note(1_600, 2, true, 200), None, "reported already");
    }

    #[test]
    fn a_press_of_which_only_the_end_came_is_reported_after_the_one_before() {
        let mut run = Run::new();
        run.note(0, 1, false, 480);
        assert_eq!(run.note(1_600, 2, true, 160), press(1, 60));
        assert_eq!(run.note(1_600, 2, true, 160), press(2, 20));
        assert_eq!(run.note(1_600, 2, true, 160), None);
    }

    #[test]
    fn what_is_no_key_is_no_press() {
        let mut run = Run::new();
        assert_eq!(run.note(0, 16, true, 800), None, "a hook flash");
        assert_eq!(run.0.note(run.1, 1, 0, 8_000, &[5, 0x80, 0]), None, "cut short");
    }

    #[test]
    fn keys_are_written_as_they_are_printed_on_a_telephone() {
        let keys: String = (0..=16).filter_map(Digit::from_code).map(|digit| digit.to_string()).collect();
        assert_eq!(keys, "0123456789*#ABCD");
    }
}
