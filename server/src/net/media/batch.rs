//! How do many datagrams cross into and out of the kernel at once?

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use bytes::Bytes;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};

/// Datagrams that are read, or written, by one call.
const AT_ONCE: usize = 64;
/// Bytes of a datagram that are looked at.
const LONGEST: usize = 2_048;

/// Buffers for datagrams that come.
pub(super) struct Inbox {
    headers: MultiHeaders<SockaddrStorage>,
    buffers: Vec<[u8; LONGEST]>,
    arrived: Vec<(usize, Option<SocketAddr>)>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(AT_ONCE, None),
            buffers: vec![[0; LONGEST]; AT_ONCE],
            arrived: Vec::with_capacity(AT_ONCE),
        }
    }

    /// Reads what has come, up to a full inbox; `false` if there is nothing more.
    pub(super) fn fill(&mut self, socket: &UdpSocket) -> bool {
        self.arrived.clear();
        let mut slices: Vec<[IoSliceMut<'_>; 1]> =
            self.buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
        let flags = MsgFlags::MSG_DONTWAIT;
        match recvmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter_mut(), flags, None) {
            Ok(results) => {
                let read = |address: Option<&SockaddrStorage>| address.and_then(socket_address);
                self.arrived.extend(results.map(|result| (result.bytes, read(result.address.as_ref()))));
                self.arrived.len() == AT_ONCE
            }
            Err(Errno::EAGAIN) => false,
            // An error of an earlier datagram was told; others may wait behind it.
            Err(_) => true,
        }
    }

    /// The datagrams read last.
    pub(super) fn datagrams(&mut self) -> impl Iterator<Item = (SocketAddr, &mut [u8])> {
        let arrived = self.arrived.iter();
        self.buffers
            .iter_mut()
            .zip(arrived)
            .filter_map(|(buffer, (length, from))| Some(((*from)?, buffer.get_mut(..*length)?)))
    }
}

fn socket_address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(SocketAddr::new(v4.ip().into(), v4.port()));
    }
    storage.as_sockaddr_in6().map(|v6| SocketAddr::new(v6.ip().to_canonical(), v6.port()))
}

/// Datagrams that wait to be sent from one socket.
pub(super) struct Outbox {
    headers: MultiHeaders<SockaddrStorage>,
    addresses: Vec<Option<SockaddrStorage>>,
    datagrams: Vec<Bytes>,
    /// Datagrams that the kernel did not take.
    pub(super) lost: u64,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(AT_ONCE, None),
            addresses: Vec::with_capacity(AT_ONCE),
            datagrams: Vec::with_capacity(AT_ONCE),
            lost: 0,
        }
    }

    /// Adds a datagram; sends all when there are enough.
    pub(super) fn push(&mut self, socket: &UdpSocket, to: SocketAddr, datagram: Bytes) {
        self.addresses.push(Some(to.into()));
        self.datagrams.push(datagram);
        if self.datagrams.len() >= AT_ONCE {
            self.flush(socket);
        }
    }

    /// Sends all. What the kernel does not take is lost, as datagrams are.
    pub(super) fn flush(&mut self, socket: &UdpSocket) {
        let mut sent = 0;
        while sent < self.datagrams.len() {
            let slices: Vec<[IoSlice<'_>; 1]> =
                self.datagrams.iter().skip(sent).map(|datagram| [IoSlice::new(datagram)]).collect();
            let addresses = self.addresses.get(sent..).unwrap_or_default();
            let none: [ControlMessage<'_>; 0] = [];
            let flags = MsgFlags::MSG_DONTWAIT;
            match sendmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter(), addresses, none, flags) {
                Ok(results) => sent += results.count().max(1),
                Err(Errno::EAGAIN) => {
                    self.lost += (self.datagrams.len() - sent) as u64;
                    break;
                }
                // One that cannot be sent does not hold up the others.
                Err(_) => {
                    self.lost += 1;
                    sent += 1;
                }
            }
        }
        self.addresses.clear();
        self.datagrams.clear();
    }
}

/// Sends one datagram; whether the kernel took it.
pub(super) fn send(socket: &UdpSocket, to: SocketAddr, datagram: &[u8]) -> bool {
    socket.send_to(datagram, to).is_ok()
}

/// Gives a busy socket room for bursts; the kernel may give less.
pub(super) fn widen(socket: &UdpSocket) -> io::Result<()> {
    const ROOM: usize = 4 << 20;
    let socket = socket2::SockRef::from(socket);
    socket.set_recv_buffer_size(ROOM)?;
    socket.set_send_buffer_size(ROOM)
}
