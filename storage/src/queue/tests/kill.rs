//! Is mail that was accepted still in the queue, or in its mailbox once, after `kill -9`?
//!
//! A child process accepts messages and carries them, several at once, and writes down what was answered. It is killed
//! after a random number of answers, again and again on the same data.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{LEASE, NOW, queued};
use crate::harness::{Bed, message, on_both, unwritten};
use crate::{Config, Database, Lane, MailboxId, Outcome, Storage, Submission, Uid};

const ROUNDS: u32 = 10;
const CALLERS: usize = 3;
const DATABASE: &str = "XIMSS_KILL_QUEUE_DATABASE";
const BLOBS: &str = "XIMSS_KILL_QUEUE_BLOBS";
const MAILBOX: &str = "XIMSS_KILL_QUEUE_MAILBOX";

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
            ledger.record_until_killed(bed, inbox, round);
            bed.storage.drop_claims().await.unwrap();
            let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for address in stored(bed, inbox).await {
                places.entry(address).or_default().push("stored");
            }
            for waiting in bed.storage.queue().await.unwrap() {
                places.entry(waiting.address).or_default().push("waits");
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
        assert!(ledger.delivered.len() > 50, "{}", ledger.delivered.len());
    }
}

/// For whom there are messages in the mailbox.
async fn stored(bed: &Bed, inbox: MailboxId) -> Vec<String> {
    let end = bed.storage.mailbox(inbox).await.unwrap().uid_next.0;
    let uids: Vec<Uid> = (1..end).map(Uid).collect();
    let messages = bed.storage.messages(inbox, &uids).await.unwrap();
    messages.into_iter().map(|message| message.fields.subject).collect()
}

impl Ledger {
    fn record_until_killed(&mut self, bed: &Bed, inbox: MailboxId, round: u32) {
        let database = match &bed.config.database {
            Database::Sqlite { path } => path.to_string_lossy().into_owned(),
            Database::Postgres { url, .. } => url.clone(),
        };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["queue::tests::kill::child", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(DATABASE, database)
            .env(BLOBS, &bed.config.blobs)
            .env(MAILBOX, format!("{inbox} {round}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut left = 10 + crate::id::random().unwrap() % 60;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // What it managed to say while it was being killed counts too; the rest are the test runner's own words.
            let (list, address) = match line.split(' ').collect::<Vec<_>>()[..] {
                ["accepted", address, "."] => (&mut self.accepted, address),
                ["delivered", address, "."] => (&mut self.delivered, address),
                _ => continue,
            };
            list.insert(address.to_owned());
            left = left.saturating_sub(1);
            if left == 0 {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success());
        assert_eq!(left, 0, "the child ended by itself");
    }
}

#[ignore = "the process that is killed, started by the test above"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(database) = std::env::var(DATABASE) else { return };
    let database = if database.starts_with("postgres://") {
        Database::Postgres { url: database, connections: 8 }
    } else {
        Database::Sqlite { path: database.into() }
    };
    let blobs = std::env::var_os(BLOBS).unwrap().into();
    let told = std::env::var(MAILBOX).unwrap();
    let (inbox, round) = told.split_once(' ').unwrap();
    let inbox = MailboxId::parse(inbox).unwrap();
    let storage = Storage::open(Config { database, blobs }).await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(accept_for_ever(storage.clone(), format!("{round}-{caller}")));
        callers.spawn(carry_for_ever(storage.clone(), inbox));
    }
    callers.join_all().await;
}

async fn accept_for_ever(storage: Storage, caller: String) {
    for number in 0.. {
        let addresses = [format!("{caller}-{number}-a"), format!("{caller}-{number}-b")];
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
