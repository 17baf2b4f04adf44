//! A real proxy: Kamailio, which asks for a password and routes between its own users and the gateway.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{Gateway, SOON, free_port};

/// A running proxy of the domain `anchor.test`, in which every user has the tests' password.
pub(crate) struct Kamailio {
    process: Child,
    /// Where it listens, on UDP and TCP.
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

const CONFIG: &str = include_str!("../data/kamailio.cfg");

impl Kamailio {
    /// Reserves an address for a proxy that is started later: gateway and proxy name each other.
    pub(crate) fn address() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], free_port()))
    }

    /// Starts a proxy that sends calls for `localhost` to the gateway.
    pub(crate) async fn start(address: SocketAddr, gateway: &Gateway) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = CONFIG
            .replace("@LISTEN@", &address.to_string())
            .replace("@GATEWAY@", &gateway.address("sip").to_string());
        let file = folder.path().join("kamailio.cfg");
        std::fs::write(&file, config).expect("it can be written");
        let log = std::fs::File::create(folder.path().join("log")).expect("it can be written");
        let process = Command::new("kamailio")
            .arg("-f")
            .arg(&file)
            .args(["-DD", "-E", "-m", "64", "-M", "8"])
            .arg("-Y")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has two ends"))
            .stderr(log)
            .spawn()
            .expect("kamailio is installed");
        let proxy = Self { process, address, folder };
        proxy.answers().await;
        proxy
    }

    /// Waits until it answers OPTIONS.
    async fn answers(&self) {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        let local = socket.local_addr().expect("it is bound");
        let options = format!(
            "OPTIONS sip:anchor.test SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKtest\r\n\
             From: <sip:test@anchor.test>;tag=1\r\nTo: <sip:anchor.test>\r\nCall-ID: test@{local}\r\n\
             CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        let mut buffer = [0; 2_048];
        let mut tries = tokio::time::interval(Duration::from_millis(100));
        let deadline = tokio::time::Instant::now() + SOON;
        while tokio::time::Instant::now() < deadline {
            tries.tick().await;
            // Before it listens, this may be told by an ICMP error.
            _ = socket.send_to(options.as_bytes(), self.address).await;
            let received = socket.recv(&mut buffer);
            if matches!(tokio::time::timeout(Duration::from_millis(100), received).await, Ok(Ok(_))) {
                return;
            }
        }
        panic!("kamailio does not answer: {}", self.log());
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("it is there")
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // Its children end with it only if it is asked.
        if let Some(pid) = self.process.id().and_then(|pid| i32::try_from(pid).ok()) {
            _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM);
        }
    }
}
