//! Where do outgoing packets lie until they are sent?

use bytes::{Bytes, BytesMut};

/// One large buffer that packets are cut from, so that a packet costs no allocation of its own. A new one is made
/// only when packets of the last are still about.
pub(crate) struct Buffers(BytesMut);

impl Buffers {
    const LENGTH: usize = 64 * 1_024;
    /// The largest datagram that is ever sent, with its tag.
    const LARGEST: usize = 2_200;

    pub(crate) fn new() -> Self {
        Self(BytesMut::new())
    }

    /// An empty buffer with room for any datagram; [`Buffers::finish`] cuts off what was written.
    pub(crate) fn begin(&mut self) -> &mut BytesMut {
        self.0.clear();
        if self.0.capacity() < Self::LARGEST {
            self.0.reserve(Self::LENGTH);
        }
        &mut self.0
    }

    pub(crate) fn finish(&mut self) -> Bytes {
        self.0.split().freeze()
    }

    pub(crate) fn copy(&mut self, datagram: &[u8]) -> Bytes {
        self.begin().extend_from_slice(datagram);
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_that_were_sent_leave_their_room_to_the_next_ones() {
        let mut buffers = Buffers::new();
        let first = buffers.copy(b"first").as_ptr();
        let mut reused = 0;
        for _ in 0..10_000 {
            buffers.begin().extend_from_slice(&[0; 172]);
            if buffers.finish().as_ptr() == first {
                reused += 1;
            }
        }
        assert!(reused > 10, "{reused}");
    }

    #[test]
    fn packets_that_are_kept_stay_as_they_were_written() {
        let mut buffers = Buffers::new();
        let kept: Vec<Bytes> = (0..=255_u8).map(|octet| buffers.copy(&[octet; 1_000])).collect();
        for (octet, packet) in (0..=255).zip(kept) {
            assert_eq!(packet, vec![octet; 1_000]);
        }
    }
}
