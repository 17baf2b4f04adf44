//! What is agreed about the sound of one end of a call, and what is the media thread told of it?

use media::{Command, LegId, Negotiation, Proposal, Signalling};

/// The media of one end of a call. It has a negotiation as soon as either side has proposed something.
pub(crate) struct Leg {
    id: LegId,
    negotiation: Option<Negotiation>,
    /// Whether the media thread knows it.
    added: bool,
    /// What the media thread is to be told, in this order.
    commands: Vec<Command>,
    /// Where this end's authenticated signalling comes from.
    signalling: Option<Signalling>,
}

/// What kind of media an end has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegKind {
    /// ICE, DTLS and SRTP: a browser.
    WebRtc,
    /// Plain RTP.
    Rtp,
}

impl LegKind {
    /// The kind that a description speaks of.
    pub(crate) fn of(sdp: &str) -> Self {
        let secured =
            sdp.lines().any(|line| line.starts_with("a=fingerprint:") || line.starts_with("a=ice-ufrag:"));
        if secured { Self::WebRtc } else { Self::Rtp }
    }
}

/// A leg is wanted and none can be had: no ports are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoLeg;

/// Why media cannot be agreed upon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// No leg can be had.
    #[error("no ports are left for another call")]
    NoLeg,
    /// The descriptions do not fit, for this reason.
    #[error("{0}")]
    Media(String),
    /// An end has agreed to nothing.
    #[error("the answer has no session description")]
    NoAnswer,
}

impl From<media::Error> for Problem {
    fn from(error: media::Error) -> Self {
        Self::Media(error.to_string())
    }
}

impl From<NoLeg> for Problem {
    fn from(NoLeg: NoLeg) -> Self {
        Self::NoLeg
    }
}

impl Problem {
    /// The SIP status that tells of it.
    pub(crate) const fn status(&self) -> u16 {
        match self {
            Self::NoLeg => 503,
            Self::Media(_) | Self::NoAnswer => 488,
        }
    }
}

impl Leg {
    /// A leg that nothing was said of yet.
    pub(crate) const fn new(id: LegId) -> Self {
        Self { id, negotiation: None, added: false, commands: Vec::new(), signalling: None }
    }

    /// Makes an offer to this end of what the other proposes.
    pub(crate) fn offer(
        &mut self,
        proposal: &Proposal,
        new_leg: impl FnOnce() -> Result<Negotiation, NoLeg>,
    ) -> Result<String, Problem> {
        let sdp = self.begin(new_leg)?.offer(proposal)?;
        self.tell();
        Ok(sdp)
    }

    /// Takes an offer of this end; returns what it proposes to the other.
    pub(crate) fn take_offer(
        &mut self,
        sdp: &str,
        new_leg: impl FnOnce() -> Result<Negotiation, NoLeg>,
    ) -> Result<Proposal, Problem> {
        let proposal = self.begin(new_leg)?.handle_offer(sdp)?;
        self.tell();
        Ok(proposal)
    }

    /// Answers this end's offer with what the other has agreed to.
    pub(crate) fn answer(&mut self, proposal: &Proposal) -> Result<String, Problem> {
        let sdp = self.negotiation.as_mut().ok_or(NoLeg)?.answer(proposal)?;
        self.tell();
        Ok(sdp)
    }

    /// Takes this end's answer; returns what it agrees to.
    pub(crate) fn take_answer(&mut self, sdp: &str) -> Result<Proposal, Problem> {
        let proposal = self.negotiation.as_mut().ok_or(NoLeg)?.handle_answer(sdp)?;
        self.tell();
        Ok(proposal)
    }

    /// Where this end's authenticated signalling comes from.
    pub(crate) fn learn_source_from(&mut self, signalling: Signalling) {
        let is_news = self.signalling.replace(signalling) != Some(signalling);
        if is_news && let Some(negotiation) = &mut self.negotiation {
            negotiation.learn_source_from(signalling);
            self.tell();
        }
    }

    /// The exchange under way is final.
    pub(crate) fn confirm(&mut self) {
        if let Some(negotiation) = &mut self.negotiation {
            negotiation.confirm();
        }
    }

    /// The exchange under way has failed: what held before holds again.
    pub(crate) fn roll_back(&mut self) {
        if let Some(negotiation) = &mut self.negotiation {
            negotiation.rollback();
            self.tell();
        }
    }

    /// The leg ends. The media thread is told even if it was never added: its sockets may be open.
    pub(crate) fn remove(&mut self) {
        if self.negotiation.take().is_some() {
            self.added = false;
            self.commands.push(Command::Remove { leg: self.id });
        }
    }

    /// What the media thread is to be told.
    pub(crate) fn take_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    fn begin(
        &mut self,
        new_leg: impl FnOnce() -> Result<Negotiation, NoLeg>,
    ) -> Result<&mut Negotiation, NoLeg> {
        if self.negotiation.is_none() {
            let mut negotiation = new_leg()?;
            if let Some(signalling) = self.signalling {
                negotiation.learn_source_from(signalling);
            }
            self.negotiation = Some(negotiation);
        }
        self.negotiation.as_mut().ok_or(NoLeg)
    }

    fn tell(&mut self) {
        if let Some(parameters) = self.negotiation.as_ref().and_then(Negotiation::parameters) {
            let leg = self.id;
            let added = std::mem::replace(&mut self.added, true);
            self.commands.push(if added {
                Command::Update { leg, parameters }
            } else {
                Command::Add { leg, parameters }
            });
        }
    }
}
