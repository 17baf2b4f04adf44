//! Who writes to SQLite, and when is it committed?
//!
//! One task owns the one writing connection. It takes what is queued, runs each job under a savepoint, commits
//! once, and only then answers: a sync of the disk is shared by all who wait for it (group commit). A job that
//! fails is rolled back alone, and answered with the others: what it failed by may be what one of them did. This task is the only one that this crate spawns.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::error::{Error, Result};
use crate::event::{Event, News};
use crate::pool::Run;
use crate::quota::Quota;
use crate::statement::{Connection, Sql};

/// How many jobs may wait; beyond it callers wait for room, and after [`PATIENCE`] are told that it is busy.
const QUEUE: usize = 1_024;
const PATIENCE: Duration = Duration::from_secs(10);

/// A batch takes no more jobs once it has this many or has lasted this long: who came first shall not wait for
/// whoever comes while it runs.
const BATCH: usize = 256;
const WINDOW: Duration = Duration::from_millis(20);

// Each journey to the connection's thread costs as much as a small statement: hence two in one.
const BEGIN: Sql = Sql::same("BEGIN IMMEDIATE; SAVEPOINT job");
const KEEP: Sql = Sql::same("RELEASE job; SAVEPOINT job");
const UNDO: Sql = Sql::same("ROLLBACK TO job");
/// Keeps the savepoint's work too.
const COMMIT: Sql = Sql::same("COMMIT");
const ROLLBACK: Sql = Sql::same("ROLLBACK");

/// The sending end of the writer's queue.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Queued>>,
    counts: Arc<Counts>,
    stop: Arc<Notify>,
    stopped: watch::Receiver<bool>,
}

/// What the writer has done so far.
#[derive(Debug, Default)]
struct Counts {
    jobs: AtomicU64,
    commits: AtomicU64,
}

impl Writer {
    /// Spawns the task that owns `connection`; it ends when this is closed or dropped and the queue is empty.
    pub(crate) fn new(connection: SqliteConnection, quota: Quota, news: News) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let counts = Arc::new(Counts::default());
        let (stop, (ended, stopped)) = (Arc::new(Notify::new()), watch::channel(false));
        let owner = Owner { connection, quota, news, jobs, counts: Arc::clone(&counts) };
        let told = Arc::clone(&stop);
        tokio::spawn(async move {
            owner.run(&told).await;
            ended.send_replace(true);
        });
        Self { queue, counts, stop, stopped }
    }

    /// Queues `run` and waits until its transaction is committed. A caller that stops waiting does not stop it.
    pub(crate) async fn write<A, T>(&self, args: A, run: Run<A, T>) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Job { args, run, answer, outcome: None });
        self.queue.send_timeout(job, PATIENCE).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => Error::busy("the queue of writes is full"),
            SendTimeoutError::Closed(_) => Error::busy("the storage is closed"),
        })?;
        answered.await.map_err(|_| Error::busy("the storage is closing"))?
    }

    /// Jobs done and commits made since the start, and jobs waiting now.
    pub(crate) fn counts(&self) -> (u64, u64, usize) {
        let waiting = self.queue.max_capacity() - self.queue.capacity();
        (self.counts.jobs.load(Ordering::Relaxed), self.counts.commits.load(Ordering::Relaxed), waiting)
    }

    /// Waits until everything queued is committed and the connection is closed.
    pub(crate) async fn close(&self) {
        self.stop.notify_one();
        // Fails only where the runtime itself is ending.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }
}

/// A job in the queue, whatever its types.
trait Queued: Send {
    /// Runs the job and keeps its outcome. The error is a copy of what the outcome says.
    fn run<'j>(&'j mut self, connection: &'j mut Connection<'_>) -> BoxFuture<'j, Result<()>>;
    /// Tells the caller the outcome, unless the commit failed.
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct Job<A, T> {
    args: A,
    run: Run<A, T>,
    answer: oneshot::Sender<Result<T>>,
    outcome: Option<Result<T>>,
}

impl<A: Send + Sync, T: Send> Queued for Job<A, T> {
    fn run<'j>(&'j mut self, connection: &'j mut Connection<'_>) -> BoxFuture<'j, Result<()>> {
        Box::pin(async move {
            // A panic would be a defect of one operation; it shall not end all writing.
            let run = AssertUnwindSafe((self.run)(connection, &self.args)).catch_unwind();
            let outcome = run.await.unwrap_or_else(|_| Err(Error::damaged("an operation panicked")));
            let told = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
            self.outcome = Some(outcome);
            told
        })
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Error::busy("the operation was not begun")),
            (Err(error), _) => Err(error),
        };
        // The caller may have stopped waiting.
        let _ = self.answer.send(outcome);
    }
}

/// The receiving end: owns the connection that writes.
struct Owner {
    connection: SqliteConnection,
    quota: Quota,
    news: News,
    jobs: mpsc::Receiver<Box<dyn Queued>>,
    counts: Arc<Counts>,
}

impl Owner {
    async fn run(mut self, stop: &Notify) {
        loop {
            let first = tokio::select! {
                biased;
                () = stop.notified() => {
                    // What is in the queue is done all the same.
                    self.jobs.close();
                    continue;
                }
                first = self.jobs.recv() => first,
            };
            let Some(first) = first else { break };
            self.batch(first).await;
        }
        // What is committed is safe; closing only tidies the files.
        let _ = sqlx::Connection::close(self.connection).await;
    }

    /// Runs `first` and what is queued behind it in one transaction, then answers.
    async fn batch(&mut self, first: Box<dyn Queued>) {
        if let Err(error) = self.begin().await {
            return first.answer(Err(error));
        }
        let started = Instant::now();
        let (mut kept, mut events) = (Vec::new(), Vec::new());
        let mut outcome = self.run_job(first, &mut kept, &mut events).await;
        while outcome.is_ok() && kept.len() < BATCH && started.elapsed() < WINDOW {
            let Ok(next) = self.jobs.try_recv() else { break };
            outcome = match self.execute(KEEP).await {
                Ok(()) => self.run_job(next, &mut kept, &mut events).await,
                Err(error) => {
                    kept.push(next);
                    Err(error)
                }
            };
        }
        if outcome.is_ok() {
            outcome = self.execute(COMMIT).await;
            self.counts.commits.fetch_add(1, Ordering::Relaxed);
        }
        if outcome.is_err() {
            // Fails when SQLite has rolled back by itself, as it does on a full disk: what is wanted.
            let _ = self.execute(ROLLBACK).await;
        } else {
            self.news.tell(events);
        }
        for job in kept {
            job.answer(outcome.clone());
        }
    }

    async fn begin(&mut self) -> Result<()> {
        match self.execute(BEGIN).await {
            // A transaction that could not be rolled back when its disk failed would stand in the way for ever.
            Err(Error::Database { .. }) => {
                let _ = self.execute(ROLLBACK).await;
                self.execute(BEGIN).await
            }
            begun => begun,
        }
    }

    /// Runs one job above the savepoint, undoes it if it fails, and puts it into `kept`, to be answered after the commit.
    /// An error means that the whole transaction is lost.
    async fn run_job(
        &mut self,
        mut job: Box<dyn Queued>,
        kept: &mut Vec<Box<dyn Queued>>,
        events: &mut Vec<Event>,
    ) -> Result<()> {
        self.counts.jobs.fetch_add(1, Ordering::Relaxed);
        let mut connection = Connection::sqlite(&mut self.connection).with_quota(self.quota);
        let done = job.run(&mut connection).await;
        let told = connection.into_events();
        kept.push(job);
        match done {
            Err(error) if self.execute(UNDO).await.is_err() => return Err(error),
            Err(_) => {}
            Ok(()) => events.extend(told),
        }
        Ok(())
    }

    async fn execute(&mut self, sql: Sql) -> Result<()> {
        Connection::sqlite(&mut self.connection).execute(sql, &[]).await.map(drop)
    }
}
