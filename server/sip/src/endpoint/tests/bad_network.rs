//! The same calls on a network that loses, doubles and reorders a fifth of its datagrams.

use std::time::Duration;

use super::call::{BAD, CALL, establish, expect, incoming, invite, pair, sdp};
use crate::*;

const SECOND: Duration = Duration::from_secs(1);

/// Every seed is another network.
const SEEDS: std::ops::Range<u8> = 0..60;

fn is_end(event: &Event) -> bool {
    matches!(event, Event::Rejected { .. } | Event::Cancelled { .. } | Event::Ended { .. })
}

#[test]
fn a_call_is_set_up_changed_and_ended_with_every_event_once() {
    for seed in SEEDS {
        let (mut network, caller, callee) = pair(seed, BAD);
        let (out, call) = establish(&mut network, caller, callee);
        network.command(caller, Command::Reoffer { call: out, sdp: Some(sdp("hold")) });
        expect(&mut network, callee, &Event::Reoffer { call, sdp: Some(sdp("hold")) });
        network.command(callee, Command::AnswerReoffer { call, sdp: sdp("held") });
        expect(&mut network, caller, &Event::ReofferAnswered { call: out, sdp: Some(sdp("held")) });
        expect(&mut network, callee, &Event::Acknowledged { call, sdp: None });
        network.command(callee, Command::Hangup { call, reason: None });
        network.run(SECOND * 100);
        assert_eq!(network.events(callee), [Event::Ended { call, cause: EndCause::Local }], "seed {seed}");
        assert_eq!(
            network.events(caller),
            [Event::Ended { call: out, cause: EndCause::Remote(None) }],
            "seed {seed}"
        );
        for node in [caller, callee] {
            let left = network.endpoint(node).statistics();
            assert_eq!(
                (left.calls, left.client_transactions, left.server_transactions),
                (0, 0, 0),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn a_late_offer_gets_its_answer() {
    for seed in SEEDS {
        let (mut network, caller, callee) = pair(seed, BAD);
        let out = CallHandle::outgoing(CALL);
        network.command(caller, invite(None, "sip:bob@192.0.2.20"));
        let call = network.run_until(callee, incoming).call;
        network.command(callee, Command::Accept { call, sdp: sdp("offer") });
        network.run_until(caller, |event| matches!(event, Event::Answered(_)).then_some(()));
        network.command(caller, Command::Acknowledge { call: out, sdp: sdp("answer") });
        expect(&mut network, callee, &Event::Acknowledged { call, sdp: Some(sdp("answer")) });
    }
}

#[test]
fn a_call_that_is_given_up_at_any_time_ends_once_at_both_ends() {
    for seed in SEEDS {
        for after in [0, 5, 15, 25, 300, 2_000] {
            let (mut network, caller, callee) = pair(seed, BAD);
            let out = CallHandle::outgoing(CALL);
            network.command(caller, invite(Some("offer"), "sip:bob@192.0.2.20"));
            network.run(Duration::from_millis(after));
            let mut heard = network.events(callee);
            if let Some(call) = heard.iter().find_map(incoming).map(|incoming| incoming.call) {
                network.command(callee, Command::Accept { call, sdp: sdp("answer") });
            }
            network.command(caller, Command::Hangup { call: out, reason: None });
            network.run(SECOND * 200);
            let told = network.events(caller);
            assert_eq!(
                told.iter().filter(|event| is_end(event)).count(),
                1,
                "seed {seed} after {after}: {told:?}"
            );
            heard.extend(network.events(callee));
            let calls = heard.iter().filter(|event| incoming(event).is_some()).count();
            // A call that came after the caller had gone is not ended by it: it rings until it is answered or refused.
            let ends = heard.iter().filter(|event| is_end(event)).count();
            assert_eq!(calls, ends, "seed {seed} after {after}: {heard:?}\n{}", network.log.join("\n"));
            let left = [caller, callee].map(|node| network.endpoint(node).statistics().calls);
            assert_eq!(left, [0, 0], "seed {seed} after {after}");
        }
    }
}

#[test]
fn changes_that_meet_are_resolved() {
    for seed in SEEDS {
        let (mut network, caller, callee) = pair(seed, BAD);
        let (out, call) = establish(&mut network, caller, callee);
        network.command(caller, Command::Reoffer { call: out, sdp: Some(sdp("from caller")) });
        network.command(callee, Command::Reoffer { call, sdp: Some(sdp("from callee")) });
        let mut answered = 0;
        for _ in 0..60_000 {
            network.run(Duration::from_millis(1));
            for (node, handle) in [(caller, out), (callee, call)] {
                for event in network.events(node) {
                    match event {
                        Event::Reoffer { .. } => {
                            network
                                .command(node, Command::AnswerReoffer { call: handle, sdp: sdp("answer") });
                        }
                        Event::ReofferAnswered { .. } => answered += 1,
                        Event::Acknowledged { .. } => {}
                        other => panic!("seed {seed}: {other:?}\n{}", network.log.join("\n")),
                    }
                }
            }
            if answered == 2 {
                break;
            }
        }
        assert_eq!(answered, 2, "seed {seed}\n{}", network.log.join("\n"));
    }
}
