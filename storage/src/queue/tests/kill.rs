//! Is mail that was accepted still in the queue, or in its mailbox once, after `kill -9`?
//!
//! A child process accepts messages and carries them, several at once, and writes down what was answered. It is killed
//! after a random number of answers, again and again on the same data.

use std::collections::{BTreeMap, BTreeSet};

use super::{LEASE, NOW, queued};
use crate::harness::{Bed, message, mortal, on_both, unwritten};
use crate::{Lane, MailboxId, Outcome, Storage, Submission, Uid};

const ROUNDS: u32 = 10;
/// How many carry what one accepts.
const CARRIERS: usize = 3;

/// The addresses of which something was answered.
#[derive(Default)]
struct Ledger {
    accepted: BTreeSet<String>,
    delivered: BTreeSet<String>,
}

on_both! {
    async fn what_was_accepted_survives_the_death_of_the_process(bed: &Bed) {
        let inbox = bed.inbox().await;
        let mut ledger = Ledger::default();
        for round in 0..ROUNDS {
            let answers = 10 + crate::id::random().unwrap() % 60;
            let (child, told) = ("queue::tests::kill::child", format!("{inbox} {round}"));
            mortal::run_until_killed(bed, child, &told, answers, |line| ledger.record(line));
            bed.storage.drop_claims().await.unwrap();
            // PostgreSQL may still be committing what the dead have asked for last.
            let mut places = look(bed, inbox).await;
            loop {
                let again = look(bed, inbox).await;
                if again == places {
                    break;
                }
                places = again;
            }
            assert!(places.values().all(|places| places.len() == 1), "{places:?}");
            for address in &ledger.accepted {
                assert!(places.contains_key(address), "{address} is lost");
            }
            for address in &ledger.delivered {
                assert_eq!(places[address], ["stored"], "{address}");
            }
        }
        bed.assert_sound().await;
        assert!(ledger.delivered.len() > 20, "{}", ledger.delivered.len());
    }
}

/// Where the messages of each address are.
async fn look(bed: &Bed, inbox: MailboxId) -> BTreeMap<String, Vec<&'static str>> {
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let end = bed.storage.mailbox(inbox).await.unwrap().uid_next.0;
    let uids: Vec<Uid> = (1..end).map(Uid).collect();
    for message in bed.storage.messages(inbox, &uids).await.unwrap() {
        places.entry(message.fields.subject).or_default().push("stored");
    }
    for waiting in bed.storage.queue().await.unwrap() {
        places.entry(waiting.address).or_default().push("waits");
    }
    places
}

impl Ledger {
    /// Takes down a line; whether it is an answer.
    fn record(&mut self, line: &str) -> bool {
        let (list, address) = match line.split(' ').collect::<Vec<_>>()[..] {
            ["accepted", address, "."] => (&mut self.accepted, address),
            ["delivered", address, "."] => (&mut self.delivered, address),
            _ => return false,
        };
        list.insert(address.to_owned());
        true
    }
}

#[ignore = "the process that is killed, started by the test above"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some((storage, told)) = mortal::storage_of_the_test().await else { return };
    let (inbox, round) = told.split_once(' ').unwrap();
    let inbox = MailboxId::parse(inbox).unwrap();
    let mut callers = tokio::task::JoinSet::new();
    callers.spawn(accept_for_ever(storage.clone(), round.to_owned()));
    for _ in 0..CARRIERS {
        callers.spawn(carry_for_ever(storage.clone(), inbox));
    }
    callers.join_all().await;
}

async fn accept_for_ever(storage: Storage, round: String) {
    for number in 0.. {
        let addresses = [format!("{round}-{number}-a"), format!("{round}-{number}-b")];
        let recipients = [addresses[0].as_str(), addresses[1].as_str()];
        let queued = vec![queued(Lane::Local, unwritten(10), &recipients)];
        storage.submit(Submission { queued, sent: None }).await.unwrap();
        for address in addresses {
            println!("accepted {address} .");
        }
    }
}

async fn carry_for_ever(storage: Storage, inbox: MailboxId) {
    loop {
        for claimed in storage.claim(Lane::Local, NOW, NOW + LEASE, 2).await.unwrap() {
            let mut outcomes = Vec::new();
            for recipient in claimed.recipients {
                let mut copy = message(1);
                copy.fields.subject.clone_from(&recipient.address);
                storage.deliver(claimed.id, recipient.position, inbox, copy).await.unwrap();
                println!("delivered {} .", recipient.address);
                outcomes.push((recipient.position, Outcome::Delivered));
            }
            storage.settle(claimed.id, outcomes, None).await.unwrap();
        }
    }
}
