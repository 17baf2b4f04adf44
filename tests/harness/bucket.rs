//! An S3 service with a bucket: `s3s-fs`, which tests/run installs.

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running service. It is killed when this is dropped.
pub(crate) struct Bucket {
    root: TempDir,
    secrets: TempDir,
    child: Child,
    port: u16,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder");
        let (root, secrets) = (folder(), folder());
        std::fs::create_dir(root.path().join("mail")).expect("it can be made");
        std::fs::write(secrets.path().join("secret"), "testsecret\n").expect("it can be written");
        let (child, port) = spawn(root.path(), 0).await;
        Self { root, secrets, child, port }
    }

    /// What a gateway that uses it has in its configuration.
    pub(crate) fn config(&self) -> String {
        let secret = self.secrets.path().join("secret");
        format!(
            "[blobs]\nbucket = \"mail\"\nendpoint = \"http://127.0.0.1:{}\"\nprefix = \"gateway\"\naccess_key = \"test\"\n\
             secret_key_file = \"{}\"\n",
            self.port,
            secret.display()
        )
    }

    pub(crate) async fn stop(&mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Starts it again, where it was.
    pub(crate) async fn again(&mut self) {
        self.child = spawn(self.root.path(), self.port).await.0;
    }
}

async fn spawn(root: &Path, port: u16) -> (Child, u16) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/bin/s3s-fs");
    let program = if ours.exists() { ours } else { "s3s-fs".into() };
    let mut child = Command::new(program)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--access-key", "test", "--secret-key", "testsecret"])
        .arg(root)
        .env("RUST_LOG", "s3s_fs=info")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("s3s-fs is missing: tests/run installs it");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, port)) = line.split_once("running at http://127.0.0.1:") {
            let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
            return (child, digits.parse().expect("a port"));
        }
    }
    panic!("s3s-fs ended before it listened");
}
