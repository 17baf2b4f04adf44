//! Who carries what is in the queue, and what happens when it fails?
//!
//! One task a lane. It claims what is due, carries some messages at the same time, and settles each: who has it, who
//! will never have it and is reported to the sender, and who is tried again, after a time that doubles.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use storage::{Claimed, Lane, NewQueued, Outcome, Recipient};
use tokio::time::Instant;
use tracing::{info, warn};

use super::report::{FailedRecipient, Report};
use super::{Destination, EnvelopeAddress, Reply, Verdict, host_name, local, resolve};
use crate::clock;
use crate::config;
use crate::hub::Hub;
use crate::mail::header_block;
use crate::net::Relay;

/// Messages of a lane that are carried at the same time.
const AT_ONCE: usize = 16;
/// How long carrying one may take, and how long it is then believed to be carried.
const PATIENCE: Duration = Duration::from_secs(600);
const LEASE: Duration = Duration::from_secs(900);
/// How long to wait when storage fails.
const PAUSE: Duration = Duration::from_secs(1);
/// How long what is under way may still take when the server stops.
const LAST: Duration = Duration::from_secs(2);
/// How long nobody looks at a queue that nobody has rung for.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

/// Carries the mail of a lane until the server stops.
pub(crate) async fn run(hub: Arc<Hub>, lane: Lane, relay: Option<Relay>) {
    let mut under_way = FuturesUnordered::new();
    loop {
        let room = AT_ONCE - under_way.len();
        let wait = match beside(&mut under_way, take(&hub, lane, room)).await {
            Ok((claimed, wait)) => {
                under_way
                    .extend(claimed.into_iter().map(|message| work(&hub, lane, relay.as_ref(), message)));
                wait
            }
            Err(error) => {
                warn!(%error, "the queue of mail cannot be read just now");
                PAUSE
            }
        };
        let has_room = under_way.len() < AT_ONCE;
        tokio::select! {
            () = hub.shutdown.cancelled() => break,
            Some(()) = under_way.next() => {}
            () = hub.queue.bell(lane).notified(), if has_room => {}
            () = tokio::time::sleep(wait), if has_room => {}
        }
    }
    // What is not done then is done after the next start.
    _ = tokio::time::timeout(LAST, under_way.collect::<()>()).await;
}

/// Waits for a work while what is under way goes on: that may hold what the work waits for, such as all connections to the
/// database.
async fn beside<T>(
    under_way: &mut FuturesUnordered<impl Future<Output = ()>>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            Some(()) = under_way.next() => {}
        }
    }
}

/// Claims what is due, `room` messages at most, and says how long nothing else will be.
async fn take(hub: &Hub, lane: Lane, room: usize) -> storage::Result<(Vec<Claimed>, Duration)> {
    let now = clock::milliseconds();
    let due = hub.storage.next_due(lane).await?;
    let is_due = due.is_some_and(|due| due <= now);
    let claimed = if is_due && room > 0 {
        let most = i64::try_from(room).unwrap_or(i64::MAX);
        hub.storage.claim(lane, now, now.saturating_add(milliseconds(LEASE)), most).await?
    } else {
        Vec::new()
    };
    let wait = match due {
        // There may be more of the same time.
        Some(_) if is_due => Duration::ZERO,
        Some(due) => Duration::from_millis(due.saturating_sub(now).unsigned_abs()).min(LONGEST_SLEEP),
        None => LONGEST_SLEEP,
    };
    Ok((claimed, wait))
}

async fn work(hub: &Arc<Hub>, lane: Lane, relay: Option<&Relay>, claimed: Claimed) {
    let lease = Instant::now() + LEASE;
    let carried = async {
        match (lane, relay) {
            (Lane::Local, _) => local::carry(hub, &claimed).await,
            (Lane::Relay, Some(relay)) => relay.carry(hub, &claimed).await,
            // It was there when the message was accepted.
            (Lane::Relay, None) => {
                let reply = Reply::new(451, "4.3.5", "no relay for mail to other servers is configured");
                vec![Verdict::NotYet(reply); claimed.recipients.len()]
            }
        }
    };
    let verdicts = tokio::time::timeout(PATIENCE, carried).await.unwrap_or_else(|_| {
        let reply = Reply::new(451, "4.4.2", "the delivery took too long");
        vec![Verdict::NotYet(reply); claimed.recipients.len()]
    });
    let (outcomes, failed) = judge(hub, &claimed, verdicts);
    loop {
        let settled = settle(hub, &claimed, outcomes.clone(), &failed).await;
        let Err(error) = settled else { return };
        warn!(queued = %claimed.id, %error, "what became of a message cannot be stored just now");
        let paused = hub.shutdown.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
        // After the lease it is claimed again: it is no longer ours.
        if paused.is_none() || Instant::now() >= lease {
            return;
        }
    }
}

/// What follows from the verdicts: what is stored, and who is told of in a report.
fn judge(
    hub: &Hub,
    claimed: &Claimed,
    verdicts: Vec<Verdict>,
) -> (Vec<(i64, Outcome)>, Vec<FailedRecipient>) {
    let (limits, now) = (&hub.config.mail, clock::milliseconds());
    let expired = now.saturating_sub(claimed.accepted) >= milliseconds(limits.give_up.0);
    let mut failed = Vec::new();
    let mut outcome = |recipient: &Recipient, verdict| match verdict {
        Verdict::Delivered => {
            hub.metrics.mail("delivered");
            Outcome::Delivered
        }
        Verdict::NotYet(reply) if !expired => {
            hub.metrics.mail("deferred");
            let next = now.saturating_add(milliseconds(pause(limits, recipient.tries)));
            let answer = reply.to_string();
            info!(queued = %claimed.id, recipient = %recipient.address, answer, "a delivery is tried again later");
            Outcome::Later { next, answer }
        }
        Verdict::NotYet(reply) | Verdict::Refused(reply) => {
            hub.metrics.mail("bounced");
            info!(queued = %claimed.id, recipient = %recipient.address, answer = %reply, "a delivery fails for good");
            failed.push(FailedRecipient { address: recipient.address.clone(), reply, expired });
            Outcome::Failed
        }
    };
    let outcomes = claimed.recipients.iter().zip(verdicts);
    let outcomes = outcomes.map(|(recipient, verdict)| (recipient.position, outcome(recipient, verdict)));
    (outcomes.collect(), failed)
}

/// How long to wait after so many failures before the one that has just happened.
fn pause(limits: &config::Mail, tries: i64) -> Duration {
    let doublings = u32::try_from(tries.clamp(0, 30)).unwrap_or_default();
    limits.retry_first.0.saturating_mul(1 << doublings).min(limits.retry_longest.0)
}

fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

async fn settle(
    hub: &Hub,
    claimed: &Claimed,
    outcomes: Vec<(i64, Outcome)>,
    failed: &[FailedRecipient],
) -> storage::Result<()> {
    let report = if failed.is_empty() { None } else { report(hub, claimed, failed).await? };
    let lane = report.as_ref().map(|report| report.lane);
    hub.storage.settle(claimed.id, outcomes, report).await?;
    if let Some(lane) = lane {
        hub.queue.wake(lane);
    }
    Ok(())
}

/// The report to the sender; none where nobody wants or can have one. A report is never answered with another.
async fn report(
    hub: &Hub,
    claimed: &Claimed,
    failed: &[FailedRecipient],
) -> storage::Result<Option<NewQueued>> {
    let Some(sender) = EnvelopeAddress::parse(&claimed.sender) else {
        warn!(queued = %claimed.id, "a message that wants no report cannot be delivered and is dropped");
        return Ok(None);
    };
    let lane = match resolve(&hub.storage, &sender).await? {
        Destination::Account(_) => Lane::Local,
        Destination::Outside if !hub.config.mail.relay.host.is_empty() => Lane::Relay,
        Destination::Outside | Destination::Unknown => {
            warn!(queued = %claimed.id, %sender, "a sender cannot be told that a delivery fails");
            return Ok(None);
        }
    };
    let header = match hub.message(claimed.blob).await {
        Ok((raw, _taken)) => header_block(&raw).to_vec(),
        Err(error) if error.is_temporary() => return Err(error),
        // What cannot be read now may never be, and the sender shall be told all the same.
        Err(error) => {
            warn!(queued = %claimed.id, %error, "a report is written without the header of its message");
            Vec::new()
        }
    };
    let host = host_name(hub).await?;
    let report = Report {
        host: &host,
        sender: &sender.to_string(),
        accepted: claimed.accepted,
        now: clock::milliseconds(),
        failed,
        header: &header,
    };
    let blob = hub.storage.blobs().put_bytes(report.message()).await?;
    Ok(Some(NewQueued { lane, sender: String::new(), recipients: vec![sender.to_string()], blob }))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::sync::Semaphore;

    use super::*;

    /// One holds the only connection and needs another turn to be done with it, and another waits in the line.
    #[test]
    fn what_is_under_way_goes_on_while_something_else_is_waited_for() {
        let connections = Semaphore::new(1);
        let mut under_way: FuturesUnordered<_> = (0..2)
            .map(async |_| {
                let _held = connections.acquire().await;
                tokio::task::yield_now().await;
            })
            .collect();
        assert!(under_way.next().now_or_never().is_none(), "they have begun");
        let mut work = Box::pin(beside(&mut under_way, connections.acquire()));
        let done = (0..10).find_map(|_| work.as_mut().now_or_never());
        assert!(done.is_some_and(|held| held.is_ok()));
    }

    #[test]
    fn the_pause_doubles_up_to_the_longest() {
        let limits = config::Mail::default();
        let minutes = |tries| pause(&limits, tries).as_secs() / 60;
        assert_eq!([0, 1, 2, 5, 6, 1_000].map(minutes), [1, 2, 4, 32, 60, 60]);
    }
}
