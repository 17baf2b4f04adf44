//! Tables of what comes in and what goes out.

use super::*;

#[expect(clippy::disallowed_methods, reason = "a test has to start its virtual clock somewhere")]
fn start() -> Instant {
    Instant::now()
}

fn header(ssrc: u32, sequence: u16, timestamp: u32) -> Header {
    let mut packet = vec![0x80, 0];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    Header::parse(&packet).unwrap()
}

struct Stream {
    sending: Sending,
    now: Instant,
    first: Option<(u64, u32)>,
}

impl Stream {
    fn new() -> Self {
        Self { sending: Sending::new(99, &mut Random::new([0; 32])), now: start(), first: None }
    }

    /// Index and timestamp relative to the first packet's, and the marker.
    fn send(&mut self, ssrc: u32, sequence: u16, timestamp: u32) -> Option<(i64, u32, bool)> {
        let placed = self.sending.place(self.now, &header(ssrc, sequence, timestamp), 8_000, 0, 160)?;
        let (index, first_timestamp) = *self.first.get_or_insert((placed.index, placed.timestamp));
        let index = placed.index.cast_signed() - index.cast_signed();
        Some((index, placed.timestamp.wrapping_sub(first_timestamp), placed.marker))
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }
}

#[test]
fn losses_and_overtaking_of_the_source_are_kept() {
    let mut stream = Stream::new();
    assert_eq!(stream.send(1, 65_534, 1_000), Some((0, 0, true)));
    assert_eq!(stream.send(1, 65_535, 1_160), Some((1, 160, false)));
    assert_eq!(stream.send(1, 2, 1_640), Some((4, 640, false)));
    assert_eq!(stream.send(1, 1, 1_480), Some((3, 480, false)));
    assert_eq!(stream.send(1, 3, 1_800), Some((5, 800, false)));
}

#[test]
fn no_index_is_ever_used_twice() {
    let mut stream = Stream::new();
    assert_eq!(stream.send(1, 10, 0), Some((0, 0, true)));
    assert_eq!(stream.send(1, 10, 0), None);
    assert_eq!(stream.send(1, 9, 0), None, "before the first packet");
    assert_eq!(stream.send(1, 12, 320), Some((2, 320, false)));
    assert_eq!(stream.send(1, 11, 160), Some((1, 160, false)));
    assert_eq!(stream.send(1, 11, 160), None);
    assert_eq!(stream.send(1, 12, 320), None);
}

#[test]
fn another_source_follows_without_a_gap_and_with_the_marker() {
    let mut stream = Stream::new();
    stream.send(1, 10, 0);
    stream.send(1, 11, 160);
    stream.wait(500);
    assert_eq!(stream.send(2, 40_000, 77), Some((2, 160 + 4_000, true)));
    assert_eq!(stream.send(2, 40_001, 77 + 160), Some((3, 160 + 4_160, false)));
    assert_eq!(stream.send(2, 39_999, 77 - 1), None, "before the switch");
}

#[test]
fn a_pause_in_relaying_leaves_no_gap_though_the_source_went_on() {
    let mut stream = Stream::new();
    stream.send(1, 10, 0);
    stream.sending.interrupt();
    stream.wait(900_000);
    assert_eq!(stream.send(1, 45_010, 900 * 8_000), Some((1, 900 * 8_000, true)));
}

#[test]
fn a_jump_of_the_source_is_believed_at_its_second_packet() {
    let mut stream = Stream::new();
    stream.send(1, 10, 0);
    stream.wait(20);
    assert_eq!(stream.send(1, 10_000, 5), None);
    assert_eq!(stream.send(1, 10_001, 165), Some((1, 160, true)));
    assert_eq!(stream.send(1, 10_002, 325), Some((2, 320, false)));
}

#[test]
fn a_stray_packet_disturbs_nothing() {
    let mut stream = Stream::new();
    stream.send(1, 10_000, 0);
    assert_eq!(stream.send(1, 9_000, 0), None);
    assert_eq!(stream.send(1, 50_000, 0), None);
    assert_eq!(stream.send(1, 10_001, 160), Some((1, 160, false)));
    assert_eq!(stream.send(1, 50_001, 160), None, "too late to belong to the stray one");
}

#[test]
fn two_sources_at_the_same_instant_have_different_timestamps() {
    let mut stream = Stream::new();
    assert_eq!(stream.send(1, 10, 0), Some((0, 0, true)));
    assert_eq!(stream.send(2, 10, 0), Some((1, 1, true)));
}

#[test]
fn the_reports_timestamp_runs_on_between_packets() {
    let mut stream = Stream::new();
    stream.send(1, 10, 5_000);
    let (_, first) = stream.first.unwrap();
    stream.wait(250);
    assert_eq!(stream.sending.timestamp_at(stream.now).wrapping_sub(first), 2_000);
    // The packets of one DTMF event share the timestamp of its beginning (RFC 4733 §2.2).
    stream.send(1, 11, 5_000);
    assert_eq!(stream.sending.timestamp_at(stream.now).wrapping_sub(first), 2_000);
}

#[test]
fn the_first_index_is_below_half_the_sequence_numbers_and_again_after_new_keys() {
    for seed in 0..20 {
        let mut random = Random::new([seed; 32]);
        let mut sending = Sending::new(99, &mut random);
        for _ in 0..2 {
            let placed = sending.place(start(), &header(1, 0, 0), 8_000, 0, 0).unwrap();
            assert!(placed.index < 1 << 15, "{}", placed.index);
            sending.place(start(), &header(1, 2_000, 0), 8_000, 0, 0).unwrap();
            sending.restart(&mut random);
        }
    }
}

#[test]
fn an_hour_on_an_opus_clock_wraps_around_rightly() {
    assert_eq!(
        ticks(Duration::from_secs(100_000), 48_000),
        u32::try_from(4_800_000_000_u64 - (1 << 32)).unwrap()
    );
}
