//! How bytes come in, and whom a message is for.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use super::Endpoint;
use crate::error::{Defect, ParseError};
use crate::flow::{ConnectionId, FlowId, ListenerId};
use crate::header::HeaderName;
use crate::message::{Message, Request, Response};
use crate::method::Method;
use crate::statistics::DropReason;
use crate::status::StatusCode;
use crate::stream::Frame;
use crate::transaction::{ClientInput, ServerId, ServerInput, ServerKey};
use crate::uri::Uri;

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) flow: FlowId,
    pub(crate) remote: SocketAddr,
}

impl Endpoint {
    pub(crate) fn receive_datagram(
        &mut self,
        now: Instant,
        listener: ListenerId,
        remote: SocketAddr,
        bytes: Bytes,
    ) {
        let source = Source { flow: FlowId::Udp { listener, remote }, remote };
        match Message::parse(bytes) {
            Ok(message) => self.receive(now, source, message),
            Err(error) => self.receive_unreadable(now, source, &error),
        }
    }

    pub(crate) fn receive_stream(&mut self, now: Instant, id: ConnectionId, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(id) else {
            return self.statistics.drop(DropReason::NoConnection);
        };
        let source = Source { flow: FlowId::Tcp(id), remote: connection.remote };
        // What a message leads to may close the connection: the framer is put back only if it did not.
        let mut framer = std::mem::take(&mut connection.framer);
        let began = framer.is_within_message();
        framer.push(bytes);
        let mut frames = 0_usize;
        loop {
            match framer.next_frame() {
                Ok(None) => break,
                Ok(Some(Frame::Message(message))) => self.receive(now, source, message),
                Ok(Some(Frame::Malformed(error))) => self.receive_unreadable(now, source, &error),
                Ok(Some(Frame::Ping)) => self.send(source.flow, Bytes::from_static(b"\r\n"), None),
                Err(error) => {
                    self.receive_unreadable(now, source, &error);
                    self.statistics.drop(DropReason::BrokenStream);
                    return self.close(now, id);
                }
            }
            frames += 1;
        }
        let goes_on = began && frames == 0;
        if let Some(connection) = self.connections.get_mut(id) {
            connection.framer = framer;
            // The time for a message runs from its first byte, however many pieces it comes in.
            if !goes_on {
                self.watch_connection(now, id);
            }
        }
    }

    /// Tells the sender what is wrong, if that is possible.
    fn receive_unreadable(&mut self, now: Instant, source: Source, error: &ParseError) {
        if error.defect == Defect::Empty {
            return self.statistics.drop(DropReason::KeepAlive);
        }
        self.statistics.parse_errors += 1;
        let Some(answerable) = &error.answerable else { return self.statistics.drop(DropReason::Unreadable) };
        *self.statistics.requests_received.entry(answerable.method.label()).or_default() += 1;
        let status = error.defect.status();
        let phrase = match status {
            StatusCode::BAD_REQUEST => error.defect.to_string(),
            other => other.phrase().to_owned(),
        };
        self.refuse(now, source, &answerable.headers, status, &phrase, &[]);
    }

    fn receive(&mut self, now: Instant, source: Source, message: Message) {
        match message {
            Message::Request(request) => self.receive_request(now, source, request),
            Message::Response(response) => self.receive_response(now, source, &response),
        }
    }

    fn receive_response(&mut self, now: Instant, source: Source, response: &Response) {
        *self.statistics.responses_received.entry(response.status.class()).or_default() += 1;
        // A second Via means that it is for someone behind us, where nobody is (RFC 3261 §8.1.3.3).
        let alone = response.headers.list(HeaderName::Via).count() == 1;
        if !alone || !self.config.is_ours(&response.via.sent_by) {
            return self.statistics.drop(DropReason::ForeignResponse);
        }
        let branch = response.via.branch().unwrap_or_default();
        match self.clients.find(branch, &response.cseq.method) {
            Some(id) => self.answered(now, id, source, response),
            None => self.statistics.drop(DropReason::StrayResponse),
        }
    }

    fn receive_request(&mut self, now: Instant, source: Source, request: Box<Request>) {
        *self.statistics.requests_received.entry(request.method.label()).or_default() += 1;
        let key = ServerKey::of(&request);
        if let Some(id) = self.servers.find(&key) {
            return self.receive_again(now, id, &request);
        }
        if self.lookups.has(&key) && request.method != Method::Ack {
            self.statistics.retransmissions_received += 1;
            return;
        }
        let served =
            matches!(request.method, Method::Invite | Method::Bye | Method::Options | Method::Register);
        if served && !self.admits(now, source, &request) {
            return;
        }
        match request.method {
            Method::Ack => self.serve_ack(now, &request),
            Method::Cancel => self.serve_cancel(now, source, &request),
            Method::Invite => self.serve_invite(now, source, key, request),
            Method::Bye => self.serve_bye(now, source, key, &request),
            Method::Options => self.serve_options(now, source, &request),
            Method::Register => self.serve_register(now, source, key, request),
            Method::Update
            | Method::Info
            | Method::Prack
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish => {
                let allow = (HeaderName::Allow, Method::ALLOWED.to_owned());
                self.refuse_plainly(now, source, &request, StatusCode::METHOD_NOT_ALLOWED, &[allow]);
            }
            Method::Other(_) => {
                let allow = (HeaderName::Allow, Method::ALLOWED.to_owned());
                self.refuse_plainly(now, source, &request, StatusCode::NOT_IMPLEMENTED, &[allow]);
            }
        }
    }

    /// Whether a request can be served at all; if not, its sender is told.
    fn admits(&mut self, now: Instant, source: Source, request: &Request) -> bool {
        if let Some((status, fields)) = unacceptable(request) {
            self.refuse_plainly(now, source, request, status, &fields);
            return false;
        }
        if self.servers.len() >= self.config.caps.transactions {
            self.refuse_overload(now, source, &request.headers);
            return false;
        }
        true
    }

    /// Refuses with the usual phrase, and stores nothing.
    pub(crate) fn refuse_plainly(
        &mut self,
        now: Instant,
        source: Source,
        request: &Request,
        status: StatusCode,
        fields: &[(HeaderName, String)],
    ) {
        self.refuse(now, source, &request.headers, status, status.phrase(), fields);
    }

    /// A request of a transaction that exists: a retransmission, or the ACK of a failure.
    fn receive_again(&mut self, now: Instant, id: ServerId, request: &Request) {
        let input = if request.method == Method::Ack {
            ServerInput::Ack
        } else {
            self.statistics.retransmissions_received += 1;
            ServerInput::Request
        };
        if self.drive_server(now, id, input, false) {
            // The ACK of a 2xx from a peer that follows RFC 2543 has the branch of its INVITE, if it has one.
            self.acknowledged(now, request);
        }
    }

    pub(crate) fn client_timeout(&mut self, now: Instant, id: crate::transaction::ClientId) {
        self.drive_client(now, id, ClientInput::Time);
    }

    pub(crate) fn server_timeout(&mut self, now: Instant, id: ServerId) {
        self.drive_server(now, id, ServerInput::Time, false);
    }
}

/// Why a request cannot be served whoever sent it: a scheme (RFC 3261 §8.2.2.1) or an extension (§8.2.2.3) that is not
/// known here.
fn unacceptable(request: &Request) -> Option<(StatusCode, Vec<(HeaderName, String)>)> {
    let supported = match &request.uri {
        Uri::Sip(uri) => !uri.is_secure(),
        Uri::Tel(_) => true,
        Uri::Other { .. } => false,
    };
    if !supported {
        return Some((StatusCode::UNSUPPORTED_URI_SCHEME, Vec::new()));
    }
    let required: Vec<_> = request.headers.tokens(HeaderName::Require).collect();
    if required.is_empty() {
        return None;
    }
    Some((StatusCode::BAD_EXTENSION, vec![(HeaderName::Unsupported, required.join(", "))]))
}
