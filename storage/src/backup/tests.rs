//! Does a backup that is made under load hold all that was there before, whole?

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use crate::harness::{Bed, drop_database, everywhere, message, new_database};
use crate::{Config, Database, FlagEdit, MailboxId, NewMessage, SortColumn, Storage, Uid};

/// The bytes of a message, told by its date.
fn content(date: i64) -> Vec<u8> {
    let length = usize::try_from(date % 9_000).unwrap();
    date.to_le_bytes().into_iter().cycle().take(length).collect()
}

async fn append(storage: &Storage, mailbox: MailboxId, number: i64) -> Uid {
    let new = message(number);
    let blob = storage.blobs().put_bytes(content(new.internal_date)).await.unwrap();
    storage.append(mailbox, vec![NewMessage { blob, ..new }]).await.unwrap()[0].uid
}

/// Every message of a mailbox with its content.
async fn contents(storage: &Storage, mailbox: MailboxId) -> BTreeMap<i64, Vec<u8>> {
    let mut uids = Vec::new();
    storage
        .summaries(mailbox, SortColumn::None, |summary| uids.push((summary.uid, summary.internal_date)))
        .await
        .unwrap();
    let mut found = BTreeMap::new();
    for (uid, date) in uids {
        let blob = storage.message_blob(mailbox, uid).await.unwrap();
        found.insert(date, storage.blobs().bytes(blob.key, 1 << 20).await.unwrap().to_vec());
    }
    found
}

/// What the backup holds, in use.
async fn restored(bed: &Bed, target: &Path) -> (Storage, Database) {
    let blobs = target.join("blobs").into();
    let database = match &bed.config.database {
        Database::Sqlite { .. } => Database::Sqlite { path: target.join("gateway.sqlite") },
        Database::Postgres { url, .. } => {
            let url = new_database(url).await;
            let database = Database::Postgres { url: url.clone(), connections: 4 };
            let made =
                Storage::open(Config { database: database.clone(), blobs: target.join("other").into() })
                    .await;
            made.unwrap().close().await;
            let mut psql = Command::new("psql");
            psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(target.join("rows.sql")).arg(url);
            assert!(psql.status().unwrap().success());
            database
        }
    };
    let storage = Storage::open(Config { database: database.clone(), blobs }).await.unwrap();
    (storage, database)
}

everywhere! {
    async fn a_backup_under_load_holds_what_was_there_before_and_is_whole(bed: &Bed) {
        let account = bed.account("alice").await;
        let inbox = bed.inbox_of(account.id).await;
        let archive = bed.mailbox(account.id, "Archive").await;
        for number in 0..100 {
            append(&bed.storage, inbox, number).await;
        }
        let before = contents(&bed.storage, inbox).await;
        let stop = Arc::new(AtomicBool::new(false));
        let mut load = tokio::task::JoinSet::new();
        for caller in 1..=3_i64 {
            let (storage, stop) = (bed.storage.clone(), Arc::clone(&stop));
            load.spawn(async move {
                let mut number = caller * 1_000_000;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let uid = append(&storage, archive, number).await;
                    match number % 3 {
                        0 => drop(storage.remove(archive, &[uid]).await.unwrap()),
                        1 => drop(storage.copy(archive, &[uid], archive, FlagEdit::default()).await.unwrap()),
                        _ => {}
                    }
                    // With no grace at all: what the backup needs is kept by the backup alone.
                    if caller == 1 && number % 10 == 0 {
                        storage.sweep_now().await.unwrap();
                    }
                }
            });
        }
        while bed.storage.mailbox(archive).await.unwrap().counts.messages < 20 {
            tokio::task::yield_now().await;
        }
        let target = TempDir::new().unwrap();
        let done = bed.storage.back_up(target.path()).await.unwrap();
        stop.store(true, Ordering::Relaxed);
        load.join_all().await;
        assert!(done.missing.is_empty() && done.blobs > 100, "{done:?}");

        let (storage, database) = restored(bed, target.path()).await;
        assert_eq!(storage.account(account.id).await.unwrap(), account);
        assert!(contents(&storage, inbox).await == before);
        let later = contents(&storage, archive).await;
        assert!(later.len() >= 10);
        assert!(later.iter().all(|(date, bytes)| content(*date) == *bytes));
        for mailbox in [inbox, archive] {
            assert_eq!(storage.check_counters(mailbox, false).await.unwrap(), None);
            assert_eq!(storage.check_strays(mailbox, false).await.unwrap(), 0);
        }
        assert_eq!(storage.check_references(false).await.unwrap(), []);
        // It is a place to go on from.
        append(&storage, inbox, 5).await;
        storage.close().await;
        drop_database(&database).await;
    }

    async fn a_blob_that_is_lost_is_told_and_the_rest_is_backed_up(bed: &Bed) {
        let inbox = bed.inbox().await;
        for number in 0..3 {
            append(&bed.storage, inbox, number).await;
        }
        let lost = bed.storage.message_blob(inbox, Uid(2)).await.unwrap().key;
        std::fs::remove_file(bed.blob_file(lost)).unwrap();
        let target = TempDir::new().unwrap();
        let done = bed.storage.back_up(target.path()).await.unwrap();
        assert_eq!((done.blobs, done.missing), (2, vec![lost]));
    }
}
