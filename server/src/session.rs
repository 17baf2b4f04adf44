//! What is a session: who is logged in, what have they open, and what is being done for them?
//!
//! A session is one task. Everything that happens to it comes as an [`Input`] by one queue; what it has to say
//! goes through its [`Outbox`]. It outlives its connections.

mod handle;
mod id;
mod input;
mod link;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::tz::TimeZone;
use protocol::{ByeNotice, Element, ErrorCode, Message, Request, RequestError, RequestHeader, Response};
use tokio::sync::mpsc;
use tracing::{debug, info};

pub(crate) use handle::{Handle, Weight};
pub(crate) use id::SessionId;
pub(crate) use input::{Attach, Batch, Carry, End, Input, Link, LinkId, Locate, Poll, Posted};
pub(crate) use work::{Reply, Step};

use crate::call::Calls;
use crate::failure::Failure;
use crate::handler;
use crate::hub::Hub;
use crate::mailbox::OpenFolder;
use crate::outbox::Outbox;
use link::{Attachment, Flush, OpenPoll};
use work::{Burden, Place, Running, Stage, Turn, Waiting, Work};

/// Requests are answered while less than this waits for the client, in bytes.
const ROOM: usize = 256 * 1024;
/// How long a client that says goodbye waits for what it has asked before.
const GOODBYE: Duration = Duration::from_secs(5);

/// The session's own state. Handlers change it; nobody else sees it.
pub(crate) struct Session {
    /// What all sessions share.
    pub(crate) hub: Arc<Hub>,
    /// Its id, its account, and how others reach it.
    pub(crate) handle: Handle,
    /// Its folders by name.
    pub(crate) folders: BTreeMap<String, OpenFolder>,
    /// The number of the next folder, so that late news of a closed one is not taken for another's.
    pub(crate) next_folder: u32,
    /// Its calls.
    pub(crate) calls: Calls,
    /// Where the user's clock hangs.
    pub(crate) zone: TimeZone,
    /// How long the client may say nothing.
    pub(crate) idle: Duration,
    outbox: Outbox,
    attachment: Attachment,
    work: Work,
    /// Requests accepted on connections, for a client that resumes.
    accepted: u64,
    heard: Instant,
    /// Since when the client sends no more requests: it has said `bye`, or has closed its half of the connection.
    leaving: Option<Instant>,
    /// Bytes of the outbox that the metrics know of.
    counted: i64,
    ending: Option<&'static str>,
}

impl Session {
    /// A session that is attached by `link`, or by HTTP.
    pub(crate) fn new(hub: Arc<Hub>, handle: Handle, link: Option<Link>) -> Self {
        let idle = hub.config.session.idle.0;
        let attachment = link.map_or(Attachment::Polled(None), Attachment::Connected);
        Self {
            hub,
            handle,
            folders: BTreeMap::new(),
            next_folder: 0,
            calls: Calls::default(),
            zone: TimeZone::UTC,
            idle,
            outbox: Outbox::default(),
            attachment,
            work: Work::default(),
            accepted: 0,
            heard: Instant::now(),
            leaving: None,
            counted: 0,
            ending: None,
        }
    }

    /// Lives until it ends.
    pub(crate) async fn run(mut self, mut inputs: mpsc::Receiver<Input>) {
        info!(session = ?self.handle.id(), account = %self.handle.account().address, "session begins");
        while self.ending.is_none() {
            if let Some(end) = self.handle.ending() {
                self.notify(ByeNotice {});
                self.end(end.reason());
                break;
            }
            self.advance();
            self.answer_batches();
            let full = self.flush() == Flush::Full;
            self.count_outbox();
            if self.leaving.is_some() && !full && !self.work.is_busy() {
                self.end("the client leaves");
            }
            if self.ending.is_some() {
                break;
            }
            let deadline = tokio::time::Instant::from_std(self.deadline());
            let has_room = self.has_room();
            tokio::select! {
                biased;
                input = inputs.recv() => match input {
                    Some(input) => self.handle(input),
                    None => self.end("forgotten"),
                },
                () = self.attachment.lost() => self.detach(),
                () = self.attachment.room(), if full => {}
                then = progress(&mut self.work.running, has_room) => self.work.done(then),
                () = tokio::time::sleep_until(deadline) => self.handle_timeout(),
            }
        }
        // Boxed: what it waits for at the end would else be ten times what a session needs while it lives.
        Box::pin(self.finish()).await;
    }

    /// Tells the metrics how much the outbox has grown or shrunk.
    fn count_outbox(&mut self) {
        let bytes = i64::try_from(self.outbox.bytes()).unwrap_or(i64::MAX);
        self.hub.metrics.outboxes.inc_by(bytes - std::mem::replace(&mut self.counted, bytes));
    }

    // ---- what handlers use

    /// Sends a data message that belongs to a request.
    pub(crate) fn send(&mut self, reply: &Reply, message: impl Into<Message>) {
        let text = message.into().encode(reply.id.as_deref()).to_xml();
        match reply.place {
            Place::Batch { number, slot } => self.work.collect(number, slot, &text),
            Place::Outbox if reply.overtook => self.outbox.push_asynchronous(text.into()),
            Place::Outbox => self.outbox.push(text.into()),
        }
    }

    /// Whether the client has read, or acknowledged, enough for more to be produced.
    fn has_room(&self) -> bool {
        self.outbox.bytes() < ROOM
    }

    /// Sends a message that no request asked for.
    pub(crate) fn notify(&mut self, message: impl Into<Message>) {
        self.outbox.push_asynchronous(message.into().encode(None).to_xml().into());
    }

    /// Ends the session after what was done so far; the reason is for the log.
    pub(crate) fn end(&mut self, reason: &'static str) {
        self.ending.get_or_insert(reason);
    }

    // ---- inputs

    fn handle(&mut self, input: Input) {
        match input {
            Input::Attach(attach) => self.attach(*attach),
            Input::Request(link, element, weight) => self.on_request(link, &element, weight),
            Input::Finished(link) => match self.attachment.link(link) {
                // It can come back for what it has missed.
                Some(link) if link.numbered => self.detach(),
                Some(_) => self.leaving = self.leaving.or_else(|| Some(Instant::now())),
                None => {}
            },
            Input::Batch(batch) => self.on_batch(*batch),
            Input::Poll(poll) => self.on_poll(*poll),
            Input::Changed(folder) => crate::mailbox::notify(self, folder),
            Input::Signal(signal) => crate::call::on_signal(self, *signal),
            Input::Locate(locate) => {
                self.heard = Instant::now();
                let folder = self.folders.get(&locate.folder);
                let folder =
                    folder.filter(|folder| folder.folder.view().iter().any(|row| row.uid == locate.uid));
                // Who no longer waits has closed the connection.
                _ = locate.reply.send(folder.map(|folder| folder.gate().clone()));
            }
            // The loop asks for the reason before anything else.
            Input::End => {}
        }
    }

    fn attach(&mut self, attach: Attach) {
        self.heard = Instant::now();
        if let Err(error) = self.outbox.resume(attach.acknowledged) {
            _ = attach.reply.send(Err(error.to_string()));
            return;
        }
        debug!(session = ?self.handle.id(), link = attach.link.id.0, "attached");
        // The older connection, if there is one, closes as its queue is dropped.
        let older = std::mem::replace(&mut self.attachment, Attachment::Connected(attach.link));
        if let Attachment::Polled(Some(poll)) = older {
            _ = poll.reply.send(Bytes::from_static(EMPTY));
        }
        _ = attach.reply.send(Ok(self.accepted));
    }

    fn detach(&mut self) {
        let numbered = matches!(&self.attachment, Attachment::Connected(link) if link.numbered);
        if numbered {
            debug!(session = ?self.handle.id(), "detached");
            self.attachment = Attachment::Detached(Instant::now());
        } else {
            // Its client cannot come back for what it missed.
            self.end("connection closed");
        }
    }

    /// The one place where the bytes of a request become a request, and a failure an answer.
    fn on_request(&mut self, link: LinkId, element: &Element, weight: Weight) {
        // After its goodbye a client is not heard.
        if self.attachment.link(link).is_none() || self.leaving.is_some() {
            return self.handle.answered(weight);
        }
        self.heard = Instant::now();
        self.accepted += 1;
        self.accept(element, Place::Outbox, Burden::Connection(weight));
    }

    fn on_batch(&mut self, batch: Batch) {
        self.heard = Instant::now();
        if matches!(self.attachment, Attachment::Detached(_)) {
            self.poll_from_now_on();
        }
        let told = match self.work.turn(batch.sequence) {
            Turn::Unfinished => return self.work.wait_for(None, batch.reply),
            Turn::Repeated(reply) => Some(Posted::Reply(reply)),
            Turn::OutOfSequence => {
                Some(Posted::Reply(envelope_of(Response::failure(ErrorCode::SequenceError))))
            }
            Turn::New if !self.work.has_room_for(batch.requests.len(), batch.weight) => Some(Posted::Busy),
            Turn::New => None,
        };
        if let Some(told) = told {
            _ = batch.reply.send(told);
            return;
        }
        let number = self.work.open(batch.sequence, batch.carry, batch.requests.len());
        self.work.wait_for(Some(number), batch.reply);
        for (slot, element) in batch.requests.iter().enumerate() {
            let place =
                if batch.carry == Carry::Nothing { Place::Outbox } else { Place::Batch { number, slot } };
            self.work.hold(batch.weight);
            self.accept(element, place, Burden::Post(batch.weight));
        }
    }

    /// The client is attached by polls: the open one, if there is one, is returned.
    fn poll_from_now_on(&mut self) -> Option<OpenPoll> {
        match std::mem::replace(&mut self.attachment, Attachment::Polled(None)) {
            Attachment::Polled(poll) => poll,
            Attachment::Connected(_) | Attachment::Detached(_) => {
                self.outbox.rewind();
                None
            }
        }
    }

    fn on_poll(&mut self, poll: Poll) {
        let now = Instant::now();
        self.heard = now;
        if let Some(sequence) = poll.acknowledged {
            self.outbox.acknowledge_batch(sequence);
        }
        // A poll takes over from a connection as a connection does from another; the newer poll wins.
        if let Some(older) = self.poll_from_now_on() {
            _ = older.reply.send(Bytes::from_static(EMPTY));
        }
        match link::batch(&mut self.outbox) {
            Some(reply) => _ = poll.reply.send(reply),
            None if poll.wait.is_zero() => _ = poll.reply.send(Bytes::from_static(EMPTY)),
            None => {
                let open = OpenPoll { until: now + poll.wait, reply: poll.reply };
                self.attachment = Attachment::Polled(Some(open));
            }
        }
    }

    fn accept(&mut self, element: &Element, place: Place, burden: Burden) {
        let header = RequestHeader::decode(element);
        let id = RequestHeader::id_of(element).map(str::to_owned);
        let timed = header.as_ref().is_ok_and(|header| header.wants_time).then(Instant::now);
        let mut reply = Reply { id, timed, place, burden, overtook: false };
        if let Ok(RequestHeader { acknowledged: Some(number), .. }) = header {
            // Acknowledging too much changes nothing; the client finds out when it resumes.
            _ = self.outbox.acknowledge(number);
        }
        let request = match header.map_err(RequestError::from).and_then(|_| Request::decode(element)) {
            Ok(request) => request,
            Err(RequestError::Unknown(_)) => {
                return self.fail(&reply, "unknown", Instant::now(), ErrorCode::UnknownCommand.into());
            }
            Err(RequestError::Invalid(error)) => {
                return self.fail(&reply, "invalid", Instant::now(), error.into());
            }
        };
        if self.leaving.is_some() {
            let failure = Failure::because(ErrorCode::WrongState, "the session ends: bye was said");
            return self.fail(&reply, request.name(), Instant::now(), failure);
        }
        if matches!(request, Request::Bye(_)) {
            self.leaving = Some(Instant::now());
        }
        reply.overtook = is_of_call(&request);
        if reply.overtook || matches!(request, Request::Noop(_)) && self.has_room() {
            self.start(reply, request);
        } else {
            self.work.waiting.push_back(Waiting { reply, request });
        }
    }

    // ---- work

    /// Goes on with requests in their order, until one has to wait for something.
    fn advance(&mut self) {
        while self.has_room() {
            if self.work.running.is_some() {
                let Some((running, then)) = self.work.take_done() else { break };
                let step = then(self, &running.reply);
                self.step(running.reply, running.name, running.since, step);
            } else if let Some(Waiting { reply, request }) = self.work.waiting.pop_front() {
                self.start(reply, request);
            } else {
                break;
            }
        }
    }

    fn start(&mut self, reply: Reply, request: Request) {
        let (name, since) = (request.name(), Instant::now());
        let step = handler::handle(self, &reply, request);
        self.step(reply, name, since, step);
    }

    fn step(&mut self, reply: Reply, name: &'static str, since: Instant, step: Result<Step, Failure>) {
        let step = if self.work.is_too_long(reply.place) {
            let text = "the reply to this POST would be too long: ask for less at once, or POST to /async";
            Err(Failure::because(ErrorCode::LimitReached, text))
        } else {
            step
        };
        match step {
            Ok(Step::Done) => {
                self.hub.metrics.request(name, None, since.elapsed());
                self.respond(&reply, Response::OK);
            }
            Ok(Step::Wait(future)) => {
                self.work.running = Some(Running { reply, name, since, stage: Stage::New(future) });
            }
            Err(failure) => self.fail(&reply, name, since, failure),
        }
    }

    fn fail(&mut self, reply: &Reply, name: &'static str, since: Instant, failure: Failure) {
        self.hub.metrics.request(name, Some(failure.code()), since.elapsed());
        debug!(session = ?self.handle.id(), request = name, failure = ?failure, "request fails");
        self.respond(reply, failure.response());
    }

    fn respond(&mut self, reply: &Reply, response: Response) {
        let time = reply.timed.map(|since| u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX));
        let response = Response { time, ..response };
        match reply.place {
            Place::Outbox => self.send(reply, response),
            Place::Batch { number, slot } => {
                let text = Message::from(response).encode(reply.id.as_deref()).to_xml();
                self.work.answered(number, slot, &text);
            }
        }
        match reply.burden {
            Burden::Connection(weight) => self.handle.answered(weight),
            Burden::Post(weight) => self.work.release(weight),
        }
    }

    fn answer_batches(&mut self) {
        while let Some((number, carry)) = self.work.finished() {
            let more = if carry == Carry::Everything { self.outbox.take_waiting() } else { Vec::new() };
            self.work.reply(number, &more);
        }
    }

    // ---- output and time

    fn flush(&mut self) -> Flush {
        let flush = self.attachment.flush(&mut self.outbox);
        let limit = self.hub.config.session.unacknowledged.bytes();
        let waiting = self.outbox.asynchronous_bytes();
        match self.attachment {
            // Half of the limit is left for the time without a connection.
            Attachment::Connected(_) if flush == Flush::Lost || waiting > limit / 2 => self.detach(),
            Attachment::Detached(_) | Attachment::Polled(_) if waiting > limit => {
                self.end("too much waits for the client");
            }
            Attachment::Connected(_) | Attachment::Detached(_) | Attachment::Polled(_) => {}
        }
        flush
    }

    fn deadline(&self) -> Instant {
        if let Some(since) = self.leaving {
            return since + GOODBYE;
        }
        match &self.attachment {
            Attachment::Detached(since) => *since + self.hub.config.session.detached.0,
            Attachment::Polled(Some(poll)) => poll.until,
            Attachment::Connected(_) | Attachment::Polled(None) => self.heard + self.idle,
        }
    }

    fn handle_timeout(&mut self) {
        if self.deadline() > Instant::now() {
            return;
        }
        if self.leaving.is_some() {
            return self.end("the client leaves");
        }
        match &mut self.attachment {
            Attachment::Detached(_) => self.end("the client did not come back"),
            Attachment::Polled(poll @ Some(_)) => {
                if let Some(poll) = poll.take() {
                    self.heard = Instant::now();
                    _ = poll.reply.send(Bytes::from_static(EMPTY));
                }
            }
            Attachment::Connected(_) | Attachment::Polled(None) => {
                self.notify(ByeNotice {});
                self.end("idle");
            }
        }
    }

    async fn finish(mut self) {
        self.answer_batches();
        self.flush();
        info!(session = ?self.handle.id(), account = %self.handle.account().address, reason = self.ending, "session ends");
        self.hub.metrics.outboxes.dec_by(self.counted);
        self.hub.sessions.forget(&self.handle);
        crate::call::hang_up_all(&mut self);
        for (_, folder) in std::mem::take(&mut self.folders) {
            folder.close().await;
        }
        let session = self.handle.id().to_string();
        // Dropping the attachment closes the connection, before storage is waited for.
        let hub = Arc::clone(&self.hub);
        drop(self);
        if let Err(error) = hub.storage.drop_uploads(&session).await {
            debug!(%error, "uploads of an ended session stay until the next start");
        }
    }
}

/// An envelope with nothing in it.
pub(crate) const EMPTY: &[u8] = b"<XIMSS/>";

/// An envelope with one response that belongs to no request.
pub(crate) fn envelope_of(response: Response) -> Bytes {
    format!("<XIMSS>{}</XIMSS>", Message::from(response).encode(None).to_xml()).into()
}

/// Requests of calls do not wait for others, nor for the client to read: nobody shall miss a call because a folder is
/// being opened.
fn is_of_call(request: &Request) -> bool {
    let name = request.name();
    name.starts_with("call") || name.starts_with("signal")
}

/// Waits for what the running request waits for; for ever, if there is none, or it has to wait for room before it begins.
/// One that has begun goes on: it may hold what others wait for.
async fn progress(running: &mut Option<Running>, has_room: bool) -> work::Then {
    let Some(Running { stage, .. }) = running else { return std::future::pending().await };
    if has_room && let Stage::New(future) = stage {
        let future = std::mem::replace(future, Box::pin(std::future::pending()));
        *stage = Stage::Begun(future);
    }
    match stage {
        Stage::Begun(future) => future.as_mut().await,
        Stage::New(_) | Stage::Done(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    /// Whether a request of this stage goes on.
    async fn goes_on(stage: Stage, has_room: bool) -> bool {
        let burden = Burden::Connection(Weight::default());
        let reply = Reply { id: None, timed: None, place: Place::Outbox, burden, overtook: false };
        let mut running = Some(Running { reply, name: "noop", since: Instant::now(), stage });
        let mut progress = std::pin::pin!(progress(&mut running, has_room));
        std::future::poll_fn(|cx| Poll::Ready(progress.as_mut().poll(cx).is_ready())).await
    }

    #[tokio::test]
    async fn a_request_waits_for_room_before_it_begins_and_never_after() {
        let ready =
            || Box::pin(async { Box::new(|_: &mut Session, _: &Reply| Ok(Step::Done)) as work::Then });
        assert!(!goes_on(Stage::New(ready()), false).await);
        assert!(goes_on(Stage::New(ready()), true).await);
        assert!(goes_on(Stage::Begun(ready()), false).await);
    }
}
