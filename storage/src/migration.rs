//! How does a database come to the schema that this program expects?
//!
//! Forward only. The steps are the files of `migrations/`, embedded; which were applied, with their checksums, is
//! kept in a table of the database. On PostgreSQL programs that start at once wait for one another.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::error::{Error, Result};
use crate::statement::{Connection, Sql};

/// A step: its version, its name, its text.
struct Step {
    version: i64,
    name: &'static str,
    sql: Sql,
}

/// Every step, in order. One that must differ has a file in `migrations/sqlite/` and one in `migrations/postgres/`.
const STEPS: &[Step] = &[
    Step { version: 1, name: "accounts", sql: Sql::same(include_str!("../../migrations/0001_accounts.sql")) },
    Step { version: 2, name: "blobs", sql: Sql::same(include_str!("../../migrations/0002_blobs.sql")) },
    Step {
        version: 3,
        name: "mailboxes",
        sql: Sql::same(include_str!("../../migrations/0003_mailboxes.sql")),
    },
    Step {
        version: 4,
        name: "subscriptions",
        sql: Sql::same(include_str!("../../migrations/0004_subscriptions.sql")),
    },
    Step { version: 5, name: "queue", sql: Sql::same(include_str!("../../migrations/0005_queue.sql")) },
    Step {
        version: 6,
        name: "search",
        sql: Sql {
            sqlite: include_str!("../../migrations/sqlite/0006_search.sql"),
            postgres: include_str!("../../migrations/postgres/0006_search.sql"),
        },
    },
    Step { version: 7, name: "rights", sql: Sql::same(include_str!("../../migrations/0007_rights.sql")) },
    Step { version: 8, name: "files", sql: Sql::same(include_str!("../../migrations/0008_files.sql")) },
];

/// The mark of tables whose rows lie in the order of their primary key. Only SQLite can; to PostgreSQL the mark is
/// a comment.
const CLUSTERED: (&str, &str) = ("/* clustered */", "WITHOUT ROWID");
/// The mark of texts that are ordered by their bytes. SQLite orders all so; to it the mark is a comment.
const BYTEWISE: (&str, &str) = ("/* bytewise */", "COLLATE \"C\"");

const TABLE: &str = "migration";
/// That something exists already is no news, at any start but the first.
const QUIET: Sql = Sql::same("SET client_min_messages TO warning");
const NEWEST: Sql = Sql::same("SELECT COALESCE(MAX(version), 0) FROM migration");

pub(crate) async fn run_sqlite(connection: &mut SqliteConnection) -> Result<()> {
    connection.ensure_migrations_table(TABLE).await.map_err(from_migrate)?;
    refuse_newer(Connection::Sqlite(connection)).await?;
    let text = |sql: Sql| sql.sqlite.replace(CLUSTERED.0, CLUSTERED.1);
    migrator(text).run_direct(None, connection, false).await.map_err(from_migrate)
}

pub(crate) async fn run_postgres(connection: &mut PgConnection) -> Result<()> {
    Connection::Postgres(connection).execute(QUIET, &[]).await?;
    // Under the lock from here on: PostgreSQL's CREATE TABLE IF NOT EXISTS fails when two run it at once.
    connection.lock().await.map_err(from_migrate)?;
    connection.ensure_migrations_table(TABLE).await.map_err(from_migrate)?;
    refuse_newer(Connection::Postgres(connection)).await?;
    let mut migrator = migrator(|sql| sql.postgres.replace(BYTEWISE.0, BYTEWISE.1));
    migrator.set_locking(false);
    migrator.run_direct(None, connection, false).await.map_err(from_migrate)?;
    // On an error the lock goes with the connection.
    connection.unlock().await.map_err(from_migrate)
}

/// A database that knows a version which this program does not know is left alone.
async fn refuse_newer(mut connection: Connection<'_>) -> Result<()> {
    let row = connection.optional(NEWEST, &[]).await?;
    let found = row.map_or(Ok(0), |row| row.integer(0))?;
    let known = STEPS.last().map_or(0, |step| step.version);
    if found > known { Err(Error::NewerDatabase { found, known }) } else { Ok(()) }
}

fn migrator(text: impl Fn(Sql) -> String) -> Migrator {
    let steps = STEPS.iter().map(|step| {
        let sql = AssertSqlSafe(text(step.sql)).into_sql_str();
        Migration::new(step.version, step.name.into(), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the driver's enum; what has no meaning of its own here")]
fn from_migrate(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::damaged(other.to_string()),
    }
}
