//! Ports for peers that cannot choose one themselves.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicU16, Ordering};

/// Where the search begins: below the ports that the system gives away, and other for each test process.
fn first() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id() % 100).expect("it is small");
    20_000 + offset * 100 + NEXT.fetch_add(20, Ordering::Relaxed) % 100
}

/// A port that is free for UDP and TCP.
pub(crate) fn free_port() -> u16 {
    free_port_range(1)
}

/// The first of so many ports that are free for UDP; the first is free for TCP, too.
pub(crate) fn free_port_range(count: u16) -> u16 {
    let starts =
        std::iter::repeat_with(first).flat_map(|start| (start..start + 20).step_by(usize::from(count)));
    let is_free = |port: &u16| {
        let mut all = (*port..port + count).map(|port| UdpSocket::bind(("127.0.0.1", port)));
        all.all(|bound| bound.is_ok()) && std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()
    };
    starts.take(1_000).find(is_free).expect("some ports are free")
}
