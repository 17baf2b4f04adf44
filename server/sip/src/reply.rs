//! What every response to one request has in common, and where it goes.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::flow::FlowId;
use crate::header::{HeaderName, NameAddr, Via};
use crate::host::DEFAULT_PORT;
use crate::message::Headers;
use crate::scan;
use crate::status::StatusCode;
use crate::write::Writer;

/// Where responses go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WayBack {
    /// The flow of the request; for a datagram with the port that the response goes to.
    pub(crate) flow: FlowId,
    /// Where to open a connection when that of the request is gone (RFC 3261 §18.2.2).
    pub(crate) reconnect: SocketAddr,
}

/// The part of a response that is copied from the request (RFC 3261 §8.2.6.2). It is made from the header fields as
/// they were received, so that a request that could not be read whole can be answered too.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) way_back: WayBack,
    /// Via, From, Call-ID and CSeq, as lines.
    lines: Bytes,
    /// The Record-Routes, as lines, for the responses that begin a dialog (RFC 3261 §12.1.1).
    record_routes: Bytes,
    timestamp: Option<Bytes>,
    to: Bytes,
    has_tag: bool,
}

impl Reply {
    /// What responses to a request with these header fields have in common.
    pub(crate) fn new(headers: &Headers, flow: FlowId, source: SocketAddr) -> Self {
        let top =
            headers.list(HeaderName::Via).next().and_then(Result::ok).and_then(|top| Via::parse(top).ok());
        let mut lines = Writer::fragment();
        copy_vias(headers, top.clone(), source, &mut lines);
        for name in [HeaderName::From, HeaderName::CallId, HeaderName::CSeq] {
            headers.values(name).take(1).for_each(|value| lines.received(name, value));
        }
        let mut record_routes = Writer::fragment();
        let name = HeaderName::RecordRoute;
        headers.values(name).for_each(|value| record_routes.received(name, value));
        let to = headers.value(HeaderName::To).unwrap_or_default();
        Self {
            way_back: way_back(top.as_ref(), flow, source),
            lines: lines.into_lines(),
            record_routes: record_routes.into_lines(),
            timestamp: headers.value(HeaderName::Timestamp).map(Bytes::copy_from_slice),
            to: Bytes::copy_from_slice(to),
            // A To that cannot be read is copied as it is: a tag put behind it would mean nothing.
            has_tag: NameAddr::parse(to).map_or(true, |to| to.tag().is_some()),
        }
    }

    /// Begins a response. The tag is added if the To of the request had none.
    pub(crate) fn begin(&self, status: StatusCode, phrase: &str, tag: &str) -> Writer {
        let mut writer = Writer::response(status, phrase);
        writer.lines(&self.lines);
        if !self.to.is_empty() {
            // 100 needs no tag, since it never begins a dialog (RFC 3261 §8.2.6.2).
            let tagged = !self.has_tag && status != StatusCode::TRYING;
            let suffix = if tagged { format!(";tag={tag}") } else { String::new() };
            let to = [self.to.as_ref(), suffix.as_bytes()].concat();
            writer.received(HeaderName::To, &to);
        }
        if let (Some(timestamp), StatusCode::TRYING) = (&self.timestamp, status) {
            writer.received(HeaderName::Timestamp, timestamp);
        }
        writer
    }

    /// No further response will be made: what it would be made of is let go.
    pub(crate) fn settle(&mut self) {
        self.lines = Bytes::new();
        self.record_routes = Bytes::new();
        self.to = Bytes::new();
        self.timestamp = None;
    }

    /// The Record-Routes, as lines.
    pub(crate) fn record_routes(&self) -> &[u8] {
        &self.record_routes
    }
}

/// Copies the Vias in order; the top one with the source noted, the others as they were received.
fn copy_vias(headers: &Headers, top: Option<Via>, source: SocketAddr, lines: &mut Writer) {
    let name = HeaderName::Via;
    let mut values = headers.values(name);
    if let (Some(first), Some(mut top)) = (values.next(), top) {
        top.note_source(source);
        lines.field(name, top);
        let rest = scan::elements(first).skip(1).filter_map(Result::ok);
        rest.for_each(|element| lines.received(name, element));
        values.for_each(|value| lines.received(name, value));
    } else {
        headers.values(name).for_each(|value| lines.received(name, value));
    }
}

fn way_back(top: Option<&Via>, flow: FlowId, source: SocketAddr) -> WayBack {
    let port = top.and_then(|via| via.sent_by.port).unwrap_or(DEFAULT_PORT);
    let flow = match flow {
        FlowId::Udp { listener, remote } => {
            FlowId::Udp { listener, remote: top.map_or(remote, |via| via.response_address(remote)) }
        }
        FlowId::Tcp(connection) => FlowId::Tcp(connection),
    };
    WayBack { flow, reconnect: SocketAddr::new(source.ip(), port) }
}
