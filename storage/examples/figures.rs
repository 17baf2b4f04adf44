//! How fast is the storage on this machine? Prints appends a second and the times of an index and of a page.
//!
//! `cargo run --release -p storage --example figures -- FOLDER [POSTGRES-URL [MESSAGES]]`; the folder must be new
//! or empty, the database too. Everything is as durable as in the product: nothing is synced less.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use storage::{
    AccountId, Config, Credentials, Database, Fields, Flags, MailboxId, MailboxName, NewAccount, NewMessage,
    SortColumn, SortKey, Storage, Uid,
};

const CALLERS: usize = 32;
const TIME: Duration = Duration::from_secs(3);
/// Bytes of a message and of its header.
const SIZE: usize = 2_000;
const HEADER: usize = 900;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("usage: figures FOLDER [POSTGRES-URL [MESSAGES]]")?);
    let database = match arguments.next().filter(|url| url.starts_with("postgres")) {
        Some(url) => Database::Postgres { url, connections: 40 },
        None => Database::Sqlite { path: folder.join("gateway.sqlite") },
    };
    let many: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let storage = Storage::open(Config { database, blobs: folder.join("blobs").into() }).await?;
    let domain = storage.create_domain("example.org").await?.id;
    let credentials = Credentials { password_hash: String::new(), digests: Vec::new() };
    let account = NewAccount { domain, name: "figures".into(), real_name: String::new(), credentials };
    let account = storage.create_account(account).await?.id;

    println!("fsync of 4 KiB: {:.2} ms", fsync(&folder)?.as_secs_f64() * 1e3);
    let one = vec![mailbox(&storage, account, "one").await?];
    report("sequential", appends(&storage, &one, 1, true).await?, &storage);
    report("32 callers, one mailbox", appends(&storage, &one, CALLERS, true).await?, &storage);
    let mut each = Vec::new();
    for caller in 0..CALLERS {
        each.push(mailbox(&storage, account, &format!("each{caller}")).await?);
    }
    report("32 callers, a mailbox each", appends(&storage, &each, CALLERS, true).await?, &storage);
    report("32 callers, rows only", appends(&storage, &each, CALLERS, false).await?, &storage);
    scans(&storage, mailbox(&storage, account, "many").await?, many).await
}

async fn mailbox(storage: &Storage, account: AccountId, name: &str) -> anyhow::Result<MailboxId> {
    Ok(storage.create_mailbox(account, MailboxName::parse(name)?, String::new()).await?.id)
}

fn fsync(folder: &Path) -> anyhow::Result<Duration> {
    use std::io::Write;
    let path = folder.join("fsync");
    let mut file = std::fs::File::create(&path)?;
    let started = Instant::now();
    for _ in 0..200 {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
    }
    std::fs::remove_file(path)?;
    Ok(started.elapsed() / 200)
}

/// Appends a second by so many callers, each waiting for its answer before its next.
async fn appends(
    storage: &Storage,
    mailboxes: &[MailboxId],
    callers: usize,
    blobs: bool,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let callers: Vec<_> = (0..callers)
        .map(|caller| {
            let (storage, mailbox) = (storage.clone(), mailboxes.iter().cycle().nth(caller).copied());
            tokio::spawn(async move {
                let mailbox = mailbox.context("no mailbox")?;
                let mut done = 0_u32;
                let shared = storage.blobs().put_bytes(vec![b'x'; SIZE]).await?;
                while started.elapsed() < TIME {
                    let bytes = vec![b'x'; SIZE];
                    let blob = if blobs { storage.blobs().put_bytes(bytes).await? } else { shared };
                    storage.append(mailbox, vec![message(blob, done)]).await?;
                    done += 1;
                }
                anyhow::Ok(done)
            })
        })
        .collect();
    let mut done = 0;
    for caller in callers {
        done += caller.await??;
    }
    Ok(f64::from(done) / started.elapsed().as_secs_f64())
}

fn report(what: &str, rate: f64, storage: &Storage) {
    let pressure = storage.pressure();
    println!("{what}: {rate:.0} appends/s ({} jobs in {} commits so far)", pressure.jobs, pressure.commits);
}

async fn scans(storage: &Storage, mailbox: MailboxId, many: u32) -> anyhow::Result<()> {
    let blob = storage.blobs().put_bytes(vec![b'x'; SIZE]).await?;
    let started = Instant::now();
    for batch in 0..many / 1_000 {
        let messages = (0..1_000).map(|number| message(blob, batch * 1_000 + number)).collect();
        storage.append(mailbox, messages).await?;
    }
    println!("{many} rows in batches of 1,000: {:.1} s", started.elapsed().as_secs_f64());
    for column in [SortColumn::None, SortColumn::Sent, SortColumn::Subject] {
        for _ in 0..2 {
            let started = Instant::now();
            let (mut seen, mut bytes) = (0, 0);
            let each = |summary: storage::Summary<'_>| {
                seen += 1;
                bytes += if let SortKey::Text(text) = summary.key { text.len() } else { 0 };
            };
            storage.summaries(mailbox, column, each).await?;
            println!("{seen} summaries with {column:?}: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
        }
    }
    let page: Vec<Uid> = (0..50).map(|row| Uid(1 + row * (many / 50))).collect();
    for _ in 0..3 {
        let started = Instant::now();
        let rows = storage.messages(mailbox, &page).await?.len();
        let after_rows = started.elapsed();
        let headers = storage.headers(mailbox, &page).await?.len();
        println!("{rows} rows: {after_rows:.1?}; {headers} headers: {:.1?}", started.elapsed() - after_rows);
    }
    let uids: Vec<Uid> = (1..=many / 10).map(Uid).collect();
    let target = mailbox;
    let started = Instant::now();
    storage.copy(mailbox, &uids, target, storage::FlagEdit::default()).await?;
    println!("{} copied: {:.2?}", uids.len(), started.elapsed());
    let started = Instant::now();
    let seen = storage::FlagEdit { add: Flags::SEEN, remove: Flags::NONE };
    storage.set_flags(mailbox, &uids, seen).await?;
    println!("{} marked: {:.2?}", uids.len(), started.elapsed());
    let started = Instant::now();
    storage.remove(mailbox, &uids).await?;
    println!("{} removed: {:.2?}", uids.len(), started.elapsed());
    Ok(())
}

fn message(blob: storage::Blob, number: u32) -> NewMessage {
    NewMessage {
        blob,
        internal_date: 1_700_000_000_000 + i64::from(number) * 1_000,
        flags: Flags::NONE,
        original_uid: None,
        fields: Fields {
            sent: Some(1_700_000_000_000 + i64::from(number.wrapping_mul(2_654_435_761) >> 4)),
            subject: format!("Message number {number} about something of middling length"),
            from_name: format!("Person {}", number % 997),
            from_address: format!("person{}@example.org", number % 997),
            to: "Somebody Else <somebody@example.org>, Another <another@example.org>".into(),
            cc: String::new(),
            message_id: format!("{number}.1700000000@mail.example.org"),
            attachment: number.is_multiple_of(7),
        },
        header: vec![b'h'; HEADER],
    }
}
