//! How do others reach a session?

use std::sync::Arc;

use protocol::Element;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::input::{Attach, Input, Link, LinkId};
use super::{Batch, Poll, SessionId};
use crate::account::Account;

/// Requests of one session that may be on their way to it. A connection that sends more is not read until there
/// is room again.
const REQUESTS: usize = 64;

/// Reaches a session from anywhere. Cloning copies a pointer.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Shared>);

struct Shared {
    id: SessionId,
    account: Arc<Account>,
    inputs: mpsc::Sender<Input>,
    requests: Semaphore,
}

/// The session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session has ended")]
pub(crate) struct Ended;

impl Handle {
    /// A handle of a session that will take its inputs from the other end of this queue.
    pub(crate) fn new(id: SessionId, account: Arc<Account>, inputs: mpsc::Sender<Input>) -> Self {
        Self(Arc::new(Shared { id, account, inputs, requests: Semaphore::new(REQUESTS) }))
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

    /// Hands a request of a connection to the session; waits while too many are on their way.
    pub(crate) async fn request(&self, link: LinkId, element: Element) -> Result<(), Ended> {
        // Nobody closes the semaphore.
        if let Ok(permit) = self.0.requests.acquire().await {
            permit.forget();
        }
        self.send(Input::Request(link, Box::new(element))).await
    }

    /// The session has taken a request from its queue.
    pub(super) fn request_taken(&self) {
        self.0.requests.add_permits(1);
    }

    /// Hands an input to the session; waits if its queue is full.
    pub(crate) async fn send(&self, input: Input) -> Result<(), Ended> {
        self.0.inputs.send(input).await.map_err(|_| Ended)
    }

    /// Makes a connection the one that carries the session. Returns how many requests it has accepted.
    pub(crate) async fn attach(&self, link: Link, acknowledged: u64) -> Result<Result<u64, String>, Ended> {
        self.ask(|reply| Input::Attach(Box::new(Attach { link, acknowledged, reply }))).await
    }

    /// Runs the requests of an HTTP POST; returns the reply.
    pub(crate) async fn batch(
        &self,
        batch: impl FnOnce(oneshot::Sender<bytes::Bytes>) -> Batch,
    ) -> Result<bytes::Bytes, Ended> {
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
