//! Which ends belong to one call, who rings, and who has answered?
//!
//! A pure machine. It knows ends and signals only; where a call goes (`signalling.rs`) and how an end is reached are
//! others' affairs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use media::{LegId, Proposal};

use crate::signal::{Accepted, Addressed, CallId, End, Ending, Invite, Media, Signal};

/// How long callees may ring.
const RINGING: Duration = Duration::from_secs(180);
/// Callees of one call.
const CALLEES: usize = 100;

/// All calls.
#[derive(Default)]
pub(crate) struct Switch {
    calls: HashMap<CallId, Call>,
    /// How many of them each account has begun.
    by_account: HashMap<String, usize>,
    outputs: VecDeque<Output>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    /// Tell an end something.
    Tell(Addressed),
    /// What one leg hears the other shall send, both ways; with itself a leg is its own echo.
    Bridge(LegId, LegId),
}

struct Call {
    invite: Invite,
    /// Which of our accounts has begun it.
    account: Option<String>,
    callees: BTreeMap<u8, Callee>,
    state: State,
    /// When ringing ends.
    until: Instant,
    /// The best refusal so far.
    refusal: Option<Ending>,
    /// The callee whose early media the caller has got.
    early: Option<u8>,
}

enum State {
    /// It is being found out where the call goes, or callees ring.
    Open,
    /// This callee has answered.
    Answered(u8),
}

/// A callee that rings or has answered.
struct Callee {
    is_echo: bool,
    /// Which device it is.
    tag: String,
    /// Its early media: for an answer that carries none, and for when no other callee's are heard any more.
    media: Option<Media>,
}

/// What an end is called that plays back what it hears.
pub(crate) const ECHO: &str = "echo";

impl Switch {
    /// Somebody calls; an account if it is one of ours. Where the call goes is told by [`Self::ring`], or
    /// [`Self::refuse`].
    pub(crate) fn start(&mut self, now: Instant, call: CallId, invite: Invite, account: Option<String>) {
        let callees = BTreeMap::new();
        let until = now + RINGING;
        if let Some(account) = &account {
            *self.by_account.entry(account.clone()).or_default() += 1;
        }
        let state = State::Open;
        self.calls.insert(call, Call { invite, account, callees, state, until, refusal: None, early: None });
    }

    /// How many calls there are that an account has begun.
    pub(crate) fn count_of(&self, account: &str) -> usize {
        self.by_account.get(account).copied().unwrap_or(0)
    }

    fn remove(&mut self, call: CallId) -> Option<Call> {
        let call = self.calls.remove(&call)?;
        if let Some(account) = &call.account
            && let Some(count) = self.by_account.get_mut(account)
        {
            *count -= 1;
            if *count == 0 {
                self.by_account.remove(account);
            }
        }
        Some(call)
    }

    /// A callee is to ring; returns its end, which the caller of this makes known to it. `None` if the call is over.
    pub(crate) fn ring(&mut self, call: CallId) -> Option<(End, Invite)> {
        let branch = self.add(call, false)?;
        let invite = self.calls.get(&call)?.invite.clone();
        Some((End { call, branch }, invite))
    }

    /// The callee is the echo, which answers at once.
    pub(crate) fn echo(&mut self, call: CallId, peer: String) {
        let Some(branch) = self.add(call, true) else { return };
        let Some(invite) = self.calls.get(&call).map(|call| call.invite.clone()) else { return };
        let media = match &invite.offer {
            Some(offer) => Media::Answer(echoed(offer)),
            None => Media::Offer(Proposal::any()),
        };
        let accepted = Accepted { tag: ECHO.to_owned(), peer, media: Some(media) };
        let end = End { call, branch };
        self.handle(Addressed { end, signal: Signal::Accepted(Box::new(accepted)) });
    }

    fn add(&mut self, call: CallId, is_echo: bool) -> Option<u8> {
        let call = self.calls.get_mut(&call)?;
        if !matches!(call.state, State::Open) || call.callees.len() >= CALLEES {
            return None;
        }
        let last = call.callees.last_key_value().map_or(0, |(branch, _)| *branch);
        let branch = last.checked_add(1)?;
        call.callees.insert(branch, Callee { is_echo, tag: String::new(), media: None });
        Some(branch)
    }

    /// All callees there are have been told to ring; if there are none, or all have refused already, the caller is
    /// told so.
    pub(crate) fn routed(&mut self, call: CallId, otherwise: Ending) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        if matches!(state.state, State::Open) && state.callees.is_empty() {
            let ending = state.refusal.take().unwrap_or(otherwise);
            self.refuse(call, ending);
        }
    }

    /// The call goes nowhere: caller and callees are told.
    pub(crate) fn refuse(&mut self, call: CallId, ending: Ending) {
        if let Some(state) = self.remove(call) {
            self.cancel(call, &state, &Ending::hung_up());
            self.tell(End::caller(call), Signal::Ended(ending));
        }
    }

    /// An end tells something.
    pub(crate) fn handle(&mut self, Addressed { end, signal }: Addressed) {
        let Some(call) = self.calls.get_mut(&end.call) else {
            // The call was over when this was sent. Who has just answered must know.
            if matches!(signal, Signal::Accepted(_) | Signal::Ringing { .. }) {
                self.tell(end, Signal::Ended(Ending::hung_up()));
            }
            return;
        };
        if end.branch == 0 {
            return self.caller_tells(end.call, signal);
        }
        let is_known = call.callees.contains_key(&end.branch);
        match (signal, is_known) {
            (Signal::Ringing { tag, media }, true) => self.rings(end, tag, media),
            (Signal::Accepted(accepted), true) => self.accepts(end, *accepted),
            (Signal::Ended(ending), true) => self.ends(end, ending),
            (
                signal @ (Signal::Update(_)
                | Signal::UpdateAccepted(_)
                | Signal::UpdateRefused(_)
                | Signal::UpdateWithdrawn),
                true,
            ) => {
                if matches!(call.state, State::Answered(branch) if branch == end.branch) {
                    self.tell(End::caller(end.call), signal);
                }
            }
            (Signal::Accepted(_), false) => self.tell(end, Signal::Ended(Ending::answered_elsewhere())),
            // Callees do not send these, and one that has refused sends no more.
            (Signal::Invite(_) | Signal::Answered(_) | Signal::Confirmed(_), true) | (_, false) => {}
        }
    }

    fn caller_tells(&mut self, id: CallId, signal: Signal) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let answered = match call.state {
            State::Answered(branch) => Some(branch),
            State::Open => None,
        };
        match signal {
            Signal::Ended(ending) => {
                let Some(call) = self.remove(id) else { return };
                self.cancel(id, &call, &ending);
            }
            Signal::Answered(proposal) => {
                if let Some(branch) = call.early {
                    self.bridge(id, branch);
                    self.tell(End { call: id, branch }, Signal::Answered(proposal));
                }
            }
            Signal::Confirmed(answer) => {
                let Some(branch) = answered else { return };
                if answer.is_some() {
                    self.bridge(id, branch);
                }
                self.tell(End { call: id, branch }, Signal::Confirmed(answer));
            }
            Signal::Update(proposal) => {
                let Some(branch) = answered else { return };
                if call.callees.get(&branch).is_some_and(|callee| callee.is_echo) {
                    // The echo agrees to everything it can.
                    self.tell(End::caller(id), Signal::UpdateAccepted(echoed(&proposal)));
                    return;
                }
                self.tell(End { call: id, branch }, Signal::Update(proposal));
            }
            signal @ (Signal::UpdateAccepted(_) | Signal::UpdateRefused(_) | Signal::UpdateWithdrawn) => {
                if let Some(branch) = answered {
                    self.tell(End { call: id, branch }, signal);
                }
            }
            // Callers do not send these.
            Signal::Invite(_) | Signal::Ringing { .. } | Signal::Accepted(_) => {}
        }
    }

    /// The caller hears early media of one callee only: the first that has some, and when that gives up the next.
    fn rings(&mut self, end: End, tag: String, media: Option<Media>) {
        let Some(call) = self.calls.get_mut(&end.call) else { return };
        if !matches!(call.state, State::Open) {
            return;
        }
        let Some(callee) = call.callees.get_mut(&end.branch) else { return };
        callee.tag.clone_from(&tag);
        if media.is_some() {
            callee.media.clone_from(&media);
        }
        let media = media.filter(|_| call.early.is_none_or(|early| early == end.branch));
        if media.is_some() {
            call.early = Some(end.branch);
        }
        if matches!(media, Some(Media::Answer(_))) {
            self.bridge(end.call, end.branch);
        }
        self.tell(End::caller(end.call), Signal::Ringing { tag, media });
    }

    fn accepts(&mut self, end: End, mut accepted: Accepted) {
        let Some(call) = self.calls.get_mut(&end.call) else { return };
        if !matches!(call.state, State::Open) {
            return;
        }
        call.state = State::Answered(end.branch);
        if accepted.media.is_none() && call.early != Some(end.branch) {
            // The caller was not given this callee's early media.
            accepted.media = call.callees.get_mut(&end.branch).and_then(|callee| callee.media.take());
        }
        let others: Vec<u8> = call.callees.keys().copied().filter(|branch| *branch != end.branch).collect();
        call.callees.retain(|branch, _| *branch == end.branch);
        for branch in others {
            self.tell(End { call: end.call, branch }, Signal::Ended(Ending::answered_elsewhere()));
        }
        if !matches!(accepted.media, Some(Media::Offer(_))) {
            self.bridge(end.call, end.branch);
        }
        self.tell(End::caller(end.call), Signal::Accepted(Box::new(accepted)));
    }

    fn ends(&mut self, end: End, ending: Ending) {
        let Some(call) = self.calls.get_mut(&end.call) else { return };
        call.callees.remove(&end.branch);
        if matches!(call.state, State::Answered(_)) {
            self.remove(end.call);
            self.tell(End::caller(end.call), Signal::Ended(ending));
            return;
        }
        // RFC 3261 §16.7: 6xx ends the search at once.
        let is_final = ending.code.is_some_and(|code| code >= 600);
        if call.refusal.as_ref().is_none_or(|best| rank(&ending) < rank(best)) {
            call.refusal = Some(ending);
        }
        if is_final || call.callees.is_empty() {
            let best = call.refusal.take().unwrap_or_else(|| Ending::with(480, "Temporarily Unavailable"));
            return self.refuse(end.call, best);
        }
        if call.early == Some(end.branch) {
            self.hear_another(end.call);
        }
    }

    /// The callee whose early media the caller heard has given up.
    fn hear_another(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.early = None;
        let next = call.callees.iter().find(|(_, callee)| callee.media.is_some());
        let next = next.map(|(branch, callee)| (*branch, callee.tag.clone(), callee.media.clone()));
        if let Some((branch, tag, media)) = next {
            self.rings(End { call: id, branch }, tag, media);
        }
    }

    /// Tells all callees of a call that it is over. The echo needs no telling.
    fn cancel(&mut self, id: CallId, call: &Call, ending: &Ending) {
        for (branch, _) in call.callees.iter().filter(|(_, callee)| !callee.is_echo) {
            self.tell(End { call: id, branch: *branch }, Signal::Ended(ending.clone()));
        }
    }

    fn bridge(&mut self, call: CallId, branch: u8) {
        let is_echo =
            self.calls.get(&call).and_then(|call| call.callees.get(&branch)).is_some_and(|c| c.is_echo);
        let caller = End::caller(call).leg();
        let callee = if is_echo { caller } else { End { call, branch }.leg() };
        self.outputs.push_back(Output::Bridge(caller, callee));
    }

    fn tell(&mut self, end: End, signal: Signal) {
        let callee = self.calls.get(&end.call).and_then(|call| call.callees.get(&end.branch));
        if callee.is_some_and(|callee| callee.is_echo) {
            // The echo needs no telling.
            return;
        }
        self.outputs.push_back(Output::Tell(Addressed { end, signal }));
    }

    /// Ends calls that ring for too long.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let late =
            self.calls.iter().filter(|(_, call)| matches!(call.state, State::Open) && call.until <= now);
        let late: Vec<CallId> = late.map(|(id, _)| *id).collect();
        for call in late {
            self.refuse(call, Ending::with(408, "no answer"));
        }
    }

    /// Ends all calls.
    pub(crate) fn end_all(&mut self, ending: &Ending) {
        self.by_account.clear();
        for (id, call) in std::mem::take(&mut self.calls) {
            self.cancel(id, &call, ending);
            self.tell(End::caller(id), Signal::Ended(ending.clone()));
        }
    }

    /// What is to be done next.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many calls there are.
    pub(crate) fn count(&self) -> usize {
        self.calls.len()
    }
}

/// Which refusal tells the caller most: 6xx, then that someone is busy, then the rest by their class.
fn rank(ending: &Ending) -> u16 {
    match ending.code {
        Some(code @ 600..) => code - 600,
        Some(486) => 100,
        Some(code) => code,
        None => 1_000,
    }
}

/// What the echo agrees to: one audio codec, so that what comes can go back, and keys.
fn echoed(offer: &Proposal) -> Proposal {
    let audio = offer.codecs.iter().find(|codec| codec.encoding.is_audio());
    let clock = audio.map(|codec| codec.encoding.clock_rate());
    let keys = offer
        .codecs
        .iter()
        .find(|codec| codec.encoding.is_telephone_event() && Some(codec.encoding.clock_rate()) == clock);
    let codecs = audio.into_iter().chain(keys).cloned().collect();
    Proposal { codecs, ..offer.clone() }.with_direction(media::Direction::SendReceive)
}

#[cfg(test)]
mod tests;
