//! Tests of a call, for the client: what goes in, and exactly what comes out.

use media::Proposal;
use protocol::{CallLeg, Description, Presentation, Scalar, SignalCode};

use super::client::Refusal;
use super::{Call, Effect};
use crate::signal::bench::{self, END, accepted, media_word, new_leg, proposal, ringing, signal_word};
use crate::signal::{Ending, HOPS, Invite, Media, Signal};

fn name() -> CallLeg {
    CallLeg::from_wire("c").unwrap()
}

fn sdp() -> Option<Description> {
    described("sendrecv", "0")
}

#[expect(clippy::unnecessary_wraps, reason = "requests may have one or not")]
fn described(direction: &str, payload_type: &str) -> Option<Description> {
    let text = bench::described(direction, payload_type);
    Some(Description { text, presentation: Presentation::Text })
}

/// An effect in a few words. The media thread is told first, always.
fn word(effect: &Effect) -> String {
    match effect {
        Effect::Client(message) => {
            let element = message.encode(None);
            let told = ["signalCode", "errorText"].iter().filter_map(|name| element.attribute(name));
            let sdp = element.child("sdpText").map(|_| "sdp");
            [element.name()].into_iter().chain(told).chain(sdp).collect::<Vec<_>>().join(" ")
        }
        Effect::Signal(signal) => signal_word(signal),
        Effect::Media(command) => media_word(command),
    }
}

fn words(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(word).collect()
}

/// A call and what it has led to.
struct Bench(Call);

impl Bench {
    /// The client calls, with an offer or without.
    fn calling(offer: Option<&Description>) -> (Self, Vec<String>) {
        let from = ("alice@localhost".to_owned(), None);
        let started = Call::start(END, name(), Presentation::Text, from, offer, &mut new_leg);
        let (call, invite, effects) = started.unwrap();
        assert_eq!(invite.offer.is_some(), offer.is_some());
        (Self(call), words(&effects))
    }

    /// The client is called, with an offer or without.
    fn called(offer: Option<Proposal>) -> (Self, Vec<String>) {
        let call_id = "x".to_owned();
        let from = "bob@localhost".to_owned();
        let invite = Invite { from, from_name: None, call_id, offer, hops: HOPS };
        let (call, effects) = Call::incoming(END, name(), Presentation::Text, invite, &mut new_leg).unwrap();
        (Self(call), words(&effects))
    }

    fn connected() -> Self {
        let (mut bench, _) = Self::calling(sdp().as_ref());
        bench.signal(accepted(Some(Media::Answer(proposal()))));
        bench
    }

    fn signal(&mut self, signal: Signal) -> Vec<String> {
        words(&self.0.handle_signal(signal, &mut new_leg))
    }

    fn provision(&mut self, sdp: Option<Description>) -> Result<Vec<String>, Refusal> {
        self.0.provision(sdp.as_ref(), &mut new_leg).map(|effects| words(&effects))
    }

    fn accept(&mut self, sdp: Option<Description>) -> Result<Vec<String>, Refusal> {
        self.0.accept(sdp.as_ref(), "alice@localhost", &mut new_leg).map(|effects| words(&effects))
    }

    fn reject(&mut self, code: Option<u16>) -> Result<Vec<String>, Refusal> {
        let code = code.map(|code| SignalCode::from_wire(&code.to_string()).unwrap());
        self.0.reject(code).map(|effects| words(&effects))
    }

    fn update_accept(&mut self, sdp: Option<Description>) -> Result<Vec<String>, Refusal> {
        self.0.update_accept(sdp.as_ref()).map(|effects| words(&effects))
    }

    fn update_reject(&mut self) -> Result<Vec<String>, Refusal> {
        self.0.update_reject(None, None).map(|effects| words(&effects))
    }

    fn kill(&mut self) -> Vec<String> {
        words(&self.0.kill())
    }
}

fn is_state(outcome: &Result<Vec<String>, Refusal>) -> bool {
    matches!(outcome, Err(Refusal::State(_)))
}

#[test]
fn an_offer_is_answered_by_who_accepts() {
    let (mut bench, effects) = Bench::calling(sdp().as_ref());
    assert_eq!(effects, [""; 0], "nothing is agreed yet");
    assert_eq!(bench.signal(ringing(None)), ["callProvisioned"]);
    assert_eq!(bench.update_accept(None).unwrap(), [""; 0]);
    let effects = bench.signal(accepted(Some(Media::Answer(proposal()))));
    assert_eq!(effects, ["leg added", "callConnected sdp", "→ confirmed"]);
    assert_eq!(bench.update_accept(None).unwrap(), [""; 0]);
    assert_eq!(bench.kill(), ["leg removed", "→ ended None \"\""]);
    assert_eq!(bench.kill(), [""; 0]);
}

#[test]
fn early_media_open_the_leg_and_hold() {
    let (mut bench, _) = Bench::calling(sdp().as_ref());
    let effects = bench.signal(ringing(Some(Media::Answer(proposal()))));
    assert_eq!(effects, ["leg added", "callProvisioned sdp"]);
    assert_eq!(bench.signal(accepted(None)), ["callConnected", "→ confirmed"]);
}

#[test]
fn who_calls_without_an_offer_gets_one_and_answers_it() {
    let (mut bench, effects) = Bench::calling(None);
    assert_eq!(effects, [""; 0]);
    // The leg is there at once: sound may come before the answer does.
    let effects = bench.signal(accepted(Some(Media::Offer(proposal()))));
    assert_eq!(effects, ["leg added", "callConnected sdp"]);
    let effects = bench.update_accept(sdp()).unwrap();
    assert_eq!(effects, ["leg updated", "→ confirmed answer"]);
    // Nothing more is offered.
    assert!(is_state(&bench.update_accept(sdp())));
}

#[test]
fn a_final_offer_that_cannot_be_answered_ends_the_call() {
    let (mut bench, _) = Bench::calling(None);
    bench.signal(accepted(Some(Media::Offer(proposal()))));
    let effects = bench.update_reject().unwrap();
    let disconnected = "callDisconnected 488 Not Acceptable Here";
    assert_eq!(effects, ["leg removed", disconnected, "→ ended Some(488) \"Not Acceptable Here\""]);
    // A codec that nobody has offered is no answer.
    let (mut bench, _) = Bench::calling(None);
    bench.signal(accepted(Some(Media::Offer(proposal()))));
    let effects = bench.update_accept(described("sendrecv", "9")).unwrap();
    assert!(effects[1].starts_with("callDisconnected 488"), "{effects:?}");
}

#[test]
fn a_caller_who_is_refused_is_told_and_may_forget_the_call() {
    let (mut bench, _) = Bench::calling(sdp().as_ref());
    let effects = bench.signal(Signal::Ended(Ending::with(486, "Busy Here")));
    assert_eq!(effects, ["leg removed", "callDisconnected 486 Busy Here"]);
    assert!(bench.0.is_over());
    // What was under way is of no interest any more.
    assert_eq!(bench.signal(ringing(None)), [""; 0]);
    assert_eq!(bench.kill(), [""; 0]);
}

#[test]
fn a_called_client_rings_and_answers_the_offer() {
    let (mut bench, effects) = Bench::called(Some(proposal()));
    assert_eq!(effects, ["leg added", "callIncoming sdp"]);
    assert_eq!(bench.provision(None).unwrap(), ["→ ringing", "callUpdated"]);
    assert_eq!(bench.accept(sdp()).unwrap(), ["leg updated", "→ accepted by alice@localhost answer"]);
    assert!(is_state(&bench.accept(sdp())), "once is enough");
    assert_eq!(bench.signal(Signal::Confirmed(None)), ["callUpdated"]);
    assert_eq!(bench.signal(Signal::Ended(Ending::hung_up())), ["leg removed", "callDisconnected"]);
}

#[test]
fn early_media_of_a_called_client_are_given_once() {
    let (mut bench, _) = Bench::called(Some(proposal()));
    assert_eq!(bench.provision(sdp()).unwrap(), ["leg updated", "→ ringing answer", "callUpdated"]);
    assert!(is_state(&bench.provision(sdp())));
    assert!(is_state(&bench.accept(sdp())), "they were given with callProvision");
    assert_eq!(bench.accept(None).unwrap(), ["→ accepted by alice@localhost"]);
}

#[test]
fn who_is_called_without_an_offer_makes_one() {
    let (mut bench, effects) = Bench::called(None);
    assert_eq!(effects, ["callIncoming"]);
    assert!(is_state(&bench.accept(None)), "there would be no sound");
    assert_eq!(bench.accept(sdp()).unwrap(), ["→ accepted by alice@localhost offer"]);
    assert_eq!(bench.signal(Signal::Confirmed(Some(proposal()))), ["leg added", "callUpdated sdp"]);
    // The same with early media.
    let (mut bench, _) = Bench::called(None);
    assert_eq!(bench.provision(sdp()).unwrap(), ["→ ringing offer"]);
    assert_eq!(bench.signal(Signal::Answered(proposal())), ["leg added", "callUpdated sdp"]);
    assert_eq!(bench.accept(None).unwrap(), ["→ accepted by alice@localhost"]);
    assert_eq!(bench.signal(Signal::Confirmed(None)), ["callUpdated"]);
}

#[test]
fn an_early_offer_may_be_answered_when_the_call_is() {
    // By a phone, which was told of it with the answer: callUpdated comes for callProvision and for callAccept.
    let (mut bench, _) = Bench::called(None);
    bench.provision(sdp()).unwrap();
    assert_eq!(bench.accept(None).unwrap(), ["→ accepted by alice@localhost"]);
    let effects = bench.signal(Signal::Confirmed(Some(proposal())));
    assert_eq!(effects, ["leg added", "callUpdated sdp", "callUpdated"]);
    // By a session, whose answer meets the call's on the way.
    let (mut bench, _) = Bench::called(None);
    bench.provision(sdp()).unwrap();
    bench.accept(None).unwrap();
    assert_eq!(bench.signal(Signal::Answered(proposal())), ["leg added", "callUpdated sdp"]);
    assert_eq!(bench.signal(Signal::Confirmed(None)), ["callUpdated"]);
    // As that session sees it: the offer that it has not answered yet still wants an answer.
    let (mut bench, _) = Bench::calling(None);
    assert_eq!(bench.signal(ringing(Some(Media::Offer(proposal())))), ["leg added", "callProvisioned sdp"]);
    assert_eq!(bench.signal(accepted(None)), ["callConnected"]);
    assert_eq!(bench.update_accept(sdp()).unwrap(), ["leg updated", "→ confirmed answer"]);
}

#[test]
fn an_early_offer_of_another_device_takes_the_place_of_the_first() {
    let (mut bench, _) = Bench::calling(None);
    bench.signal(ringing(Some(Media::Offer(proposal()))));
    let effects = bench.signal(ringing(Some(Media::Offer(proposal()))));
    assert_eq!(effects, ["leg updated", "callProvisioned sdp"]);
    let effects = bench.signal(accepted(Some(Media::Offer(proposal()))));
    assert_eq!(effects, ["leg updated", "callConnected sdp"]);
}

#[test]
fn a_description_that_cannot_be_used_is_refused_and_the_call_goes_on_ringing() {
    let (mut bench, _) = Bench::called(Some(proposal()));
    let video = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 5004 RTP/AVP 96\r\n".to_owned();
    let video = Some(Description { text: video, presentation: Presentation::Text });
    assert!(matches!(bench.accept(video), Err(Refusal::Media(_))));
    assert_eq!(bench.accept(sdp()).unwrap(), ["leg updated", "→ accepted by alice@localhost answer"]);
}

#[test]
fn a_call_is_declined_with_the_code_that_is_given() {
    let cases = [(None, "→ ended Some(603) \"Declined\""), (Some(486), "→ ended Some(486) \"Busy Here\"")];
    for (code, ended) in cases {
        let (mut bench, _) = Bench::called(Some(proposal()));
        assert_eq!(bench.reject(code).unwrap(), ["leg removed", ended]);
        // Caller and callee may give up at the same time.
        assert_eq!(bench.reject(code).unwrap(), [""; 0]);
    }
    let (mut bench, _) = Bench::called(Some(proposal()));
    assert_eq!(bench.kill(), ["leg removed", "→ ended Some(603) \"Declined\""]);
    let (mut bench, _) = Bench::calling(None);
    assert!(is_state(&bench.reject(None)), "it was not called");
}

#[test]
fn a_session_that_ends_declines_nothing() {
    let (mut bench, _) = Bench::called(Some(proposal()));
    let effects = words(&bench.0.abandon());
    assert_eq!(effects, ["leg removed", "→ ended Some(480) \"the session has ended\""]);
    assert_eq!(words(&Bench::connected().0.abandon()), ["leg removed", "→ ended None \"\""]);
}

#[test]
fn a_peers_update_is_asked_for_and_answered_or_refused() {
    let mut bench = Bench::connected();
    let hold = proposal().with_direction(media::Direction::SendOnly);
    assert_eq!(bench.signal(Signal::Update(hold.clone())), ["leg updated", "callUpdateRequest sdp"]);
    // One exchange at a time (RFC 3261 §14.2).
    assert_eq!(bench.signal(Signal::Update(hold.clone())), ["→ update refused 491"]);
    let effects = bench.update_accept(described("recvonly", "0")).unwrap();
    assert_eq!(effects, ["leg updated", "→ update accepted"]);
    bench.signal(Signal::Update(hold));
    assert_eq!(bench.update_reject().unwrap(), ["leg updated", "→ update refused 488"]);
    // What is not offered any more can be rejected without harm.
    assert_eq!(bench.update_reject().unwrap(), [""; 0]);
}

#[test]
fn an_update_that_was_taken_back_cannot_be_accepted_and_the_next_can() {
    let mut bench = Bench::connected();
    let hold = proposal().with_direction(media::Direction::SendOnly);
    bench.signal(Signal::Update(hold.clone()));
    assert_eq!(bench.signal(Signal::UpdateWithdrawn), ["leg updated"]);
    assert!(is_state(&bench.update_accept(described("recvonly", "0"))));
    assert_eq!(bench.signal(Signal::Update(hold)), ["leg updated", "callUpdateRequest sdp"]);
}

#[test]
fn an_update_before_the_call_is_up_comes_again_later() {
    let (mut bench, _) = Bench::called(Some(proposal()));
    assert_eq!(bench.signal(Signal::Update(proposal())), ["→ update refused 491"]);
    let (mut bench, _) = Bench::calling(None);
    assert_eq!(bench.signal(Signal::Update(proposal())), ["→ update refused 491"]);
}

/// Every signal in every state: nothing panics, what is over stays over, and no leg is left behind.
#[test]
fn every_signal_in_every_state_leaves_a_call_that_can_be_ended() {
    type Make = fn() -> Bench;
    let states: [Make; 6] = [
        || Bench::calling(None).0,
        || Bench::calling(sdp().as_ref()).0,
        || Bench::called(None).0,
        || Bench::called(Some(proposal())).0,
        Bench::connected,
        || {
            let mut bench = Bench::connected();
            bench.kill();
            bench
        },
    ];
    let media = [None, Some(Media::Offer(proposal())), Some(Media::Answer(proposal()))];
    let mut signals = vec![
        Signal::Answered(proposal()),
        Signal::Confirmed(None),
        Signal::Confirmed(Some(proposal())),
        Signal::Update(proposal()),
        Signal::UpdateAccepted(proposal()),
        Signal::UpdateRefused(488),
        Signal::UpdateWithdrawn,
        Signal::Ended(Ending::hung_up()),
    ];
    signals.extend(media.iter().cloned().map(ringing));
    signals.extend(media.iter().cloned().map(accepted));
    for make in states {
        for first in &signals {
            for second in &signals {
                let mut bench = make();
                let mut seen = bench.signal(first.clone());
                seen.extend(bench.signal(second.clone()));
                let was_over = bench.0.is_over();
                seen.extend(bench.kill());
                let count = |word: &str| seen.iter().filter(|seen| seen.as_str() == word).count();
                assert!(count("leg added") <= 1 && count("leg removed") <= 1, "{seen:?}");
                assert!(count("leg added") == 0 || count("leg removed") == 1 || !was_over, "{seen:?}");
                assert!(bench.0.is_over());
            }
        }
    }
}
