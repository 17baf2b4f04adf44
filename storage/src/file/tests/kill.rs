//! Does what was answered of files survive `kill -9`?
//!
//! A child process adds records to files, renames the directories that they are in, stores uploads there, and writes down
//! what was answered. It is killed after a random number of answers, again and again on the same data.

use std::collections::BTreeMap;

use super::{ALL, AMPLE, path, read};
use crate::harness::{Bed, mortal, on_both};
use crate::{AccountId, FilePath, FileSource, Place, Room, Storage, Upload};

const ROUNDS: u32 = 10;
const CALLERS: u32 = 3;

/// How far a caller has got: what was answered, by the kind of change.
type Ledger = BTreeMap<(u32, String), u32>;

on_both! {
    async fn what_was_answered_of_files_survives_the_death_of_the_process(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let mut ledger = Ledger::new();
        for _ in 0..ROUNDS {
            let answers = 10 + crate::id::random().unwrap() % 60;
            let child = "file::tests::kill::child";
            mortal::run_until_killed(bed, child, &alice.to_string(), answers, |line| take_down(&mut ledger, line));
            for caller in 0..CALLERS {
                verify(&ledger, bed, alice, caller).await;
            }
        }
        bed.assert_sound().await;
        for kind in ["appended", "renamed", "stored"] {
            assert!(ledger.keys().any(|(_, known)| known == kind), "{kind}: {ledger:?}");
        }
    }
}

/// Takes down a line; whether it is an answer.
fn take_down(ledger: &mut Ledger, line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let [caller, kind, number, "."] = words[..] else { return false };
    ledger.insert((caller.parse().unwrap(), kind.to_owned()), number.parse().unwrap());
    true
}

/// A record, by its number: of many lengths.
fn record(number: u32) -> Vec<u8> {
    let length = usize::try_from(4 + number % 300).unwrap();
    number.to_le_bytes().into_iter().cycle().take(length).collect()
}

/// How many records a log has; it has nothing else.
fn records(log: &[u8]) -> u32 {
    let (mut rest, mut number) = (log, 0);
    while !rest.is_empty() {
        rest = rest.strip_prefix(&record(number)[..]).unwrap_or_else(|| panic!("record {number} is torn"));
        number += 1;
    }
    number
}

/// The directory of a caller, and how often it was renamed.
async fn directory(storage: &Storage, account: AccountId, caller: u32) -> Option<(FilePath, u32)> {
    let prefix = format!("{caller}-");
    let files = storage.files(account, &FilePath::root(), 0, 1_000).await.unwrap();
    let mut found = files.into_iter().filter_map(|file| {
        let renamed = file.path.name().strip_prefix(&prefix)?.parse().unwrap();
        Some((file.path, renamed))
    });
    let first = found.next();
    assert!(found.next().is_none(), "a directory is there twice");
    first
}

async fn verify(ledger: &Ledger, bed: &Bed, account: AccountId, caller: u32) {
    let told = |kind: &str| ledger.get(&(caller, kind.to_owned())).copied();
    let Some((directory, renamed)) = directory(&bed.storage, account, caller).await else {
        assert!(!ledger.keys().any(|(known, _)| *known == caller), "all of {caller} is lost");
        return;
    };
    let last = told("renamed").unwrap_or(0);
    assert!(renamed == last || renamed == last + 1, "renamed {renamed} times, and {last} were answered");
    let log = read(bed, account, &format!("{directory}/log"), ALL).await.unwrap();
    if let Some(answered) = told("appended") {
        let found = records(&log);
        assert!(found > answered && found <= answered + 2, "{found} records, and {answered} was answered");
    }
    if let Some(answered) = told("stored") {
        let stored = read(bed, account, &format!("{directory}/stored"), ALL).await.unwrap();
        assert!(
            (answered..=answered + 10).any(|number| stored == record(number)),
            "{answered} is lost or torn"
        );
    }
}

#[ignore = "the process that is killed, started by the test above"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some((storage, account)) = mortal::storage_of_the_test().await else { return };
    let account = AccountId::parse(&account).unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(change_for_ever(storage.clone(), account, caller));
    }
    callers.join_all().await;
}

async fn change_for_ever(storage: Storage, account: AccountId, caller: u32) {
    let (mut at, mut renamed) =
        directory(&storage, account, caller).await.unwrap_or_else(|| (path(&format!("{caller}-0")), 0));
    let log = |at: &FilePath| path(&format!("{at}/log"));
    let first = match storage.read_file(account, &log(&at), ALL).await {
        Ok((_, stream)) => {
            let pieces: Vec<_> = futures_util::TryStreamExt::try_collect(stream).await.unwrap();
            records(&pieces.concat())
        }
        Err(_) => 0,
    };
    for number in first.. {
        let blob = storage.blobs().put_bytes(record(number)).await.unwrap();
        let source = FileSource::Blob(blob);
        storage.write_file(account, log(&at), Place::End, source, AMPLE).await.unwrap();
        println!("{caller} appended {number} .");
        if number % 3 == 1 {
            let blob = storage.blobs().put_bytes(record(number)).await.unwrap();
            let (session, id) = (format!("session {caller}"), "u".to_owned());
            let upload = Upload { id: id.clone(), content_type: String::new(), blob };
            storage.set_upload(&session, upload, Room { files: 9, bytes: 9_999 }).await.unwrap();
            let (to, source) = (path(&format!("{at}/stored")), FileSource::Upload { session, id });
            storage.write_file(account, to, Place::Whole, source, AMPLE).await.unwrap();
            println!("{caller} stored {number} .");
        }
        if number % 3 == 2 {
            renamed += 1;
            let to = path(&format!("{caller}-{renamed}"));
            storage.rename_file(account, at, to.clone(), AMPLE).await.unwrap();
            println!("{caller} renamed {renamed} .");
            at = to;
        }
    }
}
