//! Starts the real binary on free ports and a folder of its own, and stops it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::{Fixture, SOON};

/// A running gateway. It is killed when this is dropped.
pub(crate) struct Gateway {
    folder: Arc<TempDir>,
    /// Whether it is on the default ports.
    is_bare: bool,
    child: Child,
    addresses: HashMap<String, SocketAddr>,
    log: Arc<Mutex<Vec<Value>>>,
    logged: watch::Receiver<usize>,
}

/// The binary that the test command has built.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    let folder = test.parent().and_then(Path::parent).expect("tests lie two folders below the binaries");
    let binary = folder.join("ximss-gateway");
    assert!(binary.exists(), "{} is missing: run `cargo build` first, or tests/run", binary.display());
    binary
}

impl Gateway {
    /// Starts a gateway with alice and bob.
    pub(crate) async fn start() -> Self {
        Self::with(Fixture::new()).await
    }

    /// Starts a gateway on what the fixture has prepared.
    pub(crate) async fn with(fixture: Fixture) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        fixture.prepare(folder.path()).await;
        Self::launch(folder).await
    }

    /// Starts a gateway that listens where its configuration says. Wants a network of its own.
    pub(crate) async fn with_own_listeners(fixture: Fixture) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        fixture.prepare(folder.path()).await;
        let mut command = command(folder.path());
        command.args(["--log", "json"]);
        Self::spawn(folder, command, false).await
    }

    /// Writes another configuration file, for the next start.
    pub(crate) fn configure(&self, toml: &str) {
        std::fs::write(self.folder.path().join("gateway.toml"), toml).expect("the folder can be written");
    }

    /// Starts it again on the same folder, after it was stopped or killed.
    pub(crate) async fn again(self) -> Self {
        let (folder, is_bare) = (Arc::clone(&self.folder), self.is_bare);
        drop(self);
        if is_bare { Self::bare(folder).await } else { Self::launch(folder).await }
    }

    /// Starts it as a newcomer does: without arguments, in an empty folder, on the ports that are the default. Wants a
    /// network of its own, or somebody may have those ports.
    pub(crate) async fn first_start() -> Self {
        Self::bare(Arc::new(tempfile::tempdir().expect("a temporary folder"))).await
    }

    async fn bare(folder: Arc<TempDir>) -> Self {
        let mut command = Command::new(binary());
        // Its log is read here, and has another form for that.
        command.current_dir(folder.path()).env("XIMSS_LOG_FORMAT", "json");
        Self::spawn(folder, command, true).await
    }

    async fn launch(folder: Arc<TempDir>) -> Self {
        let mut command = command(folder.path());
        for kind in ["http", "https", "admin", "ximss", "ximsss", "sip", "lmtp"] {
            command.arg("--listen").arg(format!("{kind}=127.0.0.1:0"));
        }
        command.args(["--log", "json"]);
        Self::spawn(folder, command, false).await
    }

    async fn spawn(folder: Arc<TempDir>, mut command: Command, is_bare: bool) -> Self {
        let out = std::fs::File::create(folder.path().join("out")).expect("it can be written");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the gateway starts");
        let stderr = child.stderr.take().expect("standard error is a pipe");
        let (log, (sender, logged)) = (Arc::new(Mutex::new(Vec::new())), watch::channel(0));
        tokio::spawn(read_log(BufReader::new(stderr), Arc::clone(&log), sender));
        let mut gateway = Self { folder, is_bare, child, addresses: HashMap::new(), log, logged };
        gateway.logged(|line| line["message"] == "ready").await;
        for line in gateway.log.lock().expect("nobody panics here").iter() {
            if let (Some(kind), Some(address)) = (line["listener"].as_str(), line["address"].as_str()) {
                gateway.addresses.insert(kind.to_owned(), address.parse().expect("an address is logged"));
            }
        }
        gateway
    }

    /// Where a listener of this kind is.
    pub(crate) fn address(&self, kind: &str) -> SocketAddr {
        self.addresses[kind]
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        data(self.folder.path())
    }

    /// What it has written on standard output.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("out")).expect("it can be read")
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("the gateway runs")
    }

    /// Waits for a line of the log, new or old, that fits; returns it.
    pub(crate) async fn logged(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                let found =
                    self.log.lock().expect("nobody panics here").iter().find(|line| fits(line)).cloned();
                if let Some(line) = found {
                    return line;
                }
                if self.logged.changed().await.is_err() {
                    panic!("the gateway ended: {}", self.log_text());
                }
            }
        };
        match tokio::time::timeout(SOON, wait).await {
            Ok(line) => line,
            Err(_) => panic!("this is not in the log: {}", self.log_text()),
        }
    }

    /// The log so far, for messages.
    pub(crate) fn log_text(&self) -> String {
        let log = self.log.lock().expect("nobody panics here");
        log.iter().map(|line| format!("\n  {line}")).collect()
    }

    /// Sends SIGTERM and waits; returns how long it took and the exit code.
    pub(crate) async fn terminate(&mut self) -> (std::time::Duration, Option<i32>) {
        let start = std::time::Instant::now();
        self.signal(Signal::SIGTERM);
        let status =
            tokio::time::timeout(SOON, self.child.wait()).await.expect("it ends").expect("it was started");
        (start.elapsed(), status.code())
    }

    /// Kills it as a power failure would.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.child.wait().await.expect("it was started");
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).expect("process ids are small");
        kill(Pid::from_raw(pid), signal).expect("the process is there");
    }

    /// Runs a command of the binary on this data folder; returns what it wrote and its exit code.
    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
        run(self.folder.path(), arguments, input).await
    }

    /// Starts a command of the binary on this data folder, and does not wait for it.
    pub(crate) fn start_command(&self, arguments: &[&str]) -> Child {
        let mut command = command(self.folder.path());
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.kill_on_drop(true).spawn().expect("the command starts")
    }

    /// The kilobytes of memory that it holds.
    pub(crate) fn resident(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process is there");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells it");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    }
}

/// The password that the first start has printed for an account.
pub(crate) fn printed_password(introduction: &str, account: &str) -> Option<String> {
    let line = introduction.lines().find(|line| line.split_whitespace().next() == Some(account))?;
    line.split_whitespace().nth(1).map(str::to_owned)
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("--data").arg(data(folder));
    let config = folder.join("gateway.toml");
    if config.exists() {
        command.arg("--config").arg(config);
    }
    command
}

/// Runs a command of the binary on a folder.
pub(crate) async fn run(folder: &Path, arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
    let mut child = command(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    // A command that reads nothing may have ended already.
    _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output =
        tokio::time::timeout(SOON, child.wait_with_output()).await.expect("it ends").expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr), output.status.code())
}

async fn read_log(
    stderr: BufReader<tokio::process::ChildStderr>,
    log: Arc<Mutex<Vec<Value>>>,
    logged: watch::Sender<usize>,
) {
    let mut lines = stderr.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
        let mut log = log.lock().expect("nobody panics here");
        log.push(value);
        let count = log.len();
        drop(log);
        logged.send_replace(count);
    }
}
