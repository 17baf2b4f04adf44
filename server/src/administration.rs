//! What can an operator do to accounts and mail, and how is it done?
//!
//! One [`Command`] a conversation, over the control socket of a running gateway or, when none runs, over a pipe
//! within the command itself: the same code does it. A conversation is lines of JSON; after `MailImport` the client
//! sends messages, each a line with its length and then its bytes, and for `MailExport` it is sent them.

mod check;
mod export;

use std::sync::Arc;

use bytes::Bytes;
use protocol::Flags;
use serde::{Deserialize, Serialize};
use storage::{Aggregate, MailboxName, NewMessage, Storage};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split};

use crate::account::{Accounts, Address};
use crate::hub::Hub;
use crate::mail;
use crate::mailbox::stored;
use crate::session::End;

/// What an operator wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Create an account.
    AccountAdd {
        /// `name@domain`.
        address: String,
        /// What its owner is called.
        real_name: String,
        /// Its password.
        password: String,
    },
    /// Set the password of an account.
    AccountPassword {
        /// `name@domain`.
        address: String,
        /// The new password.
        password: String,
    },
    /// List all accounts.
    AccountList,
    /// Remove an account and everything it has.
    AccountRemove {
        /// `name@domain`.
        address: String,
    },
    /// Give an account another name.
    AliasAdd {
        /// `name@domain` of the account.
        address: String,
        /// The other `name@domain`.
        alias: String,
    },
    /// List the other names of an account.
    AliasList {
        /// `name@domain` of the account.
        address: String,
    },
    /// Take a name from the account that it is another name of.
    AliasRemove {
        /// The other `name@domain`.
        alias: String,
    },
    /// List the mail that is on its way.
    MailQueue,
    /// Store messages, which follow.
    MailImport {
        /// `name@domain`.
        address: String,
        /// The mailbox; it is created if it is new.
        mailbox: String,
    },
    /// Send messages.
    MailExport {
        /// `name@domain`.
        address: String,
        /// The mailbox; none: all.
        mailbox: Option<String>,
    },
    /// Say what is damaged.
    MailCheck {
        /// `name@domain`; none: all accounts, and what belongs to none.
        address: Option<String>,
        /// Mend what can be mended.
        mend: bool,
    },
}

/// What an operator is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// A line of a listing.
    Line(String),
    /// So many messages are stored, and durable.
    Stored(u64),
    /// The messages of this mailbox follow.
    Mailbox(String),
    /// A message, whose bytes follow.
    Message(MessageHeader),
    /// It is done.
    Done,
    /// It is not, and why.
    Failed(String),
}

/// What is said of a message before its bytes. A length of 0 ends an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageHeader {
    /// Length of the message in bytes.
    pub length: usize,
    /// When it came, in milliseconds since 1970.
    pub internal_date: i64,
    /// Its flags as bits.
    pub flags: u16,
}

/// Bytes of a message that can be imported.
pub const LONGEST_MESSAGE: usize = 256 << 20;
/// Messages that are stored at once, and their bytes.
const BATCH: usize = 100;
const BATCH_BYTES: usize = 16 << 20;
/// Bytes of a command.
const LONGEST_COMMAND: u64 = 64 * 1024;

/// What commands act on.
#[derive(Clone)]
pub(crate) struct Administration {
    pub(crate) storage: Storage,
    pub(crate) accounts: Arc<Accounts>,
    /// The gateway, if it runs.
    pub(crate) hub: Option<Arc<Hub>>,
}

type Outcome<T> = Result<T, String>;

impl Administration {
    /// Holds one conversation.
    pub(crate) async fn converse(&self, stream: impl AsyncRead + AsyncWrite) -> std::io::Result<()> {
        let (reader, mut writer) = split(stream);
        let mut reader = BufReader::new(reader);
        let mut line = String::new();
        (&mut reader).take(LONGEST_COMMAND).read_line(&mut line).await?;
        let outcome = match serde_json::from_str(&line) {
            Ok(command) => self.run(command, &mut reader, &mut writer).await,
            Err(error) => Err(format!("not a command: {error}")),
        };
        let last = match outcome {
            Ok(()) => Answer::Done,
            Err(text) => Answer::Failed(text),
        };
        say(&mut writer, &last).await?;
        writer.shutdown().await
    }

    async fn run(
        &self,
        command: Command,
        reader: &mut (impl AsyncBufReadExt + Unpin),
        writer: &mut (impl AsyncWriteExt + Unpin),
    ) -> Outcome<()> {
        match command {
            Command::AccountAdd { address, real_name, password } => {
                self.add_account(&address, &real_name, &password).await
            }
            Command::AccountPassword { address, password } => {
                let account = self.account(&address).await?;
                self.accounts.set_password(&account, &password).await.map_err(text)
            }
            Command::AccountList => {
                for domain in self.storage.domains().await.map_err(text)? {
                    for account in self.storage.accounts(domain.id).await.map_err(text)? {
                        let line = format!("{}@{}", account.name, account.domain_name);
                        say(writer, &Answer::Line(line)).await.map_err(text)?;
                    }
                }
                Ok(())
            }
            Command::AccountRemove { address } => {
                let account = self.account(&address).await?;
                self.storage.remove_account(account.id).await.map_err(text)?;
                if let Some(hub) = &self.hub {
                    hub.sessions.end_account(account.id, End::AccountRemoved);
                }
                Ok(())
            }
            Command::AliasAdd { address, alias } => self.add_alias(&address, &alias).await,
            Command::AliasList { address } => {
                let account = self.account(&address).await?;
                for alias in self.storage.aliases(account.id).await.map_err(text)? {
                    let line = format!("{}@{}", alias.name, alias.domain);
                    say(writer, &Answer::Line(line)).await.map_err(text)?;
                }
                Ok(())
            }
            Command::AliasRemove { alias } => self.remove_alias(&alias).await,
            Command::MailQueue => self.list_queue(writer).await,
            Command::MailImport { address, mailbox } => {
                let account = self.account(&address).await?;
                let name = MailboxName::parse(&mailbox).map_err(text)?;
                let mailbox = match self.storage.find_mailbox(account.id, &name).await.map_err(text)? {
                    Some(mailbox) => mailbox,
                    None => {
                        self.storage.create_mailbox(account.id, name, String::new()).await.map_err(text)?
                    }
                };
                self.import(mailbox.id, reader, writer).await
            }
            Command::MailExport { address, mailbox } => {
                let account = self.account(&address).await?;
                export::run(self, &account, mailbox.as_deref(), writer).await
            }
            Command::MailCheck { address, mend } => {
                let account = match address {
                    Some(address) => Some(self.account(&address).await?),
                    None => None,
                };
                check::run(self, account, mend, writer).await
            }
        }
    }

    async fn remove_alias(&self, alias: &str) -> Outcome<()> {
        let (name, domain) = split_address(alias)?;
        let none = || format!("{alias} is not an alias: see `ximss-gateway account alias list`");
        let domain = self.storage.find_domain(&domain).await.map_err(text)?.ok_or_else(none)?;
        match self.storage.remove_alias(domain.id, &name).await {
            Err(storage::Error::NotFound { .. }) => Err(none()),
            removed => removed.map_err(text),
        }
    }

    async fn list_queue(&self, writer: &mut (impl AsyncWriteExt + Unpin)) -> Outcome<()> {
        for waiting in self.storage.queue().await.map_err(text)? {
            say(writer, &Answer::Line(line_of(&waiting))).await.map_err(text)?;
        }
        Ok(())
    }

    async fn add_account(&self, address: &str, real_name: &str, password: &str) -> Outcome<()> {
        match self.accounts.create(&parse(address)?, real_name, password).await {
            Err(storage::Error::AlreadyExists { what: Aggregate::Alias }) => Err(format!(
                "{address} is an alias: to make an account of that name, `ximss-gateway account alias remove {address}` \
                 first"
            )),
            Err(storage::Error::AlreadyExists { .. }) => Err(format!(
                "the account {address} exists already: to set its password, `ximss-gateway account password {address}`"
            )),
            created => created.map(drop).map_err(text),
        }?;
        if let Some(hub) = &self.hub {
            let domains = self.storage.domains().await.map_err(text)?;
            hub.signalling.set_domains(domains.into_iter().map(|domain| domain.name).collect()).await;
        }
        Ok(())
    }

    /// The account of this name. An alias is refused: who removes one shall not remove the account.
    async fn account(&self, address: &str) -> Outcome<storage::Account> {
        let parsed = parse(address)?;
        let found = self.accounts.find(&parsed).await.map_err(text)?;
        let account = found
            .ok_or_else(|| format!("there is no account {address}: see `ximss-gateway account list`"))?;
        let own = Address::parse(&format!("{}@{}", account.name, account.domain_name));
        if own.is_some_and(|own| own != parsed) {
            let (name, domain) = (&account.name, &account.domain_name);
            return Err(format!("{address} is an alias: name the account itself, {name}@{domain}"));
        }
        Ok(account)
    }

    async fn add_alias(&self, address: &str, alias: &str) -> Outcome<()> {
        let account = self.account(address).await?;
        let (name, domain) = split_address(alias)?;
        let found = self.storage.find_domain(&domain).await.map_err(text)?;
        let domain = found.ok_or_else(|| {
            format!("there is no domain {domain} here: a domain comes with its first account")
        })?;
        match self.storage.add_alias(domain.id, &name, account.id).await {
            Err(storage::Error::AlreadyExists { what }) => Err(format!("{alias} is an {what} already")),
            added => added.map_err(text),
        }
    }

    async fn import(
        &self,
        mailbox: storage::MailboxId,
        reader: &mut (impl AsyncBufReadExt + Unpin),
        writer: &mut (impl AsyncWriteExt + Unpin),
    ) -> Outcome<()> {
        let (mut total, mut ended) = (0, false);
        while !ended {
            let mut batch = Vec::new();
            let mut bytes = 0;
            while batch.len() < BATCH && bytes < BATCH_BYTES {
                let Some((header, raw)) = receive(reader).await? else {
                    ended = true;
                    break;
                };
                bytes += raw.len();
                // It is new to whoever has the mailbox open.
                let flags = Flags::from_bits(header.flags).union(Flags::RECENT);
                batch.push((raw, header.internal_date, flags));
            }
            total += batch.len() as u64;
            store(&self.storage, self.hub.as_deref(), mailbox, batch).await.map_err(text)?;
            say(writer, &Answer::Stored(total)).await.map_err(text)?;
        }
        Ok(())
    }
}

/// Stores messages with their dates and flags, and tells folders that show the mailbox.
pub(crate) async fn store(
    storage: &Storage,
    hub: Option<&Hub>,
    mailbox: storage::MailboxId,
    messages: Vec<(Vec<u8>, i64, Flags)>,
) -> storage::Result<()> {
    use futures_util::{StreamExt, TryStreamExt};
    /// Files that are written and synced at the same time.
    const AT_ONCE: usize = 16;
    let blobs = storage.blobs();
    let write = messages.into_iter().map(|(raw, internal_date, flags)| async move {
        let raw = Bytes::from(raw);
        let blob = blobs.put_bytes(raw.clone()).await?;
        Ok::<_, storage::Error>(mail::new_message(&raw, blob, internal_date, stored(flags)))
    });
    let messages: Vec<NewMessage> = futures_util::stream::iter(write).buffered(AT_ONCE).try_collect().await?;
    let stored = storage.append(mailbox, messages).await?;
    if let Some(hub) = hub {
        hub.mailboxes.arrived(mailbox, stored.iter().map(|message| message.uid.0).collect()).await;
    }
    Ok(())
}

/// The next message of an import; `None` at its end.
async fn receive(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Outcome<Option<(MessageHeader, Vec<u8>)>> {
    let mut line = String::new();
    reader.take(1024).read_line(&mut line).await.map_err(text)?;
    let header: MessageHeader = serde_json::from_str(&line).map_err(|_| "the import broke off".to_owned())?;
    if header.length == 0 {
        return Ok(None);
    }
    if header.length > LONGEST_MESSAGE {
        return Err(format!(
            "a message has {} bytes: at most {LONGEST_MESSAGE} can be imported",
            header.length
        ));
    }
    let mut raw = vec![0; header.length];
    reader.read_exact(&mut raw).await.map_err(|_| "the import broke off".to_owned())?;
    Ok(Some((header, raw)))
}

/// A recipient that waits, as an operator reads it.
fn line_of(waiting: &storage::Waiting) -> String {
    let storage::Waiting { sender, accepted, address, tries, next, answer } = waiting;
    let (accepted, next) = (mail::written_date(*accepted), mail::written_date(*next));
    let mut line = format!("{accepted}  from <{sender}> to <{address}>");
    if *tries > 0 {
        line.push_str(&format!("  tried {tries} times, again {next}: {answer}"));
    }
    line
}

fn parse(address: &str) -> Outcome<Address> {
    let parsed = Address::parse(address).filter(|address| address.domain.is_some());
    parsed.ok_or_else(|| format!("{address:?} is not an address: it should be NAME@DOMAIN"))
}

/// The name and the domain of an address.
fn split_address(text: &str) -> Outcome<(String, String)> {
    let Address { name, domain } = parse(text)?;
    Ok((name, domain.unwrap_or_default()))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn say(writer: &mut (impl AsyncWriteExt + Unpin), answer: &Answer) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer).unwrap_or_default();
    line.push(b'\n');
    writer.write_all(&line).await?;
    writer.flush().await
}
