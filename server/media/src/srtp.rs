//! How are RTP and RTCP protected (RFC 3711, RFC 7714)?
//!
//! Packets are protected and unprotected where they lie. The state of a stream is made only once a packet of it
//! has been authenticated, so that a flood of invented SSRCs costs no memory.

mod cipher;

use bytes::BytesMut;
use rtc_crypto::{CryptoError, RTCCrypto};

use self::cipher::{Cipher, Labels};
use crate::rtp::{FIXED_HEADER, Header};
use crate::window::Window;

/// A protection profile of DTLS-SRTP (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// `SRTP_AES128_CM_HMAC_SHA1_80`.
    Aes128CmSha1,
    /// `SRTP_AEAD_AES_128_GCM`.
    Aes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`.
    Aes256Gcm,
}

impl Profile {
    fn key_length(self) -> usize {
        match self {
            Self::Aes128CmSha1 | Self::Aes128Gcm => 16,
            Self::Aes256Gcm => 32,
        }
    }

    fn salt_length(self) -> usize {
        match self {
            Self::Aes128CmSha1 => 14,
            Self::Aes128Gcm | Self::Aes256Gcm => 12,
        }
    }

    fn tag_length(self) -> usize {
        match self {
            Self::Aes128CmSha1 => 10,
            Self::Aes128Gcm | Self::Aes256Gcm => 16,
        }
    }
}

/// Why a packet could not be unprotected. The packet is dropped and counted, nothing else happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too short, or not what it claims to be.
    Malformed,
    /// Seen before, or too old to tell.
    Replayed,
    /// The tag is wrong.
    Unauthentic,
}

/// Both ways of one DTLS association.
pub(crate) struct Protection {
    pub(crate) sender: Sender,
    pub(crate) receiver: Receiver,
}

impl Protection {
    /// The server's end, from the material that DTLS exported: the keys of client and server, then their salts
    /// (RFC 5764 §4.2).
    pub(crate) fn of_server(
        profile: Profile,
        material: &[u8],
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, CryptoError> {
        let parts = Parts::split(profile, material).ok_or(CryptoError::InvalidKeyLength {
            expected: 2 * profile.key_length(),
            actual: material.len(),
        })?;
        Ok(Self {
            receiver: Receiver::new(profile, parts.client_key, parts.client_salt, crypto)?,
            sender: Sender::new(profile, parts.server_key, parts.server_salt, crypto)?,
        })
    }

    /// The client's end of the same: the peer in the tests.
    #[cfg(test)]
    pub(crate) fn of_client(profile: Profile, material: &[u8], crypto: &dyn RTCCrypto) -> Self {
        let parts = Parts::split(profile, material).unwrap();
        Self {
            receiver: Receiver::new(profile, parts.server_key, parts.server_salt, crypto).unwrap(),
            sender: Sender::new(profile, parts.client_key, parts.client_salt, crypto).unwrap(),
        }
    }
}

struct Parts<'a> {
    client_key: &'a [u8],
    server_key: &'a [u8],
    client_salt: &'a [u8],
    server_salt: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(profile: Profile, material: &'a [u8]) -> Option<Self> {
        let (client_key, rest) = material.split_at_checked(profile.key_length())?;
        let (server_key, rest) = rest.split_at_checked(profile.key_length())?;
        let (client_salt, server_salt) = rest.split_at_checked(profile.salt_length())?;
        (server_salt.len() == profile.salt_length()).then_some(Self {
            client_key,
            server_key,
            client_salt,
            server_salt,
        })
    }
}

/// Protects what is sent. The caller owns the sequence: it gives each packet an index once.
pub(crate) struct Sender {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

impl Sender {
    fn new(profile: Profile, key: &[u8], salt: &[u8], crypto: &dyn RTCCrypto) -> Result<Self, CryptoError> {
        Ok(Self {
            rtp: Cipher::derive(profile, key, salt, Labels::RTP, crypto)?,
            rtcp: Cipher::derive(profile, key, salt, Labels::RTCP, crypto)?,
            rtcp_index: 0,
        })
    }

    /// Protects an RTP packet with a 12-octet header, whose index (roll-over counter and sequence number) is
    /// `index`, and appends the tag.
    pub(crate) fn protect_rtp(
        &mut self,
        packet: &mut BytesMut,
        ssrc: u32,
        index: u64,
    ) -> Result<(), CryptoError> {
        self.rtp.seal(packet, FIXED_HEADER, ssrc, index)
    }

    /// Protects a compound RTCP packet and appends index and tag (RFC 3711 §3.4).
    pub(crate) fn protect_rtcp(&mut self, packet: &mut BytesMut, ssrc: u32) -> Result<(), CryptoError> {
        // 2^31 packets, one every five seconds, are out of reach; the key would have to be changed then (§9.2).
        self.rtcp_index = self.rtcp_index.wrapping_add(1) & !RTCP_ENCRYPTED;
        self.rtcp.seal_rtcp(packet, ssrc, self.rtcp_index)
    }
}

/// The E flag before the index of SRTCP.
const RTCP_ENCRYPTED: u32 = 1 << 31;
/// The octets of an SRTCP packet that stay in the clear: the first header and SSRC.
const RTCP_CLEAR: usize = 8;

/// Unprotects what arrives.
pub(crate) struct Receiver {
    rtp: Cipher,
    rtcp: Cipher,
    rtp_streams: Streams,
    rtcp_streams: Streams,
}

impl Receiver {
    fn new(profile: Profile, key: &[u8], salt: &[u8], crypto: &dyn RTCCrypto) -> Result<Self, CryptoError> {
        Ok(Self {
            rtp: Cipher::derive(profile, key, salt, Labels::RTP, crypto)?,
            rtcp: Cipher::derive(profile, key, salt, Labels::RTCP, crypto)?,
            rtp_streams: Streams::default(),
            rtcp_streams: Streams::default(),
        })
    }

    /// Unprotects `packet`, whose header is `header`, where it lies; returns its length without the tag.
    pub(crate) fn unprotect_rtp(&mut self, packet: &mut [u8], header: &Header) -> Result<usize, Refusal> {
        let window = self.rtp_streams.window(header.ssrc);
        let index = estimate(window.highest(), header.sequence).ok_or(Refusal::Replayed)?;
        if !window.is_free(index) {
            return Err(Refusal::Replayed);
        }
        let length = self.rtp.open(packet, header.length, header.ssrc, index)?;
        self.rtp_streams.mark(header.ssrc, index);
        Ok(length)
    }

    /// Unprotects a compound RTCP packet where it lies; returns its length without index and tag.
    pub(crate) fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refusal> {
        let clear = packet.first_chunk::<RTCP_CLEAR>().ok_or(Refusal::Malformed)?;
        let [_, _, _, _, x0, x1, x2, x3] = *clear;
        let ssrc = u32::from_be_bytes([x0, x1, x2, x3]);
        let index = self.rtcp.rtcp_index(packet).ok_or(Refusal::Malformed)?;
        let window = self.rtcp_streams.window(ssrc);
        if !window.is_free(u64::from(index)) {
            return Err(Refusal::Replayed);
        }
        let length = self.rtcp.open_rtcp(packet, ssrc, index)?;
        self.rtcp_streams.mark(ssrc, u64::from(index));
        Ok(length)
    }
}

/// The windows of the streams that were authenticated.
#[derive(Default)]
struct Streams {
    /// The one that spoke last: almost always the only one.
    current: Option<(u32, Window)>,
    /// The others, the longest silent first.
    former: Vec<(u32, Window)>,
}

impl Streams {
    /// A browser's audio has one SSRC at a time; a peer that goes through more loses the one longest silent.
    const FORMER: usize = 7;

    fn window(&self, ssrc: u32) -> Window {
        let mut known = self.current.iter().chain(&self.former);
        known.find(|(known, _)| *known == ssrc).map(|(_, window)| *window).unwrap_or_default()
    }

    fn mark(&mut self, ssrc: u32, index: u64) {
        let mut window = self.window(ssrc);
        window.mark(index);
        let before = self.current.replace((ssrc, window)).filter(|(before, _)| *before != ssrc);
        if let Some(before) = before {
            self.former.retain(|(former, _)| *former != ssrc);
            self.former.push(before);
            if self.former.len() > Self::FORMER {
                self.former.remove(0);
            }
        }
    }
}

/// The index that a sequence number most likely stands for (RFC 3711 §3.3.1, appendix A); none if it would lie
/// before the stream's beginning.
fn estimate(highest: Option<u64>, sequence: u16) -> Option<u64> {
    const HALF: u64 = 1 << 15;
    let sequence = u64::from(sequence);
    let Some(highest) = highest else { return Some(sequence) };
    let (counter, last) = (highest >> 16, highest & 0xffff);
    let counter = if last < HALF && sequence > last + HALF {
        counter.checked_sub(1)?
    } else if last >= HALF && sequence < last - HALF {
        counter + 1
    } else {
        counter
    };
    Some(counter << 16 | sequence)
}

#[cfg(test)]
mod tests;
