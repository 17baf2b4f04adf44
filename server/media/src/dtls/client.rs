//! The browser's end of a handshake, for the tests.

use std::sync::Arc;
use std::time::Instant;

use dimpl::{Config, Dtls, Output};

use super::{Certificate, profile_of};
use crate::srtp::Profile;

/// Which version the client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Dtls12,
    Dtls13,
    /// Both: what browsers offer.
    Either,
}

/// A DTLS client with a certificate of its own.
pub(crate) struct Client {
    dtls: Dtls,
    pub(crate) certificate: Certificate,
    pub(crate) keys: Option<(Profile, Vec<u8>)>,
    pub(crate) is_closed: bool,
    pub(crate) is_broken: bool,
    pub(crate) wake: Instant,
}

impl Client {
    pub(crate) fn new(now: Instant, version: Version) -> Self {
        let certificate = Certificate::generate().unwrap();
        let config = Arc::new(
            Config::builder()
                .flight_start_rto(std::time::Duration::from_millis(50))
                .flight_retries(8)
                .build()
                .unwrap(),
        );
        let its = certificate.0.clone();
        let mut dtls = match version {
            Version::Dtls12 => Dtls::new_12(config, its, now),
            Version::Dtls13 => Dtls::new_13(config, its, now),
            Version::Either => Dtls::new_auto(config, its, now),
        };
        dtls.set_active(true);
        Self { dtls, certificate, keys: None, is_closed: false, is_broken: false, wake: now }
    }

    /// Feeds a datagram, or only time, and returns what is to be sent.
    pub(crate) fn step(&mut self, now: Instant, datagram: Option<&[u8]>) -> Vec<Vec<u8>> {
        let mut taken = self.dtls.handle_timeout(now);
        if let (Ok(()), Some(datagram)) = (&taken, datagram) {
            taken = self.dtls.handle_packet(datagram);
        }
        self.is_broken |= taken.is_err();
        self.drain()
    }

    pub(crate) fn close(&mut self) -> Vec<Vec<u8>> {
        self.dtls.close().unwrap();
        self.drain()
    }

    fn drain(&mut self) -> Vec<Vec<u8>> {
        let (mut sent, mut buffer) = (Vec::new(), vec![0; 4_096]);
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(packet) => sent.push(packet.to_vec()),
                Output::KeyingMaterial(material, profile) => {
                    self.keys = Some((profile_of(profile).unwrap(), material.to_vec()));
                }
                Output::CloseNotify => self.is_closed = true,
                Output::Timeout(wake) => {
                    self.wake = wake;
                    return sent;
                }
                Output::Connected | Output::PeerCert(_) | Output::ApplicationData(_) | _ => {}
            }
        }
    }
}
