//! Several sessions open, browse, change and close folders at random, and see just what a naive model says.
//!
//! One operation comes after the other, so that the model knows what must be seen; that sessions notify each other, share
//! orders and take turns is all in it. A run that fails tells its seed and its last requests.

mod dice;
mod world;

use std::collections::BTreeMap;

use protocol::Element;

use crate::harness::{ALICE, Client, Cluster, Fixture, Gateway, Kind, Login, SOON};
use dice::{Random, Trace, seed};
use world::{AUTHORS, DELETED, FLAGS, Filter, KINDS, Message, RECENT, SUBJECTS, Sort, Spec, WORDS, World};

const SESSIONS: usize = 3;
const FOLDERS: usize = 9;
const NAMES: [&str; 6] = ["INBOX", "A", "B", "C/D", "E", "Trash"];
/// So little memory that what nobody views is given up at once.
const SHORT_OF_MEMORY: &str = "[mailbox]\nmemory = \"1KiB\"\n";

#[tokio::test]
async fn sessions_see_what_a_naive_model_says_on_sqlite() {
    play(Fixture::new(), 1, 600).await;
}

#[tokio::test]
async fn sessions_see_what_a_naive_model_says_on_postgresql() {
    let cluster = Cluster::start();
    play(Fixture::new().config(&postgres(&cluster)), 2, 600).await;
}

#[tokio::test]
#[ignore = "minutes: tests/run --long"]
async fn many_operations_of_sessions_on_sqlite() {
    play(Fixture::new(), seed(), 60_000).await;
    play(Fixture::new().config(SHORT_OF_MEMORY), seed(), 60_000).await;
}

#[tokio::test]
#[ignore = "minutes: tests/run --long"]
async fn many_operations_of_sessions_on_postgresql() {
    let cluster = Cluster::start();
    play(Fixture::new().config(&(postgres(&cluster) + SHORT_OF_MEMORY)), seed(), 120_000).await;
}

fn postgres(cluster: &Cluster) -> String {
    format!("[database]\nurl = \"{}\"\n", cluster.url())
}

async fn play(fixture: Fixture, seed: u64, operations: u32) {
    let gateway = Gateway::with(fixture).await;
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        clients.push(Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await);
    }
    let mut world = World::default();
    world.create("INBOX");
    let mut game = Game {
        gateway,
        clients,
        world,
        random: Random::new(seed),
        trace: Trace::new(seed),
        next_folder: 0,
        validity: BTreeMap::new(),
        notices: BTreeMap::new(),
    };
    for operation in 0..operations {
        game.trace.operation = operation;
        game.step().await;
    }
    game.end().await;
}

struct Game {
    gateway: Gateway,
    clients: Vec<Client>,
    world: World,
    random: Random,
    trace: Trace,
    next_folder: u32,
    /// The UIDVALIDITY of each mailbox, as far as known.
    validity: BTreeMap<usize, String>,
    /// How often each folder was notified.
    notices: BTreeMap<String, usize>,
}

impl Game {
    async fn step(&mut self) {
        let names: Vec<String> = self.world.folders.keys().cloned().collect();
        let choice = self.random.below(100);
        if names.is_empty() || (choice < 10 && names.len() < FOLDERS) {
            return self.open().await;
        }
        let name = self.random.pick(&names).clone();
        if self.world.folders[&name].is_gone {
            return self.gone(&name).await;
        }
        match choice {
            0..20 => self.browse(&name).await,
            20..45 => self.sync(&name).await,
            45..62 => self.mark(&name).await,
            62..70 => self.copy(&name).await,
            70..78 => self.remove(&name).await,
            78..83 => self.search(&name).await,
            83..88 => self.import().await,
            88..91 => self.reopen(&name).await,
            91..93 => self.expunge(&name).await,
            93..98 => self.close(&name).await,
            98 => self.rename().await,
            _ => self.remove_mailbox().await,
        }
    }

    /// Runs a request of a session; its data messages. It must succeed.
    async fn run(&mut self, session: usize, request: String) -> Vec<Element> {
        let mut messages = self.try_run(session, request).await;
        let response = messages.pop().expect("there is a response");
        assert_eq!(response.attribute("errorText"), None);
        messages
    }

    async fn try_run(&mut self, session: usize, request: String) -> Vec<Element> {
        self.trace.add(format!("{session}: {request}"));
        let messages = self.clients[session].try_run(&request).await;
        self.take_notices(session);
        messages
    }

    fn take_notices(&mut self, session: usize) {
        for notice in self.clients[session].kept() {
            assert_eq!(notice.attribute("mode"), Some("notify"), "{}", notice.to_xml());
            let name = notice.attribute("folder").expect("a folder").to_owned();
            *self.notices.entry(name).or_default() += 1;
        }
    }

    // ---- folders

    fn spec(&mut self, mailbox: usize) -> (Spec, String) {
        let random = &mut self.random;
        let (sort, field) = *random.pick(&[
            (Sort::Uid, ""),
            (Sort::Subject, "Subject"),
            (Sort::From, "from"),
            (Sort::Date, "Date"),
            (Sort::Kind, "X-Kind"),
            (Sort::Flags, "FLAGS"),
        ]);
        let descending = random.one_in(2);
        let filter = match random.below(10) {
            0 => Filter::Flags(0, 1 << random.below(FLAGS.len())),
            1 => Filter::Flags(1 << random.below(FLAGS.len()), 0),
            _ => text_filter(random, true),
        };
        let hide = random.one_in(2);
        let mut attributes = format!(" hideDeleted=\"{}\"", if hide { "yes" } else { "no" });
        if !field.is_empty() {
            attributes += &format!(" sortField=\"{field}\"");
        }
        if descending {
            attributes += " sortOrder=\"desc\"";
        }
        attributes += &match &filter {
            Filter::None => String::new(),
            Filter::Flags(set, clear) => {
                let negative = ["NotRecent", "Unseen", "Unanswered", "Undeleted", "Unflagged"];
                let names = (0..FLAGS.len())
                    .filter(|bit| set & (1 << bit) != 0)
                    .map(|bit| FLAGS[bit])
                    .chain((0..FLAGS.len()).filter(|bit| clear & (1 << bit) != 0).map(|bit| negative[bit]));
                format!(" filterField=\"FLAGS\" filter=\"{}\"", names.collect::<Vec<_>>().join(","))
            }
            Filter::Subject(text) => format!(" filterField=\"subject\" filter=\"{text}\""),
            Filter::Body(text) => format!(" filterField=\"body\" filter=\"{text}\""),
            Filter::Anywhere(text) => format!(" filter=\"{text}\""),
        };
        let mut first = 0;
        if let Some(validity) = self.validity.get(&mailbox).filter(|_| random.one_in(5)) {
            let bound = u32::try_from(random.below(60)).expect("small");
            let applies = random.one_in(2);
            first = if applies { bound } else { 0 };
            let seen = if applies { validity.clone() } else { "7".to_owned() };
            attributes += &format!(" UIDValidity=\"{seen}\" UIDMin=\"{bound}\"");
        }
        (Spec { sort, descending, filter, hide, first }, attributes)
    }

    async fn open(&mut self) {
        let mailbox = *self.random.pick(&NAMES);
        let id = match self.world.names.get(mailbox) {
            Some(id) => *id,
            None => self.world.create(mailbox),
        };
        let session = self.random.below(SESSIONS);
        self.next_folder += 1;
        let name = format!("f{}", self.next_folder);
        let (spec, attributes) = self.spec(id);
        let fields = "<field>FLAGS</field><field>Subject</field><field>From</field>";
        let request = format!(
            "<folderOpen folder=\"{name}\" mailbox=\"{mailbox}\" mailboxClass=\"\"{attributes}>{fields}</folderOpen>"
        );
        let opened = self.run(session, request).await;
        self.world.open(&name, session, id, spec);
        self.check_opened(&name, &opened).await;
    }

    async fn reopen(&mut self, name: &str) {
        let (session, mailbox) = (self.world.folders[name].session, self.world.folders[name].mailbox);
        let (spec, attributes) = self.spec(mailbox);
        let opened = self.run(session, format!("<folderReopen folder=\"{name}\"{attributes}/>")).await;
        // What the older one was told perhaps came too late.
        self.notices.remove(name);
        self.world.open(name, session, mailbox, spec);
        self.check_opened(name, &opened).await;
    }

    async fn check_opened(&mut self, name: &str, opened: &[Element]) {
        let [report] = opened else { panic!("{opened:?}") };
        let folder = &self.world.folders[name];
        let table = folder.table.clone();
        self.check_totals(report, &table);
        let validity = report.attribute("UIDValidity").expect("it is told").to_owned();
        let known = self.validity.entry(folder.mailbox).or_insert_with(|| validity.clone());
        assert_eq!(*known, validity);
        let next: u32 = report.attribute("UIDNext").expect("it is told").parse().expect("a number");
        assert_eq!(next, self.world.mailboxes[folder.mailbox].last + 1);
        self.browse_all(name).await;
    }

    fn check_totals(&self, report: &Element, table: &[(u32, u8)]) {
        let unseen = table.iter().filter(|(_, flags)| flags & 2 == 0).count();
        let (messages, unseen) = (table.len().to_string(), unseen.to_string());
        if report.attribute("mode") != Some("updated") {
            assert_eq!(report.attribute("messages"), Some(messages.as_str()), "{}", report.to_xml());
        }
        assert_eq!(report.attribute("unseen"), Some(unseen.as_str()), "{}", report.to_xml());
    }

    async fn close(&mut self, name: &str) {
        self.wait_for_notices(name).await;
        let session = self.world.folders[name].session;
        self.run(session, format!("<folderClose folder=\"{name}\"/>")).await;
        self.world.close(name);
        self.notices.remove(name);
    }

    /// Each time that something had changed the folder was notified, once.
    async fn wait_for_notices(&mut self, name: &str) {
        let folder = &self.world.folders[name];
        let (session, expected) = (folder.session, folder.notices);
        let wait = async {
            while self.notices.get(name).copied().unwrap_or(0) < expected {
                self.run(session, "<noop/>".to_owned()).await;
            }
        };
        tokio::time::timeout(SOON, wait).await.expect("the folder is notified");
        assert_eq!(self.notices.get(name).copied().unwrap_or(0), expected, "notices of {name}");
    }

    /// The mailbox of the folder was removed: nothing more can be done with it.
    async fn gone(&mut self, name: &str) {
        let session = self.world.folders[name].session;
        let messages = self.try_run(session, format!("<folderSync folder=\"{name}\"/>")).await;
        let response = messages.last().expect("there is a response");
        let text = response.attribute("errorText").expect("it fails");
        assert!(text.starts_with("the mailbox was removed"), "{text}");
        self.close(name).await;
    }

    // ---- looking

    /// A message set, and the numbers it stands for: positions, or UIDs.
    fn set(&mut self, name: &str) -> (String, bool, u32, u32) {
        let is_index = self.random.one_in(2);
        let folder = &self.world.folders[name];
        let end =
            if is_index { folder.table.len() } else { self.world.mailboxes[folder.mailbox].last as usize };
        let from = self.random.below(end + 2);
        let till = from + self.random.below(4) * self.random.below(5);
        let element = if is_index { "index" } else { "UID" };
        let xml = if from == till {
            format!("<{element}>{from}</{element}>")
        } else {
            format!("<{element} from=\"{from}\" till=\"{till}\"/>")
        };
        let number = |number: usize| u32::try_from(number).expect("small");
        (xml, is_index, number(from), number(till))
    }

    /// A message set, and the messages that a request changes which is about it.
    fn selection(&mut self, name: &str) -> (String, Vec<u32>) {
        let (xml, is_index, from, till) = self.set(name);
        let uids = if is_index {
            let table = &self.world.folders[name].table;
            let rows = table.iter().skip(from as usize).take((till - from + 1) as usize);
            rows.map(|(uid, _)| *uid).collect()
        } else {
            let rows = self.world.now(name).into_iter();
            rows.map(|(uid, _)| uid).filter(|uid| (from..=till).contains(uid)).collect()
        };
        (xml, uids)
    }

    async fn browse(&mut self, name: &str) {
        let (xml, is_index, from, till) = self.set(name);
        let table = self.world.folders[name].table.clone();
        let rows = table.iter().enumerate();
        let expected = rows.filter(|(index, (uid, _))| {
            let number = if is_index { u32::try_from(*index).expect("small") } else { *uid };
            (from..=till).contains(&number)
        });
        let expected = expected.map(|(index, row)| (index, *row)).collect();
        self.check_rows(name, &xml, expected).await;
    }

    async fn browse_all(&mut self, name: &str) {
        let expected = self.world.folders[name].table.iter().copied().enumerate().collect();
        self.check_rows(name, "<index from=\"0\" till=\"99999\"/>", expected).await;
    }

    async fn check_rows(&mut self, name: &str, set: &str, expected: Vec<(usize, (u32, u8))>) {
        let session = self.world.folders[name].session;
        let rows = self.run(session, format!("<folderBrowse folder=\"{name}\">{set}</folderBrowse>")).await;
        let mailbox = self.world.folders[name].mailbox;
        let shown: Vec<(usize, u32, String, String, String)> = rows.iter().map(row).collect();
        let wanted: Vec<_> = expected
            .into_iter()
            .map(|(index, (uid, flags))| {
                let message = self.world.message(mailbox, uid);
                let subject = message.map_or("", |message| SUBJECTS[message.subject]).to_owned();
                let author = message.map_or(String::new(), |message| match AUTHORS[message.author] {
                    ("", address) => address.to_owned(),
                    (name, _) => name.to_owned(),
                });
                (index, uid, world::written(flags), subject, author)
            })
            .collect();
        assert_eq!(shown, wanted, "{:?}", self.world.folders[name].spec);
    }

    async fn sync(&mut self, name: &str) {
        let limit = self.random.one_in(3).then(|| self.random.below(6));
        self.sync_up_to(name, limit).await;
    }

    async fn sync_up_to(&mut self, name: &str, limit: Option<usize>) {
        let attribute = limit.map_or(String::new(), |limit| format!(" limit=\"{limit}\""));
        let session = self.world.folders[name].session;
        let reports = self.run(session, format!("<folderSync folder=\"{name}\"{attribute}/>")).await;
        assert!(limit.is_none_or(|limit| reports.len() <= limit), "{} reports", reports.len());
        let mut table = self.world.folders[name].table.clone();
        for report in &reports {
            apply(&mut table, report);
            self.check_totals(report, &table);
        }
        let now = self.world.now(name);
        if limit.is_none_or(|limit| reports.len() < limit) {
            assert_eq!(table, now, "{:?}", self.world.folders[name].spec);
        }
        let folder = self.world.folders.get_mut(name).expect("it is open");
        folder.asked();
        folder.table = table;
    }

    async fn search(&mut self, name: &str) {
        let filter = match self.random.below(3) {
            0 => Filter::Flags(1 << self.random.below(FLAGS.len()), 0),
            1 => Filter::Flags(0, 1 << self.random.below(FLAGS.len())),
            _ => text_filter(&mut self.random, false),
        };
        let key = match &filter {
            Filter::None => "ALL".to_owned(),
            Filter::Flags(set, clear) => {
                let bit = (set | clear).trailing_zeros() as usize;
                let negative = if *set == 0 { "NOT " } else { "" };
                format!("{negative}{}", FLAGS[bit].to_uppercase())
            }
            Filter::Subject(text) => format!("SUBJECT &quot;{text}&quot;"),
            Filter::Body(text) => format!("BODY &quot;{text}&quot;"),
            Filter::Anywhere(text) => format!("TEXT &quot;{text}&quot;"),
        };
        let session = self.world.folders[name].session;
        let results = self.run(session, format!("<folderSearch folder=\"{name}\" filter=\"{key}\"/>")).await;
        let uid = |result: &Element| result.attribute("UID").expect("a message").parse().expect("a number");
        let found: Vec<u32> = results.iter().map(uid).collect();
        assert_eq!(found, self.world.found(name, &filter), "{key}");
    }

    // ---- changing

    async fn mark(&mut self, name: &str) {
        let (set_xml, uids) = self.selection(name);
        let bit = 1 + self.random.below(FLAGS.len() - 1);
        let is_set = !self.random.one_in(3);
        let negative = ["", "Unseen", "Unanswered", "Undeleted", "Unflagged"];
        let flag = if is_set { FLAGS[bit] } else { negative[bit] };
        let (session, mailbox) = (self.world.folders[name].session, self.world.folders[name].mailbox);
        let request = format!("<messageMark folder=\"{name}\" flags=\"{flag}\">{set_xml}</messageMark>");
        self.run(session, request).await;
        let (set, clear) = if is_set { (1 << bit, 0) } else { (0, 1 << bit) };
        self.world.mark(mailbox, &uids, set, clear);
    }

    /// Copies or moves.
    async fn copy(&mut self, name: &str) {
        let (set_xml, uids) = self.selection(name);
        let target_name = *self.random.pick(&NAMES);
        let (session, source) = (self.world.folders[name].session, self.world.folders[name].mailbox);
        // A mailbox does not grow for ever.
        let is_full = |id: &usize| self.world.mailboxes[*id].messages.len() > 150;
        if self.world.names.get(target_name).is_some_and(is_full) {
            return;
        }
        let verb = if self.random.one_in(2) { "messageCopy" } else { "messageMove" };
        let request = format!(
            "<{verb} folder=\"{name}\" targetMailbox=\"{target_name}\" mailboxClass=\"\" report=\"uid\">{set_xml}</{verb}>"
        );
        let added = self.run(session, request).await;
        let target = match self.world.names.get(target_name) {
            Some(id) => *id,
            None => self.world.create(target_name),
        };
        let present: Vec<u32> =
            uids.into_iter().filter(|uid| self.world.message(source, *uid).is_some()).collect();
        let copies = self.world.copy(source, &present, target, 0);
        if verb == "messageMove" {
            self.world.remove(source, &present);
        }
        let uid =
            |message: &Element| message.attribute("UID").expect("it is told").parse().expect("a number");
        assert_eq!(added.iter().map(uid).collect::<Vec<u32>>(), copies);
    }

    async fn remove(&mut self, name: &str) {
        let (set_xml, uids) = self.selection(name);
        let (session, mailbox) = (self.world.folders[name].session, self.world.folders[name].mailbox);
        let mode = *self.random.pick(&["Immediately", "Mark", "Move To Trash"]);
        let request = format!("<messageRemove folder=\"{name}\" mode=\"{mode}\">{set_xml}</messageRemove>");
        self.run(session, request).await;
        match mode {
            "Immediately" => self.world.remove(mailbox, &uids),
            "Mark" => self.world.mark(mailbox, &uids, DELETED, 0),
            _ => {
                let trash = match self.world.names.get("Trash") {
                    Some(id) => *id,
                    None => self.world.create("Trash"),
                };
                if trash != mailbox {
                    self.world.copy(mailbox, &uids, trash, DELETED);
                }
                self.world.remove(mailbox, &uids);
            }
        }
    }

    async fn expunge(&mut self, name: &str) {
        let (session, mailbox) = (self.world.folders[name].session, self.world.folders[name].mailbox);
        self.run(session, format!("<folderExpunge folder=\"{name}\"/>")).await;
        let messages = self.world.mailboxes[mailbox].messages.iter();
        let marked: Vec<u32> = messages.filter(|m| m.flags & DELETED != 0).map(|m| m.uid).collect();
        self.world.remove(mailbox, &marked);
    }

    /// Messages come from outside.
    async fn import(&mut self) {
        let name = *self.random.pick(&NAMES);
        let count = 1 + self.random.below(6);
        let mut mbox = String::new();
        let mut messages = Vec::new();
        for _ in 0..count {
            let random = &mut self.random;
            let message = Message {
                uid: 0,
                flags: RECENT,
                subject: random.below(SUBJECTS.len()),
                author: random.below(AUTHORS.len()),
                kind: random.below(KINDS.len()),
                word: random.below(WORDS.len()),
                day: u32::try_from(1 + random.below(12)).expect("small"),
                is_long: random.one_in(60),
            };
            mbox += &format!("From a@example.org Mon Sep 14 00:26:40 2020\n{}\n", message.raw());
            messages.push(message);
        }
        let file = self.gateway.data().join("model.mbox");
        std::fs::write(&file, mbox).expect("it can be written");
        let file = file.to_str().expect("a path");
        self.trace.add(format!("import of {count} into {name}"));
        let (_, error, code) = self.gateway.run(&["mail", "import", ALICE, name, file], "").await;
        assert_eq!(code, Some(0), "{error}");
        let mailbox = match self.world.names.get(name) {
            Some(id) => *id,
            None => self.world.create(name),
        };
        for message in messages {
            self.world.arrive(mailbox, message);
        }
    }

    // ---- mailboxes

    async fn rename(&mut self) {
        let (from, to) = (*self.random.pick(&NAMES), *self.random.pick(&NAMES));
        if from == "INBOX" || !self.world.names.contains_key(from) || self.world.names.contains_key(to) {
            return;
        }
        self.run(0, format!("<mailboxRename mailbox=\"{from}\" newName=\"{to}\"/>")).await;
        let id = self.world.names.remove(from).expect("it is there");
        self.world.names.insert(to.to_owned(), id);
    }

    async fn remove_mailbox(&mut self) {
        let name = *self.random.pick(&NAMES);
        if name == "INBOX" || !self.world.names.contains_key(name) || !self.random.one_in(3) {
            return;
        }
        self.run(0, format!("<mailboxRemove mailbox=\"{name}\"/>")).await;
        self.world.vanish(name);
    }

    /// In the end every folder shows what it should.
    async fn end(mut self) {
        let names: Vec<String> = self.world.folders.keys().cloned().collect();
        for name in names {
            if self.world.folders[&name].is_gone {
                self.gone(&name).await;
                continue;
            }
            self.sync_up_to(&name, None).await;
            self.browse_all(&name).await;
            self.close(&name).await;
        }
    }
}

/// A text to filter by, or none.
fn text_filter(random: &mut Random, or_none: bool) -> Filter {
    match random.below(if or_none { 7 } else { 3 }) {
        0 => Filter::Subject(random.pick::<&str>(&["apple", "ÄPF", "weekly report 2", "te", "[list]"])),
        1 => {
            Filter::Body(random.pick::<&str>(&["tea", "coffee BEANS", "grüße", "100%_sure", "te", "absent"]))
        }
        2 => Filter::Anywhere(random.pick::<&str>(&[
            "apple",
            "Weekly",
            "tea",
            "grüße",
            "émile",
            "zz@",
            "gamma ray",
            "00%",
            "4 jan",
        ])),
        _ => Filter::None,
    }
}

/// What is shown of a message: index, UID, flags, subject, author.
fn row(report: &Element) -> (usize, u32, String, String, String) {
    let number = |name| report.attribute(name).expect("rows have it").parse::<u32>().expect("a number");
    let mut fields = report.elements().map(|field| field.text().into_owned());
    let mut field = || fields.next().expect("three fields");
    (number("index") as usize, number("UID"), field(), field(), field())
}

/// What a client does with its table.
fn apply(table: &mut Vec<(u32, u8)>, report: &Element) {
    let number = |name| report.attribute(name).expect("reports have it").parse::<u32>().expect("a number");
    let (index, uid) = (number("index") as usize, number("UID"));
    match report.attribute("mode") {
        Some("removed") => assert_eq!(table.remove(index).0, uid),
        Some("added") => table.insert(index, (uid, world::read(&row(report).2))),
        Some("updated") => {
            assert_eq!(table[index].0, uid);
            table[index].1 = world::read(&row(report).2);
        }
        mode => panic!("{mode:?}"),
    }
}
