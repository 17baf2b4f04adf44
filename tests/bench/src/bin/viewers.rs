//! Many sessions view one mailbox into which messages come, and each asks once a second what has changed.
//!
//!     viewers URL COUNT SECONDS RATE
//!
//! COUNT sessions of the account `u0`, password `secret`, have INBOX open, sorted by date; a session more copies a message of
//! the mailbox `Source` into it, RATE times a second. Told are the times from a `folderSync` to its response.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use bench::latency::Latencies;
use bench::orchestrator::{tell, tell_and_wait};
use bench::ximss::{Credential, Session};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

const ACCOUNT: &str = "u0@localhost";
const PASSWORD: &str = "secret";
/// Clients that log in at the same time.
const AT_ONCE: usize = 40;
const EVERY: Duration = Duration::from_secs(1);

// One thread: on two processors the server has the other.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, count, seconds, rate] = arguments.as_slice() else { bail!("see the first lines of viewers.rs") };
    let (count, seconds, rate): (u32, u64, u32) = (count.parse()?, seconds.parse()?, rate.parse()?);
    let mut feeder = Session::log_in(url, &Credential::Password(ACCOUNT, PASSWORD)).await?;
    let viewers = log_in(url, &feeder.ticket, count).await?;
    tell_and_wait("viewing", json!({ "viewers": viewers.len() })).await;
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut viewing = JoinSet::new();
    for (number, session) in (0..).zip(viewers) {
        // Their seconds do not begin at once.
        viewing.spawn(view(session, until, EVERY * number / count));
    }
    let fed = feed(&mut feeder, until, rate).await?;
    let mut latencies = Latencies::default();
    for viewed in viewing.join_all().await {
        latencies.append(viewed?);
    }
    let figures = json!({
        "arrived": fed,
        "seconds": seconds,
        "syncs": latencies.count(),
        "p50_ms": latencies.quantile(0.5),
        "p99_ms": latencies.quantile(0.99),
    });
    tell("viewed", figures);
    Ok(())
}

async fn log_in(url: &str, ticket: &str, count: u32) -> anyhow::Result<Vec<Session>> {
    let (gate, mut logins) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for _ in 0..count {
        let (gate, url, ticket) = (Arc::clone(&gate), url.to_owned(), ticket.to_owned());
        logins.spawn(async move {
            let _turn = gate.acquire_owned().await;
            let mut session = Session::log_in(&url, &Credential::Ticket(&ticket)).await?;
            let fields: String =
                ["FLAGS", "From", "Subject", "Date"].map(|field| format!("<field>{field}</field>")).concat();
            let open = format!(
                " folder=\"f\" mailbox=\"INBOX\" sortField=\"Date\" sortOrder=\"desc\">{fields}</folderOpen>"
            );
            session.send("open", "folderOpen", &open).await?;
            session.response("open").await?;
            anyhow::Ok(session)
        });
    }
    logins.join_all().await.into_iter().collect()
}

/// Asks once a second what has changed.
async fn view(mut session: Session, until: Instant, from: Duration) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    let mut ticks = tokio::time::interval_at((Instant::now() + from).into(), EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for id in 0.. {
        ticks.tick().await;
        let began = Instant::now();
        if began >= until {
            break;
        }
        let id = id.to_string();
        session.send(&id, "folderSync", " folder=\"f\"/>").await?;
        session.response(&id).await?;
        latencies.add(began.elapsed());
    }
    Ok(latencies)
}

/// Has messages come; how many came.
async fn feed(session: &mut Session, until: Instant, rate: u32) -> anyhow::Result<u32> {
    session.send("source", "folderOpen", " folder=\"s\" mailbox=\"Source\"><field>UID</field></folderOpen>").await?;
    session.response("source").await?;
    let mut ticks = tokio::time::interval(EVERY / rate);
    let mut count = 0;
    while Instant::now() < until {
        ticks.tick().await;
        let id = format!("c{count}");
        let copy = " folder=\"s\" targetMailbox=\"INBOX\"><index>0</index></messageCopy>";
        session.send(&id, "messageCopy", copy).await?;
        session.response(&id).await?;
        count += 1;
    }
    Ok(count)
}
