//! How does a browser leg come by its keys (RFC 5763, RFC 5764, RFC 9147)?
//!
//! The only file that names the DTLS library. The gateway is always the server; the key exchange draws its own
//! randomness inside the library, which no caller can or need provide.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, DtlsCertificate, Output, ProtocolVersion, SrtpProfile};

use crate::fingerprint::{Fingerprint, HashFunction};
use crate::srtp::Profile;

/// The certificate under which the gateway speaks DTLS: self-signed, its identity is the fingerprint in the SDP.
///
/// One serves all media threads; a new one at every start is customary (RFC 8827 §6.5).
#[derive(Clone)]
pub struct Certificate(DtlsCertificate);

/// No certificate could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The library could not generate the key or sign with it.
    #[error("no DTLS certificate could be generated")]
    Generation,
}

impl Certificate {
    /// Makes an ECDSA P-256 certificate, valid for a year.
    ///
    /// # Errors
    /// [`CertificateError::Generation`], if the system's randomness or the library fails.
    pub fn generate() -> Result<Self, CertificateError> {
        let made = dimpl::certificate::generate_self_signed_certificate();
        made.map(Self).map_err(|_| CertificateError::Generation)
    }

    /// What the SDP says of it, by SHA-256.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(HashFunction::Sha256, &self.0.certificate)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.fingerprint().to_string()).finish()
    }
}

/// What makes the associations of one router.
pub(crate) struct Acceptor {
    config: Arc<Config>,
    certificate: Certificate,
    /// Where the library writes what it has to say.
    scratch: Vec<u8>,
}

/// A handshake takes this long at most, from the first ClientHello on.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// Enough for any flight; certificates of peers may need more, up to [`LARGEST`].
const SCRATCH: usize = 2_048;
const LARGEST: usize = 64 * 1_024;

impl Acceptor {
    pub(crate) fn new(certificate: Certificate) -> Result<Self, dimpl::Error> {
        let config = Config::builder()
            .require_client_certificate(true)
            // A cookie proves that the client receives at its address, which ICE has proved already.
            .use_server_cookie(false)
            // Browsers repeat their flights after 50 ms; the library's second would be felt with every loss.
            .flight_start_rto(Duration::from_millis(100))
            .flight_retries(8)
            .handshake_timeout(HANDSHAKE)
            .build()?;
        Ok(Self { config: Arc::new(config), certificate, scratch: vec![0; SCRATCH] })
    }

    fn server(&self, now: Instant) -> Box<Dtls> {
        Box::new(Dtls::new_auto(Arc::clone(&self.config), self.certificate.0.clone(), now))
    }
}

/// The DTLS association of one leg, with the one peer that its SDP names.
pub(crate) struct Association {
    dtls: Option<Box<Dtls>>,
    expected: Vec<Fingerprint>,
    stage: Stage,
    is_connected: bool,
    wake: Option<Instant>,
    /// When the handshake, with all its new beginnings, has taken too long.
    give_up: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// No certificate was seen yet.
    Anonymous,
    /// The certificate is the one that the SDP promised.
    Verified,
    /// The handshake is complete and the keys are out.
    Established,
    /// The certificate is another one: what remains is to say so.
    Impostor,
    /// Nothing more will happen.
    Over,
}

/// What came of a datagram or of time.
pub(crate) enum Progress {
    /// Nothing that the leg need know.
    Nothing,
    /// The handshake is complete: this is the keying material.
    Keys(Profile, Vec<u8>),
    /// The peer closed the association.
    Closed,
    /// The peer's certificate is not the promised one. It was told so.
    Impostor,
    /// The handshake failed for good.
    Failed,
}

impl Association {
    /// Waits for a ClientHello of the peer whose certificate is one of those `expected`.
    pub(crate) fn new(acceptor: &Acceptor, expected: Vec<Fingerprint>, now: Instant) -> Self {
        Self {
            dtls: Some(acceptor.server(now)),
            expected,
            stage: Stage::Anonymous,
            is_connected: false,
            wake: None,
            give_up: None,
        }
    }

    /// Takes a datagram from an ICE-validated address of the peer; `send` gets the datagrams to be sent.
    pub(crate) fn handle_datagram(
        &mut self,
        acceptor: &mut Acceptor,
        now: Instant,
        datagram: &[u8],
        send: impl FnMut(&[u8]),
    ) -> Progress {
        self.give_up.get_or_insert(now + HANDSHAKE);
        let Some(dtls) = &mut self.dtls else { return Progress::Nothing };
        let taken = dtls.handle_timeout(now).and_then(|()| dtls.handle_packet(datagram));
        self.proceed(acceptor, now, taken.is_err(), send)
    }

    /// When [`Association::handle_timeout`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let give_up = self.give_up.filter(|_| self.is_pending());
        self.wake.into_iter().chain(give_up).min()
    }

    /// Repeats what was lost, or gives up.
    pub(crate) fn handle_timeout(
        &mut self,
        acceptor: &mut Acceptor,
        now: Instant,
        send: impl FnMut(&[u8]),
    ) -> Progress {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Progress::Nothing;
        }
        let Some(dtls) = &mut self.dtls else { return Progress::Nothing };
        let failed = dtls.handle_timeout(now).is_err() || self.give_up.is_some_and(|give_up| give_up <= now);
        self.proceed(acceptor, now, failed, send)
    }

    /// Says goodbye, if the peer can understand it.
    pub(crate) fn close(&mut self, acceptor: &mut Acceptor, send: impl FnMut(&[u8])) {
        if let Some(dtls) = self.dtls.as_mut().filter(|_| self.stage == Stage::Established) {
            farewell(dtls, acceptor, send);
        }
        self.end();
    }

    /// Whether the handshake is neither complete nor over.
    fn is_pending(&self) -> bool {
        match self.stage {
            Stage::Anonymous | Stage::Verified | Stage::Impostor => true,
            Stage::Established | Stage::Over => false,
        }
    }

    /// Draws everything that the library has to say, and draws the conclusions.
    fn proceed(
        &mut self,
        acceptor: &mut Acceptor,
        now: Instant,
        failed: bool,
        mut send: impl FnMut(&[u8]),
    ) -> Progress {
        let mut progress = Progress::Nothing;
        let said_all = loop {
            let Some(dtls) = &mut self.dtls else { break true };
            match Said::next(dtls, &mut acceptor.scratch) {
                Some(Said::Packet(length)) => {
                    // An impostor's handshake is not completed in DTLS 1.2, where it can be told at once.
                    if self.stage != Stage::Impostor || is_dtls_13(dtls) {
                        send(acceptor.scratch.get(..length).unwrap_or_default());
                    }
                }
                Some(Said::Certificate(length)) => {
                    let certificate = acceptor.scratch.get(..length).unwrap_or_default();
                    let is_right = Fingerprint::any_matches(&self.expected, certificate);
                    self.stage = if is_right { Stage::Verified } else { Stage::Impostor };
                }
                Some(Said::Connected) => self.is_connected = true,
                Some(Said::Keys(profile, material)) => {
                    if self.stage == Stage::Verified {
                        self.stage = Stage::Established;
                        progress = Progress::Keys(profile, material);
                    }
                }
                Some(Said::Closed) => {
                    self.end();
                    progress = Progress::Closed;
                }
                Some(Said::Wake(wake)) => {
                    self.wake = Some(wake);
                    break true;
                }
                None => break false,
            }
        };
        self.conclude(acceptor, now, failed || !said_all, progress, send)
    }

    fn conclude(
        &mut self,
        acceptor: &mut Acceptor,
        now: Instant,
        failed: bool,
        progress: Progress,
        send: impl FnMut(&[u8]),
    ) -> Progress {
        match self.stage {
            Stage::Impostor => self.dismiss(acceptor, failed, send),
            Stage::Anonymous | Stage::Verified if failed => self.begin_again(acceptor, now),
            Stage::Established if failed => {
                // What was agreed stays agreed: only the association's own messages are over.
                self.dtls = None;
                self.wake = None;
                progress
            }
            Stage::Anonymous | Stage::Verified | Stage::Established | Stage::Over => progress,
        }
    }

    /// A bad hello must not end the call: the next one gets a fresh start, until the time for it is up.
    fn begin_again(&mut self, acceptor: &Acceptor, now: Instant) -> Progress {
        if self.give_up.is_some_and(|give_up| give_up <= now) {
            self.end();
            return Progress::Failed;
        }
        self.dtls = Some(acceptor.server(now));
        self.stage = Stage::Anonymous;
        self.is_connected = false;
        self.wake = None;
        Progress::Nothing
    }

    /// Tells an impostor that it is known for one: in DTLS 1.2 by a bare alert, for it has seen no Finished of
    /// ours and still reads plain records; in DTLS 1.3 by a farewell once the handshake is complete, for the
    /// library has no call for the alert and no farewell before.
    fn dismiss(&mut self, acceptor: &mut Acceptor, failed: bool, mut send: impl FnMut(&[u8])) -> Progress {
        match &mut self.dtls {
            Some(dtls) if !is_dtls_13(dtls) => send(&BAD_CERTIFICATE),
            Some(_) if !self.is_connected && !failed => return Progress::Nothing,
            Some(dtls) => farewell(dtls, acceptor, send),
            None => {}
        }
        self.end();
        Progress::Impostor
    }

    fn end(&mut self) {
        self.dtls = None;
        self.wake = None;
        self.stage = Stage::Over;
    }
}

/// Sends close_notify.
fn farewell(dtls: &mut Dtls, acceptor: &mut Acceptor, mut send: impl FnMut(&[u8])) {
    if dtls.close().is_ok() {
        while let Some(Said::Packet(length)) = Said::next(dtls, &mut acceptor.scratch) {
            send(acceptor.scratch.get(..length).unwrap_or_default());
        }
    }
}

/// A record of DTLS 1.2 in epoch 0, with a number that no flight reaches: alert, fatal, bad_certificate.
const BAD_CERTIFICATE: [u8; 15] = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0xff, 0xf0, 0, 2, 2, 42];

fn is_dtls_13(dtls: &Dtls) -> bool {
    dtls.protocol_version() == Some(ProtocolVersion::DTLS1_3)
}

/// What the library says, in a form that borrows nothing: lengths are of what it wrote into the scratch.
enum Said {
    Packet(usize),
    Certificate(usize),
    Connected,
    Keys(Profile, Vec<u8>),
    Closed,
    /// That was all until then.
    Wake(Instant),
}

impl Said {
    /// The next thing that matters; none if the library wants to say something too long to be true.
    fn next(dtls: &mut Dtls, scratch: &mut Vec<u8>) -> Option<Self> {
        loop {
            match dtls.poll_output(scratch) {
                Output::Packet(packet) => return Some(Self::Packet(packet.len())),
                Output::PeerCert(certificate) => return Some(Self::Certificate(certificate.len())),
                Output::KeyingMaterial(material, profile) => {
                    return Some(Self::Keys(profile_of(profile)?, material.to_vec()));
                }
                Output::Connected => return Some(Self::Connected),
                Output::CloseNotify => return Some(Self::Closed),
                Output::Timeout(wake) => return Some(Self::Wake(wake)),
                Output::BufferTooSmall { needed } if needed <= LARGEST => scratch.resize(needed, 0),
                Output::BufferTooSmall { .. } => return None,
                // Nobody here speaks anything over DTLS but its handshake.
                Output::ApplicationData(_) | _ => {}
            }
        }
    }
}

fn profile_of(profile: SrtpProfile) -> Option<Profile> {
    match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Some(Profile::Aes128CmSha1),
        SrtpProfile::AEAD_AES_128_GCM => Some(Profile::Aes128Gcm),
        SrtpProfile::AEAD_AES_256_GCM => Some(Profile::Aes256Gcm),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod client;
