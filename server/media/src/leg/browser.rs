//! What does the router hold of a browser's transport?

use std::net::SocketAddr;
use std::time::Instant;

use crate::allowance::Allowance;
use crate::dtls::{Acceptor, Association};
use crate::ice_lite::IceLite;
use crate::parameters::{RemoteCertificate, WebRtcParameters};
use crate::srtp::Protection;

/// ICE, DTLS and SRTP of one leg.
pub(crate) struct Browser {
    pub(crate) ice: IceLite,
    /// The keys, once the handshake is complete.
    pub(crate) protection: Option<Protection>,
    /// The association, once it is known with whom.
    pub(crate) association: Option<Association>,
    certificate: Option<RemoteCertificate>,
    allowance: Allowance,
}

impl Browser {
    pub(crate) fn new(parameters: &WebRtcParameters, acceptor: &Acceptor, now: Instant) -> Self {
        let mut browser = Self {
            ice: IceLite::new(parameters.local.clone()),
            protection: None,
            association: None,
            certificate: None,
            allowance: Allowance::of_handshake(now),
        };
        browser.recognise(parameters.remote.as_ref(), acceptor, now);
        browser
    }

    /// Takes note of who the peer is. Another certificate means another association; the old keys are void with
    /// it, since they were agreed with somebody else.
    pub(crate) fn recognise(
        &mut self,
        remote: Option<&RemoteCertificate>,
        acceptor: &Acceptor,
        now: Instant,
    ) -> bool {
        let Some(remote) = remote.filter(|remote| self.certificate.as_ref() != Some(remote)) else {
            return false;
        };
        self.association = Some(Association::new(acceptor, remote.fingerprints.clone(), now));
        self.certificate = Some(remote.clone());
        self.protection = None;
        self.ice.expect(now);
        true
    }

    /// Whether another DTLS datagram may be looked at.
    pub(crate) fn admits_dtls(&mut self, now: Instant) -> bool {
        self.allowance.take(now)
    }

    /// Media can flow.
    pub(crate) fn is_up(&self) -> bool {
        self.protection.is_some() && self.ice.selected().is_some()
    }

    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        self.ice.selected().filter(|_| self.protection.is_some())
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let handshake = self.association.as_ref().and_then(Association::deadline);
        [self.ice.deadline(), handshake].into_iter().flatten().min()
    }
}
