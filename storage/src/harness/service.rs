//! Where does the S3 service of the tests come from? From `s3s-fs`, which keeps objects as files.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

use crate::Bucket;

const MISSING: &str = "the tests of buckets need s3s-fs: tests/run installs it, or \
    cargo install s3s-fs --version 0.14.1 --locked --features binary";

/// A service of its own, with one bucket. Stopped when dropped.
#[derive(Debug)]
pub(crate) struct Service {
    root: TempDir,
    port: u16,
    child: Mutex<Child>,
}

impl Service {
    pub(crate) fn start() -> Self {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("mail")).unwrap();
        let (child, port) = spawn(root.path(), 0);
        Self { root, port, child: Mutex::new(child) }
    }

    /// The bucket, with notes in a folder.
    pub(crate) fn bucket(&self, folder: &Path) -> Bucket {
        Bucket {
            name: "mail".into(),
            endpoint: format!("http://127.0.0.1:{}", self.port),
            region: "us-east-1".into(),
            is_path_style: true,
            prefix: "a/b".into(),
            keys: Some(("test".into(), "testsecret".into())),
            authorities: None,
            notes: folder.join("uploading"),
        }
    }

    /// The file that an object is kept in.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root.path().join("mail/a/b").join(path)
    }

    /// The files that the service keeps of uploads that are not complete.
    pub(crate) fn parts(&self) -> usize {
        let entries = std::fs::read_dir(self.root.path()).unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".part-"))
            .count()
    }

    pub(crate) fn stop(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts it again, where it was.
    pub(crate) fn again(&self) {
        *self.child.lock().unwrap() = spawn(self.root.path(), self.port).0;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(root: &Path, port: u16) -> (Child, u16) {
    let mut child = Command::new(program())
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--access-key", "test", "--secret-key", "testsecret"])
        .arg(root)
        .env("RUST_LOG", "s3s_fs=info")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect(MISSING);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if let Some((_, port)) = line.split_once("running at http://127.0.0.1:") {
            let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
            return (child, digits.parse().unwrap());
        }
    }
    panic!("s3s-fs ended before it listened");
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/.cache/bin");
    let mut folders = std::env::split_paths(&path).chain([ours]);
    folders.find_map(|folder| Some(folder.join("s3s-fs")).filter(|file| file.is_file())).expect(MISSING)
}
