//! What does the client want of its call?

use protocol::{CallLeg, CallUpdated, Description, ErrorCode, Presentation, SignalCode};

use super::{Call, Early, Effect, NewLeg, State, Unanswered, call_id};
use crate::failure::Failure;
use crate::leg::Problem;
use crate::signal::{Accepted, End, Ending, HOPS, Invite, Media, Signal};

/// A request that does not fit the call's state, or whose media cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not now.
    State(&'static str),
    /// The description cannot be used.
    Media(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Media(problem)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::State(text) => Self::because(ErrorCode::WrongState, text),
            Refusal::Media(problem) => Self::because(ErrorCode::BadRequest, problem.to_string()),
        }
    }
}

type Outcome = Result<Vec<Effect>, Refusal>;

const NOT_ALERTING: Refusal =
    Refusal::State("this is possible only for a call that comes in and is not answered");
const NOTHING_OFFERED: Refusal = Refusal::State("the call has nothing to be agreed to");

impl Call {
    /// The client calls somebody. The invitation is for the switch, together with the address to be called.
    pub(super) fn start(
        end: End,
        name: CallLeg,
        presentation: Presentation,
        (from, from_name): (String, Option<String>),
        offer: Option<&Description>,
        new_leg: NewLeg<'_>,
    ) -> Result<(Self, Invite, Vec<Effect>), Refusal> {
        let call_id = call_id(end.call);
        let mut call = Self::new(end, name, call_id.clone(), presentation, State::Calling(None));
        let offer = match offer {
            None => None,
            Some(offer) => Some(call.leg.take_offer(&offer.text, new_leg)?),
        };
        let effects = call.effects(Vec::new());
        Ok((call, Invite { from, from_name, call_id, offer, hops: HOPS }, effects))
    }

    /// `callProvision`: the user is being alerted, perhaps with early media.
    pub(crate) fn provision(&mut self, sdp: Option<&Description>, new_leg: NewLeg<'_>) -> Outcome {
        let State::Alerting { offered, early } = self.state else { return Err(NOT_ALERTING) };
        let Some(sdp) = sdp else { return Ok(vec![self.ringing(None), self.updated(None)]) };
        if early != Early::Nothing {
            return Err(Refusal::State("early media were provisioned already"));
        }
        let media = self.media_of_client(offered, sdp, new_leg)?;
        let mut effects = vec![self.ringing(Some(media))];
        if offered {
            effects.push(self.updated(None));
            self.state = State::Alerting { offered, early: Early::Agreed };
        } else {
            // callUpdated comes with the answer.
            self.state = State::Alerting { offered, early: Early::Offered };
        }
        Ok(self.effects(effects))
    }

    /// `callAccept`: the user, who is reached as `peer`, answers.
    pub(crate) fn accept(&mut self, sdp: Option<&Description>, peer: &str, new_leg: NewLeg<'_>) -> Outcome {
        let State::Alerting { offered, early } = self.state else { return Err(NOT_ALERTING) };
        let media = match (sdp, early) {
            (None, Early::Nothing) => {
                return Err(Refusal::State("the call cannot be accepted without a session description"));
            }
            (None, Early::Offered | Early::Agreed) => None,
            (Some(_), Early::Offered | Early::Agreed) => {
                return Err(Refusal::State("a session description was given with callProvision"));
            }
            (Some(sdp), Early::Nothing) => Some(self.media_of_client(offered, sdp, new_leg)?),
        };
        if offered {
            self.leg.confirm();
        }
        self.state = State::Accepting { owed: early == Early::Offered };
        let accepted = Accepted { tag: self.tag(), peer: peer.to_owned(), media };
        Ok(self.effects(vec![Effect::Signal(Signal::Accepted(Box::new(accepted)))]))
    }

    /// `callReject`: the user declines.
    pub(crate) fn reject(&mut self, code: Option<SignalCode>) -> Outcome {
        match self.state {
            State::Alerting { .. } => {
                let code = code.map_or(603, SignalCode::status);
                let text = if code == 486 { "Busy Here" } else { "Declined" };
                self.finish();
                Ok(self.effects(vec![Effect::Signal(Signal::Ended(Ending::with(code, text)))]))
            }
            // Caller and callee may give up at the same time.
            State::Over => Ok(Vec::new()),
            State::Calling(_) | State::Accepting { .. } | State::Connected(_) => Err(NOT_ALERTING),
        }
    }

    /// `callUpdateAccept`: an answer to what was offered, or an acknowledgement that changes nothing.
    pub(crate) fn update_accept(&mut self, sdp: Option<&Description>) -> Outcome {
        let unanswered = match &mut self.state {
            State::Calling(unanswered) | State::Connected(unanswered) => unanswered,
            State::Over => return Ok(Vec::new()),
            State::Alerting { .. } | State::Accepting { .. } => return Err(NOTHING_OFFERED),
        };
        let Some(sdp) = sdp else { return Ok(Vec::new()) };
        let Some(kind) = unanswered.take() else { return Err(NOTHING_OFFERED) };
        let answer = match self.leg.take_answer(&sdp.text) {
            Ok(answer) => answer,
            Err(problem) => return Ok(self.refuse_offer(kind, problem.status(), &problem.to_string())),
        };
        let signal = match kind {
            Unanswered::Early => Signal::Answered(answer),
            Unanswered::Final => {
                self.leg.confirm();
                Signal::Confirmed(Some(answer))
            }
            Unanswered::Update => {
                self.leg.confirm();
                Signal::UpdateAccepted(answer)
            }
        };
        Ok(self.effects(vec![Effect::Signal(signal)]))
    }

    /// `callUpdateReject`: what was offered is not wanted.
    pub(crate) fn update_reject(&mut self, code: Option<SignalCode>, reason: Option<&str>) -> Outcome {
        let unanswered = match &mut self.state {
            State::Calling(unanswered) | State::Connected(unanswered) => unanswered.take(),
            State::Over => None,
            State::Alerting { .. } | State::Accepting { .. } => return Err(NOTHING_OFFERED),
        };
        let code = code.map_or(488, SignalCode::status);
        Ok(match unanswered {
            Some(kind) => self.refuse_offer(kind, code, reason.unwrap_or("Not Acceptable Here")),
            // Messages without an offer can be rejected as well; that changes nothing.
            None => Vec::new(),
        })
    }

    /// `callKill`: whatever it is, it ends. A call that comes in is declined, for all devices of the user.
    pub(super) fn kill(&mut self) -> Vec<Effect> {
        self.end_with(Ending::with(603, "Declined"))
    }

    /// The session ends. The user has said nothing of a call that comes in: it rings on elsewhere.
    pub(super) fn abandon(&mut self) -> Vec<Effect> {
        self.end_with(Ending::with(480, "the session has ended"))
    }

    fn end_with(&mut self, while_alerting: Ending) -> Vec<Effect> {
        let ending = match self.state {
            State::Over => return Vec::new(),
            State::Alerting { .. } => while_alerting,
            State::Calling(_) | State::Accepting { .. } | State::Connected(_) => Ending::hung_up(),
        };
        self.finish();
        self.effects(vec![Effect::Signal(Signal::Ended(ending))])
    }

    /// Takes the client's description: an answer to the caller's offer, or an offer if there was none.
    fn media_of_client(
        &mut self,
        offered: bool,
        sdp: &Description,
        new_leg: NewLeg<'_>,
    ) -> Result<Media, Refusal> {
        if offered {
            return Ok(Media::Answer(self.leg.take_answer(&sdp.text)?));
        }
        Ok(Media::Offer(self.leg.take_offer(&sdp.text, new_leg)?))
    }

    /// An offer of the other end comes to nothing.
    fn refuse_offer(&mut self, kind: Unanswered, code: u16, reason: &str) -> Vec<Effect> {
        self.leg.roll_back();
        let effects = match kind {
            // Without early media the call goes on; the final answer may be better.
            Unanswered::Early => Vec::new(),
            Unanswered::Update => vec![Effect::Signal(Signal::UpdateRefused(code))],
            Unanswered::Final => {
                let ending = Ending::with(code, reason);
                self.finish();
                vec![self.disconnected(&ending), Effect::Signal(Signal::Ended(ending))]
            }
        };
        self.effects(effects)
    }

    /// How the caller tells this device from others.
    fn tag(&self) -> String {
        format!("{:x}-{}", self.end.call.0, self.end.branch)
    }

    fn ringing(&self, media: Option<Media>) -> Effect {
        Effect::Signal(Signal::Ringing { tag: self.tag(), media })
    }

    /// `callUpdated`: what the client wanted is done.
    pub(super) fn updated(&self, sdp: Option<String>) -> Effect {
        let (leg, sdp) = (self.name.clone(), self.description(sdp));
        Effect::Client(CallUpdated { leg, peer: None, peer_name: None, code: None, error: None, sdp }.into())
    }
}
