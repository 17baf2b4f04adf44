//! A process that a test kills: it works on the test's storage and says what was answered.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Bed;
use crate::{Config, Database, Storage};

const DATABASE: &str = "XIMSS_KILL_DATABASE";
const BLOBS: &str = "XIMSS_KILL_BLOBS";
const TOLD: &str = "XIMSS_KILL_TOLD";

/// Starts the ignored test `child` as a process of its own, tells it something, and kills it after so many answers. `record`
/// takes down each line that it says, and whether that is an answer; others are the test runner's own words, or were cut off.
pub(crate) fn run_until_killed(
    bed: &Bed,
    child: &str,
    told: &str,
    answers: u64,
    mut record: impl FnMut(&str) -> bool,
) {
    let database = match &bed.config.database {
        Database::Sqlite { path } => path.to_string_lossy().into_owned(),
        Database::Postgres { url, .. } => url.clone(),
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([child, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DATABASE, database)
        .env(BLOBS, bed.path().join("blobs"))
        .env(TOLD, told)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut left = answers;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // What it managed to say while it was being killed counts too.
        left = left.saturating_sub(record(&line.unwrap()).into());
        if left == 0 {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert_eq!(left, 0, "the child ended by itself");
}

/// In the process that is killed: the test's storage, and what it was told. None if somebody else has started it.
pub(crate) async fn storage_of_the_test() -> Option<(Storage, String)> {
    let database = std::env::var(DATABASE).ok()?;
    let database = if database.starts_with("postgres://") {
        Database::Postgres { url: database, connections: 8 }
    } else {
        Database::Sqlite { path: database.into() }
    };
    let blobs = PathBuf::from(std::env::var_os(BLOBS).unwrap()).into();
    let storage = Storage::open(Config { database, blobs }).await.unwrap();
    Some((storage, std::env::var(TOLD).unwrap()))
}
