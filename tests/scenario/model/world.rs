//! What should a gateway show? A model that is written as simply as can be: everything is looked at again for every
//! question.

use std::collections::{BTreeMap, BTreeSet};

/// Names of flags, in the order in which they are written.
pub(super) const FLAGS: [&str; 5] = ["Recent", "Seen", "Answered", "Deleted", "Flagged"];
pub(super) const RECENT: u8 = 1;
pub(super) const DELETED: u8 = 8;

/// Subjects, in the order in which people sort them.
pub(super) const SUBJECTS: [&str; 11] = [
    "[list] weekly report 1",
    "[list] weekly report 2",
    "10 things",
    "äpfel",
    "Äpfel",
    "apple",
    "Apple",
    "banana",
    "Re: apple",
    "tea",
    "zebra",
];

/// Authors, in the order of what they are sorted by: their names, or their addresses.
pub(super) const AUTHORS: [(&str, &str); 6] = [
    ("Anna", "zz@example.org"),
    ("", "bob@example.org"),
    ("émile", "a@example.org"),
    ("Émile", "b@example.org"),
    ("Zoë Zander", "c@example.org"),
    ("", "zoe@example.org"),
];

/// Values of another header field, in order; the first is none.
pub(super) const KINDS: [&str; 4] = ["", "alpha", "Beta", "gamma ray"];

/// What is in bodies.
pub(super) const WORDS: [&str; 5] = ["tea", "Coffee beans", "Grüße", "te", "100%_sure"];

const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) uid: u32,
    pub(super) flags: u8,
    pub(super) subject: usize,
    pub(super) author: usize,
    pub(super) kind: usize,
    pub(super) word: usize,
    /// A day of 2020.
    pub(super) day: u32,
    /// Whether it is too long for an index.
    pub(super) is_long: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Uid,
    Subject,
    From,
    Date,
    Kind,
    Flags,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    None,
    Flags(u8, u8),
    Subject(&'static str),
    Body(&'static str),
    Anywhere(&'static str),
}

#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) sort: Sort,
    pub(super) descending: bool,
    pub(super) filter: Filter,
    pub(super) hide: bool,
    pub(super) first: u32,
}

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    pub(super) messages: Vec<Message>,
    pub(super) last: u32,
}

/// A folder of a session, as it should be.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) session: usize,
    pub(super) mailbox: usize,
    pub(super) spec: Spec,
    /// The messages in it now.
    members: BTreeSet<u32>,
    hidden: BTreeSet<u32>,
    /// What the client knows: messages and their flags.
    pub(super) table: Vec<(u32, u8)>,
    /// Whether its mailbox was removed.
    pub(super) is_gone: bool,
    told: bool,
    /// How often it should have been notified.
    pub(super) notices: usize,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) names: BTreeMap<String, usize>,
    pub(super) mailboxes: Vec<Mailbox>,
    pub(super) folders: BTreeMap<String, Folder>,
}

impl Message {
    pub(super) fn body(&self) -> String {
        let padding = if self.is_long { "x".repeat(300_000) } else { String::new() };
        format!("A text about {} and more.\n{padding}", WORDS[self.word])
    }

    pub(super) fn author(&self) -> String {
        match AUTHORS[self.author] {
            ("", address) => address.to_owned(),
            (name, address) => format!("{name} <{address}>"),
        }
    }

    fn date(&self) -> String {
        format!("{} Jan 2020 10:00:00 +0000", self.day)
    }

    /// The message as it comes.
    pub(super) fn raw(&self) -> String {
        let kind = if self.kind == 0 { String::new() } else { format!("X-Kind: {}\n", KINDS[self.kind]) };
        format!(
            "From: {}\nSubject: {}\nDate: {}\n{kind}MIME-Version: 1.0\nContent-Type: {CONTENT_TYPE}\n\
             Content-Transfer-Encoding: 8bit\n\n{}",
            self.author(),
            SUBJECTS[self.subject],
            self.date(),
            self.body()
        )
    }

    fn contains(&self, filter: &Filter) -> bool {
        let lower = |text: &str| text.to_lowercase();
        let body = || lower(&self.body());
        match filter {
            Filter::None => true,
            Filter::Flags(set, clear) => self.flags & set == *set && self.flags & clear == 0,
            Filter::Subject(text) => lower(SUBJECTS[self.subject]).contains(&lower(text)),
            Filter::Body(text) => body().contains(&lower(text)),
            Filter::Anywhere(text) => {
                let text = lower(text);
                let header = [
                    SUBJECTS[self.subject],
                    &self.author(),
                    KINDS[self.kind],
                    &self.date(),
                    "1.0",
                    CONTENT_TYPE,
                    "8bit",
                ];
                header.iter().any(|value| lower(value).contains(&text)) || body().contains(&text)
            }
        }
    }
}

/// Flags as they are written.
pub(super) fn written(flags: u8) -> String {
    let names = FLAGS.iter().enumerate().filter(|(bit, _)| flags & (1 << bit) != 0);
    names.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
}

/// Written flags.
pub(super) fn read(text: &str) -> u8 {
    let bit = |name: &str| 1 << FLAGS.iter().position(|known| *known == name).expect("a flag of the model");
    text.split(',').filter(|name| !name.is_empty()).map(bit).sum()
}

impl Spec {
    fn admits(&self, message: &Message) -> bool {
        message.uid >= self.first && message.contains(&self.filter)
    }
}

impl Folder {
    fn new(session: usize, mailbox: usize, spec: Spec, messages: &[Message]) -> Self {
        let is_hidden = |message: &&Message| spec.hide && message.flags & DELETED != 0;
        let hidden: BTreeSet<u32> = messages.iter().filter(is_hidden).map(|m| m.uid).collect();
        let members = messages.iter().filter(|m| spec.admits(m) && !hidden.contains(&m.uid)).map(|m| m.uid);
        let members = members.collect();
        Self {
            session,
            mailbox,
            spec,
            members,
            hidden,
            table: Vec::new(),
            is_gone: false,
            told: false,
            notices: 0,
        }
    }

    fn changed(&mut self) {
        if !self.told {
            self.told = true;
            self.notices += 1;
        }
    }

    /// A message has come, or has other flags.
    fn see(&mut self, message: &Message) {
        if self.spec.hide && message.flags & DELETED != 0 {
            self.hidden.insert(message.uid);
            if self.members.remove(&message.uid) {
                self.changed();
            }
            return;
        }
        let enters = self.spec.admits(message) && !self.hidden.contains(&message.uid);
        if enters {
            self.members.insert(message.uid);
        }
        if self.members.contains(&message.uid) {
            self.changed();
        }
    }

    /// The messages are asked for: the next change is told again.
    pub(super) fn asked(&mut self) {
        self.told = false;
    }
}

impl World {
    pub(super) fn create(&mut self, name: &str) -> usize {
        let id = self.mailboxes.len();
        self.mailboxes.push(Mailbox::default());
        self.names.insert(name.to_owned(), id);
        id
    }

    pub(super) fn open(&mut self, name: &str, session: usize, mailbox: usize, spec: Spec) {
        let mut folder = Folder::new(session, mailbox, spec, &self.mailboxes[mailbox].messages);
        folder.table = self.rows(&folder);
        self.folders.insert(name.to_owned(), folder);
    }

    /// The messages of a folder as they should be: sorted, with their flags.
    pub(super) fn rows(&self, folder: &Folder) -> Vec<(u32, u8)> {
        let messages = &self.mailboxes[folder.mailbox].messages;
        let mut rows: Vec<&Message> = messages.iter().filter(|m| folder.members.contains(&m.uid)).collect();
        rows.sort_by_key(|m| m.uid);
        match folder.spec.sort {
            Sort::Uid => {}
            Sort::Subject => rows.sort_by_key(|m| m.subject),
            Sort::From => rows.sort_by_key(|m| m.author),
            Sort::Date => rows.sort_by_key(|m| m.day),
            Sort::Kind => rows.sort_by_key(|m| m.kind),
            Sort::Flags => rows.sort_by_key(|m| written(m.flags)),
        }
        if folder.spec.descending {
            rows.reverse();
        }
        rows.into_iter().map(|m| (m.uid, m.flags)).collect()
    }

    /// The messages of a folder as they should be, by its name.
    pub(super) fn now(&self, name: &str) -> Vec<(u32, u8)> {
        self.rows(&self.folders[name])
    }

    pub(super) fn message(&self, mailbox: usize, uid: u32) -> Option<&Message> {
        self.mailboxes[mailbox].messages.iter().find(|m| m.uid == uid)
    }

    fn viewers(&mut self, mailbox: usize) -> impl Iterator<Item = &mut Folder> {
        self.folders.values_mut().filter(move |folder| folder.mailbox == mailbox && !folder.is_gone)
    }

    /// A message comes; its UID.
    pub(super) fn arrive(&mut self, mailbox: usize, mut message: Message) -> u32 {
        let target = &mut self.mailboxes[mailbox];
        target.last += 1;
        message.uid = target.last;
        target.messages.push(message.clone());
        self.viewers(mailbox).for_each(|folder| folder.see(&message));
        message.uid
    }

    pub(super) fn mark(&mut self, mailbox: usize, uids: &[u32], set: u8, clear: u8) {
        let mut changed = Vec::new();
        for message in &mut self.mailboxes[mailbox].messages {
            let flags = message.flags & !clear | set;
            if uids.contains(&message.uid) && flags != message.flags {
                message.flags = flags;
                changed.push(message.clone());
            }
        }
        for message in changed {
            self.viewers(mailbox).for_each(|folder| folder.see(&message));
        }
    }

    pub(super) fn remove(&mut self, mailbox: usize, uids: &[u32]) {
        self.mailboxes[mailbox].messages.retain(|m| !uids.contains(&m.uid));
        for folder in self.viewers(mailbox) {
            let before = folder.members.len();
            folder.members.retain(|uid| !uids.contains(uid));
            if folder.members.len() != before {
                folder.changed();
            }
        }
    }

    /// Copies of messages come into a mailbox; their UIDs.
    pub(super) fn copy(&mut self, source: usize, uids: &[u32], target: usize, clear: u8) -> Vec<u32> {
        let copies: Vec<Message> =
            self.mailboxes[source].messages.iter().filter(|m| uids.contains(&m.uid)).cloned().collect();
        let copy = |message: Message| Message { flags: message.flags & !clear, ..message };
        copies.into_iter().map(|message| self.arrive(target, copy(message))).collect()
    }

    /// A folder is closed; with the last one of a mailbox its messages are no longer recent.
    pub(super) fn close(&mut self, name: &str) -> Folder {
        let folder = self.folders.remove(name).expect("it is open");
        if !folder.is_gone && self.viewers(folder.mailbox).next().is_none() {
            for message in &mut self.mailboxes[folder.mailbox].messages {
                message.flags &= !RECENT;
            }
        }
        folder
    }

    /// A mailbox is removed; its folders are told.
    pub(super) fn vanish(&mut self, name: &str) {
        let mailbox = self.names.remove(name).expect("there is one");
        for folder in self.viewers(mailbox) {
            folder.changed();
            folder.is_gone = true;
        }
    }

    /// The messages of a folder that a search should find: those of its table that are still there and match.
    pub(super) fn found(&self, name: &str, filter: &Filter) -> Vec<u32> {
        let folder = &self.folders[name];
        let matches = |(uid, flags): &&(u32, u8)| match filter {
            Filter::Flags(set, clear) => flags & set == *set && flags & clear == 0,
            filter => self.message(folder.mailbox, *uid).is_some_and(|m| m.contains(filter)),
        };
        folder.table.iter().filter(matches).map(|(uid, _)| *uid).collect()
    }
}
