//! How is an RTP packet read and written (RFC 3550 §5.1)?

use bytes::{BufMut, BytesMut};

/// The length of a header without CSRCs and extension: the only kind that the gateway writes.
pub(crate) const FIXED_HEADER: usize = 12;

/// The header of an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Octets up to the payload, CSRCs and extension included.
    pub(crate) length: usize,
    padded: bool,
}

impl Header {
    /// Reads the header of `packet`, or nothing if it is not RTP version 2 or is cut short.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let (fixed, rest) = packet.split_first_chunk::<FIXED_HEADER>()?;
        let [flags, kind, s0, s1, t0, t1, t2, t3, x0, x1, x2, x3] = *fixed;
        if flags >> 6 != 2 {
            return None;
        }
        let csrcs = usize::from(flags & 0x0f) * 4;
        let extension = match flags & 0x10 {
            0 => 0,
            _ => {
                let (_, after) = rest.split_at_checked(csrcs)?;
                let [_, _, l0, l1] = *after.first_chunk::<4>()?;
                4 + usize::from(u16::from_be_bytes([l0, l1])) * 4
            }
        };
        let length = FIXED_HEADER + csrcs + extension;
        (length <= packet.len()).then_some(Self {
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([x0, x1, x2, x3]),
            length,
            padded: flags & 0x20 != 0,
        })
    }

    /// The payload of the (decrypted) packet that this is the header of, without its padding.
    pub(crate) fn payload<'a>(&self, packet: &'a [u8]) -> Option<&'a [u8]> {
        let payload = packet.get(self.length..)?;
        if !self.padded {
            return Some(payload);
        }
        let padding = usize::from(*payload.last()?);
        let end = payload.len().checked_sub(padding).filter(|_| padding != 0)?;
        payload.get(..end)
    }
}

/// Whether a datagram of RTP or RTCP is RTCP: the second octet says so (RFC 5761 §4).
pub(crate) fn is_rtcp(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|kind| (192..=223).contains(kind))
}

/// What a packet that is to be sent says in its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    /// Roll-over counter and sequence number in one (RFC 3711 §3.3.1).
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

impl Outgoing {
    /// Appends the header to `packet`.
    pub(crate) fn write(&self, packet: &mut BytesMut) {
        let marker = if self.marker { 0x80 } else { 0 };
        let [.., s0, s1] = self.index.to_be_bytes();
        packet.put_slice(&[0x80, marker | self.payload_type, s0, s1]);
        packet.put_u32(self.timestamp);
        packet.put_u32(self.ssrc);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csrcs_extension_and_padding_are_not_payload() {
        let mut packet = vec![0xb2, 0xe0, 0x12, 0x34, 0, 0, 0, 7, 0xde, 0xad, 0xbe, 0xef];
        packet.extend([1, 1, 1, 1, 2, 2, 2, 2]);
        packet.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
        packet.extend(b"sound");
        packet.extend([0, 0, 3]);
        let header = Header::parse(&packet).unwrap();
        let expected = Header {
            marker: true,
            payload_type: 96,
            sequence: 0x1234,
            timestamp: 7,
            ssrc: 0xdead_beef,
            length: 28,
            padded: true,
        };
        assert_eq!(header, expected);
        assert_eq!(header.payload(&packet), Some(&b"sound"[..]));
    }

    #[test]
    fn packets_cut_short_are_not_rtp() {
        let mut packet =
            vec![0x92, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 1, 9, 9, 9, 9];
        for length in 0..packet.len() {
            assert_eq!(Header::parse(&packet[..length]), None, "{length}");
        }
        assert!(Header::parse(&packet).is_some());
        packet[0] = 0x52;
        assert_eq!(Header::parse(&packet), None, "version 1");
    }

    #[test]
    fn impossible_padding_leaves_no_payload() {
        let header = [0xa0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        for tail in [&[][..], &[0], &[1, 4], &[9]] {
            let packet = [&header, tail].concat();
            assert_eq!(Header::parse(&packet).unwrap().payload(&packet), None, "{tail:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut packet = BytesMut::new();
        Outgoing { marker: true, payload_type: 8, index: 0x3_ffff, timestamp: 160, ssrc: 9 }
            .write(&mut packet);
        let expected = Header {
            marker: true,
            payload_type: 8,
            sequence: 0xffff,
            timestamp: 160,
            ssrc: 9,
            length: 12,
            padded: false,
        };
        assert_eq!(Header::parse(&packet), Some(expected));
    }
}
