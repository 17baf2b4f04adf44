//! What can reach a session?

use std::time::Duration;

use bytes::Bytes;
use protocol::Element;
use tokio::sync::{mpsc, oneshot};

use super::handle::Weight;
use crate::mailbox::Gate;
use crate::signal::Addressed;

/// One connection that carries, or carried, a session's messages. Unique in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LinkId(pub(crate) u64);

/// A connection that a session's messages are to be handed to.
#[derive(Debug)]
pub(crate) struct Link {
    /// Which connection.
    pub(crate) id: LinkId,
    /// Where messages go. Dropping it closes the connection once all of them are written.
    pub(crate) messages: mpsc::Sender<Bytes>,
    /// Whether messages carry their numbers, and are kept until they are acknowledged.
    pub(crate) numbered: bool,
}

/// What a session takes in. Large things are boxed: every session has room for some of these.
#[derive(Debug)]
pub(crate) enum Input {
    /// A connection takes the session over.
    Attach(Box<Attach>),
    /// A request from the connection that carries the session, and what it weighs.
    Request(LinkId, Box<Element>, Weight),
    /// The client will send nothing more on this connection. (One that is gone drops the end of its [`Link`].)
    Finished(LinkId),
    /// Requests by HTTP.
    Batch(Box<Batch>),
    /// A poll by HTTP.
    Poll(Box<Poll>),
    /// Something changed in a mailbox that the folder of this number shows.
    Changed(u32),
    /// Something happened to a call.
    Signal(Box<Addressed>),
    /// Which message does a URL speak of?
    Locate(Box<Locate>),
    /// The session is ended from outside; its [`Handle`](super::Handle) tells why.
    End,
}

/// A connection takes the session over.
#[derive(Debug)]
pub(crate) struct Attach {
    /// The connection.
    pub(crate) link: Link,
    /// The number of the last message that the client has; absent: the last one that it has acknowledged.
    pub(crate) acknowledged: Option<u64>,
    /// Told the number of requests accepted so far, or why it is not possible.
    pub(crate) reply: oneshot::Sender<Result<u64, String>>,
}

/// The requests of one HTTP POST.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The `reqSeq`, if the client sends one.
    pub(crate) sequence: Option<u64>,
    /// The requests.
    pub(crate) requests: Vec<Element>,
    /// What each of them weighs.
    pub(crate) weight: Weight,
    /// What the reply carries.
    pub(crate) carry: Carry,
    /// Told the reply.
    pub(crate) reply: oneshot::Sender<Posted>,
}

/// What an HTTP POST has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Posted {
    /// It is answered with this envelope.
    Reply(Bytes),
    /// Too much waits already. It was not looked at, and can be sent again.
    Busy,
}

/// What the reply to an HTTP POST carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carry {
    /// Nothing: data messages and responses come by polls (`/async`).
    Nothing,
    /// The requests' data messages and responses (`/sync`).
    Responses,
    /// These, and what else is waiting (`/sync?syncAsync=1`).
    Everything,
}

/// A poll by HTTP.
#[derive(Debug)]
pub(crate) struct Poll {
    /// The last batch that the client has.
    pub(crate) acknowledged: Option<u64>,
    /// How long to wait for something.
    pub(crate) wait: Duration,
    /// Told the reply: an envelope.
    pub(crate) reply: oneshot::Sender<Bytes>,
}

/// A question for the mailbox behind a folder.
#[derive(Debug)]
pub(crate) struct Locate {
    /// The folder's name.
    pub(crate) folder: String,
    /// A message.
    pub(crate) uid: u32,
    /// Told the way to the mailbox, if the folder is open and shows the message.
    pub(crate) reply: oneshot::Sender<Option<Gate>>,
}

/// Why a session is ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By `/Session/ID/KILL`.
    Killed,
    /// By another session of the account: `killOld`, or `signalBind mode="kill"`.
    Replaced,
    /// The account was removed.
    AccountRemoved,
    /// The server stops.
    Shutdown,
}

impl End {
    /// The reason, for the log.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Replaced => "replaced",
            Self::AccountRemoved => "account removed",
            Self::Shutdown => "server stops",
        }
    }
}
