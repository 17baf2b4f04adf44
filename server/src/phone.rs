//! What is a call, for the phone at one end of it?
//!
//! A pure machine like `call.rs`: events of the SIP dialog and signals of the other end go in, effects come out.

mod reoffer;

use std::net::SocketAddr;

use bytes::Bytes;
use media::{Direction, Proposal, Signalling};
use sip::{CallHandle, Command, Event, Reason, StatusCode};

use crate::call::NewLeg;
use crate::leg::{Leg, Problem};
use crate::signal::{Accepted, End, Ending, Media, Signal};

/// One end of a call, a phone's.
pub(crate) struct Phone {
    handle: CallHandle,
    /// The address at which the phone was called, if it answers without saying who it is.
    called: String,
    state: State,
    leg: Leg,
    /// What was proposed to the phone, or agreed with it, last.
    last: Option<Proposal>,
    /// Who sends if the other end has its way, whatever the phone allows just now.
    wish: Direction,
    /// What the phone has written of that.
    said: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// We call the phone.
    Calling {
        /// Whether the INVITE carried an offer.
        offered: bool,
    },
    /// The phone calls.
    Invited {
        /// Whether its INVITE carried an offer.
        offered: bool,
    },
    /// The phone called and was answered; it has not acknowledged yet.
    Accepted {
        /// Whether it was answered with an offer.
        offering: bool,
    },
    /// Both ends talk.
    Connected(Exchange),
    /// It is over.
    Over,
}

/// Who proposes other media just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exchange {
    /// Nobody.
    None,
    /// The phone, and the other end decides. With what the phone had written before.
    OfPhone(Direction),
    /// The phone asked us for an offer, and has not answered it yet.
    Asked,
    /// The other end, and the phone decides. With who sends if it has its way.
    OfPeer(Direction),
    /// The other end, which has thought better of it before the phone decided.
    Withdrawn,
    /// We, after the phone agreed to what is void: that what held before holds again.
    OfUsAgain,
    /// We, after the phone answered something new; nobody waits for the outcome.
    OfUs,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// Tell the phone.
    Sip(Command),
    /// Tell the other end.
    Signal(Signal),
    /// Tell the media thread.
    Media(media::Command),
}

impl Phone {
    /// We call a phone: returns the offer for its INVITE, if there is one.
    pub(crate) fn call(
        end: End,
        handle: CallHandle,
        called: String,
        offer: Option<Proposal>,
        new_leg: NewLeg<'_>,
    ) -> Result<(Self, Option<Bytes>, Vec<Effect>), Problem> {
        let state = State::Calling { offered: offer.is_some() };
        let mut phone = Self::new(end, handle, called, state);
        phone.wish = offer.as_ref().map_or(phone.wish, |offer| offer.direction);
        phone.last = offer;
        let sdp = match &phone.last {
            None => None,
            Some(proposal) => Some(Bytes::from(phone.leg.offer(proposal, new_leg)?)),
        };
        let effects = phone.effects(Vec::new());
        Ok((phone, sdp, effects))
    }

    /// A phone calls: returns what it proposes.
    pub(crate) fn incoming(
        end: End,
        handle: CallHandle,
        offer: Option<&Bytes>,
        (source, behind_nat): (SocketAddr, bool),
        new_leg: NewLeg<'_>,
    ) -> Result<(Self, Option<Proposal>, Vec<Effect>), Problem> {
        let state = State::Invited { offered: offer.is_some() };
        let mut phone = Self::new(end, handle, String::new(), state);
        phone.leg.learn_source_from(signalling(source, behind_nat));
        let proposal = match offer {
            None => None,
            Some(sdp) => Some(phone.leg.take_offer(&text(sdp), new_leg)?),
        };
        phone.said = proposal.as_ref().map_or(phone.said, |proposal| proposal.direction);
        let effects = phone.effects(Vec::new());
        Ok((phone, proposal, effects))
    }

    const fn new(end: End, handle: CallHandle, called: String, state: State) -> Self {
        let (wish, said) = (Direction::SendReceive, Direction::SendReceive);
        Self { handle, called, state, leg: Leg::new(end.leg()), last: None, wish, said }
    }

    /// The call as the endpoint knows it.
    pub(crate) const fn handle(&self) -> CallHandle {
        self.handle
    }

    /// Whether nothing more will come of it.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    fn effects(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        self.leg.take_commands().into_iter().map(Effect::Media).chain(effects).collect()
    }

    fn finish(&mut self) {
        self.state = State::Over;
        self.leg.remove();
    }

    // ---- what the phone does

    /// The phone does something.
    pub(crate) fn handle_event(&mut self, event: Event, new_leg: NewLeg<'_>) -> Vec<Effect> {
        let outcome = match (self.state, event) {
            (State::Over, _) => Ok(Vec::new()),
            (State::Calling { offered }, Event::Progress { status, tag, sdp, .. }) => {
                self.rings(offered, status, tag, sdp)
            }
            (State::Calling { offered }, Event::Answered(answered)) => {
                self.leg.learn_source_from(signalling(answered.source, answered.behind_nat));
                self.answered(offered, *answered, new_leg)
            }
            (_, Event::Located { source, behind_nat, .. }) => {
                self.leg.learn_source_from(signalling(source, behind_nat));
                Ok(Vec::new())
            }
            (State::Accepted { offering }, Event::Acknowledged { sdp, .. }) => {
                self.acknowledged(offering, sdp)
            }
            (State::Connected(Exchange::Asked), Event::Acknowledged { sdp, .. }) => {
                self.reoffer_acknowledged(sdp)
            }
            (State::Connected(Exchange::None), Event::Reoffer { sdp, .. }) => self.reoffer(sdp, new_leg),
            (State::Connected(_) | State::Accepted { .. }, Event::Reoffer { call, .. }) => {
                Ok(vec![self.refuse_reoffer(call, 491)])
            }
            (State::Connected(exchange), Event::ReofferCancelled { .. }) => {
                Ok(self.reoffer_cancelled(exchange))
            }
            (State::Connected(exchange), Event::ReofferAnswered { sdp, .. }) => {
                Ok(self.update_answered(exchange, sdp, new_leg))
            }
            (State::Connected(exchange), Event::ReofferRejected { status, .. }) => {
                Ok(self.update_rejected(exchange, status))
            }
            (_, Event::Rejected { status, phrase, .. }) => {
                self.finish();
                Ok(vec![Effect::Signal(Signal::Ended(Ending::with(status.code(), phrase)))])
            }
            (_, Event::Cancelled { reason, .. }) => {
                self.finish();
                // A proxy has found somebody else (RFC 3326 §2).
                let elsewhere = reason.is_some_and(|r| r.protocol() == "SIP" && r.cause == Some(200));
                let ending = if elsewhere { Ending::answered_elsewhere() } else { Ending::hung_up() };
                Ok(vec![Effect::Signal(Signal::Ended(ending))])
            }
            (_, Event::Ended { .. }) => {
                self.finish();
                Ok(vec![Effect::Signal(Signal::Ended(Ending::hung_up()))])
            }
            // Nothing else concerns the call in this state.
            (
                State::Calling { .. } | State::Invited { .. } | State::Accepted { .. } | State::Connected(_),
                Event::Incoming(_)
                | Event::Progress { .. }
                | Event::Answered(_)
                | Event::Acknowledged { .. }
                | Event::Reoffer { .. }
                | Event::ReofferCancelled { .. }
                | Event::ReofferAnswered { .. }
                | Event::ReofferRejected { .. }
                | Event::Authenticate { .. }
                | Event::StoreBindings { .. }
                | Event::BindingsExpired { .. }
                | Event::RegistrationChanged { .. },
            ) => Ok(Vec::new()),
        };
        self.settle(outcome)
    }

    /// Media that one end cannot use make no call: both are told.
    fn settle(&mut self, outcome: Result<Vec<Effect>, Problem>) -> Vec<Effect> {
        let effects = outcome.unwrap_or_else(|problem| {
            let ending = Ending::with(problem.status(), problem.to_string());
            let hang_up = self.hang_up(&ending);
            self.finish();
            vec![hang_up, Effect::Signal(Signal::Ended(ending))]
        });
        self.effects(effects)
    }

    fn rings(
        &mut self,
        offered: bool,
        status: StatusCode,
        tag: Option<String>,
        sdp: Option<Bytes>,
    ) -> Result<Vec<Effect>, Problem> {
        // 180 rings, 183 may; 181 and 182 are news for people.
        if !matches!(status.code(), 180 | 183) {
            return Ok(Vec::new());
        }
        let media = match sdp {
            // An SDP in an unreliable response counts only as an answer (RFC 3261 §13.2.1). One that cannot be used is
            // none: the final one may be better.
            Some(sdp) if offered => self.take_answer(&sdp).ok().map(Media::Answer),
            Some(_) | None => None,
        };
        Ok(vec![Effect::Signal(Signal::Ringing { tag: tag.unwrap_or_default(), media })])
    }

    fn answered(
        &mut self,
        offered: bool,
        answered: sip::Answered,
        new_leg: NewLeg<'_>,
    ) -> Result<Vec<Effect>, Problem> {
        let sip::Answered { tag, peer, sdp, .. } = answered;
        self.state = State::Connected(if offered { Exchange::None } else { Exchange::OfPhone(self.said) });
        let media = match sdp {
            Some(sdp) if offered => Some(Media::Answer(self.take_answer(&sdp)?)),
            Some(sdp) => {
                let offer = self.leg.take_offer(&text(&sdp), new_leg)?;
                self.said = offer.direction;
                Some(Media::Offer(offer))
            }
            // An early answer holds.
            None if offered => None,
            None => return Err(Problem::NoAnswer),
        };
        if offered {
            self.leg.confirm();
        }
        let peer = address(&peer.uri).unwrap_or_else(|| self.called.clone());
        let tag = tag.unwrap_or_default();
        Ok(vec![Effect::Signal(Signal::Accepted(Box::new(Accepted { tag, peer, media })))])
    }

    fn acknowledged(&mut self, offering: bool, sdp: Option<Bytes>) -> Result<Vec<Effect>, Problem> {
        let answer = match sdp {
            Some(sdp) if offering => Some(self.take_answer(&sdp)?),
            None if offering => return Err(Problem::NoAnswer),
            Some(_) | None => None,
        };
        self.leg.confirm();
        self.state = State::Connected(Exchange::None);
        Ok(vec![Effect::Signal(Signal::Confirmed(answer))])
    }

    fn take_answer(&mut self, sdp: &Bytes) -> Result<Proposal, Problem> {
        let proposal = self.leg.take_answer(&text(sdp))?;
        self.said = proposal.direction;
        self.last = Some(proposal.clone());
        Ok(proposal)
    }

    // ---- what the other end tells

    /// The other end tells something.
    pub(crate) fn handle_signal(&mut self, signal: Signal, new_leg: NewLeg<'_>) -> Vec<Effect> {
        let call = self.handle;
        let outcome = match (self.state, signal) {
            (State::Over, _) => Ok(Vec::new()),
            (_, Signal::Ended(ending)) => {
                let hang_up = self.hang_up(&ending);
                self.finish();
                Ok(vec![hang_up])
            }
            (State::Invited { offered }, Signal::Ringing { media, .. }) => self.peer_rings(offered, media),
            (State::Invited { offered }, Signal::Accepted(accepted)) => {
                self.peer_accepts(offered, *accepted, new_leg)
            }
            (State::Connected(Exchange::OfPhone(_)), Signal::Confirmed(Some(answer))) => {
                self.answer(&answer).map(|sdp| {
                    self.leg.confirm();
                    self.state = State::Connected(Exchange::None);
                    vec![Effect::Sip(Command::Acknowledge { call, sdp })]
                })
            }
            (State::Connected(Exchange::OfPhone(_)), Signal::UpdateAccepted(answer)) => {
                self.answer(&answer).map(|sdp| {
                    self.leg.confirm();
                    self.state = State::Connected(Exchange::None);
                    vec![Effect::Sip(Command::AnswerReoffer { call, sdp })]
                })
            }
            (State::Connected(Exchange::OfPhone(before)), Signal::UpdateRefused(code)) => {
                self.said = before;
                self.leg.roll_back();
                self.state = State::Connected(Exchange::None);
                Ok(vec![self.refuse_reoffer(call, code)])
            }
            (State::Connected(Exchange::OfUs), Signal::UpdateAccepted(_) | Signal::UpdateRefused(_)) => {
                self.state = State::Connected(Exchange::None);
                Ok(Vec::new())
            }
            // It agrees to what was withdrawn meanwhile: it is asked to go back.
            (State::Connected(Exchange::None), Signal::UpdateAccepted(answer)) => {
                self.state = State::Connected(Exchange::OfUs);
                Ok(vec![Effect::Signal(Signal::Update(answer.with_direction(self.said)))])
            }
            (State::Connected(Exchange::OfPeer(_)), Signal::UpdateWithdrawn) => {
                self.state = State::Connected(Exchange::Withdrawn);
                Ok(vec![Effect::Sip(Command::WithdrawReoffer { call })])
            }
            (State::Connected(Exchange::None), Signal::Update(proposal)) => {
                Ok(self.peer_updates(&proposal, new_leg))
            }
            (
                State::Connected(_) | State::Accepted { .. } | State::Calling { .. } | State::Invited { .. },
                Signal::Update(_),
            ) => Ok(vec![Effect::Signal(Signal::UpdateRefused(491))]),
            // These come to who has asked for them, and the phone has not.
            (
                State::Calling { .. } | State::Invited { .. } | State::Accepted { .. } | State::Connected(_),
                Signal::Invite(_)
                | Signal::Ringing { .. }
                | Signal::Answered(_)
                | Signal::Accepted(_)
                | Signal::Confirmed(_)
                | Signal::UpdateAccepted(_)
                | Signal::UpdateRefused(_)
                | Signal::UpdateWithdrawn,
            ) => Ok(Vec::new()),
        };
        self.settle(outcome)
    }

    fn peer_rings(&mut self, offered: bool, media: Option<Media>) -> Result<Vec<Effect>, Problem> {
        let call = self.handle;
        let sdp = match media {
            Some(Media::Answer(proposal)) if offered => Some(self.answer(&proposal)?),
            // An offer in a provisional response has to be sent reliably (RFC 3262), which is not done yet: the final
            // response carries it.
            Some(Media::Offer(proposal)) if !offered => {
                self.last = Some(proposal);
                None
            }
            Some(_) | None => None,
        };
        let status = status(if sdp.is_some() { 183 } else { 180 });
        Ok(vec![Effect::Sip(Command::Progress { call, status, sdp })])
    }

    fn peer_accepts(
        &mut self,
        offered: bool,
        accepted: Accepted,
        new_leg: NewLeg<'_>,
    ) -> Result<Vec<Effect>, Problem> {
        let call = self.handle;
        // A 200 repeats the early answer (RFC 3261 §13.2.1), or carries the offer that came early.
        let early = || {
            let half = if offered { Media::Answer } else { Media::Offer };
            self.last.clone().map(half).ok_or(Problem::NoAnswer)
        };
        let media = accepted.media.map_or_else(early, Ok)?;
        let offering = matches!(media, Media::Offer(_));
        let sdp = match media {
            Media::Answer(proposal) => self.answer(&proposal)?,
            Media::Offer(proposal) => {
                self.wish = proposal.direction;
                self.last = Some(proposal.clone());
                Bytes::from(self.leg.offer(&proposal, new_leg)?)
            }
        };
        self.state = State::Accepted { offering };
        Ok(vec![Effect::Sip(Command::Accept { call, sdp })])
    }

    fn answer(&mut self, proposal: &Proposal) -> Result<Bytes, Problem> {
        let sdp = self.leg.answer(proposal)?;
        self.last = Some(proposal.clone());
        // What the phone does not allow tells nothing of what the other end wants.
        let (direction, wish, said) = (proposal.direction, self.wish, self.said);
        self.wish = Direction::new(
            if said.receives() { direction.sends() } else { wish.sends() },
            if said.sends() { direction.receives() } else { wish.receives() },
        );
        Ok(sdp.into())
    }

    /// Ends the dialog in whichever way its state needs.
    fn hang_up(&self, ending: &Ending) -> Effect {
        let call = self.handle;
        Effect::Sip(match (self.state, ending.code) {
            (State::Invited { .. }, Some(code)) if code >= 300 => Command::Reject {
                call,
                status: status(code),
                phrase: Some(ending.text.clone()).filter(|text| !text.is_empty()),
                reason: None,
                headers: Vec::new(),
            },
            (_, Some(200)) => {
                let reason = Reason::sip(status(200), "Call completed elsewhere");
                Command::Hangup { call, reason: Some(reason) }
            }
            (_, Some(code)) => {
                Command::Hangup { call, reason: Some(Reason::sip(status(code), &ending.text)) }
            }
            (_, None) => Command::Hangup { call, reason: None },
        })
    }
}

/// Where the signalling of a phone comes from.
fn signalling(source: SocketAddr, behind_nat: bool) -> Signalling {
    let address = source.ip().to_canonical();
    if behind_nat { Signalling::Translated(address) } else { Signalling::Direct(address) }
}

/// An address that clients can call back: `user@host`, or the URI if it is of another kind.
pub(crate) fn address(uri: &sip::Uri) -> Option<String> {
    match uri.as_sip() {
        Some(sip) => Some(format!("{}@{}", sip.user()?, sip.host())),
        None => Some(uri.to_string()),
    }
}

/// SDP is UTF-8 (RFC 8866 §5); what is not makes an unreadable one, which is refused.
fn text(sdp: &Bytes) -> String {
    String::from_utf8_lossy(sdp).into_owned()
}

fn status(code: u16) -> StatusCode {
    StatusCode::new(code).unwrap_or(StatusCode::SERVER_INTERNAL_ERROR)
}

#[cfg(test)]
mod tests;
