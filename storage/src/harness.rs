//! On what do the tests of this crate run? On both databases, each test on its own.
//!
//! SQLite is a file in a temporary folder. For PostgreSQL, `XIMSS_TEST_POSTGRES_URL` may name a server on which
//! databases can be created (`postgres://user@host:port/postgres`). Without it the first test starts a server of
//! its own, which all tests of the user share, whatever their process; a watchdog stops it and removes its
//! files some seconds after the last of them is gone.

mod cluster;
pub(crate) mod mortal;
mod s3;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;

pub(crate) use cluster::Cluster;
pub(crate) use s3::S3;

use crate::{
    Account, AccountId, Blob, BlobKey, BlobStore, Config, Credentials, Database, Domain, Fields, Flags,
    MailboxId, MailboxName, NewAccount, NewMessage, Storage,
};

/// Declares tests that run on each of several beds: `on_beds! { [sqlite bucket] async fn a_sentence(bed: &Bed) { … } }`.
macro_rules! on_beds {
    ($beds:tt $($(#[$attribute:meta])* async fn $name:ident($bed:ident: &Bed) $body:block)*) => {
        $($crate::harness::on_beds!(@ $beds [$(#[$attribute])*] $name $bed $body);)*
    };
    (@ [$($kind:ident)+] $attributes:tt $name:ident $bed:ident $body:block) => {
        async fn $name($bed: &$crate::harness::Bed) $body

        mod $name {
            $($crate::harness::on_beds!(@@ $kind $attributes $name);)+
        }
    };
    (@@ $kind:ident [$($attribute:tt)*] $name:ident) => {
        $($attribute)*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $kind() {
            let bed = $crate::harness::Bed::$kind().await;
            super::$name(&bed).await;
            bed.clear().await;
        }
    };
}
pub(crate) use on_beds;

/// Declares tests that run on both databases: `on_both! { async fn a_sentence(bed: &Bed) { … } }`.
macro_rules! on_both {
    ($($tests:tt)*) => { $crate::harness::on_beds! { [sqlite postgres] $($tests)* } };
}
pub(crate) use on_both;

/// Declares tests that run on both databases with blobs in a folder, and once with blobs in a bucket.
macro_rules! everywhere {
    ($($tests:tt)*) => { $crate::harness::on_beds! { [sqlite postgres bucket] $($tests)* } };
}
pub(crate) use everywhere;

/// An open storage on an empty database.
pub(crate) struct Bed {
    pub(crate) storage: Storage,
    pub(crate) config: Config,
    pub(crate) folder: TempDir,
    /// Where the bucket is, on a bed with one.
    pub(crate) service: Option<S3>,
}

impl Bed {
    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::Sqlite { path: folder.path().join("gateway.sqlite") };
        Self::open(folder, database).await
    }

    pub(crate) async fn postgres() -> Self {
        let url = new_database(&cluster::shared_url()).await;
        Self::open(TempDir::new().unwrap(), Database::Postgres { url, connections: 8 }).await
    }

    pub(crate) async fn open(folder: TempDir, database: Database) -> Self {
        let blobs = folder.path().join("blobs").into();
        Self::with(folder, Config { database, blobs }, None).await
    }

    /// SQLite, with blobs in a bucket.
    pub(crate) async fn bucket() -> Self {
        let (folder, service) = (TempDir::new().unwrap(), S3::start());
        let database = Database::Sqlite { path: folder.path().join("gateway.sqlite") };
        let blobs = BlobStore::Bucket(service.bucket(folder.path()));
        Self::with(folder, Config { database, blobs }, Some(service)).await
    }

    async fn with(folder: TempDir, config: Config, service: Option<S3>) -> Self {
        let storage = Storage::open(config.clone()).await.unwrap();
        Self { storage, config, folder, service }
    }

    /// The file that holds a blob.
    pub(crate) fn blob_file(&self, key: BlobKey) -> PathBuf {
        match &self.service {
            Some(service) => service.file(&key.path()),
            None => self.path().join("blobs").join(key.path()),
        }
    }

    /// A second storage on the same data, as another process would have it.
    pub(crate) async fn again(&self) -> Storage {
        Storage::open(self.config.clone()).await.unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Closes the storage and drops its database. A test that failed leaves it to be looked at.
    pub(crate) async fn clear(self) {
        self.storage.close().await;
        drop_database(&self.config.database).await;
    }

    pub(crate) async fn domain(&self) -> Domain {
        match self.storage.find_domain("example.org").await.unwrap() {
            Some(domain) => domain,
            None => self.storage.create_domain("example.org").await.unwrap(),
        }
    }

    pub(crate) async fn account(&self, name: &str) -> Account {
        self.storage.create_account(new_account(&self.domain().await, name)).await.unwrap()
    }

    pub(crate) async fn mailbox(&self, account: AccountId, name: &str) -> MailboxId {
        let name = MailboxName::parse(name).unwrap();
        self.storage.create_mailbox(account, name, String::new()).await.unwrap().id
    }

    /// The INBOX of a new account.
    pub(crate) async fn inbox(&self) -> MailboxId {
        self.inbox_of(self.account("alice").await.id).await
    }

    pub(crate) async fn inbox_of(&self, account: AccountId) -> MailboxId {
        self.storage.find_mailbox(account, &MailboxName::inbox()).await.unwrap().unwrap().id
    }

    /// Does to the database what no operation of the storage does.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        self.change(sql).await.unwrap();
    }

    /// A single number that the database answers with.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let mut reader = self.storage.pool().reader().await.unwrap();
        let row = reader.connection().optional(crate::statement::Sql::same(sql), &[]).await.unwrap();
        row.unwrap().integer(0).unwrap()
    }

    /// Runs a statement as a change.
    pub(crate) async fn change(&self, sql: &'static str) -> crate::Result<()> {
        let run: crate::pool::Run<&'static str, ()> = |c, sql| {
            Box::pin(async move { c.execute(crate::statement::Sql::same(sql), &[]).await.map(drop) })
        };
        self.storage.pool().write(sql, run).await
    }
}

pub(crate) fn new_account(domain: &Domain, name: &str) -> NewAccount {
    NewAccount {
        domain: domain.id,
        name: name.into(),
        real_name: format!("{name} Example"),
        credentials: Credentials { password_hash: format!("hash of {name}"), digests: vec![0, 255, 1] },
    }
}

/// A blob that is named but not written: enough for tests of rows.
pub(crate) fn unwritten(size: u64) -> Blob {
    Blob { key: BlobKey::new().unwrap(), size }
}

/// A message that differs from others in everything, by its number.
pub(crate) fn message(number: i64) -> NewMessage {
    NewMessage {
        blob: unwritten(1_000 + number.unsigned_abs()),
        internal_date: 1_700_000_000_000 + number,
        flags: Flags::NONE,
        original_uid: None,
        fields: Fields {
            sent: (number % 3 != 0).then_some(1_600_000_000_000 + number),
            subject: format!("subject {number}"),
            from_name: if number % 2 == 0 { format!("Author {number}") } else { String::new() },
            from_address: format!("author{number}@example.org"),
            to: format!("to{number}@example.org"),
            cc: format!("cc{number}@example.org"),
            message_id: format!("<{number}@example.org>"),
            attachment: number % 5 == 0,
        },
        header: format!("Subject: subject {number}\r\n\r\n").into_bytes(),
    }
}

/// Rows that contradict others, of every kind; all must be zero.
const CONTRADICTIONS: &[&str] = &[
    // A counter that is not what it counts.
    "SELECT COUNT(*) FROM mailbox b LEFT JOIN (SELECT mailbox, COUNT(*) AS messages, \
     SUM(CASE WHEN flags & 1 = 0 THEN 1 ELSE 0 END) AS unseen, \
     SUM(CASE WHEN flags & 2 = 2 THEN 1 ELSE 0 END) AS media, \
     SUM(CASE WHEN flags & 3 = 2 THEN 1 ELSE 0 END) AS unseen_media, SUM(size) AS size, \
     MIN(internal_date) AS oldest, MAX(uid) AS last, MAX(modseq) AS modseq FROM message GROUP BY mailbox) m \
     ON m.mailbox = b.id WHERE b.messages <> COALESCE(m.messages, 0) OR b.unseen <> COALESCE(m.unseen, 0) \
     OR b.media <> COALESCE(m.media, 0) OR b.unseen_media <> COALESCE(m.unseen_media, 0) \
     OR b.size <> COALESCE(m.size, 0) OR COALESCE(b.oldest, -1) <> COALESCE(m.oldest, -1) \
     OR b.uid_next <= COALESCE(m.last, 0) OR b.modseq < COALESCE(m.modseq, 0)",
    // A message of which a row is missing, or the other way about.
    "SELECT COUNT(*) FROM message m FULL JOIN message_field f ON f.mailbox = m.mailbox AND f.uid = m.uid \
     FULL JOIN message_header h ON h.mailbox = m.mailbox AND h.uid = m.uid \
     WHERE m.uid IS NULL OR f.uid IS NULL OR h.uid IS NULL",
    // A blob that is named more or less often than is counted.
    concat!(
        "SELECT COUNT(*) FROM (SELECT b.key, b.refs, COUNT(n.blob) AS named FROM blob b LEFT JOIN (",
        crate::check::blobs::named!(),
        ") n ON n.blob = b.key GROUP BY b.key, b.refs) x WHERE refs <> named"
    ),
    "SELECT COUNT(*) FROM message m LEFT JOIN blob b ON b.key = m.blob WHERE b.key IS NULL",
    // A queued message whose time is not that of its recipients; one that has none left is to be removed at once.
    "SELECT COUNT(*) FROM queued q WHERE claimed = 0 AND next <> COALESCE(\
     (SELECT MIN(r.next) FROM queued_recipient r WHERE r.message = q.id), 0)",
    "SELECT COUNT(*) FROM file_extent e LEFT JOIN blob b ON b.key = e.blob WHERE b.key IS NULL",
    // A file that is not in a directory.
    "SELECT COUNT(*) FROM file f LEFT JOIN file d ON d.account = f.account AND d.is_directory = 1 AND \
     f.directory = CASE WHEN d.directory = '' THEN d.name ELSE d.directory || '/' || d.name END \
     WHERE f.directory <> '' AND d.id IS NULL",
    // A file whose extents are not what it is long, or have gaps or overlap, or reach beyond their blobs.
    "SELECT COUNT(*) FROM file f LEFT JOIN (SELECT file, SUM(length) AS length FROM file_extent GROUP BY file) e \
     ON e.file = f.id WHERE f.size <> COALESCE(e.length, 0)",
    "SELECT COUNT(*) FROM file_extent e LEFT JOIN file_extent p ON p.file = e.file AND \
     p.position + p.length = e.position WHERE (e.position > 0 AND p.file IS NULL) OR e.length <= 0 \
     OR e.start < 0 OR e.start + e.length > e.blob_size",
    // An account that has not what is counted.
    "SELECT COUNT(*) FROM account a LEFT JOIN file_usage u ON u.account = a.id \
     LEFT JOIN (SELECT account, COUNT(*) AS files, SUM(size) AS bytes FROM file GROUP BY account) f \
     ON f.account = a.id \
     WHERE COALESCE(u.files, 0) <> COALESCE(f.files, 0) OR COALESCE(u.bytes, 0) <> COALESCE(f.bytes, 0)",
];

impl Bed {
    /// Asserts that no row contradicts another.
    pub(crate) async fn assert_sound(&self) {
        for sql in CONTRADICTIONS {
            assert_eq!(self.count(sql).await, 0, "{sql}");
        }
    }
}

/// Creates an empty database on a server; its address.
pub(crate) async fn new_database(server: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("storage_{}_{number}_{:x}", std::process::id(), crate::clock::now());
    let mut connection = PgConnection::connect(server).await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

/// Drops a database of PostgreSQL; one of SQLite goes with its folder.
pub(crate) async fn drop_database(database: &Database) {
    let Database::Postgres { url, .. } = database else { return };
    let (server, name) = url.rsplit_once('/').unwrap();
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
}
