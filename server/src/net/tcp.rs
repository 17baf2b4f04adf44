//! XIMSS over TCP: messages end with a zero byte.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use protocol::{Element, Frames, Limits, XmlError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tracing::{debug, info};

use super::Stream;
use super::listener::{Client, Starttls};
use crate::config;
use crate::hub::Hub;
use crate::login::{Begun, Login, Next};
use crate::metrics::{Counted, Transport};
use crate::session::{Handle, Input, LinkId, Weight};

/// The limits of one message.
pub(crate) fn limits(limits: &config::Limits, before_login: bool) -> Limits {
    let (bytes, nodes) = if before_login {
        (limits.message_before_login, limits.nodes_before_login)
    } else {
        (limits.message, limits.nodes)
    };
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    Limits {
        bytes: bytes.bytes(),
        nodes: count(nodes),
        depth: count(limits.depth),
        attributes: count(limits.attributes),
    }
}

/// Serves a connection until it ends.
pub(crate) async fn serve(client: Client, stream: Stream, starttls: Starttls) {
    let _counted = Counted::new(&client.hub.metrics, Transport::Tcp);
    let address = client.address;
    match run(&client.hub, address, stream, starttls).await {
        Ok(()) => debug!(%address, "connection ends"),
        Err(End::Io(error)) => debug!(%address, %error, "connection lost"),
        Err(End::Slow) => {
            client.hub.metrics.refuse("slow login");
            info!(%address, "connection closed: no login in time");
        }
        Err(End::Xml(error)) => {
            client.hub.metrics.refuse("not acceptable XML");
            info!(%address, error = %error.for_log(), "connection closed: not an acceptable message");
        }
    }
}

/// Why a connection is cut.
enum End {
    Io(io::Error),
    Xml(XmlError),
    Slow,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<XmlError> for End {
    fn from(error: XmlError) -> Self {
        Self::Xml(error)
    }
}

async fn run(hub: &Arc<Hub>, address: IpAddr, stream: Stream, starttls: Starttls) -> Result<(), End> {
    let mut frames = Frames::new();
    // Boxed, so that its buffers go when it is done: the connection may last for days.
    let log_in = Box::pin(log_in(hub, address, stream, &mut frames, starttls));
    let begun = tokio::time::timeout(hub.config.session.login.0, log_in).await;
    match begun.map_err(|_| End::Slow)?? {
        (mut stream, None) => {
            // What was said last is still on its way; a client that has closed already does not mind.
            _ = stream.shutdown().await;
            Ok(())
        }
        (stream, Some(begun)) => carry(hub, stream, frames, begun).await,
    }
}

/// Serves requests until the client has a session; `None` if it leaves without one.
async fn log_in(
    hub: &Arc<Hub>,
    address: IpAddr,
    mut stream: Stream,
    frames: &mut Frames,
    mut starttls: Starttls,
) -> Result<(Stream, Option<Begun>), End> {
    let mut login = Login::new(Arc::clone(hub), address, starttls.is_some() && !stream.is_tls());
    let limits = limits(&hub.config.limits, true);
    loop {
        while let Some(frame) = frames.next(limits.bytes)? {
            if is_blank(frame) {
                continue;
            }
            let element = Element::read(frame, &limits)?;
            let mut out = Vec::new();
            let next = login.handle(&element, &mut out).await;
            write_all(&mut stream, &out).await?;
            match next {
                Next::Wait => {}
                Next::End => return Ok((stream, None)),
                Next::Carry(begun) => return Ok((stream, Some(begun))),
                Next::Starttls => {
                    let acceptor = starttls.take();
                    let (Some(acceptor), true) = (acceptor, frames.unfinished().is_empty()) else {
                        // What came in the clear after the request must not be taken for what comes in TLS.
                        return Err(End::Io(io::Error::other("something was sent between starttls and TLS")));
                    };
                    stream = stream.begin_tls(&acceptor).await?;
                    login.can_starttls = false;
                }
            }
        }
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok((stream, None));
        }
        frames.push(buffer.get(..read).unwrap_or_default());
    }
}

/// White space between messages is no message.
fn is_blank(frame: &[u8]) -> bool {
    frame.iter().all(u8::is_ascii_whitespace)
}

/// Carries a session: requests in, messages out, at the same time.
async fn carry(hub: &Arc<Hub>, stream: Stream, frames: Frames, begun: Begun) -> Result<(), End> {
    let Begun { session, link, messages, .. } = begun;
    let (reader, writer) = tokio::io::split(stream);
    let mut write = std::pin::pin!(write_messages(writer, messages));
    // The session hears that the connection is gone when the end of its queue is dropped.
    tokio::select! {
        read = read_requests(hub, reader, frames, &session, link) => read?,
        written = &mut write => return written.map_err(End::from),
    }
    // The client has closed its half. It may still wait for answers.
    if session.send(Input::Finished(link)).await.is_ok() {
        write.await?;
    }
    Ok(())
}

async fn read_requests(
    hub: &Arc<Hub>,
    mut reader: ReadHalf<Stream>,
    mut frames: Frames,
    session: &Handle,
    link: LinkId,
) -> Result<(), End> {
    let limits = limits(&hub.config.limits, false);
    loop {
        while let Some(frame) = frames.next(limits.bytes)? {
            if is_blank(frame) {
                continue;
            }
            let weight = Weight::of(frame.len());
            let element = Element::read(frame, &limits)?;
            if session.request(link, element, weight).await.is_err() {
                return Ok(());
            }
        }
        let mut buffer = [0; 1024];
        let read = reader.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        frames.push(buffer.get(..read).unwrap_or_default());
    }
}

/// Writes messages until the session gives the connection up.
async fn write_messages(
    mut writer: WriteHalf<Stream>,
    mut messages: mpsc::Receiver<Bytes>,
) -> io::Result<()> {
    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, 8).await > 0 {
        write_all(&mut writer, &batch).await?;
        batch.clear();
    }
    writer.shutdown().await
}

async fn write_all(writer: &mut (impl AsyncWriteExt + Unpin), messages: &[Bytes]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(messages.iter().map(|message| message.len() + 1).sum());
    for message in messages {
        bytes.extend_from_slice(message);
        bytes.push(0);
    }
    writer.write_all(&bytes).await?;
    writer.flush().await
}
