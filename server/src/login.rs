//! What can a client do before it has a session, and how does it get one?

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use protocol::{ErrorCode, Message, Request, RequestError, RequestHeader, Response};
use tokio::sync::mpsc;
use tracing::info;

use crate::account::{Account, Address};
use crate::clock;
use crate::failure::Failure;
use crate::handler;
use crate::hub::Hub;
use crate::session::{Handle, Link, LinkId};

/// The protocol version told to clients; they compare it with 6.2.
pub(crate) const VERSION: &str = "6.2.0";

/// Messages that may be on their way from a session to its connection.
const MESSAGES: usize = 8;

/// A connection whose client has not logged in yet.
pub(crate) struct Login {
    /// What all connections share.
    pub(crate) hub: Arc<Hub>,
    /// Where the client is.
    pub(crate) address: IpAddr,
    /// Whether `starttls` is possible.
    pub(crate) can_starttls: bool,
    /// A SASL exchange that waits for `auth`.
    pub(crate) exchange: Option<Exchange>,
    /// Failed attempts so far.
    attempts: u32,
}

/// A SASL exchange under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// PLAIN (RFC 4616): the client's message is awaited.
    Plain {
        /// Whether messages are to be numbered.
        numbered: bool,
    },
    /// CRAM-MD5 (RFC 2195): the answer to this challenge is awaited.
    Cram {
        /// The challenge sent.
        challenge: String,
        /// Whether messages are to be numbered.
        numbered: bool,
    },
}

/// What a request before login has led to.
pub(crate) enum Progress {
    /// It has succeeded; these messages come before its response.
    Done(Vec<Message>),
    /// Its messages are answered; the request itself gets no response yet.
    Continue(Vec<Message>),
    /// It has succeeded, and TLS begins after the response.
    Starttls,
    /// The client has a session.
    Begun(Begun),
    /// It has succeeded, and the connection ends.
    End,
}

/// A session whose messages this connection carries.
pub(crate) struct Begun {
    /// Told before the response.
    pub(crate) greeting: Message,
    /// The session.
    pub(crate) session: Handle,
    /// The connection as the session knows it.
    pub(crate) link: LinkId,
    /// Where the session's messages come from.
    pub(crate) messages: mpsc::Receiver<Bytes>,
}

/// What the connection does next.
pub(crate) enum Next {
    /// Goes on waiting for requests.
    Wait,
    /// Begins TLS.
    Starttls,
    /// Carries a session.
    Carry(Begun),
    /// Ends.
    End,
}

/// Failed attempts after which a connection ends.
const ATTEMPTS: u32 = 5;

impl Login {
    pub(crate) const fn new(hub: Arc<Hub>, address: IpAddr, can_starttls: bool) -> Self {
        Self { hub, address, can_starttls, exchange: None, attempts: 0 }
    }

    /// Runs a request; `out` gets its messages and response.
    pub(crate) async fn handle(&mut self, element: &protocol::Element, out: &mut Vec<Bytes>) -> Next {
        let since = Instant::now();
        let header = RequestHeader::decode(element);
        let id = RequestHeader::id_of(element);
        let wants_time = header.as_ref().is_ok_and(|header| header.wants_time);
        let (name, outcome) = match header.map_err(RequestError::from).and_then(|_| Request::decode(element))
        {
            Ok(request) => (request.name(), handler::before_login(self, request).await),
            Err(RequestError::Unknown(_)) => ("unknown", Err(ErrorCode::UnknownCommand.into())),
            Err(RequestError::Invalid(error)) => ("invalid", Err(error.into())),
        };
        self.hub.metrics.request(name, outcome.as_ref().err().map(Failure::code), since.elapsed());
        let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let time = wants_time.then_some(milliseconds);
        let mut send = |message: Message| out.push(message.encode(id).to_xml().into());
        match outcome {
            Ok(Progress::Continue(messages)) => {
                messages.into_iter().for_each(send);
                Next::Wait
            }
            Ok(progress) => {
                let next = match progress {
                    Progress::Done(messages) => {
                        messages.into_iter().for_each(&mut send);
                        Next::Wait
                    }
                    Progress::Begun(begun) => {
                        send(begun.greeting.clone());
                        Next::Carry(begun)
                    }
                    Progress::Starttls => Next::Starttls,
                    Progress::End | Progress::Continue(_) => Next::End,
                };
                send(Response { time, ..Response::OK }.into());
                next
            }
            Err(failure) => {
                let wrong = failure.code() == ErrorCode::IncorrectPassword;
                send(Response { time, ..failure.response() }.into());
                self.attempts += u32::from(wrong);
                if self.attempts >= ATTEMPTS { Next::End } else { Next::Wait }
            }
        }
    }

    /// Begins a session for who has logged in.
    pub(crate) fn begin(&self, account: Arc<Account>, numbered: bool) -> Result<Progress, Failure> {
        let (link, messages) = new_link(&self.hub, numbered);
        let id = link.id;
        let session = self.hub.sessions.begin(&self.hub, account, Some(link))?;
        let greeting = welcome(&self.hub, &session, None).into();
        Ok(Progress::Begun(Begun { greeting, session, link: id, messages }))
    }
}

/// Lets a client in that proves to be an account, unless too much was guessed from its address or at the account.
pub(crate) async fn admit(
    hub: &Hub,
    address: IpAddr,
    account: &str,
    proof: impl Future<Output = Result<Arc<Account>, Failure>>,
) -> Result<Arc<Account>, Failure> {
    // What is no address may be a password in the wrong field.
    let named = Address::parse(account).map_or("-", |_| account);
    let Some(attempt) = hub.guesses.attempt(address, account).await else {
        hub.metrics.refuse("too many attempts to log in");
        info!(%address, account = named, "login refused: too many attempts");
        let text = "too many attempts to log in: wait some minutes";
        return Err(Failure::because(ErrorCode::TemporaryFailure, text));
    };
    let outcome = proof.await;
    match &outcome {
        Ok(_) => attempt.succeeded(),
        Err(failure) if failure.code() == ErrorCode::IncorrectPassword => {
            info!(%address, account = named, "login failed");
        }
        Err(_) => attempt.forgiven(),
    }
    outcome
}

/// A link for a connection of this process, and where its messages come out.
pub(crate) fn new_link(hub: &Hub, numbered: bool) -> (Link, mpsc::Receiver<Bytes>) {
    let (sender, messages) = mpsc::channel(MESSAGES);
    (Link { id: hub.next_link(), messages: sender, numbered }, messages)
}

/// The `session` message for who comes to a session by its id, perhaps after so many requests. The id is known to every
/// URL of the session, so it does not buy a ticket.
pub(crate) fn greeting(session: &Handle, requests: Option<u64>) -> protocol::Session {
    let account = session.account();
    protocol::Session {
        id: session.id().to_string(),
        user: account.address.clone(),
        real_name: account.real_name.clone(),
        version: VERSION.to_owned(),
        ticket: None,
        requests,
    }
}

/// The same for who has shown a password, or a ticket: with a new ticket.
pub(crate) fn welcome(hub: &Hub, session: &Handle, requests: Option<u64>) -> protocol::Session {
    let lifetime = i64::try_from(hub.config.auth.ticket_lifetime.0.as_secs()).unwrap_or(i64::MAX);
    let ticket = hub.accounts.ticket(session.account(), clock::seconds().saturating_add(lifetime));
    protocol::Session { ticket: Some(ticket), ..greeting(session, requests) }
}
