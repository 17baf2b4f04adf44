//! How does mail come in? From the mail server beside us, by LMTP (RFC 2033).
//!
//! Each recipient has an answer of its own after the text, when the message is in its INBOX, durable. The text goes into a
//! blob as it comes; of a client that leaves within it nothing stays.

mod command;
mod text;

use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use storage::{AccountId, Blob, BlobWriter, NewMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing::{debug, info, warn};

use super::Stream;
use super::listener::Client;
use crate::delivery::{
    Destination, EnvelopeAddress, Reply, Trace, Verdict, arrival, host_name, resolve, store,
};
use crate::hub::Hub;
use crate::metrics::{Counted, Transport};
use command::Command;
use text::Text;

/// Bytes of a command. RFC 5321 §4.5.3.1.4 wants 512, and more for parameters and SMTPUTF8.
const LONGEST_LINE: usize = 2_048;
/// Bytes that are read at once.
const READ: usize = 64 * 1024;
/// Wrong commands after which a client is not listened to any more.
const PATIENCE: u32 = 20;

/// Serves a connection until it ends.
pub(super) async fn serve(client: Client, stream: Stream) {
    let _counted = Counted::new(&client.hub.metrics, Transport::Lmtp);
    let address = client.address;
    let host = match host_name(&client.hub).await {
        Ok(host) => host,
        Err(error) => return warn!(%error, "a connection of LMTP cannot be served"),
    };
    let mut dialogue = Dialogue::new(Arc::clone(&client.hub), address.to_string(), host, stream);
    match dialogue.run().await {
        Ok(()) => debug!(%address, "connection ends"),
        Err(error) => {
            debug!(%address, %error, "connection lost");
            if error.kind() == io::ErrorKind::TimedOut {
                // It may hear it even so.
                dialogue.say(&Reply::new(421, "4.4.2", "nothing came for too long"));
                _ = dialogue.flush().await;
            }
        }
    }
}

/// A dialogue with a client.
struct Dialogue {
    hub: Arc<Hub>,
    peer: String,
    host: String,
    stream: Stream,
    input: BytesMut,
    output: Vec<u8>,
    /// What the client calls itself, once it has said so.
    client: Option<String>,
    mail: Option<Mail>,
    errors: u32,
}

/// A message that has begun.
struct Mail {
    sender: Option<EnvelopeAddress>,
    recipients: Vec<AccountId>,
    /// The only recipient's address, as it was given.
    named: String,
}

/// Whether the dialogue goes on.
type GoesOn = bool;

impl Dialogue {
    fn new(hub: Arc<Hub>, peer: String, host: String, mut stream: Stream) -> Self {
        stream.expect_something_every(hub.config.session.idle.0);
        Self {
            hub,
            peer,
            host,
            stream,
            input: BytesMut::new(),
            output: Vec::new(),
            client: None,
            mail: None,
            errors: 0,
        }
    }

    async fn run(&mut self) -> io::Result<()> {
        self.output.extend_from_slice(format!("220 {} LMTP\r\n", self.host).as_bytes());
        let mut goes_on = true;
        while goes_on {
            goes_on = match self.line().await? {
                Line::Command(line) => match Command::read(&line) {
                    Ok(command) => self.obey(command).await?,
                    Err(reply) => self.complain(&reply),
                },
                Line::Wrong(reply) => self.complain(&reply),
                Line::End => false,
                Line::Shutdown => {
                    self.say(&Reply::new(421, "4.3.2", "the server stops"));
                    false
                }
            };
        }
        self.flush().await?;
        self.stream.shutdown().await
    }

    async fn obey(&mut self, command: Command) -> io::Result<GoesOn> {
        match command {
            Command::Lhlo(name) => {
                self.client = Some(name);
                self.mail = None;
                self.greet();
            }
            Command::Mail { sender, size } => return Ok(self.begin(sender, size)),
            Command::Rcpt(recipient) => return Ok(self.recipient(&recipient).await),
            Command::Data => return self.data().await,
            Command::Rset => {
                self.mail = None;
                self.say(&Reply::new(250, "2.0.0", "forgotten"));
            }
            Command::Noop => self.say(&Reply::new(250, "2.0.0", "here")),
            Command::Vrfy => self.say(&Reply::new(252, "2.1.5", "send it a message")),
            Command::Quit => {
                self.say(&Reply::new(221, "2.0.0", "goodbye"));
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn greet(&mut self) {
        let size = self.hub.config.mail.message.0;
        let lines = format!(
            "250-{}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {size}\r\n",
            self.host
        );
        self.output.extend_from_slice(lines.as_bytes());
    }

    fn begin(&mut self, sender: Option<EnvelopeAddress>, size: Option<u64>) -> GoesOn {
        if self.client.is_none() {
            return self.complain(&Reply::new(503, "5.5.1", "say LHLO first"));
        }
        if self.mail.is_some() {
            return self.complain(&Reply::new(503, "5.5.1", "a message has begun already"));
        }
        if size.is_some_and(|size| size > self.hub.config.mail.message.0) {
            self.say(&self.too_large());
            return true;
        }
        self.mail = Some(Mail { sender, recipients: Vec::new(), named: String::new() });
        self.say(&Reply::new(250, "2.1.0", "go on"));
        true
    }

    async fn recipient(&mut self, address: &EnvelopeAddress) -> GoesOn {
        let most = usize::try_from(self.hub.config.mail.recipients).unwrap_or(usize::MAX);
        let Some(mail) = &mut self.mail else {
            return self.complain(&Reply::new(503, "5.5.1", "say MAIL first"));
        };
        let reply = if mail.recipients.len() >= most {
            Reply::new(452, "4.5.3", "these are as many recipients as a message may have")
        } else {
            match resolve(&self.hub.storage, address).await {
                Ok(Destination::Account(account)) => {
                    mail.recipients.push(account);
                    mail.named = address.to_string();
                    Reply::new(250, "2.1.5", "go on")
                }
                Ok(Destination::Unknown) => {
                    self.hub.metrics.refuse("unknown recipient");
                    Reply::new(550, "5.1.1", "there is no such mailbox here")
                }
                Ok(Destination::Outside) => {
                    self.hub.metrics.refuse("unknown recipient");
                    Reply::new(550, "5.1.2", "this domain is not here")
                }
                Err(error) => {
                    warn!(%error, "a recipient cannot be looked up");
                    Reply::new(451, "4.3.0", "the server cannot look the recipient up just now")
                }
            }
        };
        self.say(&reply);
        true
    }

    async fn data(&mut self) -> io::Result<GoesOn> {
        let Some(mail) = self.mail.take() else {
            return Ok(self.complain(&Reply::new(503, "5.5.1", "say MAIL first")));
        };
        if mail.recipients.is_empty() {
            return Ok(self.complain(&Reply::new(503, "5.5.1", "no recipient was accepted")));
        }
        self.output.extend_from_slice(b"354 go on, and end with a dot\r\n");
        match self.receive(&mail).await? {
            Received::Blob(blob) => self.deliver(&mail, blob).await,
            Received::Refused(reply) => {
                for _ in &mail.recipients {
                    self.say(&reply);
                }
            }
            Received::Endless => {
                self.say(&Reply::new(421, "4.7.0", "the message is far too large"));
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the text of a message to its end, whatever becomes of it.
    async fn receive(&mut self, mail: &Mail) -> io::Result<Received> {
        let most = self.hub.config.mail.message.0;
        let mut writer = self.writer(mail).await;
        let (mut text, mut size, mut piece) = (Text::default(), 0_u64, Vec::new());
        loop {
            if self.input.is_empty() && !self.fill().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            piece.clear();
            let end = text.take(&self.input, &mut piece);
            self.input.advance(end.unwrap_or(self.input.len()));
            size = size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if size > most && writer.is_ok() {
                writer = Err(self.too_large());
            }
            if let Ok(open) = &mut writer
                && let Err(error) = open.write(&piece).await
            {
                writer = Err(not_stored(&error));
            }
            if end.is_some() {
                break;
            }
            if size > most.saturating_mul(4) {
                return Ok(Received::Endless);
            }
        }
        if text.has_bare_line_feed() {
            let words = "the message has a line feed without a carriage return";
            return Ok(Received::Refused(Reply::new(554, "5.6.0", words)));
        }
        match writer {
            Ok(writer) => Ok(writer
                .finish()
                .await
                .map_or_else(|error| Received::Refused(not_stored(&error)), Received::Blob)),
            Err(reply) => Ok(Received::Refused(reply)),
        }
    }

    /// A blob that begins with what the server that delivers writes before a message.
    async fn writer(&self, mail: &Mail) -> Result<BlobWriter, Reply> {
        let client = self.client.as_deref().map(|name| (name, self.peer.as_str()));
        let sender = mail.sender.as_ref().map(ToString::to_string).unwrap_or_default();
        let recipient = Some(mail.named.as_str()).filter(|_| mail.recipients.len() == 1);
        let trace = Trace { sender: &sender, recipient, client, host: &self.host };
        let mut writer = self.hub.storage.blobs().create().map_err(|error| not_stored(&error))?;
        writer.write(trace.lines().as_bytes()).await.map_err(|error| not_stored(&error))?;
        Ok(writer)
    }

    /// Puts a message into the INBOX of each recipient, once, and answers for each.
    async fn deliver(&mut self, mail: &Mail, blob: Blob) {
        let hub = Arc::clone(&self.hub);
        let recipients = mail.recipients.clone();
        // It is done for all, or answered for all, even if the client goes.
        let stored = Arc::clone(&self.hub).to_the_end(async move {
            Ok(match arrival(&hub, blob).await {
                Ok(message) => store_for_all(&hub, &recipients, message).await,
                Err(error) => vec![Verdict::of(&error); recipients.len()],
            })
        });
        let failed = Verdict::NotYet(Reply::new(451, "4.3.0", "the server has failed"));
        for verdict in stored.await.unwrap_or_else(|_| vec![failed; mail.recipients.len()]) {
            let result = if verdict == Verdict::Delivered { "delivered" } else { "refused" };
            self.hub.metrics.mail(result);
            self.say(&verdict.reply());
        }
        info!(peer = %self.peer, size = blob.size, recipients = mail.recipients.len(), "a message has come");
    }

    fn too_large(&self) -> Reply {
        let most = self.hub.config.mail.message;
        Reply::new(552, "5.3.4", format!("a message may have {most} at most"))
    }

    fn say(&mut self, reply: &Reply) {
        self.output.extend_from_slice(format!("{reply}\r\n").as_bytes());
    }

    /// Answers what is wrong; who does nothing else is not listened to for ever.
    fn complain(&mut self, reply: &Reply) -> GoesOn {
        self.errors += 1;
        self.say(reply);
        if self.errors < PATIENCE {
            return true;
        }
        self.hub.metrics.refuse("wrong commands of LMTP");
        self.say(&Reply::new(421, "4.7.0", "too much is wrong here"));
        false
    }

    async fn flush(&mut self) -> io::Result<()> {
        let output = std::mem::take(&mut self.output);
        self.stream.write_all(&output).await?;
        self.stream.flush().await
    }

    /// Reads more; `false` at the end. What was answered is sent first: commands may come in a bundle (RFC 2920).
    async fn fill(&mut self) -> io::Result<bool> {
        self.flush().await?;
        self.input.reserve(READ);
        Ok(self.stream.read_buf(&mut self.input).await? > 0)
    }

    /// The next command. A line that is too long is passed over up to its end.
    async fn line(&mut self) -> io::Result<Line> {
        let mut passed_over = false;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.input) {
                let line = self.input.split_to(end + 1);
                if passed_over || line.len() > LONGEST_LINE {
                    return Ok(Line::Wrong(Reply::new(500, "5.5.6", "the line is too long")));
                }
                return Ok(match line.strip_suffix(b"\r\n") {
                    Some(line) => Line::Command(line.to_vec()),
                    None => {
                        Line::Wrong(Reply::new(500, "5.5.2", "lines end with carriage return and line feed"))
                    }
                });
            }
            if self.input.len() > LONGEST_LINE {
                passed_over = true;
                self.input.clear();
            }
            let shutdown = self.hub.shutdown.clone();
            match shutdown.run_until_cancelled(self.fill()).await {
                None => return Ok(Line::Shutdown),
                Some(Ok(true)) => {}
                Some(Ok(false)) => return Ok(Line::End),
                Some(Err(error)) => return Err(error),
            }
        }
    }
}

/// What came in place of a command.
enum Line {
    Command(Vec<u8>),
    Wrong(Reply),
    End,
    Shutdown,
}

/// What became of the text of a message.
enum Received {
    Blob(Blob),
    Refused(Reply),
    /// The client would not stop.
    Endless,
}

async fn store_for_all(hub: &Hub, recipients: &[AccountId], message: NewMessage) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(recipients.len());
    for (at, account) in recipients.iter().enumerate() {
        let before = recipients.iter().take(at).position(|other| other == account);
        let known = before.and_then(|before| verdicts.get(before)).cloned();
        verdicts.push(match known {
            Some(verdict) => verdict,
            None => store(hub, *account, message.clone()).await,
        });
    }
    verdicts
}

fn not_stored(error: &storage::Error) -> Reply {
    warn!(%error, "a message cannot be stored");
    Verdict::of(error).reply()
}
