//! What is a call, for the phone at one end of it?
//!
//! A pure machine like `call.rs`: events of the SIP dialog and signals of the other end go in, effects come out.

use std::net::IpAddr;

use bytes::Bytes;
use media::{Negotiation, Proposal};
use sip::{CallHandle, Command, Event, Reason, StatusCode};

use crate::call::NewLeg;
use crate::leg::{Leg, NoLeg, Problem};
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
    Accepted,
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
    /// The phone, and the other end decides.
    OfPhone,
    /// The phone asked us for an offer, and has not answered it yet.
    Asked,
    /// The other end, and the phone decides.
    OfPeer,
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
        let mut phone = Self { handle, called, state, leg: Leg::new(end.leg()), last: offer };
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
        nat: Option<IpAddr>,
        new_leg: NewLeg<'_>,
    ) -> Result<(Self, Option<Proposal>, Vec<Effect>), Problem> {
        let state = State::Invited { offered: offer.is_some() };
        let mut phone = Self { handle, called: String::new(), state, leg: Leg::new(end.leg()), last: None };
        let proposal = match offer {
            None => None,
            Some(sdp) => Some(phone.leg.take_offer(&text(sdp), behind(nat, new_leg))?),
        };
        let effects = phone.effects(Vec::new());
        Ok((phone, proposal, effects))
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
                let nat = answered.behind_nat.then(|| answered.source.ip());
                self.answered(offered, *answered, nat, new_leg)
            }
            (State::Accepted, Event::Acknowledged { sdp, .. }) => self.acknowledged(sdp),
            (State::Connected(Exchange::Asked), Event::Acknowledged { sdp, .. }) => {
                self.reoffer_acknowledged(sdp)
            }
            (State::Connected(Exchange::None), Event::Reoffer { sdp, .. }) => self.reoffer(sdp, new_leg),
            (State::Connected(_) | State::Accepted, Event::Reoffer { call, .. }) => {
                Ok(vec![self.refuse_reoffer(call, 491)])
            }
            (State::Connected(Exchange::OfPhone), Event::ReofferCancelled { .. }) => {
                self.leg.roll_back();
                self.state = State::Connected(Exchange::None);
                Ok(Vec::new())
            }
            (State::Connected(Exchange::OfPeer), Event::ReofferAnswered { sdp: Some(sdp), .. }) => {
                self.update_accepted(&sdp)
            }
            (State::Connected(Exchange::OfPeer), Event::ReofferRejected { status, .. }) => {
                self.leg.roll_back();
                self.state = State::Connected(Exchange::None);
                Ok(vec![Effect::Signal(Signal::UpdateRefused(status.code()))])
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
                State::Calling { .. } | State::Invited { .. } | State::Accepted | State::Connected(_),
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
            // An SDP in an unreliable response counts only as an answer (RFC 3261 §13.2.1).
            Some(sdp) if offered => Some(Media::Answer(self.take_answer(&sdp)?)),
            Some(_) | None => None,
        };
        Ok(vec![Effect::Signal(Signal::Ringing { tag: tag.unwrap_or_default(), media })])
    }

    fn answered(
        &mut self,
        offered: bool,
        answered: sip::Answered,
        nat: Option<IpAddr>,
        new_leg: NewLeg<'_>,
    ) -> Result<Vec<Effect>, Problem> {
        let sip::Answered { tag, peer, sdp, .. } = answered;
        self.state = State::Connected(if offered { Exchange::None } else { Exchange::OfPhone });
        self.leg.learn_source_from(nat);
        let media = match sdp {
            Some(sdp) if offered => Some(Media::Answer(self.take_answer(&sdp)?)),
            Some(sdp) => Some(Media::Offer(self.leg.take_offer(&text(&sdp), behind(nat, new_leg))?)),
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

    fn acknowledged(&mut self, sdp: Option<Bytes>) -> Result<Vec<Effect>, Problem> {
        let answer = match sdp {
            Some(sdp) => Some(self.take_answer(&sdp)?),
            None => None,
        };
        self.leg.confirm();
        self.state = State::Connected(Exchange::None);
        Ok(vec![Effect::Signal(Signal::Confirmed(answer))])
    }

    /// The phone proposes other media; or it asks what we propose, and gets what holds.
    fn reoffer(&mut self, sdp: Option<Bytes>, new_leg: NewLeg<'_>) -> Result<Vec<Effect>, Problem> {
        let call = self.handle;
        match sdp {
            Some(sdp) => match self.leg.take_offer(&text(&sdp), new_leg) {
                Ok(proposal) => {
                    self.state = State::Connected(Exchange::OfPhone);
                    Ok(vec![Effect::Signal(Signal::Update(proposal))])
                }
                // What held goes on (RFC 3261 §14.2).
                Err(problem) => Ok(vec![self.refuse_reoffer(call, problem.status())]),
            },
            None => {
                let proposal = self.last.clone().unwrap_or_else(Proposal::any);
                match self.leg.offer(&proposal, new_leg) {
                    Ok(sdp) => {
                        self.state = State::Connected(Exchange::Asked);
                        Ok(vec![Effect::Sip(Command::AnswerReoffer { call, sdp: sdp.into() })])
                    }
                    Err(problem) => Ok(vec![self.refuse_reoffer(call, problem.status())]),
                }
            }
        }
    }

    /// The phone has answered the offer that it asked for. What is new in it is proposed to the other end.
    fn reoffer_acknowledged(&mut self, sdp: Option<Bytes>) -> Result<Vec<Effect>, Problem> {
        let before = self.last.clone();
        let Some(sdp) = sdp else {
            self.leg.roll_back();
            self.state = State::Connected(Exchange::None);
            return Ok(Vec::new());
        };
        let proposal = self.take_answer(&sdp)?;
        self.leg.confirm();
        if before.as_ref() == Some(&proposal) {
            self.state = State::Connected(Exchange::None);
            return Ok(Vec::new());
        }
        self.state = State::Connected(Exchange::OfUs);
        Ok(vec![Effect::Signal(Signal::Update(proposal))])
    }

    fn update_accepted(&mut self, sdp: &Bytes) -> Result<Vec<Effect>, Problem> {
        let proposal = self.take_answer(sdp)?;
        self.leg.confirm();
        self.state = State::Connected(Exchange::None);
        Ok(vec![Effect::Signal(Signal::UpdateAccepted(proposal))])
    }

    fn refuse_reoffer(&self, call: CallHandle, code: u16) -> Effect {
        Effect::Sip(Command::RejectReoffer { call, status: status(code) })
    }

    fn take_answer(&mut self, sdp: &Bytes) -> Result<Proposal, Problem> {
        let proposal = self.leg.take_answer(&text(sdp))?;
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
            (State::Invited { .. }, Signal::Accepted(accepted)) => self.peer_accepts(*accepted, new_leg),
            (State::Connected(Exchange::OfPhone), Signal::Confirmed(Some(answer))) => {
                self.answer(&answer).map(|sdp| {
                    self.leg.confirm();
                    self.state = State::Connected(Exchange::None);
                    vec![Effect::Sip(Command::Acknowledge { call, sdp })]
                })
            }
            (State::Connected(Exchange::OfPhone), Signal::UpdateAccepted(answer)) => {
                self.answer(&answer).map(|sdp| {
                    self.leg.confirm();
                    self.state = State::Connected(Exchange::None);
                    vec![Effect::Sip(Command::AnswerReoffer { call, sdp })]
                })
            }
            (State::Connected(Exchange::OfPhone), Signal::UpdateRefused(code)) => {
                self.leg.roll_back();
                self.state = State::Connected(Exchange::None);
                Ok(vec![self.refuse_reoffer(call, code)])
            }
            (State::Connected(Exchange::OfUs), Signal::UpdateAccepted(_) | Signal::UpdateRefused(_)) => {
                self.state = State::Connected(Exchange::None);
                Ok(Vec::new())
            }
            (State::Connected(Exchange::None), Signal::Update(proposal)) => {
                Ok(self.peer_updates(&proposal, new_leg))
            }
            (
                State::Connected(_) | State::Accepted | State::Calling { .. } | State::Invited { .. },
                Signal::Update(_),
            ) => Ok(vec![Effect::Signal(Signal::UpdateRefused(491))]),
            // These come to who has asked for them, and the phone has not.
            (
                State::Calling { .. } | State::Invited { .. } | State::Accepted | State::Connected(_),
                Signal::Invite(_)
                | Signal::Ringing { .. }
                | Signal::Answered(_)
                | Signal::Accepted(_)
                | Signal::Confirmed(_)
                | Signal::UpdateAccepted(_)
                | Signal::UpdateRefused(_),
            ) => Ok(Vec::new()),
        };
        self.settle(outcome)
    }

    fn peer_rings(&mut self, offered: bool, media: Option<Media>) -> Result<Vec<Effect>, Problem> {
        let call = self.handle;
        let sdp = match media {
            Some(Media::Answer(proposal)) if offered => Some(self.answer(&proposal)?),
            // An offer in a provisional response has to be sent reliably (RFC 3262), which is not done yet.
            Some(_) | None => None,
        };
        let status = status(if sdp.is_some() { 183 } else { 180 });
        Ok(vec![Effect::Sip(Command::Progress { call, status, sdp })])
    }

    fn peer_accepts(&mut self, accepted: Accepted, new_leg: NewLeg<'_>) -> Result<Vec<Effect>, Problem> {
        let call = self.handle;
        let sdp = match accepted.media {
            Some(Media::Answer(proposal)) => self.answer(&proposal)?,
            Some(Media::Offer(proposal)) => {
                self.last = Some(proposal.clone());
                Bytes::from(self.leg.offer(&proposal, new_leg)?)
            }
            // A 200 repeats the early answer (RFC 3261 §13.2.1).
            None => match self.last.clone() {
                Some(proposal) => self.answer(&proposal)?,
                None => return Err(Problem::NoAnswer),
            },
        };
        self.state = State::Accepted;
        Ok(vec![Effect::Sip(Command::Accept { call, sdp })])
    }

    fn peer_updates(&mut self, proposal: &Proposal, new_leg: NewLeg<'_>) -> Vec<Effect> {
        match self.leg.offer(proposal, new_leg) {
            Ok(sdp) => {
                self.state = State::Connected(Exchange::OfPeer);
                vec![Effect::Sip(Command::Reoffer { call: self.handle, sdp: Some(sdp.into()) })]
            }
            Err(problem) => vec![Effect::Signal(Signal::UpdateRefused(problem.status()))],
        }
    }

    fn answer(&mut self, proposal: &Proposal) -> Result<Bytes, Problem> {
        let sdp = self.leg.answer(proposal)?;
        self.last = Some(proposal.clone());
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

/// A new leg whose phone may be behind a NAT.
fn behind(nat: Option<IpAddr>, new_leg: NewLeg<'_>) -> impl FnMut() -> Result<Negotiation, NoLeg> + use<'_> {
    move || {
        let mut negotiation = new_leg()?;
        negotiation.learn_source_from(nat);
        Ok(negotiation)
    }
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
