//! How does the crate reach its database?
//!
//! Reads take a connection of a pool. Writes are jobs: on SQLite the [`Writer`] runs them one after the other and
//! commits them together, on PostgreSQL each is a transaction of its own, tried again when others collided with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection as _, Postgres, Sqlite, Transaction};

use crate::error::{Error, Result};
use crate::event::News;
use crate::migration;
use crate::quota::Quota;
use crate::statement::{Connection, Sql};
use crate::writer::Writer;

/// Which database holds the rows.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file of this machine, made when it is missing, with its folder.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL server (15 or newer is tried).
    Postgres {
        /// `postgres://user:password@host:port/database`; the database must exist.
        url: String,
        /// How many connections at most.
        connections: u32,
    },
}

/// How much the database has been asked and how much waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Changes done since the start. Counted on SQLite only.
    pub jobs: u64,
    /// Commits made for them; fewer than jobs when they came at once. Counted on SQLite only.
    pub commits: u64,
    /// Changes that wait for the writer. Counted on SQLite only.
    pub waiting: usize,
    /// Connections in use: readers on SQLite, any on PostgreSQL.
    pub connections: usize,
}

/// The body of a change: runs inside a transaction, perhaps several times, with arguments that it only borrows.
pub(crate) type Run<A, T> = for<'t> fn(&'t mut Connection<'_>, &'t A) -> BoxFuture<'t, Result<T>>;

/// How long a lock of another process on the SQLite file is waited for, and a free connection of a pool.
const PATIENCE: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// Rows that SQLite reads ahead of whoever takes them.
const READ_AHEAD: usize = 512;
/// Pages of 4 KiB in the write-ahead log before they are moved into the file.
const CHECKPOINT: &str = "4000";
const JOURNAL_LIMIT: &str = "67108864";
/// What a connection may keep of the file in memory: 8 MiB (negative numbers are KiB).
const CACHE: &str = "-8192";
/// How often a transaction is tried that others collide with, and the longest first pause between two tries.
const TRIES: u32 = 8;
const PAUSE_MS: u64 = 10;

/// For how long PostgreSQL may be at a statement, at waiting for a lock, and at waiting for us within a transaction, in
/// milliseconds: a client that has vanished, or another program on the same tables, shall not hold all others up.
const BOUNDS: [(&str, &str); 3] = [
    ("statement_timeout", "60000"),
    ("lock_timeout", "10000"),
    ("idle_in_transaction_session_timeout", "60000"),
];

const SNAPSHOT: Sql =
    Sql { sqlite: "BEGIN", postgres: "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY" };

/// The connections to either database.
#[derive(Debug)]
pub(crate) struct Pool {
    connections: Connections,
    quota: Quota,
    news: News,
}

/// The same, by database.
#[derive(Debug)]
pub(crate) enum Connections {
    Sqlite { readers: SqlitePool, writer: Writer },
    Postgres { pool: PgPool },
}

/// A connection to read with.
pub(crate) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A connection that sees one state of the database, whatever others change meanwhile.
pub(crate) enum Snapshot {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Pool {
    /// Connects, and brings the schema up to date. The quota is that of accounts without one of their own.
    pub(crate) async fn open(database: &Database, quota: Quota) -> Result<Self> {
        let news = News::new();
        let connections = match database {
            Database::Sqlite { path } => Connections::open_sqlite(path, quota, news.clone()).await?,
            Database::Postgres { url, connections } => Connections::open_postgres(url, *connections).await?,
        };
        Ok(Self { connections, quota, news })
    }

    /// What an account may keep that has no quota of its own.
    pub(crate) const fn quota(&self) -> Quota {
        self.quota
    }

    /// Where changes are told.
    pub(crate) const fn news(&self) -> &News {
        &self.news
    }

    pub(crate) const fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Which of the two it is.
    pub(crate) const fn is_postgres(&self) -> bool {
        match self.connections {
            Connections::Sqlite { .. } => false,
            Connections::Postgres { .. } => true,
        }
    }

    /// A connection for reads that need not agree with each other.
    pub(crate) async fn reader(&self) -> Result<Reader> {
        Ok(match &self.connections {
            Connections::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
            Connections::Postgres { pool } => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// A connection for reads of one state of the database.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        Ok(match &self.connections {
            Connections::Sqlite { readers, .. } => {
                Snapshot::Sqlite(readers.begin_with(SNAPSHOT.sqlite).await?)
            }
            Connections::Postgres { pool } => Snapshot::Postgres(pool.begin_with(SNAPSHOT.postgres).await?),
        })
    }

    /// Runs a change in a transaction; what it returns is durable when this returns it.
    pub(crate) async fn write<A, T>(&self, args: A, run: Run<A, T>) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        match &self.connections {
            Connections::Sqlite { writer, .. } => writer.write(args, run).await,
            Connections::Postgres { pool } => self.write_postgres(pool, &args, run).await,
        }
    }

    pub(crate) fn pressure(&self) -> Pressure {
        match &self.connections {
            Connections::Sqlite { readers, writer } => {
                let (jobs, commits, waiting) = writer.counts();
                Pressure { jobs, commits, waiting, connections: in_use(readers.size(), readers.num_idle()) }
            }
            Connections::Postgres { pool } => {
                Pressure { connections: in_use(pool.size(), pool.num_idle()), ..Pressure::default() }
            }
        }
    }

    /// Finishes what is queued, then closes every connection.
    pub(crate) async fn close(&self) {
        match &self.connections {
            Connections::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Connections::Postgres { pool } => pool.close().await,
        }
    }
}

impl Connections {
    async fn open_sqlite(path: &Path, quota: Quota, news: News) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            let made = tokio::fs::create_dir_all(folder).await;
            made.map_err(|source| Error::unwritable(folder, source))?;
        }
        // SQLite itself says only that it cannot open the file; the system says why.
        let opened = tokio::fs::OpenOptions::new().create(true).append(true).open(path).await;
        opened.map_err(|source| Error::unwritable(path, source))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .row_buffer_size(READ_AHEAD)
            .pragma("wal_autocheckpoint", CHECKPOINT)
            .pragma("journal_size_limit", JOURNAL_LIMIT)
            .pragma("cache_size", CACHE)
            .pragma("temp_store", "memory");
        let mut connection: SqliteConnection = options.connect().await?;
        migration::run_sqlite(&mut connection).await?;
        if let Some(folder) = folder {
            let synced = async { tokio::fs::File::open(folder).await?.sync_all().await };
            synced.await.map_err(|source| Error::unwritable(folder, source))?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self::Sqlite { readers, writer: Writer::new(connection, quota, news) })
    }

    async fn open_postgres(url: &str, connections: u32) -> Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        let mut connection = options.clone().connect().await?;
        migration::run_postgres(&mut connection).await?;
        connection.close().await?;
        // Every connection is tried before it is given out, so that the first operation after a restart of the
        // server finds a live one.
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(true)
            .connect_lazy_with(options.options(BOUNDS));
        Ok(Self::Postgres { pool })
    }
}

impl Reader {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::sqlite(connection),
            Self::Postgres(connection) => Connection::postgres(connection),
        }
    }
}

impl Snapshot {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::sqlite(transaction),
            Self::Postgres(transaction) => Connection::postgres(transaction),
        }
    }
}

fn in_use(connections: u32, idle: usize) -> usize {
    usize::try_from(connections).unwrap_or(usize::MAX).saturating_sub(idle)
}

impl Pool {
    async fn write_postgres<A: Sync, T>(&self, pool: &PgPool, args: &A, run: Run<A, T>) -> Result<T> {
        let mut tries = 1;
        loop {
            match self.try_postgres(pool, args, run).await {
                Err(Error::Conflict { .. }) if tries < TRIES => {
                    // A random share of a growing pause, so that those who collided part.
                    let longest = PAUSE_MS.saturating_mul(1 << tries.min(6));
                    let pause = crate::id::random()? % longest;
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_postgres<A: Sync, T>(&self, pool: &PgPool, args: &A, run: Run<A, T>) -> Result<T> {
        let mut transaction = pool.begin().await?;
        let mut connection = Connection::postgres(&mut transaction).with_quota(self.quota);
        let done = run(&mut connection, args).await?;
        let events = connection.into_events();
        transaction.commit().await?;
        self.news.tell(events);
        Ok(done)
    }
}
