//! A PostgreSQL of a test's own, which outlives the gateway that is killed.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::free_port;

/// PostgreSQL refuses to run as root: then `nobody` runs it.
const NOBODY: u32 = 65_534;

/// A running server. Stopped when dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if nix::unistd::geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may do it");
        }
        let server = Self { programs: programs(), folder, port: free_port() };
        server.run("initdb", &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        // A commit is written before it is answered, and survives the death of the gateway.
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off",
            server.port
        );
        let log = server.folder.path().join("log");
        server.run("pg_ctl", &["-w", "-l", log.to_str().expect("a path"), "-o", &options, "start"]);
        server
    }

    /// What a gateway that uses it has in its configuration.
    pub(crate) fn config(&self) -> String {
        format!("[database]\nurl = \"postgres://postgres@127.0.0.1:{}/postgres\"\n", self.port)
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(arguments)
            .current_dir(self.folder.path());
        if nix::unistd::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("PostgreSQL is installed").success(), "{program}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-w", "-m", "immediate", "stop"]);
    }
}

/// The folder of PostgreSQL's programs: on the path, or where Debian puts them.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let mut all = std::env::split_paths(&path).chain(debian);
    all.find(|folder: &PathBuf| Path::is_file(&folder.join("initdb"))).expect("PostgreSQL is installed")
}
