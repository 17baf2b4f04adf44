//! How does a packet get from one leg to the other?

use std::net::SocketAddr;
use std::time::Instant;

use super::Router;
use crate::interface::{Event, LegId};
use crate::leg::{Route, Transport};
use crate::legs::Slot;
use crate::rtp::{Header, is_rtcp};
use crate::statistics::Refused;

impl Router {
    /// Takes a datagram from a phone's own port.
    pub(super) fn handle_phone(
        &mut self,
        now: Instant,
        id: LegId,
        from: SocketAddr,
        data: &[u8],
        on_rtp_port: bool,
    ) {
        let Some(slot) = self.legs.find(id) else { return self.refuse(None, Refused::Source) };
        let may_be_rtcp = !on_rtp_port || self.legs.get(slot).is_some_and(|leg| leg.has_muxed_rtcp());
        if may_be_rtcp && is_rtcp(data) {
            self.handle_phone_rtcp(now, slot, from, data, on_rtp_port);
        } else if on_rtp_port {
            self.handle_phone_rtp(now, slot, from, data);
        } else {
            self.refuse(Some(slot), Refused::Malformed);
        }
    }

    fn handle_phone_rtp(&mut self, now: Instant, slot: Slot, from: SocketAddr, data: &[u8]) {
        let Some(header) = Header::parse(data) else { return self.refuse(Some(slot), Refused::Malformed) };
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let is_negotiated = leg.route(header.payload_type).is_some();
        let Transport::Phone(phone) = &mut leg.transport else { return };
        if !phone.accepts_rtp(from, &header, is_negotiated) {
            return self.refuse(Some(slot), Refused::Source);
        }
        self.relay(now, slot, &header, data);
    }

    fn handle_phone_rtcp(
        &mut self,
        now: Instant,
        slot: Slot,
        from: SocketAddr,
        data: &[u8],
        on_rtp_port: bool,
    ) {
        let ntp = self.ntp(now);
        // Only what is RTCP through and through may teach an address.
        if !crate::rtcp::parse(data, |_| {}) {
            return self.refuse(Some(slot), Refused::Malformed);
        }
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let Transport::Phone(phone) = &mut leg.transport else { return };
        if phone.accepts_rtcp(from, on_rtp_port) {
            leg.note_rtcp(now, ntp, data);
        } else {
            self.refuse(Some(slot), Refused::Source);
        }
    }

    /// Takes an authentic packet, in the clear, and hands it to the other end of the bridge.
    pub(super) fn relay(&mut self, now: Instant, slot: Slot, header: &Header, packet: &[u8]) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if !leg.allowance.take(now) {
            return self.refuse(Some(slot), Refused::Excess);
        }
        let Some(payload) = header.payload(packet) else {
            return self.refuse(Some(slot), Refused::Malformed);
        };
        let peer = leg.peer;
        let outcome = match leg.route(header.payload_type) {
            None => Err(Refused::PayloadType),
            Some(route) => {
                leg.note_packet(now, header, route.payload.encoding, payload.len());
                let is_first = !leg.is_connected;
                self.totals.received += 1;
                if is_first {
                    self.tell_connected(slot);
                }
                self.pass(now, slot, header, payload, route)
            }
        };
        if let Err(reason) = outcome {
            self.refuse(Some(slot), reason);
            // A packet that lost its place in the stream leaves the stream as it is; any other one breaks it off.
            if let Some(peer) = peer.filter(|_| reason != Refused::Replayed)
                && let Some(peer) = self.legs.get_mut(peer)
            {
                peer.sending.interrupt();
            }
        }
    }

    fn pass(
        &mut self,
        now: Instant,
        slot: Slot,
        header: &Header,
        payload: &[u8],
        route: Route,
    ) -> Result<(), Refused> {
        let Some(leg) = self.legs.get(slot) else { return Ok(()) };
        if !leg.direction.receives() {
            return Err(Refused::Direction);
        }
        let (peer, encoding) = (leg.peer, route.payload.encoding);
        if encoding.is_telephone_event() {
            self.note_event(now, slot, header, encoding.clock_rate(), payload);
        }
        let peer = peer.ok_or(Refused::Unbridged)?;
        let onward = route.onward.ok_or(Refused::PayloadType)?;
        self.send(now, peer, header, (onward, encoding.clock_rate()), payload)
    }

    /// Sends a packet on a leg, in that leg's own stream.
    fn send(
        &mut self,
        now: Instant,
        slot: Slot,
        header: &Header,
        (payload_type, clock_rate): (u8, u32),
        payload: &[u8],
    ) -> Result<(), Refused> {
        let leg = self.legs.get_mut(slot).ok_or(Refused::Unbridged)?;
        if !leg.direction.sends() {
            return Err(Refused::Direction);
        }
        let (socket, to) = leg.rtp_path().ok_or(Refused::Unconnected)?;
        let placed = leg.sending.place(now, header, clock_rate, payload_type, payload.len());
        let placed = placed.ok_or(Refused::Replayed)?;
        let packet = self.buffers.begin();
        placed.write(packet);
        packet.extend_from_slice(payload);
        if let Transport::Browser(browser) = &mut leg.transport {
            let protection = browser.protection.as_mut().ok_or(Refused::Unconnected)?;
            let protected = protection.sender.protect_rtp(packet, placed.ssrc, placed.index);
            protected.map_err(|_| Refused::Unconnected)?;
        }
        self.totals.sent += 1;
        let bytes = self.buffers.finish();
        self.transmit(socket, to, bytes);
        Ok(())
    }

    fn note_event(&mut self, now: Instant, slot: Slot, header: &Header, clock_rate: u32, payload: &[u8]) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let press = leg.detector.note(now, header.ssrc, header.timestamp, clock_rate, payload);
        let id = leg.id;
        if let Some(press) = press {
            self.tell(Event::Dtmf { leg: id, digit: press.digit, duration: press.duration });
        }
        self.reschedule(slot);
    }

    /// Sends a report, or the last one.
    pub(super) fn send_report(&mut self, now: Instant, slot: Slot, is_farewell: bool) {
        let ntp = self.ntp(now);
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let Some((socket, to)) = leg.rtcp_path() else { return };
        let ssrc = leg.sending.ssrc();
        let packet = self.buffers.begin();
        leg.report(now, ntp, is_farewell).write(packet);
        if let Transport::Browser(browser) = &mut leg.transport {
            let Some(protection) = &mut browser.protection else { return };
            if protection.sender.protect_rtcp(packet, ssrc).is_err() {
                return;
            }
        }
        let bytes = self.buffers.finish();
        self.transmit(socket, to, bytes);
    }
}
