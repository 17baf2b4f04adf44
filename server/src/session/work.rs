//! Which request is being worked on, which wait, and where do their answers go?
//!
//! Requests are answered in order. One that needs storage is a future, held here and polled by the session's
//! loop; it has no access to the session until it is done. What it leads to is a [`Step`].

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use protocol::Request;
use tokio::sync::oneshot;

use super::input::Carry;
use crate::failure::Failure;
use crate::session::Session;

/// What a handler has got to.
pub(crate) enum Step {
    /// The request has succeeded; its response can be sent.
    Done,
    /// Something has to be waited for.
    Wait(Pin<Box<dyn Future<Output = Then> + Send>>),
}

/// How a request goes on after a wait.
pub(crate) type Then = Box<dyn FnOnce(&mut Session, &Reply) -> Result<Step, Failure> + Send>;

impl Step {
    /// Waits for `future`, then goes on with `then`. While it waits, other things happen to the session.
    pub(crate) fn after<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(&mut Session, &Reply, T) -> Result<Self, Failure> + Send + 'static,
    ) -> Self {
        Self::Wait(Box::pin(async move {
            let outcome = future.await;
            let then: Then = Box::new(move |session, reply| then(session, reply, outcome));
            then
        }))
    }
}

/// Where the data messages and the response of a request go.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The request's `id`.
    pub(crate) id: Option<String>,
    /// When the request came, if the response shall tell the processing time.
    pub(crate) timed: Option<Instant>,
    pub(super) place: Place,
}

/// Where an answer is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// With all messages to the client.
    Outbox,
    /// In the reply to an HTTP POST, as its n-th request.
    Batch { number: u64, slot: usize },
}

/// A request that waits for its turn.
pub(super) struct Waiting {
    pub(super) reply: Reply,
    pub(super) request: Request,
}

/// A request that waits for storage.
pub(super) struct Running {
    pub(super) reply: Reply,
    pub(super) name: &'static str,
    pub(super) since: Instant,
    pub(super) future: Pin<Box<dyn Future<Output = Then> + Send>>,
}

/// The requests of a session.
#[derive(Default)]
pub(super) struct Work {
    pub(super) running: Option<Running>,
    pub(super) waiting: VecDeque<Waiting>,
    /// HTTP POSTs that are not answered yet. Empty for all who do not use HTTP.
    open: Vec<OpenBatch>,
    posts: Posts,
}

/// An HTTP POST that is not answered yet.
struct OpenBatch {
    number: u64,
    sequence: Option<u64>,
    carry: Carry,
    /// What each request has led to so far.
    slots: Vec<String>,
    unanswered: usize,
    waiting: Vec<oneshot::Sender<Bytes>>,
}

/// What is known of the POSTs of a session.
#[derive(Default)]
struct Posts {
    /// How many there were.
    count: u64,
    /// The last `reqSeq`.
    last: Option<u64>,
    /// The reply to it, for a client that did not get it.
    reply: Option<Bytes>,
}

/// Where an HTTP POST stands in the sequence.
pub(super) enum Turn {
    /// It is the next one, or not numbered.
    New,
    /// It repeats the last one, whose reply is this.
    Repeated(Bytes),
    /// It repeats the last one, which is still being worked on.
    Unfinished,
    /// It is neither.
    OutOfSequence,
}

impl Work {
    /// Whether a request has to wait for another.
    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some() || !self.waiting.is_empty()
    }

    /// Judges a POST by its `reqSeq`. The first value is free; then each is one more than the last.
    pub(super) fn turn(&self, sequence: Option<u64>) -> Turn {
        match (sequence, self.posts.last) {
            (None, _) | (Some(_), None) => Turn::New,
            (Some(asked), Some(last)) if asked == last => match &self.posts.reply {
                Some(reply) => Turn::Repeated(reply.clone()),
                None => Turn::Unfinished,
            },
            (Some(asked), Some(last)) if asked == last.wrapping_add(1) => Turn::New,
            (Some(_), Some(_)) => Turn::OutOfSequence,
        }
    }

    /// Opens a POST of so many requests; returns its number.
    pub(super) fn open(&mut self, sequence: Option<u64>, carry: Carry, requests: usize) -> u64 {
        self.posts.count += 1;
        if sequence.is_some() {
            self.posts.last = sequence;
            self.posts.reply = None;
        }
        let number = self.posts.count;
        let (slots, unanswered) =
            if carry == Carry::Nothing { (Vec::new(), 0) } else { (vec![String::new(); requests], requests) };
        self.open.push(OpenBatch { number, sequence, carry, slots, unanswered, waiting: Vec::new() });
        number
    }

    /// Someone waits for the reply to the POST with this `reqSeq`, or to the one opened last.
    pub(super) fn wait_for(&mut self, number: Option<u64>, reply: oneshot::Sender<Bytes>) {
        let sequence = self.posts.last;
        let batch = self.open.iter_mut().find(|batch| match number {
            Some(number) => batch.number == number,
            None => batch.sequence == sequence,
        });
        if let Some(batch) = batch {
            batch.waiting.push(reply);
        }
    }

    /// Adds a message to what a request has led to.
    pub(super) fn collect(&mut self, number: u64, slot: usize, message: &str) {
        let batch = self.open.iter_mut().find(|batch| batch.number == number);
        if let Some(text) = batch.and_then(|batch| batch.slots.get_mut(slot)) {
            text.push_str(message);
        }
    }

    /// A request of a POST has got its response.
    pub(super) fn answered(&mut self, number: u64) {
        if let Some(batch) = self.open.iter_mut().find(|batch| batch.number == number) {
            batch.unanswered = batch.unanswered.saturating_sub(1);
        }
    }

    /// A POST whose requests are all answered, and whether its reply carries what else is waiting.
    pub(super) fn finished(&self) -> Option<(u64, Carry)> {
        self.open.iter().find(|batch| batch.unanswered == 0).map(|batch| (batch.number, batch.carry))
    }

    /// Sends the reply to a POST and keeps it for a repetition. `more` is what else was waiting.
    pub(super) fn reply(&mut self, number: u64, more: &[Bytes]) {
        let Some(at) = self.open.iter().position(|batch| batch.number == number) else { return };
        let batch = self.open.remove(at);
        let mut envelope = b"<XIMSS>".to_vec();
        for text in &batch.slots {
            envelope.extend_from_slice(text.as_bytes());
        }
        for message in more {
            envelope.extend_from_slice(message);
        }
        envelope.extend_from_slice(b"</XIMSS>");
        let envelope = Bytes::from(envelope);
        if batch.sequence.is_some() && batch.sequence == self.posts.last {
            self.posts.reply = Some(envelope.clone());
        }
        for waiting in batch.waiting {
            // Who no longer waits will ask again with the same number.
            _ = waiting.send(envelope.clone());
        }
    }
}
