//! What is in a data folder before the gateway starts?

use std::path::Path;

use protocol::Flags;
use storage::{Config, Database, Fields, Lane, MailboxName, NewMessage, NewQueued, Storage, Submission, Uid};

use super::gateway::run;

/// The first account of every fixture.
pub(crate) const ALICE: &str = "alice@localhost";
/// The second.
pub(crate) const BOB: &str = "bob@localhost";
/// The password of both.
pub(crate) const PASSWORD: &str = "secret";

/// A folder to be prepared.
#[derive(Default)]
pub(crate) struct Fixture {
    config: String,
    accounts: Vec<String>,
    mail: Vec<(String, Mail)>,
    preferences: Vec<(String, String)>,
    queued: Vec<Queued>,
}

/// Mail that was accepted from alice.
struct Queued {
    lane: Lane,
    sender: String,
    recipients: Vec<String>,
    raw: String,
}

/// A message of alice's.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    /// Its UID.
    pub(crate) uid: u32,
    /// When it came, in milliseconds since 1970.
    pub(crate) internal_date: i64,
    /// Its flags.
    pub(crate) flags: Flags,
    /// `From`.
    pub(crate) from: String,
    /// `Subject`.
    pub(crate) subject: String,
    /// What follows: more header fields, an empty line, a body. Empty: a short text.
    pub(crate) rest: String,
}

impl Mail {
    /// The message as it is stored.
    pub(crate) fn raw(&self) -> String {
        let rest = if self.rest.is_empty() { "\r\nHello.\r\n" } else { &self.rest };
        format!("From: {}\r\nTo: {ALICE}\r\nSubject: {}\r\n{rest}", self.from, self.subject)
    }
}

impl Fixture {
    /// Alice and bob, nothing else.
    pub(crate) fn new() -> Self {
        Self { accounts: vec![ALICE.to_owned(), BOB.to_owned()], ..Self::default() }
    }

    /// With this in the configuration file.
    pub(crate) fn config(mut self, toml: &str) -> Self {
        self.config.push_str(toml);
        self
    }

    /// With messages in a mailbox of alice's.
    pub(crate) fn mail(mut self, mailbox: &str, messages: impl IntoIterator<Item = Mail>) -> Self {
        self.mail.extend(messages.into_iter().map(|message| (mailbox.to_owned(), message)));
        self
    }

    /// With a preference of alice's.
    pub(crate) fn preference(mut self, name: &str, value: &str) -> Self {
        self.preferences.push((name.to_owned(), format!("{{\"text\":\"{value}\"}}")));
        self
    }

    /// With mail of alice's in the queue, for users here or for others.
    pub(crate) fn queued(mut self, lane: Lane, recipients: &[&str], raw: &str) -> Self {
        let recipients = recipients.iter().map(|recipient| (*recipient).to_owned()).collect();
        self.queued.push(Queued { lane, sender: ALICE.to_owned(), recipients, raw: raw.to_owned() });
        self
    }

    /// The same from nobody, as reports are.
    pub(crate) fn queued_report(mut self, lane: Lane, recipients: &[&str], raw: &str) -> Self {
        self = self.queued(lane, recipients, raw);
        if let Some(queued) = self.queued.last_mut() {
            queued.sender.clear();
        }
        self
    }

    /// Writes it all.
    pub(crate) async fn prepare(self, folder: &Path) {
        if !self.config.is_empty() {
            std::fs::write(folder.join("gateway.toml"), &self.config).expect("the folder can be written");
        }
        for address in &self.accounts {
            let (_, error, code) =
                run(folder, &["account", "add", address, "--password-stdin"], PASSWORD).await;
            assert_eq!(code, Some(0), "{error}");
        }
        if self.mail.is_empty() && self.preferences.is_empty() && self.queued.is_empty() {
            return;
        }
        let data = folder.join("data");
        let database = Database::Sqlite { path: data.join("gateway.sqlite") };
        let storage = Storage::open(Config { database, blobs: data.join("blobs").into() })
            .await
            .expect("storage opens");
        let alice = storage
            .find_account("alice", "localhost")
            .await
            .expect("storage answers")
            .expect("there is alice");
        let changes = self.preferences.into_iter().map(|(name, value)| (name, Some(value))).collect();
        storage.set_preferences(alice.id, "custom", changes).await.expect("preferences are stored");
        for (mailbox, mail) in self.mail {
            let name = MailboxName::parse(&mailbox).expect("a mailbox name");
            let mailbox = match storage.find_mailbox(alice.id, &name).await.expect("storage answers") {
                Some(mailbox) => mailbox,
                None => storage.create_mailbox(alice.id, name, String::new()).await.expect("it is created"),
            };
            let raw = mail.raw();
            let header = raw.split("\r\n\r\n").next().expect("there is a header").as_bytes().to_vec();
            let blob = storage.blobs().put_bytes(raw).await.expect("blobs are stored");
            let fields =
                Fields { subject: mail.subject.clone(), from_name: mail.from.clone(), ..Fields::default() };
            let message = NewMessage {
                blob,
                internal_date: mail.internal_date,
                flags: storage::Flags::from_bits(mail.flags.bits().into()),
                original_uid: None,
                fields,
                header,
            };
            storage.append_at(mailbox.id, vec![(Uid(mail.uid), message)]).await.expect("messages are stored");
        }
        for Queued { lane, sender, recipients, raw } in self.queued {
            let blob = storage.blobs().put_bytes(raw).await.expect("blobs are stored");
            let queued = vec![NewQueued { lane, sender, recipients, blob }];
            let submission = Submission { queued, sent: None };
            storage.submit(submission).await.expect("the queue takes it");
        }
        storage.close().await;
    }
}
