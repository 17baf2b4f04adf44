//! What does the other end of a call tell, and what does the client hear of it?

use media::Proposal;
use protocol::{
    CallConnected, CallDisconnected, CallIncoming, CallLeg, CallProvisioned, CallUpdateRequest, Presentation,
};

use super::{Call, Early, Effect, NewLeg, State, Unanswered};
use crate::leg::Problem;
use crate::signal::{Accepted, End, Ending, Invite, Media, Signal};

impl Call {
    /// Somebody calls.
    pub(super) fn incoming(
        end: End,
        name: CallLeg,
        presentation: Presentation,
        invite: Invite,
        new_leg: NewLeg<'_>,
    ) -> Result<(Self, Vec<Effect>), Problem> {
        let Invite { from, from_name, call_id, offer, hops: _ } = invite;
        let state = State::Alerting { offered: offer.is_some(), early: Early::Nothing };
        let mut call = Self::new(end, name.clone(), call_id.clone(), presentation, state);
        let sdp = match offer {
            None => None,
            Some(proposal) => Some(call.leg.offer(&proposal, new_leg)?),
        };
        let sdp = call.description(sdp);
        let message = CallIncoming { leg: name, peer: from, peer_name: from_name, call_id, sdp };
        let effects = call.effects(vec![Effect::Client(message.into())]);
        Ok((call, effects))
    }

    /// The other end tells something.
    pub(super) fn handle_signal(&mut self, signal: Signal, new_leg: NewLeg<'_>) -> Vec<Effect> {
        let outcome = match (self.state, signal) {
            // What was under way when the call ended.
            (State::Over, _) => Ok(Vec::new()),
            (_, Signal::Ended(ending)) => {
                self.finish();
                Ok(vec![self.disconnected(&ending)])
            }
            (State::Calling(_), Signal::Ringing { tag, media }) => self.peer_rings(tag, media, new_leg),
            (State::Calling(_), Signal::Accepted(accepted)) => self.accepted(*accepted, new_leg),
            (State::Alerting { offered, early: Early::Offered }, Signal::Answered(proposal)) => {
                self.state = State::Alerting { offered, early: Early::Agreed };
                self.leg.answer(&proposal).map(|sdp| vec![self.updated(Some(sdp))])
            }
            // The answer and the client's `callAccept` met on the way.
            (State::Accepting { owed: true }, Signal::Answered(proposal)) => {
                self.state = State::Accepting { owed: false };
                self.leg.answer(&proposal).map(|sdp| vec![self.updated(Some(sdp))])
            }
            (State::Accepting { owed }, Signal::Confirmed(answer)) => self.confirmed(owed, answer),
            (State::Connected(None), Signal::Update(proposal)) => {
                Ok(vec![self.update_request(&proposal, new_leg)])
            }
            (State::Connected(Some(Unanswered::Update)), Signal::UpdateWithdrawn) => {
                self.leg.roll_back();
                self.state = State::Connected(None);
                Ok(Vec::new())
            }
            // One exchange at a time: the peer tries again (RFC 3261 §14.2).
            (
                State::Connected(Some(_))
                | State::Accepting { .. }
                | State::Alerting { .. }
                | State::Calling(_),
                Signal::Update(_),
            ) => Ok(vec![Effect::Signal(Signal::UpdateRefused(491))]),
            // These come to who has asked for them, and nobody here has.
            (
                State::Calling(_) | State::Alerting { .. } | State::Accepting { .. } | State::Connected(_),
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
        let effects = outcome.unwrap_or_else(|problem| {
            // Both ends are told: media that one of them cannot use make no call.
            let ending = Ending::with(problem.status(), problem.to_string());
            self.finish();
            vec![self.disconnected(&ending), Effect::Signal(Signal::Ended(ending))]
        });
        self.effects(effects)
    }

    fn peer_rings(
        &mut self,
        tag: String,
        media: Option<Media>,
        new_leg: NewLeg<'_>,
    ) -> Result<Vec<Effect>, Problem> {
        let sdp = match media {
            None => None,
            Some(Media::Answer(proposal)) => Some(self.leg.answer(&proposal)?),
            Some(Media::Offer(proposal)) => {
                self.drop_early_offer();
                self.state = State::Calling(Some(Unanswered::Early));
                Some(self.leg.offer(&proposal, new_leg)?)
            }
        };
        let (leg, call_id, sdp) = (self.name.clone(), self.call_id.clone(), self.description(sdp));
        Ok(vec![Effect::Client(CallProvisioned { leg, call_id, tag, sdp }.into())])
    }

    fn accepted(&mut self, accepted: Accepted, new_leg: NewLeg<'_>) -> Result<Vec<Effect>, Problem> {
        let Accepted { tag, peer, media } = accepted;
        let (sdp, unanswered) = match media {
            // An early answer holds, and an early offer may still be answered.
            None if self.has_early_offer() => (None, Some(Unanswered::Final)),
            None => (None, None),
            Some(Media::Answer(proposal)) => (Some(self.leg.answer(&proposal)?), None),
            Some(Media::Offer(proposal)) => {
                self.drop_early_offer();
                (Some(self.leg.offer(&proposal, new_leg)?), Some(Unanswered::Final))
            }
        };
        self.state = State::Connected(unanswered);
        let (leg, call_id, sdp) = (self.name.clone(), self.call_id.clone(), self.description(sdp));
        let mut effects = vec![Effect::Client(CallConnected { leg, call_id, peer, tag, sdp }.into())];
        if unanswered.is_none() {
            self.leg.confirm();
            effects.push(Effect::Signal(Signal::Confirmed(None)));
        }
        Ok(effects)
    }

    fn has_early_offer(&self) -> bool {
        self.state == State::Calling(Some(Unanswered::Early))
    }

    /// Another device makes an offer: that of the first is void.
    fn drop_early_offer(&mut self) {
        if self.has_early_offer() {
            self.leg.roll_back();
        }
    }

    fn confirmed(&mut self, owed: bool, answer: Option<Proposal>) -> Result<Vec<Effect>, Problem> {
        let sdp = match answer {
            None => None,
            Some(proposal) => Some(self.leg.answer(&proposal)?),
        };
        self.leg.confirm();
        self.state = State::Connected(None);
        let mut effects = vec![self.updated(sdp)];
        if owed {
            effects.push(self.updated(None));
        }
        Ok(effects)
    }

    fn update_request(&mut self, proposal: &Proposal, new_leg: NewLeg<'_>) -> Effect {
        match self.leg.offer(proposal, new_leg) {
            Ok(sdp) => {
                self.state = State::Connected(Some(Unanswered::Update));
                let (leg, call_id) = (self.name.clone(), self.call_id.clone());
                let sdp = self.description(Some(sdp));
                Effect::Client(CallUpdateRequest { leg, call_id, tag: None, sdp }.into())
            }
            // What held goes on.
            Err(problem) => Effect::Signal(Signal::UpdateRefused(problem.status())),
        }
    }

    /// `callDisconnected`.
    pub(super) fn disconnected(&self, ending: &Ending) -> Effect {
        let error = Some(ending.text.clone()).filter(|text| !text.is_empty());
        Effect::Client(CallDisconnected { leg: self.name.clone(), code: ending.code, error }.into())
    }
}
