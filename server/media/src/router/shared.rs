//! Whose is a datagram on the shared port, and what is it?

use std::net::SocketAddr;
use std::time::Instant;

use rtc_crypto::CryptoError;

use super::Router;
use crate::dtls::{Acceptor, Association, Progress};
use crate::interface::Socket;
use crate::leg::{Browser, Transport};
use crate::legs::Slot;
use crate::rtp::{Header, is_rtcp};
use crate::srtp::{Profile, Protection, Refusal};
use crate::statistics::Refused;

impl Router {
    /// STUN, DTLS and SRTP are told apart by their first octet (RFC 7983 §7).
    pub(super) fn handle_shared(&mut self, now: Instant, from: SocketAddr, data: &mut [u8]) {
        let Some(first) = data.first().copied() else { return };
        if first <= 3 {
            return self.handle_check(now, from, data);
        }
        let Some(slot) = self.by_address.get(&from).copied() else {
            return self.refuse(None, Refused::Source);
        };
        match first {
            20..=63 => self.handle_dtls(now, slot, data),
            128..=191 if is_rtcp(data) => self.handle_srtcp(now, slot, data),
            128..=191 => self.handle_srtp(now, slot, data),
            _ => self.refuse(Some(slot), Refused::Malformed),
        }
    }

    fn handle_srtp(&mut self, now: Instant, slot: Slot, data: &mut [u8]) {
        let Some(header) = Header::parse(data) else { return self.refuse(Some(slot), Refused::Malformed) };
        let Some(protection) = self.browser(slot).and_then(|browser| browser.protection.as_mut()) else {
            return self.refuse(Some(slot), Refused::Unconnected);
        };
        match protection.receiver.unprotect_rtp(data, &header) {
            Ok(length) => {
                let packet = data.get(..length).unwrap_or_default();
                self.relay(now, slot, &header, packet);
            }
            Err(refusal) => self.refuse(Some(slot), refusal.into()),
        }
    }

    fn handle_srtcp(&mut self, now: Instant, slot: Slot, data: &mut [u8]) {
        let ntp = self.ntp(now);
        let Some(protection) = self.browser(slot).and_then(|browser| browser.protection.as_mut()) else {
            return self.refuse(Some(slot), Refused::Unconnected);
        };
        match protection.receiver.unprotect_rtcp(data) {
            Ok(length) => {
                let packet = data.get(..length).unwrap_or_default();
                let is_rtcp = self.legs.get_mut(slot).is_some_and(|leg| leg.note_rtcp(now, ntp, packet));
                if !is_rtcp {
                    self.refuse(Some(slot), Refused::Malformed);
                }
            }
            Err(refusal) => self.refuse(Some(slot), refusal.into()),
        }
    }

    fn handle_dtls(&mut self, now: Instant, slot: Slot, data: &[u8]) {
        let Some(browser) = self.browser(slot) else { return };
        if browser.association.is_none() {
            // The answer with the peer's fingerprint is still on its way; the peer repeats its hello.
            return self.refuse(Some(slot), Refused::Unconnected);
        }
        if !browser.admits_dtls(now) {
            return self.refuse(Some(slot), Refused::Excess);
        }
        self.proceed_handshake(slot, |association, acceptor, send| {
            association.handle_datagram(acceptor, now, data, send)
        });
        self.reschedule(slot);
    }

    /// Lets the leg's association do something and sends what comes of it to the selected address.
    pub(super) fn proceed_handshake(
        &mut self,
        slot: Slot,
        step: impl FnOnce(&mut Association, &mut Acceptor, &mut dyn FnMut(&[u8])) -> Progress,
    ) {
        let Some(Transport::Browser(browser)) = self.legs.get_mut(slot).map(|leg| &mut leg.transport) else {
            return;
        };
        let to = browser.ice.selected();
        let Some(association) = &mut browser.association else { return };
        let (mut flight, buffers) = (Vec::new(), &mut self.buffers);
        let progress =
            step(association, &mut self.acceptor, &mut |datagram| flight.push(buffers.copy(datagram)));
        if let Some(to) = to {
            flight.into_iter().for_each(|bytes| self.transmit(Socket::Shared, to, bytes));
        }
        self.conclude_handshake(slot, progress);
    }

    /// The handshake is complete: these are the keys.
    pub(super) fn protect(
        &mut self,
        slot: Slot,
        profile: Profile,
        material: &[u8],
    ) -> Result<(), CryptoError> {
        let protection = Protection::of_server(profile, material, self.crypto.crypto())?;
        self.totals.handshakes += 1;
        let Some(leg) = self.legs.get_mut(slot) else { return Ok(()) };
        leg.sending.restart(&mut self.random);
        if let Transport::Browser(browser) = &mut leg.transport {
            browser.protection = Some(protection);
        }
        Ok(())
    }

    fn handle_check(&mut self, now: Instant, from: SocketAddr, data: &[u8]) {
        let Some(check) = self.reader.read(data) else { return self.refuse(None, Refused::Malformed) };
        let Some(slot) = self.by_ufrag.get(&check.ufrag).copied() else {
            return self.refuse(None, Refused::Source);
        };
        let Some(password) =
            self.browser(slot).and_then(|browser| browser.ice.password(&check.ufrag).map(str::to_owned))
        else {
            return self.refuse(Some(slot), Refused::Source);
        };
        if !self.reader.is_authentic(&password) {
            return self.refuse(Some(slot), Refused::Unauthentic);
        }
        if self.is_claimed(from, slot, now) {
            return self.refuse(Some(slot), Refused::Source);
        }
        let Some((answer, counts)) = self.reader.answer(&check, from, &password) else { return };
        self.totals.checks += 1;
        let answer = self.buffers.copy(&answer);
        self.transmit(Socket::Shared, from, answer);
        if counts {
            self.note_check(now, slot, from, &check.ufrag, check.nominates);
        }
    }

    fn note_check(&mut self, now: Instant, slot: Slot, from: SocketAddr, ufrag: &str, nominates: bool) {
        let Some(browser) = self.browser(slot) else { return };
        let change = browser.ice.note(now, from, ufrag, nominates);
        self.by_address.insert(from, slot);
        if let Some(forgotten) = change.forgotten {
            self.forget_address(slot, forgotten);
        }
        if let Some(retired) = change.retired {
            self.by_ufrag.remove(&retired.ufrag);
        }
        if change.is_new {
            self.reschedule(slot);
        }
        self.tell_connected(slot);
    }

    /// Whether the address is the one that another leg sends to, so that a check for this one cannot take it away.
    /// A leg that has not even agreed on keys claims nothing.
    fn is_claimed(&self, address: SocketAddr, slot: Slot, now: Instant) -> bool {
        let Some(owner) = self.by_address.get(&address).filter(|owner| **owner != slot) else { return false };
        match self.legs.get(*owner).map(|leg| &leg.transport) {
            Some(Transport::Browser(browser)) => browser.is_up() && browser.ice.holds(address, now),
            Some(Transport::Phone(_)) | None => false,
        }
    }

    fn browser(&mut self, slot: Slot) -> Option<&mut Browser> {
        match &mut self.legs.get_mut(slot)?.transport {
            Transport::Browser(browser) => Some(browser),
            Transport::Phone(_) => None,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed => Self::Malformed,
            Refusal::Replayed => Self::Replayed,
            Refusal::Unauthentic => Self::Unauthentic,
        }
    }
}
