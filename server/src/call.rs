//! What is a call, for the client at one end of it?
//!
//! A pure machine: requests of the client and signals of the other end go in, [`Effect`]s come out. It speaks SDP with
//! the client and proposals with the other end; the [`Leg`] between them holds what is agreed.

mod client;
mod effect;
mod peer;

use media::Negotiation;
use protocol::{CallLeg, Description, Presentation};

use crate::leg::{Leg, NoLeg};
use crate::signal::{CallId, End, Signal};

pub(crate) use effect::{Calls, hang_up_all, on_signal, reach, release, start};

/// One end of a call, the client's.
pub(crate) struct Call {
    end: End,
    name: CallLeg,
    /// The Call-ID that the client is told.
    call_id: String,
    presentation: Presentation,
    state: State,
    leg: Leg,
}

/// How far the call has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The client calls. An offer of the other end may wait for the client's answer.
    Calling(Option<Unanswered>),
    /// The client is called.
    Alerting {
        /// Whether the caller has offered.
        offered: bool,
        /// What the client has said of media so far.
        early: Early,
    },
    /// The client has answered; the caller does not know yet.
    Accepting {
        /// Whether the offer that it gave with `callProvision` has no answer yet: `callUpdated` is owed for that, too.
        owed: bool,
    },
    /// Both know. An offer of the other end may wait for the client's answer.
    Connected(Option<Unanswered>),
    /// It is over. The client has not released it yet.
    Over,
}

/// Which message to the client carried the offer that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unanswered {
    /// `callProvisioned`.
    Early,
    /// `callConnected`.
    Final,
    /// `callUpdateRequest`.
    Update,
}

/// What a called client has said of media before it answers the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Early {
    /// Nothing.
    Nothing,
    /// It has offered, and waits for the answer.
    Offered,
    /// Both sides have agreed.
    Agreed,
}

/// What is to be done as a call goes on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Tell the client.
    Client(protocol::Message),
    /// Tell the other end.
    Signal(Signal),
    /// Tell the media thread.
    Media(media::Command),
}

/// Makes a negotiation when a leg is needed.
pub(crate) type NewLeg<'a> = &'a mut dyn FnMut() -> Result<Negotiation, NoLeg>;

impl Call {
    const fn new(end: End, name: CallLeg, call_id: String, presentation: Presentation, state: State) -> Self {
        Self { end, name, call_id, presentation, state, leg: Leg::new(end.leg()) }
    }

    /// Which end of which call it is.
    pub(crate) const fn end(&self) -> End {
        self.end
    }

    /// Whether it is over and only waits for its release.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The effects, what the media thread is told first.
    fn effects(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let media = self.leg.take_commands().into_iter().map(Effect::Media);
        media.chain(effects).collect()
    }

    /// The call is over: the leg goes at once, the name stays until it is released.
    fn finish(&mut self) {
        self.state = State::Over;
        self.leg.remove();
    }

    fn description(&self, text: Option<String>) -> Option<Description> {
        text.map(|text| Description { text, presentation: self.presentation })
    }
}

/// The Call-ID that clients are told of a call that one of them starts.
pub(crate) fn call_id(call: CallId) -> String {
    format!("{:x}@ximss-gateway", call.0)
}

#[cfg(test)]
mod tests;
