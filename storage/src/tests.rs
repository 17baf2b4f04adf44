//! Does the whole hold: opening, closing, group commit, failures?

use futures_util::FutureExt;

use crate::harness::{Bed, drop_database, message, new_database, on_both};
use crate::{Config, Database, Error, MailboxId, Storage, Uid};

mod faults;
mod kill;
mod model;
mod size;

on_both! {
    async fn what_was_stored_is_there_when_the_storage_is_opened_again(bed: &Bed) {
        let account = bed.account("alice").await;
        let again = bed.again().await;
        assert_eq!(again.account(account.id).await.unwrap(), account);
        again.ping().await.unwrap();
        again.close().await;
    }

    async fn at_the_close_what_was_asked_before_is_done_and_who_asks_later_is_told(bed: &Bed) {
        let again = bed.again().await;
        let clone = again.clone();
        let (asked, ()) = tokio::join!(clone.set_setting("asked", vec![1]), again.close());
        asked.unwrap();
        let later = again.set_setting("later", vec![1]).await.unwrap_err();
        assert!(matches!(later, Error::Busy { .. }), "{later}");
        assert!(again.setting("asked").await.is_err());
        assert_eq!(bed.storage.setting("asked").await.unwrap(), Some(vec![1]));
    }

    async fn a_setting_is_kept_and_the_first_of_several_wins(bed: &Bed) {
        assert_eq!(bed.storage.setting("instance").await.unwrap(), None);
        assert_eq!(bed.storage.setting_or("instance", vec![1, 0]).await.unwrap(), [1, 0]);
        assert_eq!(bed.storage.setting_or("instance", vec![2]).await.unwrap(), [1, 0]);
        bed.storage.set_setting("instance", vec![]).await.unwrap();
        assert_eq!(bed.storage.setting("instance").await.unwrap(), Some(vec![]));
    }

    async fn programs_that_start_at_once_on_an_empty_database_all_come_up(bed: &Bed) {
        // Each opening of the bed's database comes too late to migrate it: take a new one.
        let database = match &bed.config.database {
            Database::Postgres { url, .. } => {
                Database::Postgres { url: new_database(url).await, connections: 2 }
            }
            // A lock on the data folder lets one program in; here they come one after the other.
            Database::Sqlite { .. } => Database::Sqlite { path: bed.path().join("other.sqlite") },
        };
        let config = Config { database, blobs: bed.path().join("blobs").into() };
        let serial = matches!(config.database, Database::Sqlite { .. });
        let mut starting = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let opened = Storage::open(config.clone());
            if serial {
                opened.await.unwrap().close().await;
            } else {
                starting.spawn(opened);
            }
        }
        for storage in starting.join_all().await {
            storage.unwrap().close().await;
        }
        drop_database(&config.database).await;
    }

    async fn a_text_with_nul_is_stored_alike_on_both_databases(bed: &Bed) {
        let inbox = bed.inbox().await;
        let mut odd = message(1);
        odd.fields.subject = "a\0b".into();
        odd.header = b"Subject: a\0b\xff".to_vec();
        bed.storage.append(inbox, vec![odd]).await.unwrap();
        let stored = bed.storage.messages(inbox, &[Uid(1)]).await.unwrap();
        assert_eq!(stored[0].fields.subject, "a\u{fffd}b");
        let headers = bed.storage.headers(inbox, &[Uid(1)]).await.unwrap();
        assert_eq!(headers, [(Uid(1), b"Subject: a\0b\xff".to_vec())]);
    }

    async fn changes_of_many_callers_at_once_are_all_done(bed: &Bed) {
        let inbox = bed.inbox().await;
        let before = bed.storage.pressure();
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..64 {
            let storage = bed.storage.clone();
            callers.spawn(async move { storage.append(inbox, vec![message(caller)]).await });
        }
        let mut uids: Vec<u32> =
            callers.join_all().await.into_iter().map(|done| done.unwrap()[0].uid.0).collect();
        uids.sort_unstable();
        assert_eq!(uids, Vec::from_iter(1..=64));
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 64);
        let after = bed.storage.pressure();
        if let Database::Sqlite { .. } = bed.config.database {
            assert_eq!(after.jobs - before.jobs, 64);
            let commits = after.commits - before.commits;
            assert!(commits <= 32, "64 changes at once took {commits} commits");
        }
    }

    async fn a_change_that_fails_does_not_spoil_those_committed_with_it(bed: &Bed) {
        let inbox = bed.inbox().await;
        let gone = MailboxId::new().unwrap();
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..60_i64 {
            let storage = bed.storage.clone();
            callers.spawn(async move {
                match caller % 3 {
                    0 => storage.append(inbox, vec![message(caller)]).await.map(|_| "stored"),
                    1 => storage.append(gone, vec![message(caller)]).await.map(|_| "stored"),
                    _ => storage.append_at(inbox, vec![(Uid(9_000), message(1)), (Uid(9_000), message(2))])
                        .await
                        .map(|_| "stored"),
                }
                .map_err(|error| error.to_string())
            });
        }
        let outcomes = callers.join_all().await;
        let count = |wanted: &Result<&str, String>| outcomes.iter().filter(|one| *one == wanted).count();
        assert_eq!(count(&Ok("stored")), 20);
        assert_eq!(count(&Err("there is no such mailbox".into())), 20);
        assert_eq!(count(&Err("this message exists already".into())), 20);
        let mailbox = bed.storage.mailbox(inbox).await.unwrap();
        assert_eq!((mailbox.counts.messages, mailbox.uid_next), (20, Uid(21)));
    }
}

// On PostgreSQL a change runs in the task of its caller, whose affair a panic is.
#[tokio::test]
async fn a_change_that_panics_on_sqlite_is_answered_with_an_error_and_the_next_one_works() {
    let bed = Bed::sqlite().await;
    let panics: crate::pool::Run<(), ()> = |_, ()| Box::pin(async { panic!("meant") });
    let outcome = bed.storage.pool().write((), panics).await;
    assert_eq!(outcome.unwrap_err().to_string(), "the stored data is damaged: an operation panicked");
    bed.storage.set_setting("after", vec![1]).await.unwrap();
    bed.clear().await;
}

#[tokio::test]
async fn a_queued_change_is_done_even_if_its_caller_stopped_waiting_for_it() {
    let bed = Bed::sqlite().await;
    let inbox = bed.inbox().await;
    // Polled once, it is in the queue; then it is dropped.
    assert!(bed.storage.append(inbox, vec![message(1)]).now_or_never().is_none());
    bed.storage.set_setting("after", vec![]).await.unwrap();
    assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 1);
    bed.clear().await;
}
