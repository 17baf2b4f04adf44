//! Is what goes wrong below told apart, and over when it is over?

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::BoxFuture;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _};
use tempfile::TempDir;
use tokio::sync::Barrier;

use crate::error::Result;
use crate::harness::{Bed, Cluster, message, new_database, on_both};
use crate::statement::{Connection, Sql};
use crate::{Config, Database, Error, Storage};

/// Statements of a test, run as a change.
async fn run(storage: &Storage, sql: &'static [&'static str]) -> Result<()> {
    fn all<'t>(c: &'t mut Connection<'_>, sql: &'t &'static [&'static str]) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            for sql in *sql {
                c.execute(Sql::same(sql), &[]).await?;
            }
            Ok(())
        })
    }
    storage.pool().write(sql, all).await
}

on_both! {
    async fn a_newer_database_is_refused_with_both_versions_and_left_alone(bed: &Bed) {
        run(&bed.storage, &["INSERT INTO migration (version, description, success, checksum, execution_time) \
            SELECT 9000, 'of a later day', success, checksum, 0 FROM migration WHERE version = 1"]).await.unwrap();
        let refused = Storage::open(bed.config.clone()).await.unwrap_err();
        let known = bed.count("SELECT MAX(version) FROM migration WHERE version < 9000").await;
        assert!(matches!(refused, Error::NewerDatabase { found: 9000, known: k } if k == known), "{refused}");
        assert!(refused.to_string().contains("9000"), "{refused}");
        assert_eq!(bed.count("SELECT COUNT(*) FROM migration").await, known + 1);
    }

    async fn a_database_whose_schema_was_altered_behind_our_back_is_damaged(bed: &Bed) {
        run(&bed.storage, &["UPDATE migration SET checksum = (SELECT checksum FROM migration WHERE version = 2) \
            WHERE version = 1"]).await.unwrap();
        let refused = Storage::open(bed.config.clone()).await.unwrap_err();
        assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
    }

    async fn a_blob_folder_that_cannot_be_made_is_named(bed: &Bed) {
        let file = bed.path().join("file");
        std::fs::write(&file, b"in the way").unwrap();
        let blobs = file.join("blobs");
        let config = Config { blobs: blobs.clone().into(), ..bed.config.clone() };
        let refused = Storage::open(config).await.unwrap_err();
        assert!(matches!(&refused, Error::Unwritable { path, .. } if *path == blobs), "{refused}");
    }
}

#[tokio::test]
async fn a_database_file_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    let blobs = folder.path().join("blobs");
    let in_the_way = folder.path().join("file");
    std::fs::write(&in_the_way, b"").unwrap();
    let under_a_file = in_the_way.join("gateway.sqlite");
    let a_folder = blobs.clone();
    for path in [under_a_file, a_folder] {
        let database = Database::Sqlite { path: path.clone() };
        let refused = Storage::open(Config { database, blobs: blobs.clone().into() }).await.unwrap_err();
        let Error::Unwritable { path: named, .. } = &refused else { panic!("{refused}") };
        assert!(path.starts_with(named), "{refused}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("gateway.sqlite");
    std::fs::write(&path, vec![b'x'; 8_192]).unwrap();
    let database = Database::Sqlite { path };
    let refused =
        Storage::open(Config { database, blobs: folder.path().join("blobs").into() }).await.unwrap_err();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn a_full_disk_fails_what_does_not_fit_whole_and_is_over_when_there_is_room() {
    let bed = Bed::sqlite().await;
    let inbox = bed.inbox().await;
    // The limit of SQLite itself gives the same error as a disk without space.
    run(&bed.storage, &["PRAGMA max_page_count = 1"]).await.unwrap();
    let many = |from: i64| (from..from + 500).map(message).collect::<Vec<_>>();
    let refused = bed.storage.append(inbox, many(0)).await.unwrap_err();
    assert!(matches!(refused, Error::Full), "{refused}");
    bed.assert_sound().await;
    assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 0);
    run(&bed.storage, &["PRAGMA max_page_count = 1000000"]).await.unwrap();
    assert_eq!(bed.storage.append(inbox, many(0)).await.unwrap().len(), 500);
    bed.assert_sound().await;
    bed.clear().await;
}

#[tokio::test]
async fn a_database_locked_by_another_program_is_busy_until_it_is_released() {
    let bed = Bed::sqlite().await;
    let Database::Sqlite { path } = &bed.config.database else { unreachable!() };
    let mut other = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let refused = bed.storage.set_setting("a", vec![]).await.unwrap_err();
    assert!(refused.is_temporary(), "{refused}");
    assert_eq!(bed.storage.setting("a").await.unwrap(), None);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    bed.storage.set_setting("a", vec![]).await.unwrap();
    bed.clear().await;
}

#[tokio::test]
async fn when_postgres_cuts_every_connection_the_next_operations_work() {
    let bed = Bed::postgres().await;
    let inbox = bed.inbox().await;
    let Database::Postgres { url, .. } = &bed.config.database else { unreachable!() };
    let (server, name) = url.rsplit_once('/').unwrap();
    let mut other = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    sqlx::raw_sql(AssertSqlSafe(cut.clone())).execute(&mut other).await.unwrap();
    assert_eq!(bed.storage.append(inbox, vec![message(1)]).await.unwrap().len(), 1);
    sqlx::raw_sql(AssertSqlSafe(cut)).execute(&mut other).await.unwrap();
    assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 1);
    bed.clear().await;
}

#[tokio::test]
async fn after_a_restart_of_postgres_the_next_operations_work() {
    let cluster = Cluster::start();
    let url = new_database(&cluster.url()).await;
    let bed = Bed::open(TempDir::new().unwrap(), Database::Postgres { url, connections: 4 }).await;
    bed.storage.set_setting("a", vec![1]).await.unwrap();
    cluster.restart();
    bed.storage.set_setting("a", vec![2]).await.unwrap();
    cluster.restart();
    assert_eq!(bed.storage.setting("a").await.unwrap(), Some(vec![2]));
    bed.storage.close().await;
}

#[tokio::test]
async fn a_postgres_that_is_out_of_reach_is_busy_and_one_that_refuses_us_is_misconfigured() {
    let bed = Bed::postgres().await;
    let Database::Postgres { url, .. } = &bed.config.database else { unreachable!() };
    let open = |url: String| {
        Storage::open(Config { database: Database::Postgres { url, connections: 1 }, ..bed.config.clone() })
    };
    let nobody_listens = "postgres://postgres@127.0.0.1:1/postgres".to_owned();
    let refused = open(nobody_listens).await.unwrap_err();
    assert!(refused.is_temporary(), "{refused}");
    let refused = open(format!("{url}_of_another_name")).await.unwrap_err();
    assert!(matches!(refused, Error::Configuration { .. }), "{refused}");
    let refused = open("not an address".into()).await.unwrap_err();
    assert!(matches!(refused, Error::Configuration { .. }), "{refused}");
    bed.clear().await;
}

/// Two settings are written in one order by one change and in the other by another; each waits in its first try
/// until both have written their first.
async fn cross(connection: &mut Connection<'_>, first: &str, second: &str, meet: &Meeting) -> Result<()> {
    const TOUCH: Sql = Sql::same("UPDATE setting SET value = $2 WHERE name = $1");
    let value: &[u8] = first.as_bytes();
    connection.execute(TOUCH, &[first.into(), value.into()]).await?;
    if meet.tries.fetch_add(1, Ordering::SeqCst) < 2 {
        meet.both.wait().await;
    }
    connection.execute(TOUCH, &[second.into(), value.into()]).await.map(drop)
}

struct Meeting {
    tries: AtomicU32,
    both: Barrier,
}

#[tokio::test]
async fn of_two_changes_that_lock_each_other_out_on_postgres_both_are_done() {
    let bed = Bed::postgres().await;
    for name in ["a", "b"] {
        bed.storage.set_setting(name, vec![]).await.unwrap();
    }
    let meeting = Arc::new(Meeting { tries: AtomicU32::new(0), both: Barrier::new(2) });
    let there = bed.storage.pool().write(Arc::clone(&meeting), |c, m| Box::pin(cross(c, "a", "b", m)));
    let back = bed.storage.pool().write(Arc::clone(&meeting), |c, m| Box::pin(cross(c, "b", "a", m)));
    let (there, back) = tokio::join!(there, back);
    there.unwrap();
    back.unwrap();
    assert_eq!(meeting.tries.load(Ordering::SeqCst), 3, "one of them had to try again");
    bed.clear().await;
}
