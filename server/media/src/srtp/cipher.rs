//! Which keys does a stream use, and how is one packet sealed and opened with them?

use bytes::{BufMut, BytesMut};
use rtc_crypto::{
    AeadAlgorithm, AeadCipher, CryptoError, HmacAlgorithm, Mac, RTCCrypto, StreamCipher,
    StreamCipherAlgorithm, constant_time_eq,
};

use super::{Profile, RTCP_CLEAR, RTCP_ENCRYPTED, Refusal};

/// The labels of key derivation (RFC 3711 §4.3.2).
pub(super) struct Labels {
    encryption: u8,
    authentication: u8,
    salt: u8,
}

impl Labels {
    pub(super) const RTP: Self = Self { encryption: 0, authentication: 1, salt: 2 };
    pub(super) const RTCP: Self = Self { encryption: 3, authentication: 4, salt: 5 };
}

/// The session keys of one direction, of RTP or of RTCP.
pub(super) struct Cipher {
    algorithm: Algorithm,
    /// The session salt as a number: 112 bits in counter mode, 96 with GCM.
    salt: u128,
    tag_length: usize,
}

enum Algorithm {
    CounterMode { stream: Box<dyn StreamCipher>, mac: Box<dyn Mac> },
    Gcm(Box<dyn AeadCipher>),
}

/// The full HMAC-SHA1, of which the profile's tag is the beginning.
const SHA1_LENGTH: usize = 20;
/// The longest tag of any profile.
const GCM_TAG: usize = 16;

impl Cipher {
    pub(super) fn derive(
        profile: Profile,
        key: &[u8],
        salt: &[u8],
        labels: Labels,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, CryptoError> {
        let stream_algorithm = match profile {
            Profile::Aes128CmSha1 | Profile::Aes128Gcm => StreamCipherAlgorithm::Aes128Ctr,
            Profile::Aes256Gcm => StreamCipherAlgorithm::Aes256Ctr,
        };
        let mut derivation = crypto.new_stream_cipher(stream_algorithm, key)?;
        let mut derive = |label: u8, length: usize| derived(derivation.as_mut(), salt, label, length);
        let encryption = derive(labels.encryption, profile.key_length())?;
        let algorithm = match profile {
            Profile::Aes128CmSha1 => Algorithm::CounterMode {
                stream: crypto.new_stream_cipher(stream_algorithm, &encryption)?,
                mac: crypto.new_hmac(HmacAlgorithm::Sha1, &derive(labels.authentication, SHA1_LENGTH)?)?,
            },
            Profile::Aes128Gcm => Algorithm::Gcm(crypto.new_aead(AeadAlgorithm::Aes128Gcm, &encryption)?),
            Profile::Aes256Gcm => Algorithm::Gcm(crypto.new_aead(AeadAlgorithm::Aes256Gcm, &encryption)?),
        };
        let salt = derive(labels.salt, profile.salt_length())?;
        let salt = salt.iter().fold(0, |value, octet| value << 8 | u128::from(*octet));
        Ok(Self { algorithm, salt, tag_length: profile.tag_length() })
    }

    /// Encrypts `packet` after its first `clear` octets and appends the tag.
    pub(super) fn seal(
        &mut self,
        packet: &mut BytesMut,
        clear: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), CryptoError> {
        let actual = packet.len();
        let (header, payload) = packet.split_at_mut_checked(clear).ok_or(too_short(actual))?;
        match &mut self.algorithm {
            Algorithm::CounterMode { stream, mac } => {
                stream.apply_keystream(&counter_iv(self.salt, ssrc, index), payload)?;
                let mut tag = [0; SHA1_LENGTH];
                mac.sign(&[packet.as_ref(), &roll_over(index)], &mut tag)?;
                packet.extend(tag.iter().take(self.tag_length));
            }
            Algorithm::Gcm(aead) => {
                let mut tag = [0; GCM_TAG];
                aead.seal_in_place(&gcm_iv(self.salt, ssrc, index), header, payload, &mut tag)?;
                packet.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// Checks and decrypts `packet` after its first `clear` octets; returns its length without the tag.
    pub(super) fn open(
        &mut self,
        packet: &mut [u8],
        clear: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, Refusal> {
        let length = packet.len().checked_sub(self.tag_length).filter(|length| *length >= clear);
        let length = length.ok_or(Refusal::Malformed)?;
        let (body, tag) = packet.split_at_mut_checked(length).ok_or(Refusal::Malformed)?;
        match &mut self.algorithm {
            Algorithm::CounterMode { stream, mac } => {
                check(mac.as_mut(), &[body, &roll_over(index)], tag)?;
                let payload = body.get_mut(clear..).ok_or(Refusal::Malformed)?;
                stream
                    .apply_keystream(&counter_iv(self.salt, ssrc, index), payload)
                    .map_err(|_| Refusal::Unauthentic)?;
            }
            Algorithm::Gcm(aead) => {
                let (header, payload) = body.split_at_mut_checked(clear).ok_or(Refusal::Malformed)?;
                aead.open_in_place(&gcm_iv(self.salt, ssrc, index), header, payload, tag)
                    .map_err(|_| Refusal::Unauthentic)?;
            }
        }
        Ok(length)
    }

    /// Encrypts a compound RTCP packet and appends what SRTCP wants: index and tag in counter mode, tag and index
    /// with GCM (RFC 3711 §3.4, RFC 7714 §9.2).
    pub(super) fn seal_rtcp(
        &mut self,
        packet: &mut BytesMut,
        ssrc: u32,
        index: u32,
    ) -> Result<(), CryptoError> {
        let trailer = (index | RTCP_ENCRYPTED).to_be_bytes();
        let actual = packet.len();
        let (clear, payload) = packet.split_at_mut_checked(RTCP_CLEAR).ok_or(too_short(actual))?;
        match &mut self.algorithm {
            Algorithm::CounterMode { stream, mac } => {
                stream.apply_keystream(&counter_iv(self.salt, ssrc, u64::from(index)), payload)?;
                packet.put_slice(&trailer);
                let mut tag = [0; SHA1_LENGTH];
                mac.sign(&[packet.as_ref()], &mut tag)?;
                packet.extend(tag.iter().take(self.tag_length));
            }
            Algorithm::Gcm(aead) => {
                let (aad, mut tag) = (associated(clear, trailer), [0; GCM_TAG]);
                aead.seal_in_place(&gcm_iv(self.salt, ssrc, u64::from(index)), &aad, payload, &mut tag)?;
                packet.put_slice(&tag);
                packet.put_slice(&trailer);
            }
        }
        Ok(())
    }

    /// The index that an SRTCP packet carries; none if it is too short or not encrypted, as every browser's is.
    pub(super) fn rtcp_index(&self, packet: &[u8]) -> Option<u32> {
        let end = match self.algorithm {
            Algorithm::CounterMode { .. } => packet.len().checked_sub(self.tag_length)?,
            Algorithm::Gcm(_) => packet.len(),
        };
        let trailer = u32::from_be_bytes(*packet.get(..end)?.last_chunk()?);
        (trailer & RTCP_ENCRYPTED != 0).then_some(trailer & !RTCP_ENCRYPTED)
    }

    /// Checks and decrypts an SRTCP packet; returns its length without index and tag.
    pub(super) fn open_rtcp(&mut self, packet: &mut [u8], ssrc: u32, index: u32) -> Result<usize, Refusal> {
        let trailer = (index | RTCP_ENCRYPTED).to_be_bytes();
        let length =
            packet.len().checked_sub(self.tag_length + trailer.len()).filter(|length| *length >= RTCP_CLEAR);
        let length = length.ok_or(Refusal::Malformed)?;
        let (body, after) = packet.split_at_mut_checked(length).ok_or(Refusal::Malformed)?;
        let (clear, payload) = body.split_at_mut_checked(RTCP_CLEAR).ok_or(Refusal::Malformed)?;
        match &mut self.algorithm {
            Algorithm::CounterMode { stream, mac } => {
                let tag = after.get(trailer.len()..).ok_or(Refusal::Malformed)?;
                check(mac.as_mut(), &[clear, payload, &trailer], tag)?;
                stream
                    .apply_keystream(&counter_iv(self.salt, ssrc, u64::from(index)), payload)
                    .map_err(|_| Refusal::Unauthentic)?;
            }
            Algorithm::Gcm(aead) => {
                let (aad, tag) =
                    (associated(clear, trailer), after.get(..GCM_TAG).ok_or(Refusal::Malformed)?);
                aead.open_in_place(&gcm_iv(self.salt, ssrc, u64::from(index)), &aad, payload, tag)
                    .map_err(|_| Refusal::Unauthentic)?;
            }
        }
        Ok(length)
    }
}

/// Never seen: the gateway writes whole headers.
fn too_short(actual: usize) -> CryptoError {
    CryptoError::OutputTooSmall { required: RTCP_CLEAR, actual }
}

fn check(mac: &mut dyn Mac, input: &[&[u8]], tag: &[u8]) -> Result<(), Refusal> {
    let mut full = [0; SHA1_LENGTH];
    mac.sign(input, &mut full).map_err(|_| Refusal::Unauthentic)?;
    let expected = full.get(..tag.len()).ok_or(Refusal::Malformed)?;
    if constant_time_eq(expected, tag) { Ok(()) } else { Err(Refusal::Unauthentic) }
}

/// One derived key: the keystream under the master key at label XOR master salt (RFC 3711 §4.3.1, §4.3.3). The
/// 96-bit salt of GCM is padded with zeros on the right (RFC 7714 §11).
fn derived(
    master: &mut dyn StreamCipher,
    salt: &[u8],
    label: u8,
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    const LABEL_AT: usize = 7;
    let mut iv = [0_u8; 16];
    for (to, from) in iv.iter_mut().zip(salt) {
        *to = *from;
    }
    for octet in iv.iter_mut().skip(LABEL_AT).take(1) {
        *octet ^= label;
    }
    let mut key = vec![0; length];
    master.apply_keystream(&iv, &mut key)?;
    Ok(key)
}

/// RFC 3711 §4.1.1: salt·2¹⁶ XOR SSRC·2⁶⁴ XOR index·2¹⁶.
fn counter_iv(salt: u128, ssrc: u32, index: u64) -> [u8; 16] {
    (salt << 16 ^ u128::from(ssrc) << 64 ^ u128::from(index) << 16).to_be_bytes()
}

/// RFC 7714 §8.1 and §9.1: salt XOR (two zero octets, SSRC, 48-bit index).
fn gcm_iv(salt: u128, ssrc: u32, index: u64) -> [u8; 12] {
    let [_, _, _, _, iv @ ..] = (salt ^ u128::from(ssrc) << 48 ^ u128::from(index)).to_be_bytes();
    iv
}

/// The upper 32 bits of the 48-bit index, which the tag covers in counter mode (RFC 3711 §4.2).
fn roll_over(index: u64) -> [u8; 4] {
    let [_, _, r0, r1, r2, r3, _, _] = index.to_be_bytes();
    [r0, r1, r2, r3]
}

/// RFC 7714 §9.2: the clear part and the index with its flag.
fn associated(clear: &[u8], trailer: [u8; 4]) -> [u8; 12] {
    let mut data = [0; 12];
    for (to, from) in data.iter_mut().zip(clear.iter().chain(&trailer)) {
        *to = *from;
    }
    data
}

#[cfg(test)]
pub(super) fn derive_for_test(
    key: &[u8],
    salt: &[u8],
    label: u8,
    length: usize,
    crypto: &dyn RTCCrypto,
) -> Vec<u8> {
    let mut master = crypto.new_stream_cipher(StreamCipherAlgorithm::Aes128Ctr, key).unwrap();
    derived(master.as_mut(), salt, label, length).unwrap()
}
