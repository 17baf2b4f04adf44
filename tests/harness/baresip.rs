//! A real phone: baresip, which speaks SIP and RTP of its own and records what it hears.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::tone::Recording;
use super::{PASSWORD, SOON, free_port, free_port_range};

/// How it is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Its own address.
    pub(crate) ip: &'a str,
    pub(crate) user: &'a str,
    pub(crate) domain: &'a str,
    /// Where it registers and sends its calls.
    pub(crate) proxy: std::net::SocketAddr,
    /// `udp` or `tcp`.
    pub(crate) transport: &'a str,
    /// As baresip names them.
    pub(crate) codecs: &'a str,
    /// Hertz of the tone in its microphone.
    pub(crate) tone: u32,
}

/// A running phone. It is killed when this is dropped.
pub(crate) struct Baresip {
    folder: TempDir,
    process: Child,
    control: TcpStream,
    buffer: Vec<u8>,
    events: Vec<Value>,
    commands: u32,
}

/// What a phone has counted in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Lost on the way to the phone.
    pub(crate) lost: u64,
    /// Lost on the way from it, as the gateway reports it.
    pub(crate) lost_there: u64,
}

impl Baresip {
    /// Starts a phone and waits until it is registered.
    pub(crate) async fn registered(line: Line<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("rec")).expect("a folder");
        let (sip, control) = (free_port(), free_port());
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text);
        write("config", config(&folder, line, sip, control)).expect("it can be written");
        write("accounts", account(line)).expect("it can be written");
        write("contacts", String::new()).expect("it can be written");
        let log = std::fs::File::create(folder.path().join("log")).expect("it can be written");
        let process = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has two ends"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("baresip is installed");
        let control = connect(control).await;
        let mut phone =
            Self { folder, process, control, buffer: Vec::new(), events: Vec::new(), commands: 0 };
        phone.wait_for_registration().await;
        phone
    }

    /// The event may have come before the control connection, so it is asked.
    async fn wait_for_registration(&mut self) {
        let mut tries = tokio::time::interval(Duration::from_millis(100));
        let deadline = tokio::time::Instant::now() + SOON;
        while tokio::time::Instant::now() < deadline {
            tries.tick().await;
            let answer = self.command("reginfo", "").await;
            if answer["data"].as_str().is_some_and(|text| text.contains("OK")) {
                return;
            }
        }
        panic!("the phone does not register: {}", self.log());
    }

    /// Calls an address.
    pub(crate) async fn dial(&mut self, address: &str) {
        self.command("dial", address).await;
    }

    /// Answers the call that rings.
    pub(crate) async fn accept(&mut self) {
        self.event("CALL_INCOMING").await;
        self.command("accept", "").await;
    }

    /// Waits until the call is up.
    pub(crate) async fn established(&mut self) {
        self.event("CALL_ESTABLISHED").await;
    }

    /// Hangs up.
    pub(crate) async fn hang_up(&mut self) {
        self.command("hangup", "").await;
    }

    /// Puts the other side on hold.
    pub(crate) async fn hold(&mut self) {
        self.command("hold", "").await;
    }

    /// Takes it back.
    pub(crate) async fn resume(&mut self) {
        self.command("resume", "").await;
    }

    /// Waits for the end of the call.
    pub(crate) async fn closed(&mut self) {
        self.event("CALL_CLOSED").await;
    }

    /// Waits for an event of this type; earlier ones count, each once.
    pub(crate) async fn event(&mut self, kind: &str) -> Value {
        loop {
            if let Some(at) = self.events.iter().position(|event| event["type"] == kind) {
                return self.events.remove(at);
            }
            let message = self.message().await;
            self.events.push(message);
        }
    }

    async fn command(&mut self, command: &str, parameters: &str) -> Value {
        self.commands += 1;
        let token = self.commands.to_string();
        let text = json!({ "command": command, "params": parameters, "token": token }).to_string();
        let framed = format!("{}:{text},", text.len());
        self.control.write_all(framed.as_bytes()).await.expect("the phone takes it");
        loop {
            let message = self.message().await;
            if message["response"] != json!(true) {
                self.events.push(message);
            } else if message["token"] == json!(token) {
                return message;
            }
        }
    }

    /// The next message: JSON in a netstring.
    async fn message(&mut self) -> Value {
        loop {
            if let Some(colon) = self.buffer.iter().position(|byte| *byte == b':') {
                let length = std::str::from_utf8(&self.buffer[..colon]).expect("a netstring");
                let end = colon + 1 + length.parse::<usize>().expect("a netstring");
                if self.buffer.len() > end {
                    let message = serde_json::from_slice(&self.buffer[colon + 1..end]).expect("JSON");
                    self.buffer.drain(..=end);
                    return message;
                }
            }
            let read = tokio::time::timeout(SOON, self.control.read_buf(&mut self.buffer)).await;
            let read = read.unwrap_or_else(|_| panic!("the phone says nothing: {}", self.log()));
            assert_ne!(read.expect("it can be read"), 0, "the phone is gone: {}", self.log());
        }
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("it is there")
    }

    /// What it has counted in the call that has ended last.
    pub(crate) fn counted(&self) -> Counted {
        let log = self.log();
        let (_, table) = log.rsplit_once("Transmit:     Receive:").unwrap_or_else(|| panic!("{log}"));
        let row = |name: &str| {
            let row = table.lines().find_map(|line| line.strip_prefix(name));
            let mut numbers = row.unwrap_or_else(|| panic!("{table}")).split_whitespace();
            let mut next = || numbers.next().and_then(|text| text.parse().ok());
            (next().unwrap_or_else(|| panic!("{table}")), next().unwrap_or_else(|| panic!("{table}")))
        };
        let ((sent, received), (lost_there, lost)) = (row("packets:"), row("lost:"));
        Counted { sent, received, lost, lost_there }
    }

    /// What it has heard in its last call.
    pub(crate) fn heard(&self) -> Recording {
        let folder = std::fs::read_dir(self.folder.path().join("rec")).expect("it is there");
        let mut files: Vec<PathBuf> = folder.map(|file| file.expect("it can be read").path()).collect();
        files.retain(|file| file.to_string_lossy().ends_with("-dec.wav"));
        files.sort();
        Recording::read(files.last().unwrap_or_else(|| panic!("nothing was recorded: {}", self.log())))
    }

    /// Ends it as users do: it unregisters.
    pub(crate) async fn quit(mut self) {
        self.command("quit", "").await;
        let ended = tokio::time::timeout(SOON, self.process.wait()).await;
        ended.expect("the phone ends").expect("it was started");
    }
}

async fn connect(port: u16) -> TcpStream {
    let mut tries = tokio::time::interval(Duration::from_millis(50));
    let connect = async {
        loop {
            tries.tick().await;
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await {
                return stream;
            }
        }
    };
    tokio::time::timeout(SOON, connect).await.expect("baresip opens its control port")
}

fn config(folder: &TempDir, line: Line<'_>, sip: u16, control: u16) -> String {
    let Line { ip, tone, .. } = line;
    let modules = ["opus", "g722", "g711", "sndfile", "ausine", "aubridge"];
    let applications = ["menu", "debug_cmd", "ctrl_tcp"];
    let rtp = free_port_range(20);
    let mut text = format!(
        "poll_method epoll\nsip_listen {ip}:{sip}\nnet_interface {ip}\ncall_local_timeout 120\n\
         call_max_calls 8\naudio_player aubridge,heard\naudio_alert aubridge,alert\naudio_source ausine,{tone}\n\
         ausrc_srate 48000\nausrc_channels 2\nauplay_srate 48000\nauplay_channels 2\naudio_buffer 20-160\n\
         rtp_ports {rtp}-{}\nrtcp_mux no\nrtp_stats yes\njitter_buffer_delay 1-5\n\
         module_path /usr/lib/baresip/modules\nmodule_tmp account.so\nctrl_tcp_listen 127.0.0.1:{control}\n\
         ringback_disabled yes\nstatmode_default off\nsnd_path {}/rec\nopus_bitrate 28000\n",
        rtp + 19,
        folder.path().display(),
    );
    for module in modules {
        writeln!(text, "module {module}.so").expect("strings take text");
    }
    for module in applications {
        writeln!(text, "module_app {module}.so").expect("strings take text");
    }
    text
}

fn account(line: Line<'_>) -> String {
    let Line { user, domain, proxy, transport, codecs, .. } = line;
    format!(
        "<sip:{user}@{domain};transport={transport}>;auth_user={user};auth_pass={PASSWORD};\
         outbound=\"sip:{proxy};transport={transport}\";regint=600;audio_codecs={codecs}\n"
    )
}
