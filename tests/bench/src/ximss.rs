//! A thin client of the gateway (protocol/BINDINGS.md).

use anyhow::{Context, bail};
use protocol::{Element, Limits};

use crate::websocket::Socket;

/// Messages are acknowledged when so many have come: clients should at least every 100.
const ACKNOWLEDGE: u64 = 50;

/// A session, its messages numbered.
pub struct Session {
    /// Its connection.
    pub socket: Socket,
    /// What stands in for the password from now on.
    pub ticket: String,
    /// The number of the last message.
    received: u64,
    acknowledged: u64,
}

/// What is shown at the door.
pub enum Credential<'a> {
    /// An account and its password.
    Password(&'a str, &'a str),
    /// The ticket of an earlier login.
    Ticket(&'a str),
}

impl Session {
    /// Logs in on a new connection.
    pub async fn log_in(url: &str, credential: &Credential<'_>) -> anyhow::Result<Self> {
        let mut socket = Socket::connect(url, "ximss").await?;
        let login = Element::new("login").with("id", "login").with("numbered", "yes");
        let login = match credential {
            Credential::Password(account, password) => {
                login.with("authData", *account).with("password", *password)
            }
            Credential::Ticket(ticket) => login.with("ticket", *ticket),
        };
        socket.send(login.to_xml()).await?;
        let greeting = read(&socket.wait_for(" id=\"login\"").await?)?;
        let Some(ticket) = greeting.attribute("ticket") else { bail!("no login: {}", greeting.to_xml()) };
        let ticket = ticket.to_owned();
        socket.wait_for("<response id=\"login\"/>").await?;
        Ok(Self { socket, ticket, received: 0, acknowledged: 0 })
    }

    /// Sends a request, given as its name and what follows its `id`; acknowledges what has come, from time to time.
    pub async fn send(&mut self, id: &str, name: &str, rest: &str) -> anyhow::Result<()> {
        let acknowledge = if self.received - self.acknowledged >= ACKNOWLEDGE {
            self.acknowledged = self.received;
            format!(" ackSeq=\"{}\"", self.received)
        } else {
            String::new()
        };
        self.socket.send(format!("<{name} id=\"{id}\"{acknowledge}{rest}")).await
    }

    /// The next message.
    pub async fn next(&mut self) -> anyhow::Result<String> {
        let text = self.socket.next().await?;
        self.received += 1;
        Ok(text)
    }

    /// Waits for the response to a request, which must say that it has succeeded; messages before it are passed over.
    pub async fn response(&mut self, id: &str) -> anyhow::Result<()> {
        let id = format!(" id=\"{id}\"");
        loop {
            let text = self.next().await?;
            if text.starts_with("<response ") && text.contains(&id) {
                if text.contains(" errorText=") {
                    bail!("the gateway refuses: {text}");
                }
                return Ok(());
            }
        }
    }

    /// Waits for a message of this name; others are passed over.
    pub async fn message(&mut self, name: &str) -> anyhow::Result<Element> {
        loop {
            let element = read(&self.next().await?)?;
            if element.is(name) {
                return Ok(element);
            }
            if element.attribute("errorText").is_some() {
                bail!("{name} was awaited, {} came", element.to_xml());
            }
        }
    }
}

/// Reads a message of the gateway.
pub fn read(text: &str) -> anyhow::Result<Element> {
    Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).with_context(|| text.to_owned())
}
