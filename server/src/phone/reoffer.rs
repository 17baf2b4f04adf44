//! How does a call change while the phone talks?

use bytes::Bytes;
use media::Proposal;
use sip::{CallHandle, Command, StatusCode};

use super::{Effect, Exchange, Phone, State, status, text};
use crate::call::NewLeg;
use crate::leg::Problem;
use crate::signal::Signal;

impl Phone {
    /// The phone proposes other media; or it asks what we propose. Then it gets what holds, but not on hold for its own
    /// sake: that is for it to say (RFC 6337 §5.3).
    pub(super) fn reoffer(
        &mut self,
        sdp: Option<Bytes>,
        new_leg: NewLeg<'_>,
    ) -> Result<Vec<Effect>, Problem> {
        let call = self.handle;
        match sdp {
            Some(sdp) => match self.leg.take_offer(&text(&sdp), new_leg) {
                Ok(proposal) => {
                    self.state = State::Connected(Exchange::OfPhone(self.said));
                    self.said = proposal.direction;
                    Ok(vec![Effect::Signal(Signal::Update(proposal))])
                }
                // What held goes on (RFC 3261 §14.2).
                Err(problem) => Ok(vec![self.refuse_reoffer(call, problem.status())]),
            },
            None => match self.leg.offer(&self.wanted(), new_leg) {
                Ok(sdp) => {
                    self.state = State::Connected(Exchange::Asked);
                    Ok(vec![Effect::Sip(Command::AnswerReoffer { call, sdp: sdp.into() })])
                }
                Err(problem) => Ok(vec![self.refuse_reoffer(call, problem.status())]),
            },
        }
    }

    /// The phone has answered the offer that it asked for. What is new in it is proposed to the other end.
    pub(super) fn reoffer_acknowledged(&mut self, sdp: Option<Bytes>) -> Result<Vec<Effect>, Problem> {
        let before = (self.last.take(), self.said);
        let Some(sdp) = sdp else {
            self.last = before.0;
            self.leg.roll_back();
            self.state = State::Connected(Exchange::None);
            return Ok(Vec::new());
        };
        let proposal = self.take_answer(&sdp)?;
        self.leg.confirm();
        let same_codecs = before.0.is_some_and(|before| before.codecs == proposal.codecs);
        if same_codecs && before.1 == proposal.direction {
            self.state = State::Connected(Exchange::None);
            return Ok(Vec::new());
        }
        self.state = State::Connected(Exchange::OfUs);
        Ok(vec![Effect::Signal(Signal::Update(proposal))])
    }

    /// The phone no longer wants what it has proposed, or nobody has answered it in time.
    pub(super) fn reoffer_cancelled(&mut self, exchange: Exchange) -> Vec<Effect> {
        let Exchange::OfPhone(before) = exchange else { return Vec::new() };
        self.said = before;
        self.leg.roll_back();
        self.state = State::Connected(Exchange::None);
        vec![Effect::Signal(Signal::UpdateWithdrawn)]
    }

    /// The phone has agreed to what the other end, or we, have proposed.
    pub(super) fn update_answered(
        &mut self,
        exchange: Exchange,
        sdp: Option<Bytes>,
        new_leg: NewLeg<'_>,
    ) -> Vec<Effect> {
        let answer = |phone: &mut Self| match &sdp {
            Some(sdp) => phone.take_answer(sdp),
            None => Err(Problem::NoAnswer),
        };
        match exchange {
            Exchange::OfPeer(wish) => match answer(self) {
                Ok(proposal) => {
                    self.leg.confirm();
                    self.wish = wish;
                    self.state = State::Connected(Exchange::None);
                    vec![Effect::Signal(Signal::UpdateAccepted(proposal))]
                }
                Err(problem) => {
                    let mut effects = self.restore(new_leg);
                    effects.push(Effect::Signal(Signal::UpdateRefused(problem.status())));
                    effects
                }
            },
            Exchange::Withdrawn => self.restore(new_leg),
            Exchange::OfUsAgain => {
                match answer(self) {
                    Ok(_) => self.leg.confirm(),
                    Err(_) => self.leg.roll_back(),
                }
                self.state = State::Connected(Exchange::None);
                Vec::new()
            }
            Exchange::None | Exchange::OfPhone(_) | Exchange::Asked | Exchange::OfUs => Vec::new(),
        }
    }

    /// The phone has refused what the other end, or we, have proposed: what held before goes on.
    pub(super) fn update_rejected(&mut self, exchange: Exchange, status: StatusCode) -> Vec<Effect> {
        let effects = match exchange {
            Exchange::OfPeer(_) => vec![Effect::Signal(Signal::UpdateRefused(status.code()))],
            Exchange::Withdrawn | Exchange::OfUsAgain => Vec::new(),
            Exchange::None | Exchange::OfPhone(_) | Exchange::Asked | Exchange::OfUs => return Vec::new(),
        };
        self.leg.roll_back();
        self.state = State::Connected(Exchange::None);
        effects
    }

    /// The phone has agreed to what nobody wants any more: it is asked to go back.
    fn restore(&mut self, new_leg: NewLeg<'_>) -> Vec<Effect> {
        self.leg.roll_back();
        match self.leg.offer(&self.wanted(), new_leg) {
            Ok(sdp) => {
                self.state = State::Connected(Exchange::OfUsAgain);
                vec![Effect::Sip(Command::Reoffer { call: self.handle, sdp: Some(sdp.into()) })]
            }
            Err(_) => {
                self.state = State::Connected(Exchange::None);
                Vec::new()
            }
        }
    }

    /// What the phone is offered of our own accord.
    fn wanted(&self) -> Proposal {
        self.last.clone().unwrap_or_else(Proposal::any).with_direction(self.wish)
    }

    pub(super) fn refuse_reoffer(&self, call: CallHandle, code: u16) -> Effect {
        Effect::Sip(Command::RejectReoffer { call, status: status(code) })
    }

    /// The other end proposes other media.
    pub(super) fn peer_updates(&mut self, proposal: &Proposal, new_leg: NewLeg<'_>) -> Vec<Effect> {
        match self.leg.offer(proposal, new_leg) {
            Ok(sdp) => {
                self.state = State::Connected(Exchange::OfPeer(proposal.direction));
                vec![Effect::Sip(Command::Reoffer { call: self.handle, sdp: Some(sdp.into()) })]
            }
            Err(problem) => vec![Effect::Signal(Signal::UpdateRefused(problem.status()))],
        }
    }
}
