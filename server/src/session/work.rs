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

use super::handle::{ROOM, Weight};
use super::input::{Carry, Posted};
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
    pub(super) burden: Burden,
    /// Whether it did not wait for its turn, nor for room. Then its answer counts as notices do.
    pub(super) overtook: bool,
}

/// What a request weighs until it is answered, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Burden {
    /// On the connection that it came by, which is not read while there is too much.
    Connection(Weight),
    /// On what HTTP may bring in.
    Post(Weight),
}

/// Where an answer is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// With all messages to the client.
    Outbox,
    /// In the reply to an HTTP POST, as those of its n-th request.
    Batch { number: u64, slot: usize },
}

/// A request that waits for its turn.
pub(super) struct Waiting {
    pub(super) reply: Reply,
    pub(super) request: Request,
}

/// A request that has to wait for something.
pub(super) struct Running {
    pub(super) reply: Reply,
    pub(super) name: &'static str,
    pub(super) since: Instant,
    pub(super) stage: Stage,
}

/// How far a request has got that has to wait.
pub(super) enum Stage {
    /// What it waits for has not begun. It may have to wait for room first.
    New(Pin<Box<dyn Future<Output = Then> + Send>>),
    /// It has begun, and holds what it needs: a connection to the database, perhaps. It goes on in any case.
    Begun(Pin<Box<dyn Future<Output = Then> + Send>>),
    /// It is done, and what comes of it waits for room.
    Done(Then),
}

/// HTTP POSTs that may wait for their replies at a time; and repetitions of one.
const POSTS: usize = 8;
/// The longest reply to an HTTP POST, about, in bytes: it is put together, and kept for a repetition.
const REPLY: usize = 16 * 1024 * 1024;

/// The requests of a session.
#[derive(Default)]
pub(super) struct Work {
    pub(super) running: Option<Running>,
    pub(super) waiting: VecDeque<Waiting>,
    /// What the requests weigh that came by HTTP and are not answered yet.
    held: u32,
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
    slots: Vec<Slot>,
    /// Bytes of all slots.
    bytes: usize,
    unanswered: usize,
    waiting: Vec<oneshot::Sender<Posted>>,
}

/// What a request of a POST has led to.
#[derive(Debug, Clone, Default)]
struct Slot {
    messages: String,
    /// Whether it would have made the reply too long.
    is_too_long: bool,
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

    /// What the running request waited for has come.
    pub(super) fn done(&mut self, then: Then) {
        if let Some(running) = &mut self.running {
            running.stage = Stage::Done(then);
        }
    }

    /// The running request, if what it waited for has come.
    pub(super) fn take_done(&mut self) -> Option<(Running, Then)> {
        match self.running.take() {
            Some(Running { reply, name, since, stage: Stage::Done(then) }) => {
                let stage = Stage::New(Box::pin(std::future::pending()));
                Some((Running { reply, name, since, stage }, then))
            }
            running => {
                self.running = running;
                None
            }
        }
    }

    /// Whether a POST of so many requests can be taken in.
    pub(super) fn has_room_for(&self, requests: usize, each: Weight) -> bool {
        let count = u32::try_from(requests).unwrap_or(u32::MAX);
        let more = each.units().saturating_mul(count);
        self.open.len() < POSTS && (self.held == 0 || self.held.saturating_add(more) <= ROOM)
    }

    /// A request was taken in by HTTP.
    pub(super) fn hold(&mut self, weight: Weight) {
        self.held = self.held.saturating_add(weight.units());
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
        let unanswered = if carry == Carry::Nothing { 0 } else { requests };
        let slots = vec![Slot::default(); unanswered];
        self.open.push(OpenBatch {
            number,
            sequence,
            carry,
            slots,
            bytes: 0,
            unanswered,
            waiting: Vec::new(),
        });
        number
    }

    /// Someone waits for the reply to this POST, or to the one with the last `reqSeq`.
    pub(super) fn wait_for(&mut self, number: Option<u64>, reply: oneshot::Sender<Posted>) {
        let sequence = self.posts.last;
        let batch = self.open.iter_mut().find(|batch| match number {
            Some(number) => batch.number == number,
            None => batch.sequence == sequence,
        });
        match batch {
            Some(batch) if batch.waiting.len() < POSTS => batch.waiting.push(reply),
            // Who no longer waits has closed the connection.
            Some(_) | None => _ = reply.send(Posted::Busy),
        }
    }

    fn batch(&mut self, number: u64) -> Option<&mut OpenBatch> {
        self.open.iter_mut().find(|batch| batch.number == number)
    }

    /// Adds a data message to what a request has led to, unless the reply would become too long.
    pub(super) fn collect(&mut self, number: u64, slot: usize, message: &str) {
        let Some(batch) = self.batch(number) else { return };
        let Some(slot) = batch.slots.get_mut(slot) else { return };
        if batch.bytes + message.len() > REPLY {
            batch.bytes -= slot.messages.len();
            *slot = Slot { messages: String::new(), is_too_long: true };
        } else {
            batch.bytes += message.len();
            slot.messages.push_str(message);
        }
    }

    /// Whether the answer to this request would make its reply too long.
    pub(super) fn is_too_long(&self, place: Place) -> bool {
        let Place::Batch { number, slot } = place else { return false };
        let batch = self.open.iter().find(|batch| batch.number == number);
        batch.and_then(|batch| batch.slots.get(slot)).is_some_and(|slot| slot.is_too_long)
    }

    /// A request of a POST has got its response.
    pub(super) fn answered(&mut self, number: u64, slot: usize, response: &str) {
        let Some(batch) = self.batch(number) else { return };
        batch.unanswered = batch.unanswered.saturating_sub(1);
        if let Some(slot) = batch.slots.get_mut(slot) {
            slot.messages.push_str(response);
        }
    }

    /// A request that came by HTTP weighs nothing any more.
    pub(super) fn release(&mut self, weight: Weight) {
        self.held = self.held.saturating_sub(weight.units());
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
        for slot in &batch.slots {
            envelope.extend_from_slice(slot.messages.as_bytes());
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
            _ = waiting.send(Posted::Reply(envelope.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_posts_are_open_at_once_and_weigh_so_much() {
        let mut work = Work::default();
        let light = Weight::of(100);
        assert!(work.has_room_for(10_000, light), "one is taken in, whatever it weighs");
        for number in 0..POSTS {
            assert!(work.has_room_for(1, light), "{number}");
            work.open(None, Carry::Responses, 1);
            work.hold(light);
        }
        assert!(!work.has_room_for(1, light));
        let mut work = Work::default();
        work.open(None, Carry::Nothing, 100);
        (0..100).for_each(|_| work.hold(light));
        assert!(work.has_room_for(28, light));
        assert!(!work.has_room_for(29, light));
        (0..100).for_each(|_| work.release(light));
        assert!(work.has_room_for(1_000, light));
    }

    #[test]
    fn a_reply_that_becomes_too_long_loses_the_answer_that_is() {
        let mut work = Work::default();
        let number = work.open(Some(1), Carry::Responses, 2);
        let (reply, mut posted) = oneshot::channel();
        work.wait_for(Some(number), reply);
        let megabyte = "x".repeat(1 << 20);
        for _ in 0..16 {
            work.collect(number, 0, &megabyte);
        }
        let first = Place::Batch { number, slot: 0 };
        assert!(!work.is_too_long(first));
        work.collect(number, 0, "x");
        assert!(work.is_too_long(first));
        work.collect(number, 1, "<data/>");
        assert!(!work.is_too_long(Place::Batch { number, slot: 1 }));
        work.answered(number, 0, "<response errorNum=\"0\"/>");
        work.answered(number, 1, "<response/>");
        assert_eq!(work.finished(), Some((number, Carry::Responses)));
        work.reply(number, &[]);
        let expected = "<XIMSS><response errorNum=\"0\"/><data/><response/></XIMSS>";
        assert_eq!(posted.try_recv(), Ok(Posted::Reply(expected.into())));
        assert!(matches!(work.turn(Some(1)), Turn::Repeated(reply) if reply == expected));
    }
}
