//! How do a leg and its peer agree on a session (RFC 3264)?

mod acceptance;
mod agreement;
mod composition;

use std::net::{IpAddr, SocketAddr};

use sdp_types::Session;

use self::agreement::{Agreement, OwnOffer, PeerOffer};
use self::composition::{Composition, Slot};
use crate::codec::{Codec, Encoding};
use crate::description::{Description, IceCredentials};
use crate::parameters::{LegParameters, RemoteRtp, Signalling};
use crate::random::Random;
use crate::{Direction, Error, Fingerprint, Proposal};

/// The gateway's end of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// A browser leg: ICE-lite, DTLS-SRTP.
    WebRtc {
        /// The advertised address of the media thread's shared port.
        address: SocketAddr,
        /// The fingerprint of the gateway's certificate.
        certificate: Fingerprint,
    },
    /// A plain-RTP leg with a port pair of its own.
    Rtp {
        /// The advertised address.
        address: IpAddr,
        /// The port of RTP.
        rtp_port: u16,
        /// The port of RTCP.
        rtcp_port: u16,
    },
}

/// The offer/answer state of one leg, from its first description to its last.
///
/// It is pure: no clock, no sockets; every value that must not be guessable is drawn from the seed that
/// [`Negotiation::new`] gets. The crate's documentation shows two of them at work on one call.
pub struct Negotiation {
    local: Local,
    random: Random,
    session_id: u64,
    ssrc: u32,
    cname: String,
    stream: String,
    state: State,
    agreement: Option<Agreement>,
    /// What held before the current exchange, for [`Negotiation::rollback`].
    before: Option<Agreement>,
    /// The last description sent, for the version in its `o=` line (RFC 3264 §8).
    sent: Option<Session>,
    /// Every payload type ever bound on this leg: none may get a second meaning (RFC 3264 §8.3.2).
    bound: Vec<(Encoding, u8)>,
    signalling: Option<Signalling>,
    descriptions: u32,
}

enum State {
    /// Nothing was exchanged yet, or what was exchanged is settled.
    Settled,
    /// The peer's offer waits for our answer.
    Offered(PeerOffer),
    /// The peer's offer was answered; until it is confirmed, another answer may follow.
    Answered(PeerOffer),
    /// Our offer waits for the peer's answer.
    Offering(OwnOffer),
    /// Our offer was answered; until that is confirmed, a different answer may follow (RFC 3261 §13.2.1).
    Accepted(OwnOffer),
}

impl Negotiation {
    /// A leg that has exchanged nothing yet.
    ///
    /// `seed` is 32 random octets that nobody else knows: ICE passwords, the SSRC and the session's id come of it.
    #[must_use]
    pub fn new(local: Local, seed: [u8; 32]) -> Self {
        let mut random = Random::new(seed);
        Self {
            local,
            session_id: random.u64() >> 1,
            ssrc: random.u32(),
            cname: random.token(16),
            stream: random.token(16),
            random,
            state: State::Settled,
            agreement: None,
            before: None,
            sent: None,
            bound: Vec::new(),
            signalling: None,
            descriptions: 0,
        }
    }

    /// Says where the peer's authenticated signalling comes from: whether its SDP can be taken at its word. Without this
    /// it is. Only plain-RTP legs mind.
    pub fn learn_source_from(&mut self, signalling: Signalling) {
        self.signalling = Some(signalling);
    }

    /// Takes an offer of the peer and returns what it proposes to the other leg.
    ///
    /// # Errors
    /// [`Error::Glare`] when ours waits for an answer, [`Error::OfferPending`] when the peer's last one does;
    /// otherwise whatever makes the offer unacceptable (488 in SIP).
    pub fn handle_offer(&mut self, sdp: &str) -> Result<Proposal, Error> {
        match self.state {
            State::Offering(_) => return Err(Error::Glare),
            State::Offered(_) => return Err(Error::OfferPending),
            State::Settled | State::Answered(_) | State::Accepted(_) => {}
        }
        let description = Description::parse(sdp)?;
        let preferred = self.agreement.as_ref().map(|agreement| agreement.audio);
        let audio = acceptance::choose(&self.local, &description, preferred)?;
        let section = description.sections.get(audio).ok_or(Error::NoAudio)?;
        acceptance::check_transport(&self.local, &description, section)?;
        let proposal = Proposal::of(section, section.codecs.iter().map(|(_, codec)| codec.clone()).collect());
        let credentials = self.credentials_for(description.tagged(section).ice.as_ref());
        self.descriptions = self.descriptions.wrapping_add(1);
        self.before.clone_from(&self.agreement);
        self.state = State::Offered(PeerOffer { audio, credentials, number: self.descriptions, description });
        Ok(proposal)
    }

    /// Answers the peer's offer with what the other leg agreed to, and returns the SDP.
    ///
    /// It may be called again for the same offer, e.g. for an early answer and another final one, until
    /// [`Negotiation::confirm`].
    ///
    /// # Errors
    /// [`Error::NothingToAnswer`] without an offer, [`Error::NoCommonCodec`] when the two share no audio codec.
    pub fn answer(&mut self, proposal: &Proposal) -> Result<String, Error> {
        let (State::Offered(offer) | State::Answered(offer)) = &self.state else {
            return Err(Error::NothingToAnswer);
        };
        let offer = offer.clone();
        let sdp = self.answered(&offer, proposal)?;
        self.state = State::Answered(offer);
        Ok(sdp)
    }

    /// Offers the peer what the other leg proposes, and returns the SDP. Media sections and payload types keep
    /// the places and numbers they have had on this leg.
    ///
    /// # Errors
    /// [`Error::OfferPending`] when the peer's offer waits, [`Error::Glare`] when ours does,
    /// [`Error::NoCommonCodec`] for a proposal without audio.
    pub fn offer(&mut self, proposal: &Proposal) -> Result<String, Error> {
        match self.state {
            State::Offering(_) => return Err(Error::Glare),
            State::Offered(_) => return Err(Error::OfferPending),
            State::Settled | State::Answered(_) | State::Accepted(_) => {}
        }
        if !proposal.has_audio() {
            return Err(Error::NoCommonCodec);
        }
        let (layout, audio, credentials) = match &self.agreement {
            Some(held) => (held.layout.clone(), held.audio, held.credentials.clone()),
            None => (vec![Slot::first(&self.local)], 0, self.fresh_credentials()),
        };
        let codecs: Vec<(u8, Codec)> =
            proposal.codecs.iter().map(|codec| (self.payload_type(codec.encoding), codec.clone())).collect();
        let payloads = codecs.iter().map(|(number, codec)| (codec.encoding, *number)).collect();
        let offer = OwnOffer { payloads, direction: proposal.direction, layout, audio, credentials };
        let sdp = self.compose(&Composition {
            layout: &offer.layout,
            audio,
            codecs: &codecs,
            direction: proposal.direction,
            proposal,
            credentials: &offer.credentials,
            answered: None,
        });
        self.before.clone_from(&self.agreement);
        self.state = State::Offering(offer);
        Ok(sdp)
    }

    /// Takes the peer's answer to our offer and returns what it agrees to.
    ///
    /// It may be called again with another answer to the same offer (the early answers of a forked call differ
    /// from each other and from the final one), until [`Negotiation::confirm`].
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`] without an offer of ours, [`Error::NoCommonCodec`] when it takes none of the
    /// codecs offered; otherwise whatever makes the answer unacceptable.
    pub fn handle_answer(&mut self, sdp: &str) -> Result<Proposal, Error> {
        let (State::Offering(offer) | State::Accepted(offer)) = &self.state else {
            return Err(Error::UnexpectedAnswer);
        };
        let offer = offer.clone();
        let description = Description::parse(sdp)?;
        let section = description.sections.get(offer.audio).ok_or(Error::NoAudio)?;
        acceptance::check_open(section)?;
        acceptance::check_transport(&self.local, &description, section)?;
        let (payloads, codecs) = offer.accepted(section)?;
        let proposal = Proposal::of(section, codecs);
        let repeated = self.agreement.as_ref().is_some_and(|held| held.remote == description);
        if !repeated || matches!(self.state, State::Offering(_)) {
            self.descriptions = self.descriptions.wrapping_add(1);
        }
        self.agreement = Some(Agreement {
            audio: offer.audio,
            layout: offer.layout.clone(),
            payloads,
            direction: offer.direction.facing(section.effective_direction()),
            credentials: offer.credentials.clone(),
            addresses: agreement::addresses(&self.local, section, self.held_addresses()),
            number: self.descriptions,
            remote: description,
        });
        self.state = State::Accepted(offer);
        Ok(proposal)
    }

    /// The answer given or received is final (a 2xx response was exchanged): what differs from it needs an offer.
    pub fn confirm(&mut self) {
        match self.state {
            State::Answered(_) | State::Accepted(_) => {
                self.state = State::Settled;
                self.before = None;
            }
            State::Settled | State::Offered(_) | State::Offering(_) => {}
        }
    }

    /// The exchange under way failed (a re-offer was rejected): what held before holds again.
    pub fn rollback(&mut self) {
        match self.state {
            State::Settled => {}
            State::Offered(_) | State::Answered(_) | State::Offering(_) | State::Accepted(_) => {
                self.state = State::Settled;
                self.agreement = self.before.take();
            }
        }
    }

    /// What the router needs, as far as it is known: `None` before anything was answered or offered.
    #[must_use]
    pub fn parameters(&self) -> Option<LegParameters> {
        let (payloads, direction, transport) = match (&self.agreement, &self.state) {
            (Some(held), _) => {
                (held.payloads.clone(), held.direction, held.transport(&self.local, self.signalling))
            }
            (None, State::Offering(offer)) => (Vec::new(), Direction::Inactive, offer.transport(&self.local)),
            (None, State::Settled | State::Offered(_) | State::Answered(_) | State::Accepted(_)) => {
                return None;
            }
        };
        Some(LegParameters { ssrc: self.ssrc, cname: self.cname.clone(), payloads, direction, transport })
    }

    fn answered(&mut self, offer: &PeerOffer, proposal: &Proposal) -> Result<String, Error> {
        let codecs = offer.common(proposal)?;
        let agreement = offer.agreement(&self.local, &codecs, proposal.direction, self.held_addresses())?;
        for payload in &agreement.payloads {
            self.bind(payload.encoding, payload.receive);
        }
        let sdp = self.compose(&Composition {
            layout: &agreement.layout,
            audio: agreement.audio,
            codecs: &codecs,
            direction: agreement.direction,
            proposal,
            credentials: &agreement.credentials,
            answered: Some(&agreement.remote),
        });
        self.agreement = Some(agreement);
        Ok(sdp)
    }

    /// The addresses that held before the current exchange.
    fn held_addresses(&self) -> Option<RemoteRtp> {
        self.before.as_ref().and_then(|held| held.addresses)
    }

    /// The credentials for an offer with these of the peer: other ones than before are an ICE restart, which is
    /// answered with new ones of ours (RFC 8839 §4.4.1.1.1).
    fn credentials_for(&mut self, remote: Option<&IceCredentials>) -> IceCredentials {
        match &self.agreement {
            Some(held) if held.remote_ice() == remote => held.credentials.clone(),
            Some(_) | None => self.fresh_credentials(),
        }
    }

    fn fresh_credentials(&mut self) -> IceCredentials {
        IceCredentials { ufrag: self.random.token(8), password: self.random.token(24) }
    }

    /// The payload type under which this leg offers `encoding`: the one it has had, or a free one.
    fn payload_type(&mut self, encoding: Encoding) -> u8 {
        if let Some((_, number)) = self.bound.iter().rev().find(|(bound, _)| *bound == encoding) {
            return *number;
        }
        let customary = std::iter::once(encoding.customary_payload_type());
        // The dynamic numbers of RFC 3551 §6; 35-63 would only be needed after 32 codecs.
        let is_free = |number: &u8| self.bound.iter().all(|(_, bound)| bound != number);
        let number = customary.chain(96..=127).find(is_free).unwrap_or(127);
        self.bind(encoding, number);
        number
    }

    fn bind(&mut self, encoding: Encoding, number: u8) {
        self.bound.retain(|binding| *binding != (encoding, number));
        self.bound.push((encoding, number));
    }

    /// Writes a description; its version rises only when something in it has changed (RFC 3264 §8).
    fn compose(&mut self, composition: &Composition<'_>) -> String {
        let mut session = composition.session(self);
        if let Some(sent) = &self.sent {
            session.origin.sess_version = sent.origin.sess_version;
            if *sent != session {
                session.origin.sess_version = sent.origin.sess_version.wrapping_add(1);
            }
        }
        let mut text = Vec::new();
        // Writing to a vector cannot fail, and what was written is text.
        let _ = session.write(&mut text);
        self.sent = Some(session);
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[cfg(test)]
mod tests;
