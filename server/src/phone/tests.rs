//! Tests of a call, for the phone: what goes in, and exactly what comes out.

use std::net::SocketAddr;

use bytes::Bytes;
use media::{Direction, Proposal};
use sip::{Answered, CallHandle, Command, EndCause, Event, NameAddr, Reason, StatusCode, Uri};

use super::{Effect, Phone};
use crate::signal::bench::{self, END, accepted, media_word, new_leg, proposal, ringing, signal_word};
use crate::signal::{Ending, Media, Signal};

fn the_call() -> CallHandle {
    CallHandle::outgoing(1)
}

fn source() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5_060))
}

fn described(direction: &str, payload_type: &str) -> Bytes {
    Bytes::from(bench::described(direction, payload_type))
}

fn sdp() -> Bytes {
    described("sendrecv", "0")
}

fn progress(code: u16, sdp: Option<Bytes>) -> Event {
    let status = StatusCode::new(code).unwrap();
    Event::Progress { call: the_call(), status, tag: Some("t".to_owned()), sdp }
}

fn answered(sdp: Option<Bytes>) -> Event {
    let peer = NameAddr::new(None, Uri::parse("sip:bob@localhost").unwrap());
    Event::Answered(Box::new(Answered {
        call: the_call(),
        tag: Some("t".to_owned()),
        peer,
        sdp,
        source: source(),
        behind_nat: false,
    }))
}

/// An effect in a few words.
fn word(effect: &Effect) -> String {
    let with = |sdp: bool| if sdp { " sdp" } else { "" };
    match effect {
        Effect::Sip(command) => match command {
            Command::Progress { status, sdp, .. } => format!("{}{}", status.code(), with(sdp.is_some())),
            Command::Accept { .. } => "200 sdp".to_owned(),
            Command::Reject { status, .. } => status.code().to_string(),
            Command::Acknowledge { .. } => "ACK sdp".to_owned(),
            Command::Reoffer { sdp, .. } => format!("re-INVITE{}", with(sdp.is_some())),
            Command::WithdrawReoffer { .. } => "CANCEL of re-INVITE".to_owned(),
            Command::AnswerReoffer { .. } => "200 to re-INVITE sdp".to_owned(),
            Command::RejectReoffer { status, .. } => format!("{} to re-INVITE", status.code()),
            Command::Hangup { reason, .. } => match reason.as_ref().and_then(|reason| reason.cause) {
                Some(cause) => format!("hang up {cause}"),
                None => "hang up".to_owned(),
            },
            Command::Invite(_)
            | Command::Probe { .. }
            | Command::Credentials { .. }
            | Command::BindingsStored { .. }
            | Command::Register(_)
            | Command::Unregister { .. } => panic!("not of a call: {command:?}"),
        },
        Effect::Signal(signal) => signal_word(signal),
        Effect::Media(command) => media_word(command),
    }
}

fn words(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(word).collect()
}

struct Bench(Phone);

impl Bench {
    /// We call the phone.
    fn calling(offer: Option<Proposal>) -> (Self, Vec<String>) {
        let called = "bob@localhost".to_owned();
        let is_offered = offer.is_some();
        let (phone, sdp, effects) = Phone::call(END, the_call(), called, offer, &mut new_leg).unwrap();
        assert_eq!(sdp.is_some(), is_offered);
        (Self(phone), words(&effects))
    }

    /// The phone calls.
    fn called(offer: Option<Bytes>) -> (Self, Vec<String>) {
        let (phone, proposal, effects) =
            Phone::incoming(END, the_call(), offer.as_ref(), (source(), false), &mut new_leg).unwrap();
        assert_eq!(proposal.is_some(), offer.is_some());
        (Self(phone), words(&effects))
    }

    /// The phone was called and talks.
    fn talking() -> Self {
        let (mut bench, _) = Self::calling(Some(proposal()));
        bench.event(answered(Some(sdp())));
        bench
    }

    fn event(&mut self, event: Event) -> Vec<String> {
        words(&self.0.handle_event(event, &mut new_leg))
    }

    fn signal(&mut self, signal: Signal) -> Vec<String> {
        words(&self.0.handle_signal(signal, &mut new_leg))
    }
}

#[test]
fn a_called_phone_rings_answers_and_hangs_up() {
    let (mut bench, effects) = Bench::calling(Some(proposal()));
    assert_eq!(effects, ["leg added"]);
    // 181 and 182 are news for people.
    assert_eq!(bench.event(progress(182, None)), [""; 0]);
    assert_eq!(bench.event(progress(180, None)), ["→ ringing"]);
    let effects = bench.event(answered(Some(sdp())));
    // Where it may be behind a NAT is known now, and then what it has agreed to.
    assert_eq!(effects, ["leg updated", "leg updated", "→ accepted by bob@localhost answer"]);
    assert_eq!(bench.signal(Signal::Confirmed(None)), [""; 0]);
    let ended = Event::Ended { call: the_call(), cause: EndCause::Remote(None) };
    assert_eq!(bench.event(ended), ["leg removed", "→ ended None \"\""]);
    assert!(bench.0.is_over());
}

#[test]
fn early_media_of_a_phone_hold() {
    let (mut bench, _) = Bench::calling(Some(proposal()));
    assert_eq!(bench.event(progress(183, Some(sdp()))), ["leg updated", "→ ringing answer"]);
    assert_eq!(bench.event(answered(None)), ["leg updated", "→ accepted by bob@localhost"]);
}

#[test]
fn a_phone_that_is_called_without_an_offer_makes_one() {
    let (mut bench, effects) = Bench::calling(None);
    assert_eq!(effects, [""; 0]);
    // An unreliable 183 cannot carry an offer (RFC 3262 §5).
    assert_eq!(bench.event(progress(183, Some(sdp()))), ["→ ringing"]);
    let effects = bench.event(answered(Some(sdp())));
    assert_eq!(effects, ["→ accepted by bob@localhost offer"]);
    let effects = bench.signal(Signal::Confirmed(Some(proposal())));
    assert_eq!(effects, ["leg added", "ACK sdp"]);
}

#[test]
fn a_phone_that_answers_with_nothing_usable_is_hung_up_and_both_are_told() {
    for wrong in [Some(described("sendrecv", "9")), Some(Bytes::from_static(b"nonsense"))] {
        let (mut bench, _) = Bench::calling(Some(proposal()));
        let effects = bench.event(answered(wrong));
        assert_eq!(effects[..3], ["leg updated", "leg removed", "hang up 488"]);
        assert!(effects[3].starts_with("→ ended Some(488)"), "{effects:?}");
    }
    let (mut bench, _) = Bench::calling(None);
    let effects = bench.event(answered(None));
    assert_eq!(effects, ["hang up 488", "→ ended Some(488) \"the answer has no session description\""]);
}

#[test]
fn what_a_phone_refuses_with_is_passed_on() {
    let (mut bench, _) = Bench::calling(Some(proposal()));
    let (status, phrase) = (StatusCode::BUSY_HERE, "Busy Here".to_owned());
    let effects = bench.event(Event::Rejected { call: the_call(), status, phrase, retry_after: None });
    assert_eq!(effects, ["leg removed", "→ ended Some(486) \"Busy Here\""]);
}

#[test]
fn a_phone_is_told_why_its_ringing_ends() {
    let cases = [
        (Ending::hung_up(), "hang up"),
        (Ending::answered_elsewhere(), "hang up 200"),
        (Ending::with(408, "no answer"), "hang up 408"),
    ];
    for (ending, expected) in cases {
        let (mut bench, _) = Bench::calling(Some(proposal()));
        assert_eq!(bench.signal(Signal::Ended(ending)), ["leg removed", expected]);
    }
}

#[test]
fn a_calling_phone_hears_ringing_and_the_answer() {
    let (mut bench, effects) = Bench::called(Some(sdp()));
    assert_eq!(effects, [""; 0]);
    assert_eq!(bench.signal(ringing(None)), ["180"]);
    let effects = bench.signal(ringing(Some(Media::Answer(proposal()))));
    assert_eq!(effects, ["leg added", "183 sdp"]);
    // A 200 repeats the early answer (RFC 3261 §13.2.1).
    assert_eq!(bench.signal(accepted(None)), ["leg updated", "200 sdp"]);
    assert_eq!(bench.event(Event::Acknowledged { call: the_call(), sdp: None }), ["→ confirmed"]);
    assert_eq!(bench.signal(Signal::Ended(Ending::hung_up())), ["leg removed", "hang up"]);
}

#[test]
fn a_calling_phone_without_an_offer_gets_one_and_answers_it_in_its_ack() {
    let (mut bench, _) = Bench::called(None);
    let effects = bench.signal(accepted(Some(Media::Offer(proposal()))));
    assert_eq!(effects, ["leg added", "200 sdp"]);
    let effects = bench.event(Event::Acknowledged { call: the_call(), sdp: Some(sdp()) });
    assert_eq!(effects, ["leg updated", "→ confirmed answer"]);
    // An ACK that leaves the offer unanswered makes no call either.
    let (mut bench, _) = Bench::called(None);
    bench.signal(accepted(Some(Media::Offer(proposal()))));
    let effects = bench.event(Event::Acknowledged { call: the_call(), sdp: None });
    let ended = "→ ended Some(488) \"the answer has no session description\"";
    assert_eq!(effects, ["leg removed", "hang up 488", ended]);
    // If there is nothing to be said in the 200, there is no call.
    let (mut bench, _) = Bench::called(None);
    assert_eq!(bench.signal(accepted(None)), ["488", ended]);
}

#[test]
fn a_calling_phone_is_refused_with_the_code_and_told_of_a_cancel() {
    let (mut bench, _) = Bench::called(Some(sdp()));
    assert_eq!(bench.signal(Signal::Ended(Ending::with(486, "Busy Here"))), ["leg removed", "486"]);
    let elsewhere = Reason::sip(StatusCode::new(200).unwrap(), "Call completed elsewhere");
    let cases = [(None, "→ ended None \"\""), (Some(elsewhere), "→ ended Some(200) \"answered elsewhere\"")];
    for (reason, expected) in cases {
        let (mut bench, _) = Bench::called(Some(sdp()));
        assert_eq!(bench.event(Event::Cancelled { call: the_call(), reason }), ["leg removed", expected]);
    }
}

#[test]
fn hold_and_back_go_to_the_other_end_and_its_answer_back() {
    let mut bench = Bench::talking();
    let reoffer = |direction| Event::Reoffer { call: the_call(), sdp: Some(described(direction, "0")) };
    assert_eq!(bench.event(reoffer("sendonly")), ["leg updated", "→ update"]);
    assert_eq!(bench.event(reoffer("sendonly")), ["491 to re-INVITE"]);
    let held = proposal().with_direction(Direction::ReceiveOnly);
    let effects = bench.signal(Signal::UpdateAccepted(held));
    assert_eq!(effects, ["leg updated", "200 to re-INVITE sdp"]);
    assert_eq!(bench.event(reoffer("sendrecv")), ["leg updated", "→ update"]);
    let effects = bench.signal(Signal::UpdateRefused(488));
    assert_eq!(effects, ["leg updated", "488 to re-INVITE"]);
    // What cannot be used changes nothing (RFC 3261 §14.2).
    let wrong = Event::Reoffer { call: the_call(), sdp: Some(Bytes::from_static(b"nonsense")) };
    assert_eq!(bench.event(wrong), ["488 to re-INVITE"]);
    // Nor does what the phone takes back.
    bench.event(reoffer("inactive"));
    let cancelled = bench.event(Event::ReofferCancelled { call: the_call() });
    assert_eq!(cancelled, ["leg updated", "→ update withdrawn"]);
    assert_eq!(bench.event(reoffer("sendonly")), ["leg updated", "→ update"]);
}

#[test]
fn a_phone_that_asks_for_an_offer_gets_what_holds() {
    let mut bench = Bench::talking();
    let asks = Event::Reoffer { call: the_call(), sdp: None };
    let effects = bench.event(asks.clone());
    assert_eq!(effects, ["leg updated", "200 to re-INVITE sdp"]);
    // The same again concerns nobody else.
    let effects = bench.event(Event::Acknowledged { call: the_call(), sdp: Some(sdp()) });
    assert_eq!(effects, ["leg updated"]);
    // Something new is told to the other end.
    bench.event(asks.clone());
    let effects =
        bench.event(Event::Acknowledged { call: the_call(), sdp: Some(described("sendonly", "0")) });
    assert_eq!(effects, ["leg updated", "→ update"]);
    assert_eq!(bench.signal(Signal::UpdateAccepted(proposal())), [""; 0]);
    // An ACK without an answer: what held goes on.
    bench.event(asks);
    assert_eq!(bench.event(Event::Acknowledged { call: the_call(), sdp: None }), ["leg updated"]);
}

#[test]
fn an_update_of_the_other_end_is_asked_of_the_phone() {
    let mut bench = Bench::talking();
    assert_eq!(bench.signal(Signal::Update(proposal())), ["leg updated", "re-INVITE sdp"]);
    assert_eq!(bench.signal(Signal::Update(proposal())), ["→ update refused 491"]);
    let agreed = Event::ReofferAnswered { call: the_call(), sdp: Some(sdp()) };
    assert_eq!(bench.event(agreed), ["leg updated", "→ update accepted"]);
    bench.signal(Signal::Update(proposal()));
    let refused = Event::ReofferRejected { call: the_call(), status: StatusCode::NOT_ACCEPTABLE_HERE };
    assert_eq!(bench.event(refused), ["leg updated", "→ update refused 488"]);
}

#[test]
fn an_offer_that_came_early_is_in_the_answer() {
    let (mut bench, _) = Bench::called(None);
    // It cannot be sent reliably before (RFC 3262).
    assert_eq!(bench.signal(ringing(Some(Media::Offer(proposal())))), ["180"]);
    assert_eq!(bench.signal(accepted(None)), ["leg added", "200 sdp"]);
    let effects = bench.event(Event::Acknowledged { call: the_call(), sdp: Some(sdp()) });
    assert_eq!(effects, ["leg updated", "→ confirmed answer"]);
}

#[test]
fn early_media_that_cannot_be_used_are_none_and_the_answer_may_be_better() {
    let (mut bench, _) = Bench::calling(Some(proposal()));
    assert_eq!(bench.event(progress(183, Some(Bytes::from_static(b"nonsense")))), ["→ ringing"]);
    let effects = bench.event(answered(Some(sdp())));
    assert_eq!(effects, ["leg updated", "leg updated", "→ accepted by bob@localhost answer"]);
}

/// The direction in the SDP of the command among these effects.
fn direction_offered(effects: &[Effect]) -> String {
    let sdp = effects.iter().find_map(|effect| match effect {
        Effect::Sip(Command::AnswerReoffer { sdp, .. } | Command::Reoffer { sdp: Some(sdp), .. }) => {
            Some(sdp)
        }
        Effect::Sip(_) | Effect::Signal(_) | Effect::Media(_) => None,
    });
    let sdp = String::from_utf8(sdp.unwrap().to_vec()).unwrap();
    let directions = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];
    sdp.lines().find(|line| directions.contains(line)).unwrap().to_owned()
}

#[test]
fn a_phone_that_asks_for_an_offer_is_not_kept_on_hold_for_its_own_sake() {
    let mut bench = Bench::talking();
    let asks = Event::Reoffer { call: the_call(), sdp: None };
    bench.event(Event::Reoffer { call: the_call(), sdp: Some(described("inactive", "0")) });
    bench.signal(Signal::UpdateAccepted(proposal().with_direction(Direction::Inactive)));
    let effects = bench.0.handle_event(asks.clone(), &mut new_leg);
    assert_eq!(direction_offered(&effects), "a=sendrecv");
    // It talks again, and the other end is to hear of it.
    let effects = bench.event(Event::Acknowledged { call: the_call(), sdp: Some(sdp()) });
    assert_eq!(effects, ["leg updated", "→ update"]);
    bench.signal(Signal::UpdateAccepted(proposal()));
    // What the other end wants is another matter.
    bench.signal(Signal::Update(proposal().with_direction(Direction::SendOnly)));
    bench.event(Event::ReofferAnswered { call: the_call(), sdp: Some(described("recvonly", "0")) });
    let effects = bench.0.handle_event(asks, &mut new_leg);
    assert_eq!(direction_offered(&effects), "a=sendonly");
}

#[test]
fn what_the_other_end_takes_back_is_undone_at_the_phone() {
    let hold = || Signal::Update(proposal().with_direction(Direction::SendOnly));
    let refused = Event::ReofferRejected { call: the_call(), status: StatusCode::new(487).unwrap() };
    // In time:
    let mut bench = Bench::talking();
    bench.signal(hold());
    assert_eq!(bench.signal(Signal::UpdateWithdrawn), ["CANCEL of re-INVITE"]);
    assert_eq!(bench.signal(hold()), ["→ update refused 491"], "one after the other");
    assert_eq!(bench.event(refused), ["leg updated"]);
    // Too late: it is asked to go back.
    bench.signal(hold());
    bench.signal(Signal::UpdateWithdrawn);
    let agreed = Event::ReofferAnswered { call: the_call(), sdp: Some(described("recvonly", "0")) };
    let effects = bench.0.handle_event(agreed, &mut new_leg);
    assert_eq!(direction_offered(&effects), "a=sendrecv");
    let back = Event::ReofferAnswered { call: the_call(), sdp: Some(sdp()) };
    assert_eq!(bench.event(back), ["leg updated"]);
    assert_eq!(bench.signal(hold()), ["leg updated", "re-INVITE sdp"]);
}

#[test]
fn a_change_that_is_agreed_to_without_a_usable_answer_is_refused_and_undone() {
    for wrong in [None, Some(Bytes::from_static(b"nonsense"))] {
        let mut bench = Bench::talking();
        bench.signal(Signal::Update(proposal().with_direction(Direction::SendOnly)));
        let effects = bench.event(Event::ReofferAnswered { call: the_call(), sdp: wrong.clone() });
        assert_eq!(effects.last().unwrap(), "→ update refused 488", "{effects:?}");
        assert!(effects.contains(&"re-INVITE sdp".to_owned()), "{effects:?}");
        // Who answers that no better is left in peace.
        assert_eq!(bench.event(Event::ReofferAnswered { call: the_call(), sdp: wrong }), ["leg updated"]);
        assert_eq!(bench.signal(Signal::Update(proposal())), ["leg updated", "re-INVITE sdp"]);
    }
}

#[test]
fn who_agrees_to_what_was_taken_back_meanwhile_is_asked_to_go_back() {
    let mut bench = Bench::talking();
    bench.event(Event::Reoffer { call: the_call(), sdp: Some(described("sendonly", "0")) });
    bench.event(Event::ReofferCancelled { call: the_call() });
    let held = Signal::UpdateAccepted(proposal().with_direction(Direction::ReceiveOnly));
    let effects = bench.0.handle_signal(held, &mut new_leg);
    let [Effect::Signal(Signal::Update(proposal))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(proposal.direction, Direction::SendReceive);
}

/// Every pair of things that can happen, in every state: no leg is left behind, and what is over stays over.
#[test]
fn everything_in_every_state_leaves_a_call_that_can_be_ended() {
    type Make = fn() -> Bench;
    let states: [Make; 5] = [
        || Bench::calling(None).0,
        || Bench::calling(Some(proposal())).0,
        || Bench::called(None).0,
        || Bench::called(Some(sdp())).0,
        Bench::talking,
    ];
    let status = StatusCode::BUSY_HERE;
    let events = [
        progress(183, Some(sdp())),
        answered(Some(sdp())),
        answered(None),
        Event::Acknowledged { call: the_call(), sdp: None },
        Event::Acknowledged { call: the_call(), sdp: Some(sdp()) },
        Event::Reoffer { call: the_call(), sdp: None },
        Event::Reoffer { call: the_call(), sdp: Some(sdp()) },
        Event::ReofferCancelled { call: the_call() },
        Event::ReofferAnswered { call: the_call(), sdp: None },
        Event::ReofferAnswered { call: the_call(), sdp: Some(sdp()) },
        Event::ReofferRejected { call: the_call(), status },
        Event::Rejected { call: the_call(), status, phrase: String::new(), retry_after: None },
        Event::Cancelled { call: the_call(), reason: None },
        Event::Ended { call: the_call(), cause: EndCause::Remote(None) },
    ];
    let signals = [
        ringing(Some(Media::Answer(proposal()))),
        accepted(Some(Media::Answer(proposal()))),
        accepted(Some(Media::Offer(proposal()))),
        Signal::Answered(proposal()),
        Signal::Confirmed(None),
        Signal::Confirmed(Some(proposal())),
        Signal::Update(proposal()),
        Signal::UpdateAccepted(proposal()),
        Signal::UpdateRefused(488),
        Signal::UpdateWithdrawn,
        Signal::Ended(Ending::hung_up()),
    ];
    let count = events.len() + signals.len();
    let happen = |bench: &mut Bench, what: usize| match events.get(what) {
        Some(event) => bench.event(event.clone()),
        None => bench.signal(signals[what - events.len()].clone()),
    };
    for make in states {
        for first in 0..count {
            for second in 0..count {
                let mut bench = make();
                let mut seen = happen(&mut bench, first);
                seen.extend(happen(&mut bench, second));
                seen.extend(bench.signal(Signal::Ended(Ending::hung_up())));
                assert!(bench.0.is_over());
                assert!(seen.iter().filter(|seen| *seen == "leg removed").count() <= 1, "{seen:?}");
                assert!(seen.iter().filter(|seen| seen.starts_with("hang up")).count() <= 1, "{seen:?}");
                assert_eq!(bench.event(Event::Reoffer { call: the_call(), sdp: None }), [""; 0]);
            }
        }
    }
}
