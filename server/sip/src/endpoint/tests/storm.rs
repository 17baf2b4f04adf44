//! Two users who do anything at any time, on a bad network: every call ends once, and nothing is left of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::call::{BAD, invite, pair, sdp};
use super::network::{Network, Node};
use crate::random::Random;
use crate::*;

const SECOND: Duration = Duration::from_secs(1);

/// What one user knows of its calls: how often each has ended.
type Known = BTreeMap<CallHandle, u32>;

/// Something a user might say about a call, sensible or not.
fn anything(call: CallHandle, random: &mut Random) -> Command {
    let status = [180, 183, 200, 302, 404, 486, 603].map(|code| StatusCode::new(code).unwrap());
    let status = status[usize::try_from(random.below(7)).unwrap()];
    let session = [None, Some(sdp("a session"))][usize::try_from(random.below(2)).unwrap()].clone();
    let sdp = sdp("another session");
    match random.below(9) {
        0 => Command::Progress { call, status, sdp: session },
        1 | 2 => Command::Accept { call, sdp },
        3 => Command::Reject { call, status, phrase: None, reason: None, headers: vec![] },
        4 => Command::Acknowledge { call, sdp },
        5 => Command::Reoffer { call, sdp: session },
        6 => Command::AnswerReoffer { call, sdp },
        7 => Command::RejectReoffer { call, status },
        _ => Command::Hangup { call, reason: None },
    }
}

fn listen(network: &mut Network, node: Node, known: &mut Known, seed: u8) {
    for event in network.events(node) {
        let (call, ended) = match &event {
            Event::Incoming(incoming) => (incoming.call, false),
            Event::Answered(answered) => (answered.call, false),
            Event::Progress { call, .. }
            | Event::Located { call, .. }
            | Event::Acknowledged { call, .. }
            | Event::Reoffer { call, .. }
            | Event::ReofferCancelled { call }
            | Event::ReofferAnswered { call, .. }
            | Event::ReofferRejected { call, .. } => (*call, false),
            Event::Rejected { call, .. } | Event::Cancelled { call, .. } | Event::Ended { call, .. } => {
                (*call, true)
            }
            other => panic!("{other:?}"),
        };
        let ends = known.entry(call).or_default();
        assert_eq!(*ends, 0, "seed {seed}: {event:?} after the end\n{}", network.log.join("\n"));
        *ends += u32::from(ended);
    }
}

#[test]
fn whatever_two_users_do_every_call_ends_once_and_nothing_is_left() {
    for seed in 0..150 {
        let mut random = Random::new([seed; 32]);
        let (mut network, one, two) = pair(seed, BAD);
        let mut known = [Known::new(), Known::new()];
        for step in 0..80 {
            let node = usize::try_from(random.below(2)).unwrap();
            let calls: Vec<_> = known[node].keys().copied().collect();
            if calls.is_empty() || random.below(6) == 0 {
                let call = CallHandle::outgoing(step);
                let Command::Invite(mut new) = invite([None, Some("offer")][node], "sip:x@192.0.2.20") else {
                    panic!()
                };
                new.call = call;
                if node == two {
                    new.target = Target::Uri {
                        uri: Uri::parse("sip:x@192.0.2.10;transport=tcp").unwrap(),
                        route: vec![],
                    };
                }
                known[node].insert(call, 0);
                network.command(node, Command::Invite(new));
            } else {
                let call = calls[usize::try_from(random.below(u64::try_from(calls.len()).unwrap())).unwrap()];
                network.command(node, anything(call, &mut random));
            }
            if random.below(20) == 0 {
                network.cut();
            }
            network.run(Duration::from_millis(random.below(1_500)));
            listen(&mut network, one, &mut known[one], seed);
            listen(&mut network, two, &mut known[two], seed);
        }
        for _ in 0..4 {
            for node in [one, two] {
                let open: Vec<_> =
                    known[node].iter().filter(|(_, ends)| **ends == 0).map(|(call, _)| *call).collect();
                for call in open {
                    network.command(node, Command::Hangup { call, reason: None });
                }
                listen(&mut network, node, &mut known[node], seed);
            }
            network.run(SECOND * 100);
        }
        for node in [one, two] {
            listen(&mut network, node, &mut known[node], seed);
            assert!(known[node].values().all(|ends| *ends == 1), "seed {seed}: {:?}", known[node]);
            let left = network.endpoint(node).statistics();
            let left = (left.calls, left.client_transactions, left.server_transactions);
            assert_eq!(left, (0, 0, 0), "seed {seed} node {node}");
        }
    }
}
