//! Do random operations on messages do what a naive model does?

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::harness::{Bed, message, on_both};
use crate::{Counts, FlagEdit, Flags, Mailbox, MailboxId, Modseq, Uid};

const CASES: u32 = 25;
const BOXES: usize = 3;
const DELETED: Flags = Flags::from_bits(1 << 5);

/// One operation; mailboxes by their place in the list, UIDs small so that they often hit.
#[derive(Clone, Debug)]
enum Operation {
    Append { mailbox: usize, flags: Vec<Flags> },
    AppendAt { mailbox: usize, uid: Uid },
    SetFlags { mailbox: usize, uids: Vec<Uid>, edit: FlagEdit },
    Remove { mailbox: usize, uids: Vec<Uid> },
    Expunge { mailbox: usize },
    RemoveOlder { mailbox: usize, than: i64 },
    Copy { source: usize, uids: Vec<Uid>, target: usize, edit: FlagEdit, moving: bool },
}

/// A message as the model has it; the number tells everything that does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stored {
    number: i64,
    flags: Flags,
    modseq: Modseq,
}

#[derive(Clone, Debug)]
struct Model {
    uid_next: u32,
    modseq: i64,
    messages: BTreeMap<Uid, Stored>,
}

fn operation() -> impl Strategy<Value = Operation> {
    let mailbox = 0..BOXES;
    let uids = proptest::collection::vec((1_u32..30).prop_map(Uid), 0..6);
    let flags = (0_i64..64).prop_map(Flags::from_bits);
    let edit = (flags.clone(), flags.clone()).prop_map(|(add, remove)| FlagEdit { add, remove });
    prop_oneof![
        3 => (mailbox.clone(), proptest::collection::vec(flags, 0..4))
            .prop_map(|(mailbox, flags)| Operation::Append { mailbox, flags }),
        1 => (mailbox.clone(), (0_u32..40).prop_map(Uid))
            .prop_map(|(mailbox, uid)| Operation::AppendAt { mailbox, uid }),
        3 => (mailbox.clone(), uids.clone(), edit.clone())
            .prop_map(|(mailbox, uids, edit)| Operation::SetFlags { mailbox, uids, edit }),
        2 => (mailbox.clone(), uids.clone())
            .prop_map(|(mailbox, uids)| Operation::Remove { mailbox, uids }),
        1 => mailbox.clone().prop_map(|mailbox| Operation::Expunge { mailbox }),
        1 => (mailbox.clone(), 0_i64..400)
            .prop_map(|(mailbox, number)| Operation::RemoveOlder { mailbox, than: message(number).internal_date }),
        4 => (mailbox.clone(), uids, mailbox, edit, any::<bool>())
            .prop_map(|(source, uids, target, edit, moving)| {
                Operation::Copy { source, uids, target, edit, moving }
            }),
    ]
}

on_both! {
    async fn random_operations_do_what_the_model_does(bed: &Bed) {
        let mut runner = TestRunner::default();
        let histories = proptest::collection::vec(operation(), 1..40);
        for case in 0..CASES {
            let history = histories.new_tree(&mut runner).unwrap().current();
            let account = bed.account(&format!("case{case}")).await.id;
            let mut boxes = Vec::new();
            for name in ["a", "b", "c"] {
                boxes.push(bed.mailbox(account, name).await);
            }
            let mut models = vec![Model { uid_next: 1, modseq: 1, messages: BTreeMap::new() }; BOXES];
            for (step, operation) in (0..).zip(&history) {
                apply(bed, &boxes, &mut models, operation, step * 10).await;
            }
            for (mailbox, model) in boxes.iter().zip(&models) {
                model.verify(bed, *mailbox, &history).await;
            }
        }
        bed.assert_sound().await;
    }
}

/// Does an operation to both and compares what it returned.
async fn apply(bed: &Bed, boxes: &[MailboxId], models: &mut [Model], operation: &Operation, number: i64) {
    let storage = &bed.storage;
    match operation {
        Operation::Append { mailbox, flags } => {
            let new = (number..)
                .zip(flags)
                .map(|(number, flags)| crate::NewMessage { flags: *flags, ..message(number) });
            let done = storage.append(boxes[*mailbox], new.collect()).await.unwrap();
            let expected = models[*mailbox].append((number..).zip(flags.iter().copied()));
            assert_eq!(done.iter().map(|one| (one.uid, one.modseq)).collect::<Vec<_>>(), expected);
        }
        Operation::AppendAt { mailbox, uid } => {
            let done = storage.append_at(boxes[*mailbox], vec![(*uid, message(number))]).await;
            assert_eq!(done.is_ok(), models[*mailbox].append_at(*uid, number), "{done:?}");
        }
        Operation::SetFlags { mailbox, uids, edit } => {
            let done = storage.set_flags(boxes[*mailbox], uids, *edit).await.unwrap();
            let done: Vec<_> = done.iter().map(|one| (one.uid, one.flags, one.modseq)).collect();
            assert_eq!(done, models[*mailbox].set_flags(uids, *edit));
        }
        Operation::Remove { mailbox, uids } => {
            let done = storage.remove(boxes[*mailbox], uids).await.unwrap();
            assert_eq!((done.uids, done.modseq), models[*mailbox].remove(|uid, _| uids.contains(&uid)));
        }
        Operation::Expunge { mailbox } => {
            let done = storage.expunge(boxes[*mailbox], DELETED).await.unwrap();
            let expected = models[*mailbox].remove(|_, message| message.flags.contains(DELETED));
            assert_eq!((done.uids, done.modseq), expected);
        }
        Operation::RemoveOlder { mailbox, than } => {
            let done = storage.remove_older(boxes[*mailbox], Some(*than)).await.unwrap();
            let expected = models[*mailbox].remove(|_, one| message(one.number).internal_date < *than);
            assert_eq!((done.uids, done.modseq), expected);
        }
        Operation::Copy { source, uids, target, edit, moving } => {
            let (from, to) = (boxes[*source], boxes[*target]);
            let done = match moving {
                true => storage.relocate(from, uids, to, *edit).await.unwrap().0,
                false => storage.copy(from, uids, to, *edit).await.unwrap(),
            };
            let originals: Vec<(Uid, Stored)> = models[*source].listed(uids).collect();
            let copies = originals.iter().map(|(_, one)| (one.number, edit.of(one.flags)));
            let expected = models[*target].append(copies);
            let expected: Vec<_> =
                originals.iter().zip(expected).map(|((uid, _), new)| (*uid, new)).collect();
            assert_eq!(
                done.iter().map(|one| (one.source, (one.uid, one.modseq))).collect::<Vec<_>>(),
                expected
            );
            if *moving {
                let gone: Vec<Uid> = originals.iter().map(|(uid, _)| *uid).collect();
                models[*source].remove(|uid, _| gone.contains(&uid));
            }
        }
    }
}

impl Model {
    fn listed(&self, uids: &[Uid]) -> impl Iterator<Item = (Uid, Stored)> {
        self.messages.iter().filter(|(uid, _)| uids.contains(uid)).map(|(uid, message)| (*uid, *message))
    }

    fn append(&mut self, new: impl Iterator<Item = (i64, Flags)>) -> Vec<(Uid, Modseq)> {
        let mut done = Vec::new();
        let modseq = Modseq(self.modseq + 1);
        for (number, flags) in new {
            let uid = Uid(self.uid_next);
            self.uid_next += 1;
            self.modseq = modseq.0;
            self.messages.insert(uid, Stored { number, flags, modseq });
            done.push((uid, modseq));
        }
        done
    }

    fn append_at(&mut self, uid: Uid, number: i64) -> bool {
        let free = uid.0 > 0 && !self.messages.contains_key(&uid);
        if free {
            self.modseq += 1;
            self.uid_next = self.uid_next.max(uid.0 + 1);
            self.messages.insert(uid, Stored { number, flags: Flags::NONE, modseq: Modseq(self.modseq) });
        }
        free
    }

    fn set_flags(&mut self, uids: &[Uid], edit: FlagEdit) -> Vec<(Uid, Flags, Modseq)> {
        let modseq = Modseq(self.modseq + 1);
        let mut done = Vec::new();
        for (uid, message) in &mut self.messages {
            let flags = edit.of(message.flags);
            if uids.contains(uid) && flags != message.flags {
                *message = Stored { flags, modseq, ..*message };
                self.modseq = modseq.0;
                done.push((*uid, flags, modseq));
            }
        }
        done
    }

    fn remove(&mut self, goes: impl Fn(Uid, &Stored) -> bool) -> (Vec<Uid>, Modseq) {
        let gone: Vec<Uid> =
            self.messages.extract_if(.., |uid, message| goes(*uid, message)).map(|(uid, _)| uid).collect();
        self.modseq += i64::from(!gone.is_empty());
        (gone, Modseq(self.modseq))
    }

    /// Asserts that the mailbox has the very same messages, counts and numbers.
    async fn verify(&self, bed: &Bed, id: MailboxId, history: &[Operation]) {
        let mut summaries = Vec::new();
        let each = |summary: crate::Summary<'_>| {
            summaries.push((summary.uid, summary.flags, summary.internal_date, summary.size));
        };
        let mailbox = bed.storage.summaries(id, crate::SortColumn::None, each).await.unwrap();
        let new = |stored: &Stored| message(stored.number);
        let expected: Vec<_> = self
            .messages
            .iter()
            .map(|(uid, one)| (*uid, one.flags, new(one).internal_date, new(one).blob.size))
            .collect();
        assert_eq!(summaries, expected, "{history:?}");
        let uids: Vec<Uid> = self.messages.keys().copied().collect();
        let rows = bed.storage.messages(id, &uids).await.unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| (row.uid, row.modseq, row.fields)).collect();
        let expected: Vec<_> =
            self.messages.iter().map(|(uid, one)| (*uid, one.modseq, new(one).fields)).collect();
        assert_eq!(rows, expected, "{history:?}");
        let headers = bed.storage.headers(id, &uids).await.unwrap();
        let expected: Vec<_> = self.messages.iter().map(|(uid, one)| (*uid, new(one).header)).collect();
        assert_eq!(headers, expected, "{history:?}");
        let expected = Mailbox {
            uid_next: Uid(self.uid_next),
            modseq: Modseq(self.modseq),
            counts: self.counts(),
            ..mailbox.clone()
        };
        assert_eq!(mailbox, expected, "{history:?}");
    }

    fn counts(&self) -> Counts {
        let messages: Vec<_> = self.messages.values().map(|one| (one.flags, message(one.number))).collect();
        let count = |wanted: &dyn Fn(Flags) -> bool| {
            i64::try_from(messages.iter().filter(|(flags, _)| wanted(*flags)).count()).unwrap()
        };
        Counts {
            messages: count(&|_| true),
            unseen: count(&|flags| flags.bits() & 1 == 0),
            media: count(&|flags| flags.bits() & 2 != 0),
            unseen_media: count(&|flags| flags.bits() & 3 == 2),
            size: messages.iter().map(|(_, new)| i64::try_from(new.blob.size).unwrap()).sum(),
            oldest: messages.iter().map(|(_, new)| new.internal_date).min(),
        }
    }
}
