//! How bytes go out: on their flow, on a connection still to open, and responses on their way back.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use super::connections::{self, Connection, Queued, State};
use super::{Endpoint, Output};
use crate::flow::{ConnectionId, FlowId, ListenerId};
use crate::header::HeaderName;
use crate::message::Headers;
use crate::reply::{Reply, WayBack};
use crate::statistics::DropReason;
use crate::status::StatusCode;
use crate::timer::TimerKey;
use crate::transaction::{ClientInput, Clock, Effects, ServerId, ServerInput, Transmit};
use crate::write::Writer;

use super::ingress::Source;

/// A response of ours, without what every response has.
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) phrase: &'a str,
    /// Our tag, put into To if the request had none there.
    pub(crate) tag: &'a str,
    /// More header fields.
    pub(crate) fields: &'a [(HeaderName, String)],
    pub(crate) extra: &'a [crate::header::ExtraHeader],
    pub(crate) sdp: Option<&'a Bytes>,
    /// Whether it begins or confirms a dialog, and so repeats the Record-Routes.
    pub(crate) in_dialog: bool,
}

impl<'a> Answer<'a> {
    /// A bare response with the usual phrase.
    pub(crate) fn new(status: StatusCode, tag: &'a str) -> Self {
        Self { status, phrase: status.phrase(), tag, fields: &[], extra: &[], sdp: None, in_dialog: false }
    }

    fn encode(&self, reply: &Reply, server: &str) -> Bytes {
        let mut writer: Writer = reply.begin(self.status, self.phrase, self.tag);
        if self.in_dialog {
            writer.lines(reply.record_routes());
        }
        self.fields.iter().for_each(|(name, value)| writer.field(*name, value));
        self.extra.iter().for_each(|header| writer.other(header.name(), header.value()));
        writer.field(HeaderName::Server, server);
        writer.finish(self.sdp)
    }
}

impl Endpoint {
    /// Answers a request that nothing is stored for (RFC 3261 §8.2.7): a retransmission gets the same again, under
    /// the same tag.
    pub(crate) fn refuse(
        &mut self,
        now: Instant,
        source: Source,
        headers: &Headers,
        status: StatusCode,
        phrase: &str,
        fields: &[(HeaderName, String)],
    ) {
        let part = |name| headers.value(name).unwrap_or_default();
        let names = [HeaderName::Via, HeaderName::From, HeaderName::CallId, HeaderName::CSeq];
        let tag = self.random.derived(&names.map(part));
        self.answer_stateless(now, source, headers, &Answer { phrase, fields, ..Answer::new(status, &tag) });
    }

    /// Sends a response that is not kept.
    pub(crate) fn answer_stateless(
        &mut self,
        now: Instant,
        source: Source,
        headers: &Headers,
        answer: &Answer<'_>,
    ) {
        let reply = Reply::new(headers, source.flow, source.remote);
        let bytes = answer.encode(&reply, &self.config.user_agent);
        *self.statistics.responses_sent.entry(answer.status.class()).or_default() += 1;
        self.send_back(now, reply.way_back, bytes);
    }

    /// Refuses a request for want of room.
    pub(crate) fn refuse_overload(&mut self, now: Instant, source: Source, headers: &Headers) {
        self.statistics.overload += 1;
        let retry = self.retry_after();
        self.refuse(now, source, headers, StatusCode::SERVICE_UNAVAILABLE, "Overloaded", &[retry]);
    }

    /// Some seconds, different for each, so that those refused together do not come back together.
    pub(crate) fn retry_after(&mut self) -> (HeaderName, String) {
        (HeaderName::RetryAfter, (5 + self.random.below(6)).to_string())
    }

    /// Sends a response within its transaction, unless a final one was sent; tells what was sent and where.
    pub(crate) fn reply(
        &mut self,
        now: Instant,
        server: ServerId,
        answer: &Answer<'_>,
    ) -> Option<(Bytes, WayBack)> {
        let transaction = self.servers.get_mut(server).filter(|transaction| !transaction.is_answered())?;
        let bytes = answer.encode(&transaction.reply, &self.config.user_agent);
        let way_back = transaction.reply.way_back;
        transaction.response = Some(bytes.clone());
        *self.statistics.responses_sent.entry(answer.status.class()).or_default() += 1;
        self.drive_server(now, server, ServerInput::Reply(answer.status.into()), true);
        if let Some(transaction) = self.servers.get_mut(server).filter(|_| !answer.status.is_provisional()) {
            transaction.settle();
        }
        Some((bytes, way_back))
    }

    /// Lets something happen to a server transaction and does what it wants; tells whether the user is to know.
    pub(crate) fn drive_server(
        &mut self,
        now: Instant,
        id: ServerId,
        input: ServerInput,
        first: bool,
    ) -> bool {
        let Some(transaction) = self.servers.get_mut(id) else { return false };
        let reliable = transaction.reply.way_back.flow.transport().is_reliable();
        let clock = Clock { now, timers: &self.config.timers, reliable };
        let Effects { send, pass, end } = transaction.handle(&clock, input);
        let (way_back, response) = (transaction.reply.way_back, transaction.response.clone());
        self.timers.set(TimerKey::Server(id), transaction.deadline());
        if let (Some(Transmit::Response), Some(bytes)) = (send, response) {
            self.statistics.retransmissions_sent += u64::from(!first);
            self.send_back(now, way_back, bytes);
        }
        if end.is_some() {
            self.timers.set(TimerKey::Server(id), None);
            self.servers.remove(id);
        }
        pass
    }

    /// Sends a response where it belongs. When the connection of the request is gone, a new one is opened to the
    /// address that the request came from, at the port its Via names (RFC 3261 §18.2.2).
    pub(crate) fn send_back(&mut self, now: Instant, way_back: WayBack, bytes: Bytes) {
        let flow = match way_back.flow {
            FlowId::Tcp(id) if self.connections.get(id).is_none() => {
                match self.connect(now, way_back.reconnect) {
                    Some(id) => FlowId::Tcp(id),
                    None => return self.statistics.drop(DropReason::NoConnection),
                }
            }
            flow @ (FlowId::Udp { .. } | FlowId::Tcp(_)) => flow,
        };
        self.send(flow, bytes, None);
    }

    /// Sends bytes, or lets them wait for their connection to open.
    pub(crate) fn send(&mut self, flow: FlowId, bytes: Bytes, otherwise: Option<(FlowId, Bytes)>) {
        let FlowId::Tcp(id) = flow else {
            return self.outputs.push_back(Output::Transmit { flow, bytes });
        };
        let cap = self.config.caps.connection_queue;
        match self.connections.get_mut(id) {
            Some(Connection { state: State::Open, .. }) => {
                self.outputs.push_back(Output::Transmit { flow, bytes })
            }
            Some(connection) if connection.queued() + bytes.len() <= cap => {
                if let State::Opening(queue) = &mut connection.state {
                    queue.push(Queued { bytes, otherwise });
                }
            }
            Some(_) | None => self.statistics.drop(DropReason::NoConnection),
        }
    }

    /// The connection to an address: one that exists, or a new one; `None` if there are too many.
    pub(crate) fn connect(&mut self, now: Instant, remote: SocketAddr) -> Option<ConnectionId> {
        if let Some(id) = self.connections.to(remote) {
            return Some(id);
        }
        if self.connections.len() >= self.config.caps.connections {
            return None;
        }
        let id = self.connections.open(now, remote);
        self.outputs.push_back(Output::Connect { connection: id, remote });
        self.watch_connection(now, id);
        Some(id)
    }

    pub(crate) fn accepted(
        &mut self,
        now: Instant,
        id: ConnectionId,
        listener: ListenerId,
        remote: SocketAddr,
    ) {
        if self.connections.len() >= self.config.caps.connections {
            self.statistics.overload += 1;
            return self.outputs.push_back(Output::Close { connection: id });
        }
        let is_known = self.config.trunk(remote).is_some();
        self.connections.accept(now, id, remote, listener, is_known);
        self.watch_connection(now, id);
    }

    pub(crate) fn opened(&mut self, now: Instant, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(id) else {
            return self.outputs.push_back(Output::Close { connection: id });
        };
        if let State::Opening(queue) = std::mem::replace(&mut connection.state, State::Open) {
            let flow = FlowId::Tcp(id);
            self.outputs
                .extend(queue.into_iter().map(|queued| Output::Transmit { flow, bytes: queued.bytes }));
        }
        self.watch_connection(now, id);
    }

    /// A connection is gone, or a datagram did not get through: what went out on it goes another way.
    pub(crate) fn flow_failed(&mut self, now: Instant, flow: FlowId) {
        if let FlowId::Tcp(id) = flow
            && let Some(connection) = self.connections.remove(id)
        {
            self.timers.set(TimerKey::Connection(id), None);
            if let State::Opening(queue) = connection.state {
                for (flow, bytes) in queue.into_iter().filter_map(|queued| queued.otherwise) {
                    self.send(flow, bytes, None);
                }
            }
        }
        for id in self.clients.on_flow(flow) {
            self.drive_client(now, id, ClientInput::FlowFailed);
        }
    }

    /// A connection did not open, had nothing to say, or takes too long over a message.
    pub(crate) fn connection_timeout(&mut self, now: Instant, id: ConnectionId) {
        if self.connections.get(id).is_some_and(|connection| connection.framer.is_within_message()) {
            self.statistics.drop(DropReason::BrokenStream);
        }
        self.close(now, id);
    }

    pub(crate) fn close(&mut self, now: Instant, id: ConnectionId) {
        self.outputs.push_back(Output::Close { connection: id });
        self.flow_failed(now, FlowId::Tcp(id));
    }

    /// Whoever sent this has proved who it is: its connection may stay.
    pub(crate) fn trust(&mut self, now: Instant, source: Source) {
        if let FlowId::Tcp(id) = source.flow
            && let Some(connection) = self.connections.get_mut(id)
        {
            connection.trust();
            self.watch_connection(now, id);
        }
    }

    /// Sets the time of a connection anew, after it has shown that it lives.
    pub(crate) fn watch_connection(&mut self, now: Instant, id: ConnectionId) {
        let deadline = self
            .connections
            .get(id)
            .map(|connection| connections::deadline(connection, now, &self.config.timers));
        self.timers.set(TimerKey::Connection(id), deadline);
    }
}
