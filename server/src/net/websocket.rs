//! XIMSS over WebSocket: one message a text frame.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use protocol::{Element, Limits, XmlError};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::{debug, info};

use super::Stream;
use super::listener::Client;
use super::tcp::limits;
use crate::hub::Hub;
use crate::login::{Begun, Login, Next, greeting, new_link};
use crate::metrics::{Counted, Transport};
use crate::session::{Handle, LinkId, Weight};

type Socket = WebSocketStream<Stream>;

/// How often an idle connection is asked whether it is alive.
const PING: Duration = Duration::from_secs(25);
/// A connection from which nothing has come for so long is dead.
const DEAD: Duration = Duration::from_secs(60);
/// How long a client has to take a goodbye.
const GOODBYE: Duration = Duration::from_secs(10);
/// Idle connections hold a buffer of this size, which grows with what comes.
const BUFFER: usize = 512;

/// How a client comes to its session.
pub(super) enum Entry {
    /// It logs in, in band.
    Login,
    /// It attaches to a session that it named, having every message up to this number, or up to the one that it has
    /// acknowledged.
    Attach(Handle, Option<u64>),
}

/// Serves a connection after its handshake until it ends.
pub(super) async fn serve(client: Client, stream: Stream, entry: Entry) {
    let _counted = Counted::new(&client.hub.metrics, Transport::WebSocket);
    let size = client.hub.config.limits.message.bytes();
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(size))
        .max_frame_size(Some(size));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let address = client.address;
    // Boxed, so that its memory goes when it is done: the connection may last for days.
    let outcome = match Box::pin(begin(&client.hub, address, &mut socket, entry)).await {
        Ok(Some(carried)) => carry(&client.hub, &mut socket, carried).await,
        Ok(None) => Ok(()),
        Err(end) => Err(end),
    };
    let (code, reason) = match &outcome {
        Ok(()) => (CloseCode::Normal, String::new()),
        Err(End::Lost(error)) => return debug!(%address, %error, "WebSocket lost"),
        Err(End::TooLong | End::Xml(XmlError::TooLong { .. })) => {
            (CloseCode::Size, "the message is too long".to_owned())
        }
        Err(End::Slow) => (CloseCode::Policy, "no login in time".to_owned()),
        Err(End::Xml(error)) => {
            info!(%address, error = %error.for_log(), "WebSocket closed: not an acceptable message");
            (CloseCode::Invalid, error.to_string())
        }
        Err(End::NotText) => (CloseCode::Unsupported, "messages are text frames".to_owned()),
        Err(End::NotKept(text)) => (CloseCode::Policy, text.clone()),
    };
    if outcome.is_err() {
        client.hub.metrics.refuse("WebSocket closed");
        debug!(%address, reason, "WebSocket closed");
    }
    // The reason of a close frame has at most 123 bytes (RFC 6455 §5.5).
    let reason: String = reason.chars().filter(char::is_ascii).take(120).collect();
    _ = tokio::time::timeout(GOODBYE, socket.close(Some(CloseFrame { code, reason: reason.into() }))).await;
}

/// Why a connection is closed.
enum End {
    Lost(Box<Error>),
    TooLong,
    Slow,
    Xml(XmlError),
    NotText,
    NotKept(String),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        let too_long = |e: &std::io::Error| e.kind() == ErrorKind::FileTooLarge;
        if matches!(&error, Error::Capacity(_)) || matches!(&error, Error::Io(e) if too_long(e)) {
            return Self::TooLong;
        }
        if matches!(&error, Error::Utf8(_)) {
            return Self::Xml(XmlError::NotUtf8 { position: 0 });
        }
        Self::Lost(Box::new(error))
    }
}

impl From<XmlError> for End {
    fn from(error: XmlError) -> Self {
        Self::Xml(error)
    }
}

/// The element of a frame; `None` for frames that say nothing.
fn element(message: &Message, limits: &Limits) -> Result<Option<Element>, End> {
    match message {
        Message::Text(text) if text.trim().is_empty() => Ok(None),
        Message::Text(text) => Ok(Some(Element::read(text.as_bytes(), limits)?)),
        Message::Binary(_) => Err(End::NotText),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(None),
    }
}

fn text_frame(message: Bytes) -> Message {
    // Messages are made from strings.
    message.try_into().map_or_else(|_| Message::text(""), Message::Text)
}

/// A session and where its messages come out, as long as the connection carries it.
struct Carried {
    session: Handle,
    link: LinkId,
    messages: mpsc::Receiver<Bytes>,
}

/// Leads the client to its session; `None` if it leaves without one.
async fn begin(
    hub: &Arc<Hub>,
    address: IpAddr,
    socket: &mut Socket,
    entry: Entry,
) -> Result<Option<Carried>, End> {
    match entry {
        Entry::Login => {
            let time = hub.config.session.login.0;
            tokio::time::timeout(time, log_in(hub, address, socket)).await.map_err(|_| End::Slow)?
        }
        Entry::Attach(session, acknowledged) => attach(hub, socket, session, acknowledged).await.map(Some),
    }
}

/// Serves requests until the client has a session; `None` if it leaves without one.
async fn log_in(hub: &Arc<Hub>, address: IpAddr, socket: &mut Socket) -> Result<Option<Carried>, End> {
    let mut login = Login::new(Arc::clone(hub), address, false);
    let limits = limits(&hub.config.limits, true);
    loop {
        // The frame's header and what a client may send beside it come on top.
        socket.get_mut().allow(Some(limits.bytes + 1024));
        let Some(message) = socket.next().await else { return Ok(None) };
        let Some(element) = element(&message?, &limits)? else { continue };
        let mut out = Vec::new();
        let next = login.handle(&element, &mut out).await;
        for message in out {
            socket.send(text_frame(message)).await?;
        }
        match next {
            Next::Wait | Next::Starttls => {}
            Next::End => return Ok(None),
            Next::Carry(begun) => {
                socket.get_mut().allow(None);
                let Begun { session, link, messages, .. } = begun;
                return Ok(Some(Carried { session, link, messages }));
            }
        }
    }
}

/// Attaches to a session that was begun elsewhere. The client is told first how many requests were accepted.
async fn attach(
    hub: &Arc<Hub>,
    socket: &mut Socket,
    session: Handle,
    acknowledged: Option<u64>,
) -> Result<Carried, End> {
    let (link, messages) = new_link(hub, true);
    let id = link.id;
    let Ok(attached) = session.attach(link, acknowledged).await else {
        return Err(End::NotKept("the session has ended".to_owned()));
    };
    let requests = attached.map_err(End::NotKept)?;
    let greeting = protocol::Message::from(greeting(&session, Some(requests)));
    socket.send(text_frame(greeting.encode(None).to_xml().into())).await?;
    Ok(Carried { session, link: id, messages })
}

/// Carries a session: requests in, messages out, at the same time.
async fn carry(hub: &Arc<Hub>, socket: &mut Socket, carried: Carried) -> Result<(), End> {
    let Carried { session, link, messages } = carried;
    socket.get_mut().expect_something_every(DEAD);
    let (writer, reader) = socket.split();
    // The session hears that the connection is gone when the end of its queue is dropped.
    tokio::select! {
        outcome = read_requests(hub, reader, &session, link) => outcome,
        outcome = write_messages(writer, messages) => outcome,
    }
}

async fn read_requests(
    hub: &Arc<Hub>,
    mut reader: SplitStream<&mut Socket>,
    session: &Handle,
    link: LinkId,
) -> Result<(), End> {
    let limits = limits(&hub.config.limits, false);
    loop {
        let Some(message) = reader.next().await else { return Ok(()) };
        // Of its own statement: what `match` holds would have its place in every idle connection.
        let message = message?;
        let weight = Weight::of(message.len());
        let element = element(&message, &limits)?;
        // Pongs, and pings of the client, ask for nothing.
        if let Some(element) = element
            && session.request(link, element, weight).await.is_err()
        {
            return Ok(());
        }
    }
}

/// Writes messages, and pings when there are none, until the session gives the connection up.
async fn write_messages(
    mut writer: SplitSink<&mut Socket, Message>,
    mut messages: mpsc::Receiver<Bytes>,
) -> Result<(), End> {
    loop {
        let message = match tokio::time::timeout(PING, messages.recv()).await {
            Ok(None) => return Ok(()),
            Ok(Some(message)) => text_frame(message),
            Err(_) => Message::Ping(Bytes::new()),
        };
        writer.feed(message).await?;
        while let Ok(message) = messages.try_recv() {
            writer.feed(text_frame(message)).await?;
        }
        writer.flush().await?;
    }
}
