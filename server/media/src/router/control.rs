//! What do commands and time change?

use std::time::Instant;

use super::Router;
use crate::dtls::Progress;
use crate::interface::{CommandError, Event, LegId, Loss, Socket};
use crate::leg::{Browser, Leg, Phone, Transport};
use crate::legs::Slot;
use crate::parameters::{LegParameters, TransportParameters, WebRtcParameters};

impl Router {
    pub(super) fn add(
        &mut self,
        now: Instant,
        id: LegId,
        parameters: &LegParameters,
    ) -> Result<(), CommandError> {
        if self.legs.find(id).is_some() {
            return Err(CommandError::DuplicateLeg(id));
        }
        let transport = match &parameters.transport {
            TransportParameters::WebRtc(its) => {
                self.check_ufrag(None, its)?;
                Transport::Browser(Box::new(Browser::new(its, &self.acceptor, now)))
            }
            TransportParameters::Rtp(its) => Transport::Phone(Phone::new(its)),
        };
        let slot = self.legs.insert(Leg::new(id, transport, parameters, now, &mut self.random));
        if let TransportParameters::WebRtc(its) = &parameters.transport {
            self.by_ufrag.insert(its.local.ufrag.clone(), slot);
        }
        self.reschedule(slot);
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        now: Instant,
        slot: Slot,
        parameters: &LegParameters,
    ) -> Result<(), CommandError> {
        if let TransportParameters::WebRtc(its) = &parameters.transport {
            self.check_ufrag(Some(slot), its)?;
        }
        let Some(leg) = self.legs.get_mut(slot) else { return Ok(()) };
        if !leg.transport.fits(&parameters.transport) {
            return Err(CommandError::OtherKind(leg.id));
        }
        leg.renegotiate(parameters);
        match (&mut leg.transport, &parameters.transport) {
            (Transport::Phone(phone), TransportParameters::Rtp(its)) => phone.update(its),
            (Transport::Browser(browser), TransportParameters::WebRtc(its)) => {
                if let Some(void) = browser.ice.restart(&its.local) {
                    self.by_ufrag.remove(&void.ufrag);
                }
                self.by_ufrag.insert(its.local.ufrag.clone(), slot);
                if browser.recognise(its.remote.as_ref(), &self.acceptor, now) {
                    leg.is_connected = false;
                }
            }
            // `fits` has seen to it.
            (Transport::Phone(_), TransportParameters::WebRtc(_))
            | (Transport::Browser(_), TransportParameters::Rtp(_)) => {}
        }
        self.reroute(slot);
        self.reschedule(slot);
        Ok(())
    }

    /// Whether no other leg than `slot` expects checks for this user name fragment.
    fn check_ufrag(&self, slot: Option<Slot>, parameters: &WebRtcParameters) -> Result<(), CommandError> {
        let ufrag = &parameters.local.ufrag;
        match self.by_ufrag.get(ufrag) {
            Some(owner) if Some(*owner) != slot => Err(CommandError::DuplicateUfrag(ufrag.clone())),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn bridge(&mut self, a: Slot, b: Slot) {
        self.unbridge(a);
        self.unbridge(b);
        for (one, other) in [(a, b), (b, a)] {
            if let Some(leg) = self.legs.get_mut(one) {
                leg.peer = Some(other);
            }
        }
        self.reroute(a);
    }

    pub(super) fn unbridge(&mut self, slot: Slot) {
        let Some(peer) = self.legs.get_mut(slot).and_then(|leg| leg.peer.take()) else { return };
        for end in [slot, peer] {
            if let Some(leg) = self.legs.get_mut(end) {
                leg.peer = None;
                leg.sending.interrupt();
            }
        }
    }

    /// Reckons the payload types of a bridge anew, both ways.
    fn reroute(&mut self, slot: Slot) {
        let Some(peer) = self.legs.get(slot).and_then(|leg| leg.peer) else { return };
        for (one, other) in [(slot, peer), (peer, slot)] {
            let Some(payloads) = self.legs.get(other).map(Leg::payloads) else { continue };
            if let Some(leg) = self.legs.get_mut(one) {
                leg.route_to(&payloads);
            }
        }
    }

    pub(super) fn remove(&mut self, now: Instant, slot: Slot) {
        self.unbridge(slot);
        self.send_report(now, slot, true);
        self.tell_statistics(slot, true);
        let Some(mut leg) = self.legs.remove(slot) else { return };
        self.timers.cancel(slot, &mut leg.deadline);
        match leg.transport {
            Transport::Phone(_) => {}
            Transport::Browser(mut browser) => {
                if let (Some(to), Some(association)) = (browser.destination(), &mut browser.association) {
                    let (mut farewells, buffers) = (Vec::new(), &mut self.buffers);
                    association.close(&mut self.acceptor, |datagram| farewells.push(buffers.copy(datagram)));
                    farewells.into_iter().for_each(|bytes| self.transmit(Socket::Shared, to, bytes));
                }
                for ufrag in browser.ice.ufrags() {
                    self.by_ufrag.remove(ufrag);
                }
                for address in browser.ice.addresses() {
                    self.forget_address(slot, address);
                }
            }
        }
    }

    /// Takes an address from a leg, unless another leg has claimed it since.
    pub(super) fn forget_address(&mut self, slot: Slot, address: std::net::SocketAddr) {
        if self.by_address.get(&address) == Some(&slot) {
            self.by_address.remove(&address);
        }
    }

    pub(super) fn tell_statistics(&mut self, slot: Slot, is_final: bool) {
        if let Some(leg) = self.legs.get(slot) {
            let (leg, statistics) = (leg.id, Box::new(leg.statistics()));
            self.tell(Event::Statistics { leg, statistics, is_final });
        }
    }

    pub(super) fn handle_leg_timeout(&mut self, now: Instant, slot: Slot) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let id = leg.id;
        if let Some(press) = leg.detector.handle_timeout(now) {
            self.outputs.push_back(crate::Output::Event(Event::Dtmf {
                leg: id,
                digit: press.digit,
                duration: press.duration,
            }));
        }
        let is_report_due = leg.report_due <= now;
        if is_report_due {
            leg.schedule_report(now, &mut self.random);
        }
        self.expire_consent(now, slot);
        self.proceed_handshake(slot, |association, acceptor, send| {
            association.handle_timeout(acceptor, now, send)
        });
        if is_report_due {
            self.send_report(now, slot, false);
            self.note_silence(now, slot);
        }
    }

    /// Browsers show by their consent that they are there, phones by what they send.
    fn note_silence(&mut self, now: Instant, slot: Slot) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if matches!(leg.transport, Transport::Phone(_)) && leg.is_silent(now) {
            leg.is_connected = false;
            let id = leg.id;
            self.tell(Event::Lost { leg: id, why: Loss::Silence });
        }
    }

    fn expire_consent(&mut self, now: Instant, slot: Slot) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let Transport::Browser(browser) = &mut leg.transport else { return };
        if browser.ice.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        let stale = browser.ice.expire(now);
        let is_lost = browser.ice.selected().is_none();
        let id = leg.id;
        if is_lost {
            leg.is_connected = false;
        }
        for address in stale {
            self.forget_address(slot, address);
        }
        if is_lost {
            self.tell(Event::Lost { leg: id, why: Loss::ConsentExpired });
        }
    }

    pub(super) fn conclude_handshake(&mut self, slot: Slot, progress: Progress) {
        let why = match progress {
            Progress::Nothing => return,
            Progress::Keys(profile, material) => match self.protect(slot, profile, &material) {
                Ok(()) => return self.tell_connected(slot),
                Err(_) => Loss::HandshakeFailed,
            },
            Progress::Closed => Loss::Closed,
            Progress::Impostor => Loss::WrongCertificate,
            Progress::Failed => Loss::HandshakeFailed,
        };
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if let Transport::Browser(browser) = &mut leg.transport {
            browser.protection = None;
        }
        leg.is_connected = false;
        let id = leg.id;
        self.tell(Event::Lost { leg: id, why });
    }

    /// Tells that media can flow, once.
    pub(super) fn tell_connected(&mut self, slot: Slot) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let is_up = match &leg.transport {
            Transport::Browser(browser) => browser.is_up(),
            Transport::Phone(_) => true,
        };
        if is_up && !leg.is_connected {
            leg.is_connected = true;
            let id = leg.id;
            self.tell(Event::Connected { leg: id });
        }
    }
}
