//! A router, its clock, and the peers that it talks to.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use bytes::BytesMut;
use rtc_stun::attributes::{ATTR_ICE_CONTROLLING, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};

use crate::description::IceCredentials;
use crate::dtls::client::{Client, Version};
use crate::random::Random;
use crate::rtp::{Header, Outgoing, is_rtcp};
use crate::srtp::Protection;
use crate::*;

/// 20 ms, the usual length of a packet.
pub(super) const FRAME: Duration = Duration::from_millis(20);

#[expect(clippy::disallowed_methods, reason = "a test has to start its virtual clock somewhere")]
fn start() -> Instant {
    Instant::now()
}

/// What the router sent to one address from one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) socket: Socket,
    pub(super) to: SocketAddr,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct Bench {
    pub(super) router: Router,
    pub(super) now: Instant,
    pub(super) events: Vec<Event>,
    pub(super) sent: Vec<Sent>,
    pub(super) due: Option<Instant>,
    pub(super) random: Random,
    /// The share of DTLS datagrams that are lost, in percent.
    pub(super) loss: u32,
}

impl Bench {
    pub(super) fn new() -> Self {
        let (now, wall) = (start(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let router = Router::new(Certificate::generate().unwrap(), [9; 32], now, wall).unwrap();
        Self {
            router,
            now,
            events: Vec::new(),
            sent: Vec::new(),
            due: None,
            random: Random::new([5; 32]),
            loss: 0,
        }
    }

    pub(super) fn command(&mut self, command: Command) {
        self.router.handle_command(self.now, command).unwrap();
        self.drain();
    }

    pub(super) fn arrive(&mut self, socket: Socket, from: SocketAddr, datagram: &[u8]) {
        let mut data = datagram.to_vec();
        self.router.handle_datagram(self.now, Arrival { socket, from, data: &mut data });
        self.drain();
    }

    /// Lets time pass; whatever is due on the way is done when it is due.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.due.filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.router.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        loop {
            match self.router.poll_output() {
                Output::Transmit(Transmit { socket, to, bytes }) => {
                    self.sent.push(Sent { socket, to, bytes: bytes.to_vec() });
                }
                Output::Event(event) => self.events.push(event),
                Output::Timeout(due) => {
                    self.due = due;
                    return;
                }
            }
        }
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// What was sent to `to` since the last time it was asked.
    pub(super) fn take_sent(&mut self, to: SocketAddr) -> Vec<Sent> {
        let (its, others) = std::mem::take(&mut self.sent).into_iter().partition(|sent| sent.to == to);
        self.sent = others;
        its
    }

    pub(super) fn statistics(&mut self, leg: LegId) -> Statistics {
        self.command(Command::Report { leg });
        match self.events.pop() {
            Some(Event::Statistics { statistics, .. }) => *statistics,
            other => panic!("{other:?}"),
        }
    }

    /// Whether the network loses this datagram.
    fn loses(&mut self, datagram: &[u8]) -> bool {
        let is_dtls = datagram.first().is_some_and(|first| (20..=63).contains(first));
        is_dtls && self.random.u32() % 100 < self.loss
    }
}

/// The parameters of a leg with these codecs.
pub(super) fn parameters(
    ssrc: u32,
    payloads: &[(Encoding, u8)],
    transport: TransportParameters,
) -> LegParameters {
    LegParameters {
        ssrc,
        cname: "gateway".into(),
        payloads: payloads
            .iter()
            .map(|(encoding, number)| Payload { encoding: *encoding, receive: *number, send: *number })
            .collect(),
        direction: Direction::SendReceive,
        transport,
    }
}

/// A browser with one leg.
pub(super) struct Browser {
    pub(super) leg: LegId,
    pub(super) address: SocketAddr,
    pub(super) client: Client,
    pub(super) parameters: LegParameters,
    pub(super) protection: Option<Protection>,
    /// What came, decrypted.
    pub(super) heard: Vec<(Header, Vec<u8>)>,
    pub(super) reports: Vec<Vec<u8>>,
    pub(super) ssrc: u32,
    /// The index of the next packet.
    pub(super) index: u64,
    pub(super) timestamp: u32,
    undecryptable: usize,
}

impl Browser {
    pub(super) fn new(bench: &mut Bench, leg: u64, payloads: &[(Encoding, u8)], version: Version) -> Self {
        let client = Client::new(bench.now, version);
        let remote = RemoteCertificate { fingerprints: vec![client.certificate.fingerprint()], tls_id: None };
        let local =
            IceCredentials { ufrag: format!("leg{leg}"), password: "a password of 24 letters".into() };
        let transport = TransportParameters::WebRtc(WebRtcParameters { local, remote: Some(remote) });
        let number = u16::try_from(leg).unwrap();
        let parameters = parameters(0x1000 + u32::from(number), payloads, transport);
        bench.command(Command::Add { leg: LegId(leg), parameters: parameters.clone() });
        Self {
            leg: LegId(leg),
            address: SocketAddr::from(([192, 0, 2, 1], 20_000 + number)),
            client,
            parameters,
            protection: None,
            heard: Vec::new(),
            reports: Vec::new(),
            ssrc: 0xb000_0000 + u32::from(number),
            index: 100,
            timestamp: 0,
            undecryptable: 0,
        }
    }

    pub(super) fn connected(bench: &mut Bench, leg: u64, payloads: &[(Encoding, u8)]) -> Self {
        let mut browser = Self::new(bench, leg, payloads, Version::Either);
        browser.connect(bench);
        assert_eq!(bench.take_events(), [Event::Connected { leg: LegId(leg) }]);
        browser
    }

    /// A connectivity check as browsers make them.
    pub(super) fn check(&self, nominates: bool) -> Vec<u8> {
        let TransportParameters::WebRtc(transport) = &self.parameters.transport else { panic!("a browser") };
        check(&transport.local, nominates)
    }

    pub(super) fn send_check(&mut self, bench: &mut Bench) {
        bench.arrive(Socket::Shared, self.address, &self.check(true));
        self.listen(bench);
    }

    /// Checks, then runs the handshake to its end or for ten seconds.
    pub(super) fn connect(&mut self, bench: &mut Bench) {
        self.send_check(bench);
        let first = self.client.step(bench.now, None);
        self.send_flight(bench, first);
        let end = bench.now + Duration::from_secs(10);
        while (self.protection.is_none() || bench.events.is_empty()) && bench.now < end {
            bench.pass(Duration::from_millis(5));
            if self.client.wake <= bench.now {
                let flight = self.client.step(bench.now, None);
                self.send_flight(bench, flight);
            }
            self.listen(bench);
        }
    }

    pub(super) fn send_flight(&mut self, bench: &mut Bench, flight: Vec<Vec<u8>>) {
        for datagram in flight {
            if !bench.loses(&datagram) {
                bench.arrive(Socket::Shared, self.address, &datagram);
            }
        }
        self.listen(bench);
    }

    /// Takes whatever the router has sent here.
    pub(super) fn listen(&mut self, bench: &mut Bench) {
        for sent in bench.take_sent(self.address) {
            assert_eq!(sent.socket, Socket::Shared);
            match sent.bytes.first() {
                Some(20..=63) if bench.loses(&sent.bytes) => {}
                Some(20..=63) => {
                    let flight = self.client.step(bench.now, Some(&sent.bytes));
                    self.take_keys();
                    self.send_flight(bench, flight);
                }
                Some(128..=191) => self.hear(sent.bytes),
                _ => {}
            }
        }
    }

    fn take_keys(&mut self) {
        if let Some((profile, material)) = self.client.keys.take() {
            let provider = rtc_crypto::default_provider().unwrap();
            self.protection = Some(Protection::of_client(profile, &material, provider.crypto()));
        }
    }

    fn hear(&mut self, mut packet: Vec<u8>) {
        // The end of the handshake may be on its way still.
        let Some(Protection { receiver, .. }) = &mut self.protection else { return };
        if is_rtcp(&packet) {
            let length = receiver.unprotect_rtcp(&mut packet).unwrap();
            self.reports.push(packet[..length].to_vec());
            return;
        }
        let header = Header::parse(&packet).unwrap();
        match receiver.unprotect_rtp(&mut packet, &header) {
            Ok(length) => {
                self.heard.push((header, header.payload(&packet[..length]).unwrap().to_vec()));
            }
            Err(_) => self.undecryptable += 1,
        }
    }

    /// The next packet of its stream, protected.
    pub(super) fn packet(&mut self, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = BytesMut::new();
        let outgoing = Outgoing {
            marker: false,
            payload_type,
            index: self.index,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        outgoing.write(&mut packet);
        packet.extend_from_slice(payload);
        let sender = &mut self.protection.as_mut().unwrap().sender;
        sender.protect_rtp(&mut packet, self.ssrc, self.index).unwrap();
        self.index += 1;
        self.timestamp = self.timestamp.wrapping_add(960);
        packet.to_vec()
    }

    pub(super) fn say(&mut self, bench: &mut Bench, payload_type: u8, payload: &[u8]) {
        let packet = self.packet(payload_type, payload);
        bench.arrive(Socket::Shared, self.address, &packet);
    }

    /// What was heard since the last time it was asked.
    pub(super) fn take_heard(&mut self, bench: &mut Bench) -> Vec<(Header, Vec<u8>)> {
        self.listen(bench);
        assert_eq!(self.undecryptable, 0);
        std::mem::take(&mut self.heard)
    }
}

pub(super) fn check(credentials: &IceCredentials, nominates: bool) -> Vec<u8> {
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.write_header();
    TransactionId([7; 12]).add_to(&mut message).unwrap();
    message.add(ATTR_USERNAME, format!("{}:theirs", credentials.ufrag).as_bytes());
    message.add(ATTR_ICE_CONTROLLING, &[1; 8]);
    if nominates {
        message.add(ATTR_USE_CANDIDATE, &[]);
    }
    let provider = rtc_crypto::default_provider().unwrap();
    MessageIntegrity::new_raw_integrity_with_provider(credentials.password.as_bytes(), provider.crypto())
        .add_to(&mut message)
        .unwrap();
    FINGERPRINT.add_to(&mut message).unwrap();
    message.raw
}

/// A phone with one leg.
pub(super) struct Phone {
    pub(super) leg: LegId,
    pub(super) address: SocketAddr,
    pub(super) parameters: LegParameters,
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
}

impl Phone {
    pub(super) fn new(bench: &mut Bench, leg: u64, payloads: &[(Encoding, u8)]) -> Self {
        let number = u16::try_from(leg).unwrap();
        let address = SocketAddr::from(([192, 0, 2, 2], 30_000 + 2 * number));
        let rtcp = SocketAddr::new(address.ip(), address.port() + 1);
        let transport = TransportParameters::Rtp(RtpParameters {
            remote: Some(RemoteRtp { rtp: address, rtcp }),
            source: SourceRule::Named,
        });
        let parameters = parameters(0x2000 + u32::from(number), payloads, transport);
        bench.command(Command::Add { leg: LegId(leg), parameters: parameters.clone() });
        Self { leg: LegId(leg), address, parameters, ssrc: 0xf000_0000, sequence: 65_000, timestamp: 7 }
    }

    /// The next packet of its stream.
    pub(super) fn packet(&mut self, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80, payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(160);
        packet
    }

    pub(super) fn say(&mut self, bench: &mut Bench, payload_type: u8, payload: &[u8]) {
        let packet = self.packet(payload_type, payload);
        bench.arrive(Socket::Rtp(self.leg), self.address, &packet);
    }

    pub(super) fn take_heard(&mut self, bench: &mut Bench) -> Vec<(Header, Vec<u8>)> {
        bench
            .take_sent(self.address)
            .into_iter()
            .filter(|sent| !is_rtcp(&sent.bytes))
            .map(|sent| {
                assert_eq!(sent.socket, Socket::Rtp(self.leg));
                let header = Header::parse(&sent.bytes).unwrap();
                (header, header.payload(&sent.bytes).unwrap().to_vec())
            })
            .collect()
    }
}

/// Sequence numbers of what was heard.
pub(super) fn sequences(heard: &[(Header, Vec<u8>)]) -> Vec<u16> {
    heard.iter().map(|(header, _)| header.sequence).collect()
}

/// Whether these follow one another without a gap.
pub(super) fn is_unbroken(sequences: &[u16]) -> bool {
    sequences.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1))
}
