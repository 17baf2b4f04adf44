//! Does what was answered survive `kill -9`?
//!
//! A child process changes a mailbox and writes down what was answered. It is killed after a random number of
//! answers, twenty times over on the same data; each time everything in the ledger must hold, and no row may
//! contradict another.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{message, mortal, on_both};
use crate::{BlobKey, MailboxId, Storage, Uid};

const ROUNDS: u32 = 20;
const CALLERS: i64 = 4;

/// What the child said that it did.
#[derive(Default)]
struct Ledger {
    stored: BTreeMap<Uid, BlobKey>,
    removing: BTreeSet<Uid>,
    removed: BTreeSet<Uid>,
}

on_both! {
    async fn what_was_answered_survives_the_death_of_the_process(bed: &Bed) {
        let inbox = bed.inbox().await;
        let mut ledger = Ledger::default();
        for _ in 0..ROUNDS {
            let answers = 10 + crate::id::random().unwrap() % 60;
            let child = "tests::kill::child";
            mortal::run_until_killed(bed, child, &inbox.to_string(), answers, |line| ledger.record(line));
            let storage = bed.again().await;
            ledger.verify(&storage, inbox).await;
            storage.close().await;
        }
        bed.assert_sound().await;
        assert!(ledger.stored.len() > 100 && !ledger.removed.is_empty());
    }
}

impl Ledger {
    /// Takes down a line; whether it is an answer.
    fn record(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["stored", uid, key, "."] => {
                self.stored.insert(Uid(uid.parse().unwrap()), BlobKey::parse(key).unwrap());
                true
            }
            ["removing", uid, "."] => {
                self.removing.insert(Uid(uid.parse().unwrap()));
                false
            }
            ["removed", uid, "."] => self.removed.insert(Uid(uid.parse().unwrap())),
            // The test runner's own words, or a line that was cut off.
            _ => false,
        }
    }

    async fn verify(&self, storage: &Storage, inbox: MailboxId) {
        let uids: Vec<Uid> = self.stored.keys().copied().collect();
        let rows = storage.messages(inbox, &uids).await.unwrap();
        let present: BTreeMap<Uid, BlobKey> = rows.iter().map(|row| (row.uid, row.blob.key)).collect();
        for (uid, key) in &self.stored {
            match present.get(uid) {
                Some(found) => {
                    assert_eq!(found, key);
                    assert!(!self.removed.contains(uid), "{uid:?} was removed and is back");
                }
                None => assert!(self.removing.contains(uid), "{uid:?} was stored and is lost"),
            }
        }
        for row in rows {
            let bytes = storage.blobs().bytes(row.blob.key, 100_000).await.unwrap();
            assert_eq!(bytes, content(row.internal_date), "{:?} is torn", row.uid);
        }
        let headers = storage.headers(inbox, &uids).await.unwrap();
        assert!(headers.iter().all(|(_, header)| header.ends_with(b"\r\n\r\n")));
    }
}

/// The bytes of a message, told by its date: of many lengths.
fn content(date: i64) -> Vec<u8> {
    let length = usize::try_from(date % 20_000).unwrap();
    date.to_le_bytes().into_iter().cycle().take(length).collect()
}

#[ignore = "the process that is killed, started by the test above"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some((storage, inbox)) = mortal::storage_of_the_test().await else { return };
    let inbox = MailboxId::parse(&inbox).unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(change_for_ever(storage.clone(), inbox, caller));
    }
    callers.join_all().await;
}

async fn change_for_ever(storage: Storage, inbox: MailboxId, caller: i64) {
    for number in 0.. {
        let mut new = message(number * CALLERS + caller);
        new.blob = storage.blobs().put_bytes(content(new.internal_date)).await.unwrap();
        let key = new.blob.key;
        let uid = storage.append(inbox, vec![new]).await.unwrap()[0].uid;
        println!("stored {} {key} .", uid.0);
        if number % 4 == 3 {
            println!("removing {} .", uid.0);
            storage.remove(inbox, &[uid]).await.unwrap();
            println!("removed {} .", uid.0);
        }
    }
}
