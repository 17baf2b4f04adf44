//! Over what does a session reach its client just now?

use std::time::Instant;

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::input::{Link, LinkId};
use crate::outbox::Outbox;

/// How the client is attached.
#[derive(Debug)]
pub(super) enum Attachment {
    /// A connection carries the messages.
    Connected(Link),
    /// The connection was lost at this time.
    Detached(Instant),
    /// The client asks by HTTP.
    Polled(Option<OpenPoll>),
}

/// A poll that waits for something to happen.
#[derive(Debug)]
pub(super) struct OpenPoll {
    /// When it is answered with nothing.
    pub(super) until: Instant,
    pub(super) reply: oneshot::Sender<Bytes>,
}

/// What became of the messages that were to be handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    /// All are on their way, or nobody is there to take them.
    Done,
    /// The connection takes no more for now.
    Full,
    /// The connection is gone.
    Lost,
}

/// Bytes of one batch, about: what a poll's reply carries.
const BATCH: usize = 256 * 1024;

impl Attachment {
    /// The connection of this id, if it is the one that carries the session.
    pub(super) fn link(&self, id: LinkId) -> Option<&Link> {
        match self {
            Self::Connected(link) if link.id == id => Some(link),
            Self::Connected(_) | Self::Detached(_) | Self::Polled(_) => None,
        }
    }

    /// Waits until the connection is gone. For ever, if there is none.
    pub(super) async fn lost(&self) {
        if let Self::Connected(link) = self {
            link.messages.closed().await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the connection takes another message. For ever, if there is none.
    pub(super) async fn room(&self) {
        if let Self::Connected(link) = self {
            // An error is a lost connection: the next flush finds out.
            _ = link.messages.reserve().await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Hands over what waits in the outbox.
    pub(super) fn flush(&mut self, outbox: &mut Outbox) -> Flush {
        match self {
            Self::Connected(link) => hand_over(link, outbox),
            Self::Polled(poll) => {
                if poll.is_some()
                    && let Some(reply) = batch(outbox)
                    && let Some(poll) = poll.take()
                {
                    _ = poll.reply.send(reply);
                }
                Flush::Done
            }
            Self::Detached(_) => Flush::Done,
        }
    }
}

fn hand_over(link: &Link, outbox: &mut Outbox) -> Flush {
    while let Some((number, message)) = outbox.next() {
        let message = if link.numbered { with_number(message, number) } else { message.clone() };
        match link.messages.try_send(message) {
            Ok(()) if link.numbered => outbox.handed(),
            Ok(()) => outbox.handed_for_good(),
            Err(TrySendError::Full(_)) => return Flush::Full,
            Err(TrySendError::Closed(_)) => return Flush::Lost,
        }
    }
    Flush::Done
}

/// The reply to a poll: `<XIMSS respSeq="n">…</XIMSS>`, if there is something to tell.
pub(super) fn batch(outbox: &mut Outbox) -> Option<Bytes> {
    let (sequence, messages) = outbox.batch(BATCH)?;
    let mut reply = format!("<XIMSS respSeq=\"{sequence}\">").into_bytes();
    for message in messages {
        reply.extend_from_slice(&message);
    }
    reply.extend_from_slice(b"</XIMSS>");
    Some(reply.into())
}

/// The message with an attribute `seq` after its name.
fn with_number(message: &Bytes, number: u64) -> Bytes {
    let name = message.iter().position(|b| matches!(b, b' ' | b'/' | b'>')).unwrap_or(message.len());
    let (name, rest) = message.split_at(name);
    let mut out = Vec::with_capacity(message.len() + 16);
    out.extend_from_slice(name);
    out.extend_from_slice(format!(" seq=\"{number}\"").as_bytes());
    out.extend_from_slice(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_right_after_the_name() {
        let numbered = |text: &'static str| with_number(&Bytes::from_static(text.as_bytes()), 7);
        assert_eq!(numbered("<bye/>"), "<bye seq=\"7\"/>");
        assert_eq!(numbered("<response id=\"1\"/>"), "<response seq=\"7\" id=\"1\"/>");
        assert_eq!(numbered("<a>x</a>"), "<a seq=\"7\">x</a>");
    }
}
