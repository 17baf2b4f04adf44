//! Do random operations on files do what a naive tree in memory does?

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{ALL, path, read, write};
use crate::harness::{Bed, on_both};
use crate::{AccountId, Error, FilePath, FileRoom, FileUsage, Place};

const CASES: u32 = 30;
const OPERATIONS: usize = 100;
const ROOM: FileRoom = FileRoom { files: 14, bytes: 400 };

/// One operation; paths are few, so that they often hit.
#[derive(Clone, Debug)]
enum Operation {
    Create { path: String },
    Write { path: String, place: Place, length: u8 },
    Rename { from: String, to: String },
    Remove { path: String, children: bool },
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Missing,
    Exists,
    Unsuitable,
    Full,
}

/// Files by path; directories have no content.
#[derive(Clone, Debug, Default)]
struct Model(BTreeMap<String, Option<Vec<u8>>>);

fn operation() -> impl Strategy<Value = Operation> {
    let name = prop_oneof![Just("a"), Just("b"), Just("é"), Just("a!")];
    let path = proptest::collection::vec(name, 1..4).prop_map(|parts| parts.join("/"));
    let place = prop_oneof![
        2 => Just(Place::Whole),
        3 => Just(Place::End),
        3 => (0_u64..80).prop_map(Place::At),
    ];
    prop_oneof![
        2 => path.clone().prop_map(|path| Operation::Create { path }),
        6 => (path.clone(), place, 0_u8..60)
            .prop_map(|(path, place, length)| Operation::Write { path, place, length }),
        3 => (path.clone(), path.clone()).prop_map(|(from, to)| Operation::Rename { from, to }),
        2 => (path, any::<bool>()).prop_map(|(path, children)| Operation::Remove { path, children }),
    ]
}

on_both! {
    async fn random_operations_on_files_do_what_the_model_does(bed: &Bed) {
        let mut runner = TestRunner::default();
        let histories = proptest::collection::vec(operation(), OPERATIONS);
        for case in 0..CASES {
            let history = histories.new_tree(&mut runner).unwrap().current();
            let account = bed.account(&format!("case{case}")).await.id;
            let mut model = Model::default();
            for (step, operation) in history.iter().enumerate() {
                let byte = u8::try_from(step).unwrap();
                let done = apply(bed, account, operation, byte).await;
                let expected = model.apply(operation, byte);
                assert_eq!(done, expected, "step {step}: {history:?}");
            }
            model.verify(bed, account, &history).await;
        }
        bed.assert_sound().await;
    }
}

async fn apply(bed: &Bed, account: AccountId, operation: &Operation, byte: u8) -> Outcome {
    let storage = &bed.storage;
    let done = match operation {
        Operation::Create { path: name } => {
            storage.create_directory(account, path(name), ROOM).await.map(drop)
        }
        Operation::Write { path, place, length } => {
            let bytes = vec![byte; usize::from(*length)];
            write(bed, account, path, *place, &bytes, ROOM).await.map(drop)
        }
        Operation::Rename { from, to } => {
            storage.rename_file(account, path(from), path(to), ROOM).await.map(drop)
        }
        Operation::Remove { path: name, children } => {
            storage.remove_file(account, path(name), *children).await
        }
    };
    match done {
        Ok(()) => Outcome::Done,
        Err(Error::NotFound { .. }) => Outcome::Missing,
        Err(Error::AlreadyExists { .. }) => Outcome::Exists,
        Err(Error::Unsuitable { .. }) => Outcome::Unsuitable,
        Err(Error::FilesFull) => Outcome::Full,
        Err(error) => panic!("{operation:?}: {error}"),
    }
}

impl Model {
    /// Does it to a copy, which counts if it succeeds and there is room for what it adds.
    fn apply(&mut self, operation: &Operation, byte: u8) -> Outcome {
        let mut next = self.clone();
        let outcome = match operation {
            Operation::Create { path } => next.create(path),
            Operation::Write { path, place, length } => {
                next.write(path, *place, &vec![byte; usize::from(*length)])
            }
            Operation::Rename { from, to } => next.rename(from, to),
            Operation::Remove { path, children } => next.remove(path, *children),
        };
        if outcome != Outcome::Done {
            return outcome;
        }
        let (before, after) = (self.usage(), next.usage());
        if (after.files > before.files && after.files > ROOM.files)
            || (after.bytes > before.bytes && after.bytes > ROOM.bytes)
        {
            return Outcome::Full;
        }
        *self = next;
        Outcome::Done
    }

    fn usage(&self) -> FileUsage {
        let bytes: usize = self.0.values().flatten().map(Vec::len).sum();
        FileUsage { files: self.0.len().try_into().unwrap(), bytes: bytes.try_into().unwrap() }
    }

    /// Makes the directories above a path.
    fn make_way(&mut self, path: &str) -> Outcome {
        for (at, _) in path.match_indices('/') {
            if self.0.entry(path[..at].to_owned()).or_insert(None).is_some() {
                return Outcome::Unsuitable;
            }
        }
        Outcome::Done
    }

    fn create(&mut self, path: &str) -> Outcome {
        if self.0.contains_key(path) {
            return Outcome::Exists;
        }
        let way = self.make_way(path);
        self.0.insert(path.to_owned(), None);
        way
    }

    fn write(&mut self, path: &str, place: Place, bytes: &[u8]) -> Outcome {
        let way = self.make_way(path);
        let Some(content) = self.0.entry(path.to_owned()).or_insert(Some(Vec::new())) else {
            return Outcome::Unsuitable;
        };
        let position = match place {
            Place::Whole => {
                content.clear();
                0
            }
            Place::End => content.len(),
            Place::At(position) => position.try_into().unwrap(),
        };
        if way != Outcome::Done || position > content.len() {
            return Outcome::Unsuitable;
        }
        let rest = content.split_off(position);
        content.extend_from_slice(bytes);
        content.extend(rest.iter().skip(bytes.len()));
        Outcome::Done
    }

    fn rename(&mut self, from: &str, to: &str) -> Outcome {
        if !self.0.contains_key(from) {
            return Outcome::Missing;
        }
        if to.starts_with(&format!("{from}/")) {
            return Outcome::Unsuitable;
        }
        if self.0.contains_key(to) {
            return Outcome::Exists;
        }
        let below = format!("{from}/");
        let moved: Vec<_> =
            self.0.extract_if(.., |path, _| path == from || path.starts_with(&below)).collect();
        let way = self.make_way(to);
        for (path, content) in moved {
            self.0.insert(format!("{to}{}", &path[from.len()..]), content);
        }
        way
    }

    fn remove(&mut self, path: &str, children: bool) -> Outcome {
        if !self.0.contains_key(path) {
            return Outcome::Missing;
        }
        let below = format!("{path}/");
        if !children && self.0.keys().any(|other| other.starts_with(&below)) {
            return Outcome::Unsuitable;
        }
        self.0.retain(|other, _| other != path && !other.starts_with(&below));
        Outcome::Done
    }

    /// Asserts that the account has the very same files.
    async fn verify(&self, bed: &Bed, account: AccountId, history: &[Operation]) {
        let mut found = BTreeMap::new();
        let mut open = vec![FilePath::root()];
        while let Some(directory) = open.pop() {
            let files = bed.storage.files(account, &directory, 0, 1_000).await.unwrap();
            assert!(files.is_sorted_by_key(|file| file.path.name().to_owned()));
            for file in files {
                let content = if file.is_directory {
                    open.push(file.path.clone());
                    None
                } else {
                    Some(read(bed, account, file.path.as_str(), ALL).await.unwrap())
                };
                found.insert(file.path.to_string(), content);
            }
        }
        assert_eq!(found, self.0, "{history:?}");
        assert_eq!(bed.storage.file_usage(account).await.unwrap(), self.usage(), "{history:?}");
    }
}
