//! One browser and its plain RTP peer.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dimpl::{Dtls, Output, SrtpProfile};
use rtc_crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc_rtp::Header;
use rtc_shared::marshal::Unmarshal;
use rtc_srtp::config::Config;
use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;

use crate::New;
use crate::net::Outbox;

/// From 1900 to 1970, in seconds.
const NTP: u64 = 2_208_988_800;

pub struct Leg {
    pub password: String,
    pub phone: UdpSocket,
    /// The browser's, once a check has come from it.
    pub address: Option<SocketAddr>,
    fingerprint: String,
    verified: bool,
    /// None once it has failed or ended.
    dtls: Option<Box<Dtls>>,
    due: Option<Instant>,
    receiving: Option<Context>,
    sending: Option<Context>,
    payload_type: u8,
    ssrc: u32,
    sent: u32,
    sent_bytes: u32,
    last_time: u32,
    received: Received,
}

/// What has come from the browser (RFC 3550 §6.4.1).
#[derive(Default)]
struct Received {
    count: u32,
    first: u16,
    last: u16,
    cycles: u32,
    ssrc: u32,
}

impl Leg {
    pub fn new(new: New, dtls: Dtls) -> Self {
        Self {
            password: new.password,
            phone: new.phone,
            address: None,
            fingerprint: new.fingerprint,
            verified: false,
            dtls: Some(Box::new(dtls)),
            due: None,
            receiving: None,
            sending: None,
            payload_type: new.payload_type,
            ssrc: new.ssrc,
            sent: 0,
            sent_bytes: 0,
            last_time: 0,
            received: Received::default(),
        }
    }

    // ---- sound

    pub fn from_browser(&mut self, datagram: &[u8]) {
        let Some(context) = &mut self.receiving else { return };
        if datagram.get(1).is_some_and(|kind| (192..=223).contains(kind)) {
            // Reports of the browser are checked and not used.
            _ = context.decrypt_rtcp(datagram);
            return;
        }
        let mut rest = datagram;
        let Ok(header) = Header::unmarshal(&mut rest) else { return };
        let header_length = datagram.len() - rest.len();
        let Ok(mut packet) = context.decrypt_rtp_with_header(datagram, &header) else { return };
        self.received.count(&header);
        // The plain side gets no header extensions and no contributing sources.
        let start = header_length - 12;
        packet.copy_within(..12, start);
        packet[start] &= 0xa0;
        _ = self.phone.send(&packet[start..]);
    }

    pub fn to_browser(&mut self, packet: &mut [u8], outbox: &mut Outbox) {
        let (Some(context), Some(address)) = (&mut self.sending, self.address) else { return };
        if packet.len() < 12 {
            return;
        }
        packet[1] = packet[1] & 0x80 | self.payload_type;
        packet[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        // The cipher looks at no more of a header than this.
        let sequence_number = u16::from_be_bytes([packet[2], packet[3]]);
        let header = Header { version: 2, sequence_number, ssrc: self.ssrc, ..Default::default() };
        if let Ok(encrypted) = context.encrypt_rtp_with_header(packet, &header) {
            self.sent += 1;
            self.sent_bytes += packet.len() as u32 - 12;
            self.last_time = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
            outbox.push(address, encrypted);
        }
    }

    /// A sender report with a receiver's block, and a name (RFC 3550 §6.4.1, §6.5).
    pub fn report(&mut self, outbox: &mut Outbox) {
        let (Some(context), Some(address)) = (&mut self.sending, self.address) else { return };
        let has_block = self.received.count > 0;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let fraction = ((u64::from(now.subsec_nanos()) << 32) / 1_000_000_000) as u32;
        let mut report = vec![0x80 | u8::from(has_block), 200, 0, if has_block { 12 } else { 6 }];
        let seconds = (now.as_secs() + NTP) as u32;
        for word in [self.ssrc, seconds, fraction, self.last_time, self.sent, self.sent_bytes] {
            report.extend(word.to_be_bytes());
        }
        if has_block {
            let Received { count, first, last, cycles, ssrc } = self.received;
            let highest = cycles + u32::from(last);
            let lost = (highest - u32::from(first) + 1).saturating_sub(count);
            for word in [ssrc, lost & 0xff_ffff, highest, 0, 0, 0] {
                report.extend(word.to_be_bytes());
            }
        }
        report.extend([0x81, 202, 0, 3]);
        report.extend(self.ssrc.to_be_bytes());
        report.extend([1, 2, b'g', b'w', 0, 0, 0, 0]);
        if let Ok(encrypted) = context.encrypt_rtcp(&report) {
            outbox.push(address, encrypted);
        }
    }

    // ---- keys

    pub fn handshake(
        &mut self,
        datagram: &[u8],
        now: Instant,
        crypto: &Arc<dyn RTCCryptoProvider>,
        outbox: &mut Outbox,
    ) {
        let Some(dtls) = &mut self.dtls else { return };
        let handled = dtls.handle_timeout(now).and_then(|()| dtls.handle_packet(datagram));
        self.drain(crypto, outbox);
        if let Err(error) = handled {
            self.fail(&error.to_string());
        }
    }

    pub fn handle_timeout(&mut self, now: Instant, crypto: &Arc<dyn RTCCryptoProvider>, outbox: &mut Outbox) {
        if self.due.is_some_and(|due| due > now) {
            return;
        }
        let Some(dtls) = &mut self.dtls else { return };
        if let Err(error) = dtls.handle_timeout(now) {
            return self.fail(&error.to_string());
        }
        self.drain(crypto, outbox);
    }

    fn drain(&mut self, crypto: &Arc<dyn RTCCryptoProvider>, outbox: &mut Outbox) {
        let Some(mut dtls) = self.dtls.take() else { return };
        let mut buffer = [0; 2_048];
        loop {
            match dtls.poll_output(&mut buffer) {
                Output::Packet(packet) => {
                    if let Some(address) = self.address {
                        outbox.push(address, (&*packet).into());
                    }
                }
                Output::PeerCert(certificate) => {
                    let hash = crypto.crypto().hash(HashAlgorithm::Sha256, certificate).unwrap_or_default();
                    let hash: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
                    self.verified = hash.join(":") == self.fingerprint;
                }
                Output::KeyingMaterial(material, profile) if self.verified => {
                    if let Err(error) = self.take_keys(&material, profile, crypto) {
                        return self.fail(&error.to_string());
                    }
                }
                Output::CloseNotify => return self.fail("closed by the browser"),
                Output::Timeout(due) => {
                    self.due = Some(due);
                    break;
                }
                _ => {}
            }
        }
        self.dtls = Some(dtls);
    }

    fn take_keys(
        &mut self,
        material: &[u8],
        profile: SrtpProfile,
        crypto: &Arc<dyn RTCCryptoProvider>,
    ) -> anyhow::Result<()> {
        let profile = match profile {
            SrtpProfile::AEAD_AES_128_GCM => ProtectionProfile::AeadAes128Gcm,
            SrtpProfile::AEAD_AES_256_GCM => ProtectionProfile::AeadAes256Gcm,
            SrtpProfile::AES128_CM_SHA1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            other => anyhow::bail!("the SRTP profile {other:?} is not known"),
        };
        let mut config = Config { profile, ..Default::default() };
        config.set_session_keys_from_keying_material(material, false)?;
        let (keys, replay) = (&config.keys, (srtp_replay_protection(128), srtcp_replay_protection(64)));
        let context = |key, salt, rtp, rtcp| Context::new(key, salt, profile, rtp, rtcp, crypto.crypto());
        let (key, salt) = (&keys.remote_master_key, &keys.remote_master_salt);
        self.receiving = Some(context(key, salt, Some(replay.0), Some(replay.1))?);
        self.sending = Some(context(&keys.local_master_key, &keys.local_master_salt, None, None)?);
        Ok(())
    }

    fn fail(&mut self, why: &str) {
        eprintln!("leg {:x} ends: {why}", self.ssrc);
        (self.dtls, self.receiving, self.sending) = (None, None, None);
    }
}

impl Received {
    fn count(&mut self, header: &Header) {
        let sequence = header.sequence_number;
        if self.count == 0 {
            *self = Self { first: sequence, last: sequence, ssrc: header.ssrc, ..Self::default() };
        } else if sequence.wrapping_sub(self.last) < 0x8000 {
            if sequence < self.last {
                self.cycles += 0x1_0000;
            }
            self.last = sequence;
        }
        self.count += 1;
    }
}
