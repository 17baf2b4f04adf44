//! How is the body of a request read?

use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http_body_util::BodyDataStream;
use hyper::body::Incoming;

/// What is read of a body beyond its limit, in bytes. A client that is still sending when the connection closes never
/// sees the answer (RFC 9112 §9.6), so what is sent too much is read and dropped, up to here.
const LONGEST_DROPPED: usize = 16 << 20;

/// The pieces of a body. The client may pause for this long between two of them.
pub(super) fn pieces(body: Incoming, pause: Duration) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(BodyDataStream::new(body), move |mut body| async move {
        match tokio::time::timeout(pause, body.next()).await {
            Ok(Some(Ok(piece))) => Ok(Some((piece, body))),
            Ok(Some(Err(error))) => Err(io::Error::other(error)),
            Ok(None) => Ok(None),
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
        }
    })
}

/// The whole body, or `None` if it is longer than the limit, in bytes.
pub(super) async fn whole(body: Incoming, limit: usize, pause: Duration) -> io::Result<Option<Bytes>> {
    let mut pieces = std::pin::pin!(pieces(body, pause));
    let mut bytes = BytesMut::new();
    while let Some(piece) = pieces.try_next().await? {
        if bytes.len().saturating_add(piece.len()) > limit {
            drop_rest(pieces).await;
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes.freeze()))
}

/// Reads on after too much was sent, so that the client reads why its request is refused.
pub(super) async fn drop_rest(mut pieces: Pin<&mut impl Stream<Item = io::Result<Bytes>>>) {
    let mut dropped = 0_usize;
    while let Ok(Some(piece)) = pieces.try_next().await {
        dropped = dropped.saturating_add(piece.len());
        if dropped > LONGEST_DROPPED {
            break;
        }
    }
}
