//! How is an RTCP packet read and written (RFC 3550 §6)?

use std::time::{Duration, SystemTime};

use bytes::{BufMut, BytesMut};

/// What the gateway says of the stream that it receives from a peer (§6.4.1), and what the peer says of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    /// The stream that the block is about.
    pub(crate) ssrc: u32,
    /// The share lost since the last report, in 1/256.
    pub(crate) fraction_lost: u8,
    /// Packets lost in all; 24 bits on the wire.
    pub(crate) lost: i32,
    pub(crate) highest: u32,
    /// In ticks of the stream's clock.
    pub(crate) jitter: u32,
    /// The middle 32 bits of the last sender report's time, or 0.
    pub(crate) last_sender_report: u32,
    /// The time since that report came, in 1/65,536 s.
    pub(crate) delay_since: u32,
}

/// What a sender says of its own stream (§6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderInfo {
    /// The time in NTP format: seconds since 1900 and their fraction, 32 bits each.
    pub(crate) ntp: u64,
    /// The same instant on the stream's clock.
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
}

/// A compound packet as the gateway sends it: a report, its canonical name, and a farewell at the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compound<'a> {
    pub(crate) ssrc: u32,
    /// Present when something was sent since the last report: a sender report instead of a receiver report.
    pub(crate) sender: Option<SenderInfo>,
    pub(crate) block: Option<ReportBlock>,
    pub(crate) cname: &'a str,
    pub(crate) is_farewell: bool,
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
/// Version 2, no padding.
const VERSION: u8 = 0x80;

impl Compound<'_> {
    /// Appends the packet.
    pub(crate) fn write(&self, packet: &mut BytesMut) {
        let count = u8::from(self.block.is_some());
        let block_words = if self.block.is_some() { 6 } else { 0 };
        match self.sender {
            Some(info) => {
                header(packet, count, SENDER_REPORT, 6 + block_words);
                packet.put_u32(self.ssrc);
                packet.put_u64(info.ntp);
                packet.put_u32(info.timestamp);
                packet.put_u32(info.packets);
                packet.put_u32(info.octets);
            }
            None => {
                header(packet, count, RECEIVER_REPORT, 1 + block_words);
                packet.put_u32(self.ssrc);
            }
        }
        if let Some(block) = self.block {
            block.write(packet);
        }
        self.write_name(packet);
        if self.is_farewell {
            header(packet, 1, BYE, 1);
            packet.put_u32(self.ssrc);
        }
    }

    /// The canonical name, §6.5.1: a chunk of SSRC, one item and at least one zero, filled up to a whole word.
    fn write_name(&self, packet: &mut BytesMut) {
        const CNAME: u8 = 1;
        let name = self.cname.as_bytes();
        let name = name.get(..name.len().min(255)).unwrap_or_default();
        let chunk = (4 + 2 + name.len() + 1).next_multiple_of(4);
        header(packet, 1, SOURCE_DESCRIPTION, u16::try_from(chunk / 4).unwrap_or(u16::MAX));
        packet.put_u32(self.ssrc);
        packet.put_u8(CNAME);
        packet.put_u8(u8::try_from(name.len()).unwrap_or(u8::MAX));
        packet.put_slice(name);
        packet.put_bytes(0, chunk - 4 - 2 - name.len());
    }
}

impl ReportBlock {
    const LENGTH: usize = 24;

    fn write(&self, packet: &mut BytesMut) {
        // Signed, 24 bits: it stays at its limits (§6.4.1).
        let lost = self.lost.clamp(-0x80_0000, 0x7f_ffff).cast_unsigned() & 0xff_ffff;
        packet.put_u32(self.ssrc);
        packet.put_u32(u32::from(self.fraction_lost) << 24 | lost);
        packet.put_u32(self.highest);
        packet.put_u32(self.jitter);
        packet.put_u32(self.last_sender_report);
        packet.put_u32(self.delay_since);
    }

    fn parse(octets: &[u8]) -> Option<Self> {
        let mut words = Words(octets);
        let (ssrc, losses) = (words.next()?, words.next()?);
        Some(Self {
            ssrc,
            fraction_lost: u8::try_from(losses >> 24).unwrap_or(u8::MAX),
            lost: (losses << 8).cast_signed() >> 8,
            highest: words.next()?,
            jitter: words.next()?,
            last_sender_report: words.next()?,
            delay_since: words.next()?,
        })
    }
}

/// What matters of a peer's RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A sender report: its SSRC and the middle of its NTP time.
    SenderReport { ssrc: u32, middle: u32 },
    /// What the peer says of a stream that it receives.
    Block(ReportBlock),
    /// The stream ends.
    Bye { ssrc: u32 },
}

/// Gives the items of a compound packet to `each`; false if it is no RTCP at all (appendix A.2).
pub(crate) fn parse(mut compound: &[u8], mut each: impl FnMut(Item)) -> bool {
    // A compound packet of a peer in a call of two has three or four parts.
    const MOST: usize = 32;
    let mut count = 0;
    while let Some((header, rest)) = compound.split_first_chunk::<4>() {
        let [flags, kind, l0, l1] = *header;
        let length = usize::from(u16::from_be_bytes([l0, l1])) * 4;
        let Some((body, after)) = rest.split_at_checked(length) else { return false };
        if flags >> 6 != 2 || !(192..=223).contains(&kind) || count == MOST {
            return false;
        }
        part(kind, flags & 0x1f, body, &mut each);
        compound = after;
        count += 1;
    }
    compound.is_empty() && count > 0
}

fn part(kind: u8, count: u8, body: &[u8], each: &mut impl FnMut(Item)) {
    match kind {
        SENDER_REPORT => {
            let mut words = Words(body);
            if let (Some(ssrc), Some(high), Some(low)) = (words.next(), words.next(), words.next()) {
                each(Item::SenderReport { ssrc, middle: high << 16 | low >> 16 });
            }
            blocks(body.get(24..), count, each);
        }
        RECEIVER_REPORT => blocks(body.get(4..), count, each),
        BYE => Words(body).take(usize::from(count)).for_each(|ssrc| each(Item::Bye { ssrc })),
        _ => {}
    }
}

fn blocks(octets: Option<&[u8]>, count: u8, each: &mut impl FnMut(Item)) {
    octets
        .unwrap_or_default()
        .chunks_exact(ReportBlock::LENGTH)
        .take(usize::from(count))
        .filter_map(ReportBlock::parse)
        .for_each(|block| each(Item::Block(block)));
}

fn header(packet: &mut BytesMut, count: u8, kind: u8, words: u16) {
    packet.put_slice(&[VERSION | count, kind]);
    packet.put_u16(words);
}

/// The 32-bit words of a packet, one after the other.
struct Words<'a>(&'a [u8]);

impl Iterator for Words<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }
}

/// A time in NTP format (§4).
pub(crate) fn ntp(time: SystemTime) -> u64 {
    const FROM_1900_TO_1970: u64 = 2_208_988_800;
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    since_1970.as_secs().wrapping_add(FROM_1900_TO_1970) << 32 | fraction
}

/// The round trip that a report block tells of, when it came at `ntp` (§6.4.1); none if it refers to no report.
pub(crate) fn round_trip(block: &ReportBlock, ntp: u64) -> Option<Duration> {
    if block.last_sender_report == 0 {
        return None;
    }
    let middle = u32::try_from(ntp >> 16 & u64::from(u32::MAX)).ok()?;
    let units = middle.wrapping_sub(block.last_sender_report).wrapping_sub(block.delay_since);
    // Clocks that disagree by a little give a time just below zero.
    let units = if units > u32::MAX / 2 { 0 } else { units };
    Some(Duration::from_nanos(u64::from(units) * 1_000_000_000 / 65_536))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: ReportBlock = ReportBlock {
        ssrc: 7,
        fraction_lost: 64,
        lost: -2,
        highest: 0x1_0005,
        jitter: 12,
        last_sender_report: 0x1234_5678,
        delay_since: 65_536,
    };

    fn written(compound: Compound<'_>) -> BytesMut {
        let mut packet = BytesMut::new();
        compound.write(&mut packet);
        packet
    }

    fn read(packet: &[u8]) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        parse(packet, |item| items.push(item)).then_some(items)
    }

    #[test]
    fn a_sender_report_with_name_and_farewell_is_laid_out_as_the_rfc_says() {
        let sender = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 9, packets: 10, octets: 11 };
        let packet = written(Compound {
            ssrc: 5,
            sender: Some(sender),
            block: Some(BLOCK),
            cname: "gw",
            is_farewell: true,
        });
        let expected = [
            &[0x81, 200, 0, 12, 0, 0, 0, 5][..],
            &[1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 11],
            &[0, 0, 0, 7, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 5, 0, 0, 0, 12, 0x12, 0x34, 0x56, 0x78, 0, 1, 0, 0],
            &[0x81, 202, 0, 3, 0, 0, 0, 5, 1, 2, b'g', b'w', 0, 0, 0, 0],
            &[0x81, 203, 0, 1, 0, 0, 0, 5],
        ]
        .concat();
        assert_eq!(packet, expected);
        assert_eq!(
            read(&packet),
            Some(vec![
                Item::SenderReport { ssrc: 5, middle: 0x0304_0506 },
                Item::Block(BLOCK),
                Item::Bye { ssrc: 5 }
            ])
        );
    }

    #[test]
    fn a_receiver_report_without_anything_is_still_valid() {
        let packet =
            written(Compound { ssrc: 5, sender: None, block: None, cname: "gwx", is_farewell: false });
        assert_eq!(packet.len(), 8 + 16);
        assert_eq!(read(&packet), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_rtcp_is_told_apart() {
        let packet =
            written(Compound { ssrc: 5, sender: None, block: Some(BLOCK), cname: "gw", is_farewell: true });
        for length in 0..packet.len() {
            let whole_parts = [32, 48].contains(&length);
            assert_eq!(read(&packet[..length]).is_some(), whole_parts, "{length}");
        }
        assert_eq!(read(&packet.repeat(11)), None, "33 parts");
        let mut other = packet.clone();
        other[0] = 0x41;
        assert_eq!(read(&other), None, "version 1");
        other[0] = 0x81;
        other[1] = 96;
        assert_eq!(read(&other), None, "not a type of RTCP");
    }

    #[test]
    fn a_count_that_promises_more_than_is_there_gives_what_is_there() {
        assert_eq!(read(&[0x9f, 201, 0, 1, 0, 0, 0, 5]), Some(Vec::new()));
        assert_eq!(read(&[0x9f, 203, 0, 1, 0, 0, 0, 5]), Some(vec![Item::Bye { ssrc: 5 }]));
        assert_eq!(read(&[0x80, 200, 0, 1, 0, 0, 0, 5]), Some(Vec::new()));
    }

    #[test]
    fn ntp_time_counts_from_1900() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(ntp(time), 2_208_988_801 << 32 | 1 << 31);
    }

    #[test]
    fn the_round_trip_is_what_is_left_of_the_time_between_the_reports() {
        // The example of RFC 3550 §6.4.1: 6.125 s of which 5.25 s were spent at the other side.
        let block = ReportBlock { last_sender_report: 0xb705_2000, delay_since: 0x0005_4000, ..BLOCK };
        assert_eq!(round_trip(&block, 0xb710_8000 << 16), Some(Duration::from_millis(6_125)));
        assert_eq!(round_trip(&block, 0xb70a_5000 << 16), Some(Duration::ZERO));
        assert_eq!(round_trip(&ReportBlock { last_sender_report: 0, ..block }, 0), None);
    }
}
