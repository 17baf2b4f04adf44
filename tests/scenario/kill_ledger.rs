//! `kill -9` while several sessions change all kinds of things: what was answered is there, whole, and nothing is twice.
//!
//! Each worker has mailboxes and files of its own and one request in flight, so that what is found after the kill must be
//! its ledger, or the ledger with the request that was not answered: nothing else, and nothing in between.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use hyper::Method;
use protocol::Element;
use tokio::sync::Notify;

use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Http, Kind, Login, Postgres};

const WORKERS: usize = 5;
const SEED: &str = "XIMSS_KILL_SEED";

/// What a worker has, by the words that name it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Holdings {
    /// The messages of its first mailbox.
    first: BTreeSet<String>,
    /// Those of its second, and how many copies of each.
    second: BTreeMap<String, usize>,
    /// Whether the second mailbox has its other name.
    is_renamed: bool,
    files: BTreeMap<String, String>,
}

#[derive(Default)]
struct Ledger {
    now: Holdings,
    /// What it is when the request that is in flight is done.
    pending: Option<Holdings>,
    /// Messages to bob that were answered.
    sent: BTreeSet<String>,
}

struct Worker {
    number: usize,
    ledger: RefCell<Ledger>,
    random: Cell<u64>,
    words: Cell<u64>,
}

/// What a worker does next, and what it has then.
#[derive(Default)]
struct Step {
    after: Holdings,
    /// What is asked before; it changes nothing that counts.
    mark: Option<String>,
    /// What is uploaded before.
    upload: Option<String>,
    request: String,
    /// What it is about.
    word: String,
    is_sent: bool,
}

/// How many answers have come, in all.
#[derive(Default)]
struct Answers {
    count: Cell<u64>,
    more: Notify,
}

impl Worker {
    fn new(number: usize, seed: u64) -> Self {
        let random = Cell::new(seed ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self { number, ledger: RefCell::default(), random, words: Cell::new(0) }
    }

    fn random(&self, below: usize) -> usize {
        self.random.set(next(self.random.get()));
        (self.random.get() >> 33) as usize % below
    }

    fn first(&self) -> String {
        format!("W{}/first", self.number)
    }

    fn second(&self, holdings: &Holdings) -> String {
        format!("W{}/{}", self.number, if holdings.is_renamed { "renamed" } else { "second" })
    }

    fn word(&self) -> String {
        self.words.set(self.words.get() + 1);
        format!("w{}n{}", self.number, self.words.get())
    }

    /// Asks for something that leads to these holdings.
    async fn ask(
        &self,
        client: &mut Client,
        answers: &Answers,
        after: Holdings,
        request: &str,
    ) -> Vec<Element> {
        self.ledger.borrow_mut().pending = Some(after);
        let messages = client.run(request).await;
        let mut ledger = self.ledger.borrow_mut();
        ledger.now = ledger.pending.take().expect("it is there until the answer");
        answers.count.set(answers.count.get() + 1);
        answers.more.notify_one();
        messages
    }

    /// Changes this and that for ever.
    async fn work(&self, gateway: &Gateway, answers: &Answers) {
        let mut client = Client::connect(gateway, Kind::WebSocket, Login::Password(ALICE)).await;
        let (http, base) = (Http::of(gateway), format!("/Session/{}", client.session("urlID")));
        let first = self.first();
        client.run(&format!(r#"<folderOpen folder="F" mailbox="{first}" hideDeleted="no"><field>Subject</field></folderOpen>"#)).await;
        let mut uids = BTreeMap::new();
        for row in
            client.run(r#"<folderBrowse folder="F"><index from="0" till="99999"/></folderBrowse>"#).await
        {
            uids.insert(subject(&row), row.attribute("UID").expect("rows have it").to_owned());
        }
        // What was marked when the gateway was killed is not to be expunged with another.
        client
            .run(r#"<messageMark folder="F" flags="Undeleted"><UID from="1" till="999999"/></messageMark>"#)
            .await;
        loop {
            let step = self.step(&uids);
            if let Some(mark) = &step.mark {
                client.run(mark).await;
            }
            if let Some(raw) = &step.upload {
                let put = http.send(Method::PUT, &format!("{base}/UPLOAD/u"), &[], raw.clone()).await;
                assert_eq!(put.status, 200, "{}", put.text());
            }
            let answer = self.ask(&mut client, answers, step.after, &step.request).await;
            if let Some(added) = answer.iter().find(|message| message.is("messageAdded")) {
                uids.insert(step.word, added.attribute("UID").expect("it is told").to_owned());
            } else if step.is_sent {
                self.ledger.borrow_mut().sent.insert(step.word);
            }
        }
    }

    /// What to do next.
    fn step(&self, uids: &BTreeMap<String, String>) -> Step {
        let now = self.ledger.borrow().now.clone();
        let (second, word) = (self.second(&now), self.word());
        let text = word.repeat(100);
        let mime = format!(r#"<MIME type="text" subtype="plain">{text}</MIME>"#);
        let email = format!("<Subject>{word}</Subject>{mime}");
        let chosen = now.first.iter().nth(self.random(now.first.len().max(1))).cloned();
        // Neither mailbox grows for ever.
        let kind = match (now.first.len(), now.second.len()) {
            (_, 31..) => 11,
            (21.., _) => self.random(4),
            _ => self.random(11),
        };
        let mut step = Step { after: now, word, ..Step::default() };
        let set = chosen.as_ref().map(|chosen| format!("<UID>{}</UID>", uids[chosen])).unwrap_or_default();
        match (kind, chosen) {
            (0, Some(chosen)) => {
                *step.after.second.entry(chosen).or_default() += 1;
                step.request =
                    format!(r#"<messageCopy folder="F" targetMailbox="{second}">{set}</messageCopy>"#);
            }
            (1 | 2, Some(chosen)) => {
                step.after.first.remove(&chosen);
                *step.after.second.entry(chosen).or_default() += 1;
                step.request =
                    format!(r#"<messageMove folder="F" targetMailbox="{second}">{set}</messageMove>"#);
            }
            (3, Some(chosen)) => {
                step.after.first.remove(&chosen);
                step.mark = Some(format!(r#"<messageMark folder="F" flags="Deleted">{set}</messageMark>"#));
                step.request = r#"<folderExpunge folder="F"/>"#.to_owned();
            }
            (4, _) => {
                step.after.is_renamed = !step.after.is_renamed;
                let new = self.second(&step.after);
                step.request = format!(r#"<mailboxRename mailbox="{second}" newName="{new}"/>"#);
            }
            (5, _) => {
                let name = format!("W{}/{}", self.number, self.random(4));
                step.request = format!(r#"<fileWrite fileName="{name}">{text}</fileWrite>"#);
                step.after.files.insert(name, text);
            }
            (6, _) => {
                step.is_sent = true;
                step.request = format!(
                    r#"<messageSubmit noSentCopy="yes"><EMail><To>{BOB}</To>{email}</EMail></messageSubmit>"#
                );
            }
            (7, _) => {
                step.after.first.insert(step.word.clone());
                step.upload = Some(format!("Subject: {}\r\n\r\n{text}\r\n", step.word));
                step.request = r#"<messageAppend folder="F" report="uid" uploadID="u"/>"#.to_owned();
            }
            (11, _) => {
                step.after.second.clear();
                step.request = format!(r#"<emptyMailbox mailbox="{second}" duration="0"/>"#);
            }
            _ => {
                step.after.first.insert(step.word.clone());
                step.request = format!(
                    r#"<messageAppend folder="F" report="uid"><EMail>{email}</EMail></messageAppend>"#
                );
            }
        }
        step
    }

    /// Finds what is there, which must be what was answered, or that and what was asked for last.
    async fn verify(&self, client: &mut Client) {
        let pending = self.ledger.borrow_mut().pending.take();
        let mut found = Holdings {
            first: list(client, &self.first()).await.into_keys().collect(),
            ..Holdings::default()
        };
        for is_renamed in [false, true] {
            let name = self.second(&Holdings { is_renamed, ..Holdings::default() });
            if !client.run(&format!(r#"<mailboxList filter="{name}"/>"#)).await.is_empty() {
                found.is_renamed = is_renamed;
                found.second = list(client, &name).await;
            }
        }
        for number in 0..4 {
            let name = format!("W{}/{number}", self.number);
            let read = client.try_run(&format!(r#"<fileRead fileName="{name}"/>"#)).await;
            if let Some(data) = read.iter().find(|message| message.is("fileData")) {
                found.files.insert(name, data.text().into_owned());
            }
        }
        let mut ledger = self.ledger.borrow_mut();
        let is_right = found == ledger.now || pending.as_ref() == Some(&found);
        assert!(is_right, "worker {}: {found:?} is neither {:?} nor {pending:?}", self.number, ledger.now);
        ledger.now = found;
    }
}

fn next(random: u64) -> u64 {
    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

fn subject(row: &Element) -> String {
    row.child("Subject").expect("it was asked for").text().into_owned()
}

/// The subjects in a mailbox, and how many messages have each; every message is read and must be whole.
async fn list(client: &mut Client, mailbox: &str) -> BTreeMap<String, usize> {
    client.run(&format!(r#"<folderOpen folder="L" mailbox="{mailbox}" hideDeleted="no"><field>Subject</field></folderOpen>"#)).await;
    let mut found = BTreeMap::new();
    for row in client.run(r#"<folderBrowse folder="L"><index from="0" till="99999"/></folderBrowse>"#).await {
        let (word, uid) = (subject(&row), row.attribute("UID").expect("rows have it").to_owned());
        let message = client.run(&format!(r#"<folderRead folder="L" UID="{uid}"/>"#)).await[0].to_xml();
        assert!(message.contains(&word.repeat(100)), "{mailbox} {uid} is torn");
        *found.entry(word).or_default() += 1;
    }
    client.run(r#"<folderClose folder="L"/>"#).await;
    found
}

async fn survives(config: &str, rounds: u32) {
    let clock = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.subsec_nanos().into());
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(clock);
    println!("the seed is {seed}; again with {SEED}={seed}");
    let mut random = seed;
    let mut gateway = Gateway::with(Fixture::new().config(config)).await;
    let workers: Vec<Worker> = (0..WORKERS).map(|number| Worker::new(number, seed)).collect();
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    for worker in &workers {
        for mailbox in [worker.first(), worker.second(&Holdings::default())] {
            client.run(&format!(r#"<mailboxCreate mailbox="{mailbox}"/>"#)).await;
        }
    }
    for round in 0..rounds {
        let answers = Answers::default();
        random = next(random);
        let wanted = 5 + (random >> 33) % 60;
        let enough = async {
            while answers.count.get() < wanted {
                answers.more.notified().await;
            }
        };
        let work =
            futures_util::future::join_all(workers.iter().map(|worker| worker.work(&gateway, &answers)));
        tokio::select! {
            biased;
            () = enough => {}
            _ = work => unreachable!("they work for ever"),
        }
        gateway.kill().await;
        gateway = gateway.again().await;
        let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
        for worker in &workers {
            worker.verify(&mut client).await;
        }
        let (said, error, code) = gateway.run(&["mail", "check"], "").await;
        assert_eq!(code, Some(0), "round {round}: {said}{error}");
    }
    all_are_delivered(&gateway, &workers).await;
}

/// Waits until bob has everything that was sent to him.
async fn all_are_delivered(gateway: &Gateway, workers: &[Worker]) {
    let mut missing: BTreeSet<String> =
        workers.iter().flat_map(|worker| worker.ledger.borrow().sent.clone()).collect();
    assert!(!missing.is_empty());
    let mut bob = Client::connect(gateway, Kind::WebSocket, Login::Password(BOB)).await;
    bob.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    for row in bob.run(r#"<folderBrowse folder="INBOX"><index from="0" till="99999"/></folderBrowse>"#).await
    {
        missing.remove(&subject(&row));
    }
    while !missing.is_empty() {
        bob.notice("folderReport").await;
        for report in bob.run(r#"<folderSync folder="INBOX"/>"#).await {
            missing.remove(
                &report.child("Subject").map(|subject| subject.text().into_owned()).unwrap_or_default(),
            );
        }
    }
}

#[tokio::test]
async fn what_was_answered_survives_on_sqlite() {
    survives("", 20).await;
}

#[tokio::test]
async fn what_was_answered_survives_on_postgres() {
    let postgres = Postgres::start();
    survives(&postgres.config(), 20).await;
}

#[tokio::test]
#[ignore = "takes half an hour"]
async fn what_was_answered_survives_a_thousand_kills_on_sqlite() {
    survives("", 1_000).await;
}

#[tokio::test]
#[ignore = "takes half an hour"]
async fn what_was_answered_survives_a_thousand_kills_on_postgres() {
    let postgres = Postgres::start();
    survives(&postgres.config(), 1_000).await;
}
