//! Where does the PostgreSQL of the tests come from?

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const MISSING: &str = "the storage tests need PostgreSQL: install it (Debian: apt-get install postgresql) or set \
    XIMSS_TEST_POSTGRES_URL to a server on which databases may be created, \
    as in postgres://postgres@127.0.0.1:5432/postgres";

/// PostgreSQL refuses to run as root: then `nobody` runs it.
const NOBODY: u32 = 65_534;

/// Stops the server of the folder when nobody has held the lock of its users for a while. It takes the same locks
/// in the same order as those who start it.
const WATCHDOG: &str = r#"
( while sleep 5; do
  exec 8>>start.lock; flock 8
  if flock -n users.lock true; then
    "$1/pg_ctl" -D data -m immediate -w stop; rm -rf data port; exit
  fi
  exec 8>&-
done ) &"#;

/// A server of its own, for tests that restart it. Stopped when dropped.
pub(crate) struct Cluster {
    server: Server,
    folder: PathBuf,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let name = format!("ximss-storage-cluster-{}-{:x}", std::process::id(), now());
        let folder = std::env::temp_dir().join(name);
        let server = Server::new(&folder);
        server.create();
        server.start();
        Self { server, folder }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn restart(&self) {
        self.server.control(&["-m", "immediate", "stop"]);
        self.server.start();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.server.control(&["-m", "immediate", "stop"]);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The address of the server that the tests share: the given one, or one that is started when it does not run.
pub(crate) fn shared_url() -> String {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("XIMSS_TEST_POSTGRES_URL").unwrap_or_else(|_| shared())).clone()
}

fn shared() -> String {
    let user = fs::metadata("/proc/self").unwrap().uid();
    let folder = std::env::temp_dir().join(format!("ximss-storage-tests-{user}"));
    make_folder(&folder);
    let lock = |name| {
        let path = folder.join(name);
        let file = File::options().create(true).append(true).open(&path).unwrap();
        give_away(&path);
        file
    };
    let starting = lock("start.lock");
    starting.lock().unwrap();
    let users = lock("users.lock");
    users.lock_shared().unwrap();
    let port = fs::read_to_string(folder.join("port")).ok().and_then(|port| port.parse().ok());
    let running = port.filter(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok());
    let server = Server { port: running.unwrap_or_else(free_port), ..Server::new(&folder) };
    if running.is_none() {
        let _ = fs::remove_dir_all(folder.join("data"));
        server.create();
        server.start();
        fs::write(folder.join("port"), server.port.to_string()).unwrap();
        let mut watchdog = Command::new("/bin/sh");
        watchdog.args(["-c", WATCHDOG, "watchdog"]).arg(&server.programs).current_dir(&folder);
        // A group of its own: who ends the tests does not end what tidies up after them.
        assert!(run_as_nobody(&mut watchdog).process_group(0).status().unwrap().success());
    }
    // Held as long as this process lives.
    std::mem::forget(users);
    server.url()
}

/// The milliseconds since 1970.
fn now() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_millis())
}

struct Server {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Server {
    fn new(folder: &Path) -> Self {
        make_folder(folder);
        Self { programs: programs(), data: folder.join("data"), port: free_port() }
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn create(&self) {
        let mut initdb = Command::new(self.programs.join("initdb"));
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "-D"]).arg(&self.data);
        self.run(&mut initdb);
    }

    fn start(&self) {
        let log = self.data.with_file_name("log");
        // The tests try what programs do, not what the disk does: nothing is synced. A commit is still written
        // before it is answered, so that it survives the death of the server.
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c fsync=off \
             -c full_page_writes=off",
            self.port
        );
        self.control(&["-l", &log.to_string_lossy(), "-o", &options, "start"]);
    }

    fn control(&self, arguments: &[&str]) {
        let mut control = Command::new(self.programs.join("pg_ctl"));
        control.arg("-w").arg("-D").arg(&self.data).args(arguments);
        self.run(&mut control);
    }

    fn run(&self, command: &mut Command) {
        command.current_dir(self.data.parent().unwrap());
        let status = run_as_nobody(command).status().unwrap();
        let log = fs::read_to_string(self.data.with_file_name("log")).unwrap_or_default();
        assert!(status.success(), "{command:?}: {status}\n{log}");
    }
}

fn run_as_nobody(command: &mut Command) -> &mut Command {
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn make_folder(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    give_away(folder);
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Lets the one who runs the server and its watchdog use a file.
fn give_away(path: &Path) {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The folder of PostgreSQL's programs: on the path, or where Debian puts them.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    found.sort();
    let all = std::env::split_paths(&path).chain(found.into_iter().rev());
    all.into_iter().find(|folder| folder.join("initdb").is_file()).expect(MISSING)
}
