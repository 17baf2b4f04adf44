//! A real mail server: Postfix, in a folder of its own, as the tests' MX and as their outside world.

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::unistd::{Uid, User, chown};
use tempfile::TempDir;

use super::{SOON, SmtpDialogue};

/// A running Postfix. It is stopped when this is dropped.
pub(crate) struct Postfix {
    folder: TempDir,
    /// Where it takes mail.
    pub(crate) address: SocketAddr,
}

/// How it is set up.
#[derive(Clone)]
pub(crate) struct Setup {
    /// Its port: [`super::free_port`].
    pub(crate) port: u16,
    /// Where mail for anchor.test goes by LMTP.
    pub(crate) lmtp: SocketAddr,
    /// The user `gateway` and its password, without which nobody may send; none: everybody may.
    pub(crate) password: Option<&'static str>,
    /// More lines of `main.cf`.
    pub(crate) more: String,
}

const MAIN: &str = include_str!("../data/postfix/main.cf");
const MASTER: &str = include_str!("../data/postfix/master.cf");

/// What lets only those send who prove who they are.
const ONLY_WITH_PASSWORD: &str = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_local_domain = anchor.test\n\
    smtpd_client_restrictions = permit_sasl_authenticated, reject\n";

impl Setup {
    /// For mail to the gateway, and to outside.test from everybody.
    pub(crate) fn new(port: u16, lmtp: SocketAddr) -> Self {
        Self { port, lmtp, password: None, more: String::new() }
    }
}

impl Postfix {
    /// Starts it, and waits until it takes mail. Wants the rights of root.
    pub(crate) async fn start(setup: &Setup) -> Self {
        assert!(Uid::effective().is_root(), "only root can start Postfix");
        let user = User::from_name("postfix").expect("users can be looked up").expect("Postfix is installed");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        // Its programs run as a user of their own.
        std::fs::set_permissions(root, PermissionsExt::from_mode(0o755)).expect("the folder is ours");
        for (name, owned) in [("etc", false), ("spool", false), ("data", true), ("mail", true)] {
            std::fs::create_dir(root.join(name)).expect("the folder can be written");
            if owned {
                chown(&root.join(name), Some(user.uid), Some(user.gid)).expect("root can do that");
            }
        }
        let fill = |text: &str| {
            text.replace("@FOLDER@", &root.display().to_string())
                .replace("@LMTP@", &format!("{}:{}", setup.lmtp.ip(), setup.lmtp.port()))
                .replace("@UID@", &user.uid.to_string())
                .replace("@MORE@", &setup.more.replace("@FOLDER@", &root.display().to_string()))
                .replace("@PORT@", &setup.port.to_string())
        };
        let mut main = fill(MAIN);
        if let Some(password) = setup.password {
            main.push_str(ONLY_WITH_PASSWORD);
            add_user(root, password);
        }
        std::fs::write(root.join("etc/main.cf"), main).expect("the folder can be written");
        std::fs::write(root.join("etc/master.cf"), fill(MASTER)).expect("the folder can be written");
        let address = SocketAddr::from(([127, 0, 0, 1], setup.port));
        let server = Self { folder, address };
        server.command("start");
        server.answers().await;
        server
    }

    async fn answers(&self) {
        let mut tries = tokio::time::interval(Duration::from_millis(50));
        let deadline = tokio::time::Instant::now() + SOON;
        while tokio::time::Instant::now() < deadline {
            tries.tick().await;
            if tokio::net::TcpStream::connect(self.address).await.is_ok() {
                return;
            }
        }
        panic!("Postfix does not answer: {}", self.log());
    }

    /// Sends a message from an address of outside.test; every command must succeed.
    pub(crate) async fn send(&self, sender: &str, recipients: &[&str], message: &str) {
        let mut dialogue = SmtpDialogue::open(self.address).await;
        let mut commands = vec!["EHLO test".to_owned(), format!("MAIL FROM:<{sender}>")];
        commands.extend(recipients.iter().map(|recipient| format!("RCPT TO:<{recipient}>")));
        for command in commands {
            let answer = dialogue.say(&command).await;
            assert!(answer.starts_with("250"), "{command}: {answer}");
        }
        assert!(dialogue.say("DATA").await.starts_with("354"));
        let answer = dialogue.say(&format!("{message}\r\n.")).await;
        assert!(answer.starts_with("250"), "{answer}");
        dialogue.say("QUIT").await;
    }

    /// The messages that a user of outside.test has, once there are so many.
    pub(crate) async fn mailbox(&self, user: &str, count: usize) -> Vec<String> {
        let folder = self.folder.path().join("mail").join(user).join("new");
        self.until(&format!("{count} messages of {user}"), || {
            let found = texts(&folder);
            (found.len() >= count).then_some(found)
        })
        .await
    }

    /// Waits until its log has a line with all of these words.
    pub(crate) async fn logged(&self, words: &[&str]) -> String {
        self.until(&format!("{words:?}"), || {
            let log = self.log();
            log.lines().find(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned)
        })
        .await
    }

    /// Lets it try again what it could not deliver.
    pub(crate) fn flush(&self) {
        let status = Command::new("postqueue").arg("-c").arg(self.etc()).arg("-f").status();
        assert!(status.expect("postqueue runs").success());
    }

    /// Files have no event of their own here: they are looked at until they are as wanted.
    async fn until<T>(&self, wanted: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        let deadline = tokio::time::Instant::now() + SOON;
        while tokio::time::Instant::now() < deadline {
            looks.tick().await;
            if let Some(found) = look() {
                return found;
            }
        }
        panic!("Postfix has no {wanted}: {}", self.log());
    }

    fn etc(&self) -> PathBuf {
        self.folder.path().join("etc")
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn command(&self, command: &str) {
        let mut postfix = Command::new("postfix");
        postfix.arg("-c").arg(self.etc()).arg(command).stdin(Stdio::null());
        let output = postfix.output().expect("Postfix is installed");
        assert!(
            output.status.success(),
            "{command}: {}{}",
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // A test that has failed says so by itself.
        _ = Command::new("postfix").arg("-c").arg(self.etc()).arg("stop").stderr(Stdio::null()).status();
    }
}

/// Lets the user `gateway` in. Debian's Postfix looks for the settings of Cyrus SASL beside its own.
fn add_user(root: &Path, password: &str) {
    let (folder, file) = (root.join("etc/sasl"), root.join("etc/sasl/passwords"));
    std::fs::create_dir(&folder).expect("the folder can be written");
    let settings =
        format!("pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\n", file.display());
    std::fs::write(folder.join("smtpd.conf"), settings + "mech_list: PLAIN LOGIN\n")
        .expect("the folder can be written");
    let mut command = Command::new("saslpasswd2");
    command.args(["-p", "-c", "-u", "anchor.test", "-f"]).arg(&file).arg("gateway").stdin(Stdio::piped());
    let mut child = command.spawn().expect("sasl2-bin is installed");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    stdin.write_all(password.as_bytes()).expect("it reads");
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o644)).expect("it is ours");
}

fn texts(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}
