//! How do others reach a session?

use std::sync::{Arc, OnceLock};

use protocol::Element;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::input::{Attach, End, Input, Link, LinkId};
use super::{Batch, Poll, Posted, SessionId};
use crate::account::Account;

/// What may be asked of a session and not be answered yet: so many units of weight. A connection that sends more is not
/// read until there is room again.
pub(super) const ROOM: u32 = 128;
/// Bytes of a request that weigh as much as another request.
const UNIT: usize = 64 * 1024;

/// What a request costs while it waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weight(u32);

impl Weight {
    /// The weight of a request of so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Self(u32::try_from(bytes / UNIT + 1).unwrap_or(ROOM).min(ROOM))
    }

    pub(super) const fn units(self) -> u32 {
        self.0
    }
}

/// Reaches a session from anywhere. Cloning copies a pointer.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Shared>);

struct Shared {
    id: SessionId,
    account: Arc<Account>,
    inputs: mpsc::Sender<Input>,
    requests: Semaphore,
    end: OnceLock<End>,
}

/// The session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session has ended")]
pub(crate) struct Ended;

impl Handle {
    /// A handle of a session that will take its inputs from the other end of this queue.
    pub(crate) fn new(id: SessionId, account: Arc<Account>, inputs: mpsc::Sender<Input>) -> Self {
        Self(Arc::new(Shared {
            id,
            account,
            inputs,
            requests: Semaphore::new(ROOM as usize),
            end: OnceLock::new(),
        }))
    }

    /// Its id.
    pub(crate) fn id(&self) -> &SessionId {
        &self.0.id
    }

    /// Whose it is.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.0.account
    }

    /// Its queue, for those who tell it of events and never wait.
    pub(crate) fn inputs(&self) -> &mpsc::Sender<Input> {
        &self.0.inputs
    }

    /// Whether it is the same session.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Hands a request of a connection to the session; waits while too many are not answered yet.
    pub(crate) async fn request(&self, link: LinkId, element: Element, weight: Weight) -> Result<(), Ended> {
        // Nobody closes the semaphore. The permits are given up only when the request is on its way for sure.
        let permits = self.0.requests.acquire_many(weight.units()).await;
        let place = self.0.inputs.reserve().await.map_err(|_| Ended)?;
        if let Ok(permits) = permits {
            permits.forget();
        }
        place.send(Input::Request(link, Box::new(element), weight));
        Ok(())
    }

    /// A request of a connection was answered, or will not be.
    pub(super) fn answered(&self, weight: Weight) {
        self.0.requests.add_permits(weight.units() as usize);
    }

    /// Hands an input to the session; waits if its queue is full.
    pub(crate) async fn send(&self, input: Input) -> Result<(), Ended> {
        self.0.inputs.send(input).await.map_err(|_| Ended)
    }

    /// Ends the session, before anything that still waits in its queue.
    pub(crate) fn end(&self, end: End) -> Result<(), Ended> {
        // The first reason counts.
        _ = self.0.end.set(end);
        match self.0.inputs.try_send(Input::End) {
            // A full queue wakes it just as well.
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(Ended),
        }
    }

    /// Why the session is to end, if it is.
    pub(super) fn ending(&self) -> Option<End> {
        self.0.end.get().copied()
    }

    /// Makes a connection the one that carries the session, of whose messages the client has those up to a number, or
    /// those that it has acknowledged. Returns how many requests it has accepted.
    pub(crate) async fn attach(
        &self,
        link: Link,
        acknowledged: Option<u64>,
    ) -> Result<Result<u64, String>, Ended> {
        self.ask(|reply| Input::Attach(Box::new(Attach { link, acknowledged, reply }))).await
    }

    /// Runs the requests of an HTTP POST; returns the reply.
    pub(crate) async fn batch(
        &self,
        batch: impl FnOnce(oneshot::Sender<Posted>) -> Batch,
    ) -> Result<Posted, Ended> {
        self.ask(|reply| Input::Batch(Box::new(batch(reply)))).await
    }

    /// Waits for something to be told; returns the reply to the poll.
    pub(crate) async fn poll(
        &self,
        poll: impl FnOnce(oneshot::Sender<bytes::Bytes>) -> Poll,
    ) -> Result<bytes::Bytes, Ended> {
        self.ask(|reply| Input::Poll(Box::new(poll(reply)))).await
    }

    /// Sends an input that is answered.
    pub(crate) async fn ask<T>(&self, input: impl FnOnce(oneshot::Sender<T>) -> Input) -> Result<T, Ended> {
        let (reply, answer) = oneshot::channel();
        self.send(input(reply)).await?;
        answer.await.map_err(|_| Ended)
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0.id)
    }
}
