//! Logs many clients in, and lets them be idle or ask and be answered.
//!
//!     sessions ximss|xmpp URL COUNT idle
//!     sessions ximss|xmpp URL COUNT WORK SECONDS
//!
//! Work that a client waits for before it asks again: for XIMSS `noop` and `prefsRead`, for XMPP `ping`, `stored`, and
//! `message`, which goes from one client through the server to its neighbour and back. The clients are users `u0`, `u1`
//! … with the password `secret`; over XIMSS there are ACCOUNTS of them, each with several sessions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use bench::latency::Latencies;
use bench::orchestrator::{tell, tell_and_wait};
use bench::websocket::Socket;
use bench::ximss::{Credential, Session};
use bench::xmpp;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const PASSWORD: &str = "secret";
/// Accounts of the gateway.
const ACCOUNTS: usize = 50;
/// Clients that log in at the same time.
const AT_ONCE: usize = 40;

/// How often a client tries to log in.
const TRIES: usize = 3;

/// A client of either protocol.
enum Client {
    Ximss(Box<Session>),
    Xmpp { number: usize, socket: Socket },
}

/// What a client does over and over.
#[derive(Clone, Copy)]
enum Work {
    Noop,
    PrefsRead,
    Ping,
    Stored,
    Message,
}

// One thread, as each peer has one for all of this: on two processors the server has the other.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [protocol, url, count, rest @ ..] = arguments.as_slice() else {
        bail!("see the first lines of sessions.rs")
    };
    let count = count.parse()?;
    let clients = match *protocol {
        "ximss" => log_in_ximss(url, count).await?,
        "xmpp" => {
            let url = (*url).to_owned();
            log_in_all("logins", 0..count, move |number| log_in_xmpp(url.clone(), number)).await?
        }
        _ => bail!("{protocol} is no protocol"),
    };
    match rest {
        ["idle"] => idle(clients).await,
        [work, seconds] => ask(clients, Work::parse(work)?, Duration::from_secs(seconds.parse()?)).await,
        _ => bail!("what shall the clients do?"),
    }
}

// ---- login

async fn log_in_ximss(url: &str, count: usize) -> anyhow::Result<Vec<Client>> {
    let by_password = count.min(ACCOUNTS);
    let place = url.to_owned();
    let log_in = move |number| {
        let (url, account) = (place.clone(), format!("u{number}@localhost"));
        async move { Session::log_in(&url, &Credential::Password(&account, PASSWORD)).await }
    };
    let mut sessions = log_in_all("passwords", 0..by_password, log_in).await?;
    let tickets: Vec<String> = sessions.iter().map(|session| session.ticket.clone()).collect();
    let place = url.to_owned();
    let log_in = move |number: usize| {
        let (url, ticket) = (place.clone(), tickets[number % by_password].clone());
        async move { Session::log_in(&url, &Credential::Ticket(&ticket)).await }
    };
    sessions.extend(log_in_all("logins", by_password..count, log_in).await?);
    Ok(sessions.into_iter().map(|session| Client::Ximss(Box::new(session))).collect())
}

async fn log_in_xmpp(url: String, number: usize) -> anyhow::Result<Client> {
    Ok(Client::Xmpp { number, socket: xmpp::log_in(&url, number, PASSWORD).await? })
}

/// Logs clients in, some at a time; tells how long it took.
async fn log_in_all<C: Send + 'static, F: Future<Output = anyhow::Result<C>> + Send + 'static>(
    phase: &str,
    numbers: std::ops::Range<usize>,
    log_in: impl Fn(usize) -> F + Clone + Send + 'static,
) -> anyhow::Result<Vec<C>> {
    let (began, count, gate) = (Instant::now(), numbers.len(), Arc::new(Semaphore::new(AT_ONCE)));
    let mut logins = JoinSet::new();
    for number in numbers {
        let (gate, log_in) = (Arc::clone(&gate), log_in.clone());
        logins.spawn(async move {
            let _turn = gate.acquire_owned().await;
            let mut tries = 1;
            loop {
                match log_in(number).await {
                    Ok(client) => return Ok(client),
                    // One of thousands that a peer does not answer is no reason to measure nothing.
                    Err(error) if tries < TRIES => eprintln!("client {number} tries again: {error:#}"),
                    Err(error) => return Err(error.context(format!("client {number}"))),
                }
                tries += 1;
            }
        });
    }
    let clients = logins.join_all().await.into_iter().collect::<anyhow::Result<_>>()?;
    tell(phase, json!({ "logins": count, "seconds": began.elapsed().as_secs_f64() }));
    Ok(clients)
}

// ---- being idle

async fn idle(clients: Vec<Client>) -> anyhow::Result<()> {
    let count = clients.len();
    let mut connections = JoinSet::new();
    for client in clients {
        connections.spawn(match client {
            Client::Ximss(session) => session.socket.idle(),
            Client::Xmpp { socket, .. } => socket.idle(),
        });
    }
    tell_and_wait("idle", json!({ "clients": count })).await;
    tell("still idle", json!({ "clients": connections.len(), "lost": lost(&mut connections) }));
    Ok(())
}

/// How many connections have ended by themselves.
fn lost(connections: &mut JoinSet<u64>) -> usize {
    std::iter::from_fn(|| connections.try_join_next()).count()
}

// ---- asking

impl Work {
    fn parse(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "noop" => Self::Noop,
            "prefsRead" => Self::PrefsRead,
            "ping" => Self::Ping,
            "stored" => Self::Stored,
            "message" => Self::Message,
            _ => bail!("{name} is no work"),
        })
    }
}

async fn ask(clients: Vec<Client>, work: Work, time: Duration) -> anyhow::Result<()> {
    tell_and_wait("asking", json!({})).await;
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for client in clients {
        asking.spawn(ask_until(client, work, began + time));
    }
    let mut latencies = Latencies::default();
    for outcome in asking.join_all().await {
        latencies.append(outcome?);
    }
    let seconds = began.elapsed().as_secs_f64();
    let figures = json!({
        "count": latencies.count(),
        "seconds": seconds,
        "p50_ms": latencies.quantile(0.5),
        "p99_ms": latencies.quantile(0.99),
    });
    tell_and_wait("asked", figures).await;
    Ok(())
}

async fn ask_until(client: Client, work: Work, until: Instant) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    match client {
        Client::Ximss(mut session) => {
            for id in 0.. {
                let began = Instant::now();
                if began >= until {
                    break;
                }
                ask_ximss(&mut session, work, &id.to_string()).await?;
                latencies.add(began.elapsed());
            }
        }
        Client::Xmpp { number, socket } if matches!(work, Work::Message) && number % 2 == 1 => {
            echo(socket, number - 1, until).await?;
        }
        Client::Xmpp { number, mut socket } => {
            for id in 0.. {
                let began = Instant::now();
                if began >= until {
                    break;
                }
                ask_xmpp(&mut socket, number, work, id).await?;
                latencies.add(began.elapsed());
            }
        }
    }
    Ok(latencies)
}

async fn ask_ximss(session: &mut Session, work: Work, id: &str) -> anyhow::Result<()> {
    match work {
        Work::Noop => session.send(id, "noop", "/>").await?,
        Work::PrefsRead => session.send(id, "prefsRead", "><name>TimeZone</name></prefsRead>").await?,
        Work::Ping | Work::Stored | Work::Message => bail!("that is work for XMPP"),
    }
    session.response(id).await
}

async fn ask_xmpp(socket: &mut Socket, number: usize, work: Work, id: u64) -> anyhow::Result<()> {
    match work {
        Work::Ping => socket.send(xmpp::ping(id)).await?,
        Work::Stored => socket.send(xmpp::stored(id)).await?,
        Work::Message => {
            let body = id.to_string();
            socket.send(xmpp::message(number + 1, &body)).await?;
            while xmpp::body(&socket.next().await?) != Some(&body) {}
            return Ok(());
        }
        Work::Noop | Work::PrefsRead => bail!("that is work for XIMSS"),
    }
    while !xmpp::answers(&socket.next().await?, id) {}
    Ok(())
}

/// Sends back what the neighbour says.
async fn echo(mut socket: Socket, to: usize, until: Instant) -> anyhow::Result<()> {
    // A little longer, for those who have just asked.
    let until = until + Duration::from_millis(500);
    while let Ok(text) = tokio::time::timeout_at(until.into(), socket.next()).await {
        if let Some(body) = xmpp::body(&text?) {
            socket.send(xmpp::message(to, body)).await?;
        }
    }
    Ok(())
}
