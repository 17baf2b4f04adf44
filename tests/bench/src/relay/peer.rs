//! The plain RTP side: one port at which the sound of all calls arrives, and from which it is sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};

use anyhow::{Context, bail};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{MissedTickBehavior, interval};

use super::{Counts, FRAME, SOUND, STEPS};

/// Legs that are served before browsers have their turn: all of it is one thread.
const TURN: usize = 25;
/// Room for bursts. What is lost at this port was not lost by a gateway.
const ROOM: libc::c_int = 8 << 20;

/// A leg of the gateway's that sound is sent to.
#[derive(Clone, Copy)]
pub struct Target {
    /// Where to.
    pub address: SocketAddr,
    /// What Opus is called there.
    pub payload_type: u8,
}

/// The plain RTP side of all calls.
pub struct Peer {
    socket: UdpSocket,
    /// RTCP is sent here, and read by nobody.
    _rtcp: UdpSocket,
    targets: Mutex<Vec<Target>>,
    counts: Arc<Counts>,
}

impl Peer {
    /// Binds an even port and the next.
    pub fn bind(counts: Arc<Counts>) -> anyhow::Result<Arc<Self>> {
        for port in (12_000..14_000).step_by(2) {
            if let (Ok(socket), Ok(rtcp)) = (bind(port), bind(port + 1)) {
                return Ok(Arc::new(Self { socket, _rtcp: rtcp, targets: Mutex::default(), counts }));
            }
        }
        bail!("no pair of ports is free")
    }

    /// Its address.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }

    /// From now on sound is sent there, too.
    pub fn add(&self, target: Target) {
        self.targets.lock().expect("nobody panics here").push(target);
    }

    /// How many legs there are.
    pub fn targets(&self) -> usize {
        self.targets.lock().expect("nobody panics here").len()
    }

    /// Counts what arrives, until the process ends.
    pub async fn receive(&self) -> anyhow::Result<()> {
        let mut buffer = [0; 2_048];
        loop {
            let (length, _) = self.socket.recv_from(&mut buffer).await?;
            if let Some(sound) = buffer[..length].get(12..) {
                self.counts.arrived(&self.counts.to_phone, sound);
            }
        }
    }

    /// Sends sound to all legs, until the process ends.
    pub async fn send(&self) {
        let mut frames = interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut sequence, mut time) = (1_000_u16, 0_u32);
        loop {
            frames.tick().await;
            (sequence, time) = (sequence.wrapping_add(1), time.wrapping_add(STEPS));
            let targets = self.targets.lock().expect("nobody panics here").clone();
            for (number, target) in targets.into_iter().enumerate() {
                let mut packet = [0; 12 + SOUND];
                packet[..2].copy_from_slice(&[0x80, target.payload_type]);
                packet[2..4].copy_from_slice(&sequence.to_be_bytes());
                packet[4..8].copy_from_slice(&time.to_be_bytes());
                packet[8..12].copy_from_slice(&(number as u32 + 1).to_be_bytes());
                packet[12..].copy_from_slice(&self.counts.sound());
                // What the kernel does not take is lost, as datagrams are.
                _ = self.socket.send_to(&packet, target.address).await;
                self.counts.to_browser.sends();
                if number % TURN == TURN - 1 {
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Datagrams that the kernel threw away at this port, for there was no room.
    pub fn dropped(&self) -> anyhow::Result<u64> {
        // 127.0.0.1, as the kernel writes it.
        let address = format!("0100007F:{:04X}", self.address()?.port());
        let table = std::fs::read_to_string("/proc/net/udp")?;
        let mut lines = table.lines().map(str::split_whitespace);
        let line = lines
            .find(|line| line.clone().nth(1) == Some(&address))
            .context("the port is in /proc/net/udp")?;
        let drops = line.last().context("drops come last")?;
        Ok(drops.parse()?)
    }
}

fn bind(port: u16) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    // Beyond net.core.rmem_max only root may go; anybody else gets what there is.
    // SAFETY: the pointer is to a c_int, as the option wants, and the length is its length.
    unsafe {
        let (option, room) = (libc::SO_RCVBUFFORCE, std::ptr::from_ref(&ROOM).cast());
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            room,
            size_of_val(&ROOM) as libc::socklen_t,
        );
    }
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    UdpSocket::from_std(socket.into())
}
