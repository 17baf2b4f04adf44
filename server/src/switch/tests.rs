//! Tests of who rings and who is told what.

use super::*;

const CALL: CallId = CallId(7);
const ALICE: &str = "alice@localhost";
const CALLER: End = End::caller(CALL);

fn callee(branch: u8) -> End {
    End { call: CALL, branch }
}

fn invite(offer: Option<Proposal>) -> Invite {
    Invite {
        from: "alice@localhost".to_owned(),
        from_name: None,
        call_id: "x".to_owned(),
        offer,
        hops: Some(70),
    }
}

fn tell(end: End, signal: Signal) -> Output {
    Output::Tell(Addressed { end, signal })
}

fn ended(end: End, ending: Ending) -> Output {
    tell(end, Signal::Ended(ending))
}

fn accepted(media: Option<Media>) -> Signal {
    Signal::Accepted(Box::new(Accepted { tag: "t".to_owned(), peer: "bob@localhost".to_owned(), media }))
}

fn ringing(media: Option<Media>) -> Signal {
    Signal::Ringing { tag: "t".to_owned(), media }
}

fn answer() -> Option<Media> {
    Some(Media::Answer(Proposal::any()))
}

struct Bench {
    switch: Switch,
    now: Instant,
}

impl Bench {
    /// A call that rings at so many callees.
    fn with(callees: u8) -> Self {
        let mut bench = Self { switch: Switch::default(), now: Instant::now() };
        bench.switch.start(bench.now, CALL, invite(Some(Proposal::any())), Some(ALICE.to_owned()));
        for branch in 1..=callees {
            assert_eq!(bench.switch.ring(CALL).unwrap().0, callee(branch));
        }
        bench.switch.routed(CALL, Ending::with(480, "nobody"));
        bench
    }

    fn send(&mut self, end: End, signal: Signal) -> Vec<Output> {
        self.switch.handle(Addressed { end, signal });
        self.outputs()
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.switch.poll_output()).collect()
    }
}

#[test]
fn the_first_to_answer_gets_the_call_and_the_others_are_told() {
    let mut bench = Bench::with(3);
    assert_eq!(bench.send(callee(2), ringing(None)), [tell(CALLER, ringing(None))]);
    assert_eq!(
        bench.send(callee(2), accepted(answer())),
        [
            ended(callee(1), Ending::answered_elsewhere()),
            ended(callee(3), Ending::answered_elsewhere()),
            Output::Bridge(CALLER.leg(), callee(2).leg()),
            tell(CALLER, accepted(answer())),
        ]
    );
    assert_eq!(bench.send(CALLER, Signal::Confirmed(None)), [tell(callee(2), Signal::Confirmed(None))]);
    assert_eq!(bench.send(callee(1), accepted(answer())), [ended(callee(1), Ending::answered_elsewhere())]);
    assert_eq!(bench.send(callee(2), Signal::Ended(Ending::hung_up())), [ended(CALLER, Ending::hung_up())]);
    assert_eq!(bench.switch.count(), 0);
}

#[test]
fn busy_is_told_only_when_nobody_rings_any_more() {
    let mut bench = Bench::with(3);
    assert_eq!(bench.send(callee(1), Signal::Ended(Ending::with(486, "Busy Here"))), []);
    assert_eq!(bench.send(callee(2), Signal::Ended(Ending::with(404, "Not Found"))), []);
    assert_eq!(
        bench.send(callee(3), Signal::Ended(Ending::with(480, "gone"))),
        [ended(CALLER, Ending::with(486, "Busy Here"))]
    );
}

#[test]
fn a_decline_stops_all() {
    let mut bench = Bench::with(2);
    assert_eq!(
        bench.send(callee(2), Signal::Ended(Ending::with(603, "Declined"))),
        [ended(callee(1), Ending::hung_up()), ended(CALLER, Ending::with(603, "Declined"))]
    );
}

#[test]
fn a_caller_who_gives_up_stops_all_and_late_answers_are_told() {
    let mut bench = Bench::with(2);
    assert_eq!(
        bench.send(CALLER, Signal::Ended(Ending::hung_up())),
        [ended(callee(1), Ending::hung_up()), ended(callee(2), Ending::hung_up())]
    );
    assert_eq!(bench.send(callee(1), accepted(answer())), [ended(callee(1), Ending::hung_up())]);
}

#[test]
fn the_calls_of_an_account_are_counted_however_they_end() {
    let ends: [fn(&mut Bench); 5] = [
        |bench| drop(bench.send(CALLER, Signal::Ended(Ending::hung_up()))),
        |bench| drop(bench.send(callee(1), Signal::Ended(Ending::with(486, "Busy Here")))),
        |bench| {
            bench.send(callee(1), accepted(answer()));
            bench.send(callee(1), Signal::Ended(Ending::hung_up()));
        },
        |bench| bench.switch.handle_timeout(bench.now + RINGING),
        |bench| bench.switch.end_all(&Ending::hung_up()),
    ];
    for end in ends {
        let mut bench = Bench::with(1);
        assert_eq!((bench.switch.count_of(ALICE), bench.switch.count_of("bob@localhost")), (1, 0));
        end(&mut bench);
        assert_eq!(bench.switch.count_of(ALICE), 0);
    }
}

#[test]
fn a_call_that_goes_nowhere_ends_with_the_reason() {
    let mut bench = Bench::with(0);
    assert_eq!(bench.outputs(), [ended(CALLER, Ending::with(480, "nobody"))]);
    assert_eq!(bench.switch.ring(CALL), None);
}

#[test]
fn ringing_ends_after_three_minutes() {
    let mut bench = Bench::with(1);
    bench.switch.handle_timeout(bench.now + RINGING - Duration::from_millis(1));
    assert_eq!(bench.outputs(), []);
    bench.switch.handle_timeout(bench.now + RINGING);
    assert_eq!(
        bench.outputs(),
        [ended(callee(1), Ending::hung_up()), ended(CALLER, Ending::with(408, "no answer"))]
    );
}

#[test]
fn early_media_of_the_first_callee_only_and_a_bare_answer_of_another_carries_its_own() {
    let mut bench = Bench::with(2);
    assert_eq!(
        bench.send(callee(1), ringing(answer())),
        [Output::Bridge(CALLER.leg(), callee(1).leg()), tell(CALLER, ringing(answer()))]
    );
    assert_eq!(bench.send(callee(2), ringing(answer())), [tell(CALLER, ringing(None))]);
    assert_eq!(
        bench.send(callee(2), accepted(None)),
        [
            ended(callee(1), Ending::answered_elsewhere()),
            Output::Bridge(CALLER.leg(), callee(2).leg()),
            tell(CALLER, accepted(answer())),
        ]
    );
}

#[test]
fn early_media_of_the_next_callee_follow_those_of_one_that_gives_up() {
    let mut bench = Bench::with(3);
    bench.send(callee(1), ringing(answer()));
    bench.send(callee(2), ringing(answer()));
    // The second had some all along.
    assert_eq!(
        bench.send(callee(1), Signal::Ended(Ending::with(486, "Busy Here"))),
        [Output::Bridge(CALLER.leg(), callee(2).leg()), tell(CALLER, ringing(answer()))]
    );
    // The third has some only now.
    assert_eq!(bench.send(callee(2), Signal::Ended(Ending::with(486, "Busy Here"))), []);
    assert_eq!(
        bench.send(callee(3), ringing(answer())),
        [Output::Bridge(CALLER.leg(), callee(3).leg()), tell(CALLER, ringing(answer()))]
    );
}

#[test]
fn an_offer_of_the_callee_is_bridged_when_the_caller_has_answered_it() {
    let mut bench = Bench::with(1);
    let offer = Some(Media::Offer(Proposal::any()));
    assert_eq!(bench.send(callee(1), accepted(offer.clone())), [tell(CALLER, accepted(offer))]);
    let confirmed = Signal::Confirmed(Some(Proposal::any()));
    assert_eq!(
        bench.send(CALLER, confirmed.clone()),
        [Output::Bridge(CALLER.leg(), callee(1).leg()), tell(callee(1), confirmed)]
    );
}

#[test]
fn updates_pass_between_the_two_that_talk() {
    let mut bench = Bench::with(1);
    bench.send(callee(1), accepted(answer()));
    let update = Signal::Update(Proposal::any());
    assert_eq!(bench.send(callee(1), update.clone()), [tell(CALLER, update)]);
    let refused = Signal::UpdateRefused(488);
    assert_eq!(bench.send(CALLER, refused.clone()), [tell(callee(1), refused)]);
}

#[test]
fn the_echo_answers_with_one_codec_and_bridges_the_caller_with_itself() {
    let mut bench = Bench { switch: Switch::default(), now: Instant::now() };
    bench.switch.start(bench.now, CALL, invite(Some(Proposal::any())), Some(ALICE.to_owned()));
    bench.switch.echo(CALL, "echo@localhost".to_owned());
    let outputs = bench.outputs();
    let [Output::Bridge(a, b), Output::Tell(Addressed { end: CALLER, signal: Signal::Accepted(accepted) })] =
        outputs.as_slice()
    else {
        panic!("{outputs:?}");
    };
    assert_eq!((*a, *b), (CALLER.leg(), CALLER.leg()));
    let Some(Media::Answer(proposal)) = &accepted.media else { panic!("{accepted:?}") };
    assert_eq!(proposal.codecs.iter().filter(|codec| codec.encoding.is_audio()).count(), 1);
    assert_eq!(bench.send(CALLER, Signal::Confirmed(None)), []);
    assert_eq!(bench.send(CALLER, Signal::Ended(Ending::hung_up())), []);
    assert_eq!(bench.switch.count(), 0);
}
