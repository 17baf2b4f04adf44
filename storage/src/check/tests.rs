//! Is what is damaged found, and right after it was mended?

use std::time::Duration;

use super::Orphans;
use crate::harness::{Bed, message, on_both};
use crate::{Blob, FilePath, FileRoom, FileSource, FileUsage, MailboxId, Place, Room, Uid, Upload};

async fn filled(bed: &Bed) -> MailboxId {
    let inbox = bed.inbox().await;
    bed.storage.append(inbox, (1..=5).map(message).collect()).await.unwrap();
    inbox
}

on_both! {
    async fn where_all_is_well_nothing_is_found(bed: &Bed) {
        let inbox = filled(bed).await;
        for mend in [false, true] {
            assert_eq!(bed.storage.check_database().await.unwrap(), Vec::<String>::new());
            assert_eq!(bed.storage.check_counters(inbox, mend).await.unwrap(), None);
            assert_eq!(bed.storage.check_strays(inbox, mend).await.unwrap(), 0);
            assert_eq!(bed.storage.check_dangling(mend).await.unwrap(), []);
            assert_eq!(bed.storage.check_references(mend).await.unwrap(), []);
        }
        assert_eq!(bed.storage.check_orphans().await.unwrap(), Orphans::default());
        let rows = bed.storage.check_messages(inbox, Uid(2)).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.uid.0).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(rows.iter().all(|row| row.has_fields && row.has_header));
    }

    async fn wrong_counters_and_numbers_are_told_and_counted_anew(bed: &Bed) {
        let inbox = filled(bed).await;
        let right = bed.storage.mailbox(inbox).await.unwrap();
        bed.tamper("UPDATE mailbox SET messages = 7, unseen = 0, size = 1, oldest = NULL, uid_next = 3, modseq = 1").await;
        let wrong = bed.storage.mailbox(inbox).await.unwrap();
        for mend in [false, true] {
            let found = bed.storage.check_counters(inbox, mend).await.unwrap().unwrap();
            assert_eq!((&found.kept, &found.counted), (&wrong, &right));
        }
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap(), right);
        bed.assert_sound().await;
    }

    async fn rows_that_a_message_lacks_are_told_and_those_that_it_has_stay(bed: &Bed) {
        let inbox = filled(bed).await;
        bed.tamper("DELETE FROM message_field WHERE uid IN (2, 3)").await;
        bed.tamper("DELETE FROM message_header WHERE uid IN (3, 4)").await;
        let rows = bed.storage.check_messages(inbox, Uid(0)).await.unwrap();
        let lacks = |row: &super::MessageRows| (row.uid.0, row.has_fields, row.has_header);
        let expected = [(1, true, true), (2, false, true), (3, false, false), (4, true, false), (5, true, true)];
        assert_eq!(rows.iter().map(lacks).collect::<Vec<_>>(), expected);
        for uid in [1, 2, 3, 4, 5, 6] {
            let fields = crate::Fields { subject: "mended".into(), ..crate::Fields::default() };
            bed.storage.mend_fields(inbox, Uid(uid), fields, b"mended".to_vec()).await.unwrap();
        }
        let uids: Vec<Uid> = (1..=6).map(Uid).collect();
        let messages = bed.storage.messages(inbox, &uids).await.unwrap();
        let subjects: Vec<_> = messages.iter().map(|one| one.fields.subject.as_str()).collect();
        assert_eq!(subjects, ["subject 1", "mended", "mended", "subject 4", "subject 5"]);
        let headers = bed.storage.headers(inbox, &uids).await.unwrap();
        assert_eq!(headers.iter().filter(|(_, header)| header == b"mended").count(), 2);
        bed.assert_sound().await;
    }

    async fn what_is_kept_of_files_is_counted_anew_and_a_torn_file_is_told(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let room = FileRoom { files: 9, bytes: 99 };
        for name in ["docs/a", "b"] {
            let blob = bed.storage.blobs().put_bytes("12345").await.unwrap();
            let (path, source) = (FilePath::parse(name).unwrap(), FileSource::Blob(blob));
            for place in [Place::Whole, Place::End] {
                bed.storage.write_file(account, path.clone(), place, source.clone(), room).await.unwrap();
            }
        }
        assert_eq!(bed.storage.check_file_usage(account, true).await.unwrap(), None);
        assert_eq!(bed.storage.check_torn_files(account).await.unwrap(), []);
        bed.tamper("UPDATE file_usage SET files = 7, bytes = 0").await;
        for mend in [false, true] {
            let found = bed.storage.check_file_usage(account, mend).await.unwrap().unwrap();
            assert_eq!((found.kept.files, found.counted), (7, FileUsage { files: 3, bytes: 20 }));
        }
        assert_eq!(bed.storage.check_file_usage(account, false).await.unwrap(), None);
        bed.assert_sound().await;
        bed.tamper("DELETE FROM file_extent WHERE position = 0 AND file = (SELECT id FROM file WHERE name = 'a')").await;
        assert_eq!(bed.storage.check_torn_files(account).await.unwrap(), [FilePath::parse("docs/a").unwrap()]);
    }

    async fn fields_and_headers_of_no_message_are_told_and_removed(bed: &Bed) {
        let inbox = filled(bed).await;
        bed.tamper("DELETE FROM message WHERE uid = 2").await;
        assert_eq!(bed.storage.check_strays(inbox, false).await.unwrap(), 2);
        assert_eq!(bed.storage.check_strays(inbox, true).await.unwrap(), 2);
        assert_eq!(bed.storage.check_strays(inbox, false).await.unwrap(), 0);
        bed.storage.check_counters(inbox, true).await.unwrap().unwrap();
        bed.storage.check_references(true).await.unwrap();
        bed.assert_sound().await;
    }

    async fn wrong_references_and_lost_rows_of_blobs_are_told_and_set_right(bed: &Bed) {
        let inbox = filled(bed).await;
        let room = Room { files: 9, bytes: 1 << 30 };
        let upload = Upload { id: "a".into(), content_type: String::new(), blob: bed.storage.message_blob(inbox, Uid(1)).await.unwrap() };
        bed.storage.set_upload("session", upload, room).await.unwrap();
        bed.tamper("UPDATE blob SET refs = 0 WHERE size = 1001").await;
        bed.tamper("UPDATE blob SET refs = 9 WHERE size = 1002").await;
        bed.tamper("DELETE FROM blob WHERE size = 1003").await;
        for mend in [false, true] {
            let found = bed.storage.check_references(mend).await.unwrap();
            let mut found: Vec<_> = found.iter().map(|one| (one.kept, one.named)).collect();
            found.sort_unstable();
            assert_eq!(found, [(None, 1), (Some(0), 2), (Some(9), 1)]);
        }
        assert_eq!(bed.storage.check_references(false).await.unwrap(), []);
        bed.assert_sound().await;
    }

    async fn a_size_is_set_in_every_row_that_has_it(bed: &Bed) {
        let inbox = filled(bed).await;
        let blob = bed.storage.message_blob(inbox, Uid(3)).await.unwrap();
        bed.storage.mend_size(inbox, Uid(3), Blob { size: 77, ..blob }).await.unwrap();
        assert_eq!(bed.storage.message_blob(inbox, Uid(3)).await.unwrap().size, 77);
        assert_eq!(bed.count("SELECT COUNT(*) FROM blob WHERE size = 77").await, 1);
        let found = bed.storage.check_counters(inbox, true).await.unwrap().unwrap();
        assert_eq!(found.kept.counts.size - found.counted.counts.size, 1_003 - 77);
        bed.assert_sound().await;
    }

    async fn blobs_that_uploads_name_are_listed_and_those_that_nobody_names_are_counted(bed: &Bed) {
        let room = Room { files: 9_999, bytes: 1 << 30 };
        let shared = bed.storage.blobs().put_bytes(b"shared".to_vec()).await.unwrap();
        bed.storage.blobs().put_bytes(b"nobody's".to_vec()).await.unwrap();
        for number in 0..600 {
            let upload = Upload { id: format!("{number}"), content_type: String::new(), blob: shared };
            bed.storage.set_upload("session", upload, room).await.unwrap();
        }
        let first = bed.storage.check_named(None).await.unwrap();
        let rest = bed.storage.check_named(first.last()).await.unwrap();
        assert_eq!((first.len(), rest.len()), (500, 100));
        assert!(first.iter().chain(&rest).all(|named| named.blob == shared && named.place.starts_with("the upload ")));
        assert_eq!(bed.storage.check_orphans().await.unwrap(), Orphans { blobs: 1, bytes: 8 });
        assert_eq!(bed.storage.sweep(Duration::ZERO).await.unwrap().orphans, 1);
    }
}

/// The foreign keys of PostgreSQL cannot be switched off by a connection like ours.
#[tokio::test]
async fn rows_of_a_mailbox_that_is_not_there_are_told_and_left_and_what_nobody_misses_is_removed() {
    let bed = Bed::sqlite().await;
    let inbox = filled(&bed).await;
    let crate::Database::Sqlite { path } = &bed.config.database else { unreachable!() };
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).foreign_keys(false);
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("DELETE FROM mailbox").execute(&mut other).await.unwrap();
    sqlx::raw_sql("INSERT INTO subscription (account, name) VALUES ('0000000000000000', 'Work')")
        .execute(&mut other)
        .await
        .unwrap();
    for (mend, left) in [(false, true), (true, true), (true, false)] {
        let found = bed.storage.check_dangling(mend).await.unwrap();
        let found: Vec<_> = found.iter().map(|one| (one.what.split(' ').next().unwrap(), one.rows)).collect();
        let content = [("messages", 5), ("fields", 5), ("headers", 5)];
        let expected: Vec<_> = [("subscriptions", 1)].into_iter().filter(|_| left).chain(content).collect();
        assert_eq!(found, expected);
    }
    // What they name is not let go of.
    assert_eq!(bed.storage.check_references(true).await.unwrap(), []);
    assert!(bed.storage.mailbox(inbox).await.is_err());
}

#[tokio::test]
async fn a_database_file_that_is_damaged_is_told() {
    let bed = Bed::sqlite().await;
    let inbox = bed.inbox().await;
    bed.storage.append(inbox, (1..=500).map(message).collect()).await.unwrap();
    bed.storage.close().await;
    let crate::Database::Sqlite { path } = &bed.config.database else { unreachable!() };
    let mut bytes = std::fs::read(path).unwrap();
    let last = bytes.len() - 4_096;
    bytes[last..].fill(0xa5);
    std::fs::write(path, bytes).unwrap();
    let again = bed.again().await;
    let told = again.check_database().await;
    again.close().await;
    assert!(told.as_ref().map_or(true, |lines| !lines.is_empty()), "{told:?}");
}
