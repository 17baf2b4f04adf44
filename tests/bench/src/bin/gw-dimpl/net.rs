//! epoll, recvmmsg and sendmmsg (IPv4 only).
//!
//! Each `unsafe` block hands the kernel pointers into vectors that live and stay in place until the call returns.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use bytes::BytesMut;
use libc::*;

/// Datagrams that one call reads.
pub const AT_ONCE: usize = 64;
const LONGEST: usize = 2_048;
const BUFFERS: c_int = 4 << 20;

/// Wakes the media thread.
#[derive(Clone, Copy)]
pub struct Waker(RawFd);

impl Waker {
    pub fn new() -> Self {
        Self(unsafe { eventfd(0, EFD_NONBLOCK) })
    }

    pub fn wake(self) {
        unsafe { write(self.0, std::ptr::from_ref(&1_u64).cast(), 8) };
    }

    pub fn clear(self) {
        let mut count = 0_u64;
        unsafe { read(self.0, std::ptr::from_mut(&mut count).cast(), 8) };
    }
}

impl AsRawFd for Waker {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

/// Which sockets have something to read?
pub struct Epoll {
    fd: RawFd,
    events: Vec<epoll_event>,
}

impl Epoll {
    pub fn new() -> Self {
        Self {
            fd: unsafe { epoll_create1(EPOLL_CLOEXEC) },
            events: vec![epoll_event { events: 0, u64: 0 }; 1_024],
        }
    }

    pub fn add(&self, source: &impl AsRawFd, token: usize) {
        let mut event = epoll_event { events: EPOLLIN as u32, u64: token as u64 };
        assert_eq!(0, unsafe { epoll_ctl(self.fd, EPOLL_CTL_ADD, source.as_raw_fd(), &mut event) });
    }

    /// Waits, in milliseconds; returns the tokens of those that are ready.
    pub fn wait(&mut self, at_most: i32) -> Vec<usize> {
        let count =
            unsafe { epoll_wait(self.fd, self.events.as_mut_ptr(), self.events.len() as i32, at_most) };
        self.events.iter().take(count.max(0) as usize).map(|event| event.u64 as usize).collect()
    }
}

/// Gives a busy socket room for bursts.
pub fn widen(socket: &UdpSocket) {
    for option in [SO_RCVBUF, SO_SNDBUF] {
        unsafe { setsockopt(socket.as_raw_fd(), SOL_SOCKET, option, std::ptr::from_ref(&BUFFERS).cast(), 4) };
    }
}

/// Datagrams that have come.
pub struct Inbox {
    buffers: Vec<[u8; LONGEST]>,
    headers: Vec<mmsghdr>,
    _slices: Vec<iovec>,
    addresses: Vec<sockaddr_in>,
}

impl Inbox {
    pub fn new() -> Self {
        let mut buffers = vec![[0; LONGEST]; AT_ONCE];
        let mut addresses: Vec<sockaddr_in> = vec![unsafe { std::mem::zeroed() }; AT_ONCE];
        let slice =
            |buffer: &mut [u8; LONGEST]| iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: LONGEST };
        let mut slices: Vec<iovec> = buffers.iter_mut().map(slice).collect();
        let headers =
            addresses.iter_mut().zip(&mut slices).map(|(address, slice)| header(address, slice)).collect();
        Self { buffers, headers, _slices: slices, addresses }
    }

    /// Reads what is there, at most [`AT_ONCE`]; returns how many datagrams came.
    pub fn fill(&mut self, socket: &UdpSocket) -> usize {
        for header in &mut self.headers {
            header.msg_hdr.msg_namelen = size_of::<sockaddr_in>() as u32;
        }
        let (headers, none) = (self.headers.as_mut_ptr(), std::ptr::null_mut());
        unsafe { recvmmsg(socket.as_raw_fd(), headers, AT_ONCE as u32, MSG_DONTWAIT, none) }.max(0) as usize
    }

    pub fn datagram(&self, number: usize) -> (SocketAddr, &[u8]) {
        let address = &self.addresses[number];
        let ip = Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr));
        let from = SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(address.sin_port)));
        (from, &self.buffers[number][..self.headers[number].msg_len as usize])
    }
}

/// Datagrams on their way out.
#[derive(Default)]
pub struct Outbox {
    queue: Vec<(sockaddr_in, BytesMut)>,
    slices: Vec<iovec>,
    headers: Vec<mmsghdr>,
}

impl Outbox {
    pub fn push(&mut self, to: SocketAddr, datagram: BytesMut) {
        self.queue.push((socket_address(to), datagram));
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Sends all. What the kernel does not take is lost, as datagrams are.
    pub fn flush(&mut self, socket: &UdpSocket) {
        if self.queue.is_empty() {
            return;
        }
        self.slices.clear();
        self.headers.clear();
        let slice = |datagram: &BytesMut| iovec {
            iov_base: datagram.as_ptr().cast_mut().cast(),
            iov_len: datagram.len(),
        };
        self.slices.extend(self.queue.iter().map(|(_, datagram)| slice(datagram)));
        let addresses = self.queue.iter_mut().map(|(address, _)| address);
        self.headers.extend(addresses.zip(&mut self.slices).map(|(address, slice)| header(address, slice)));
        let mut rest = self.headers.as_mut_slice();
        while !rest.is_empty() {
            let sent =
                unsafe { sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), rest.len() as u32, MSG_DONTWAIT) };
            rest = &mut rest[sent.max(1) as usize..];
        }
        self.queue.clear();
    }
}

fn header(address: &mut sockaddr_in, slice: &mut iovec) -> mmsghdr {
    let mut header: mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_name = std::ptr::from_mut(address).cast();
    header.msg_hdr.msg_namelen = size_of::<sockaddr_in>() as u32;
    header.msg_hdr.msg_iov = slice;
    header.msg_hdr.msg_iovlen = 1;
    header
}

fn socket_address(address: SocketAddr) -> sockaddr_in {
    let SocketAddr::V4(address) = address else { panic!("IPv4 only") };
    let ip = in_addr { s_addr: u32::from(*address.ip()).to_be() };
    sockaddr_in {
        sin_family: AF_INET as u16,
        sin_port: address.port().to_be(),
        sin_addr: ip,
        sin_zero: [0; 8],
    }
}
