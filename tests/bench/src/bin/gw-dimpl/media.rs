//! The media thread.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, DtlsCertificate};
use rtc_crypto::RTCCryptoProvider;
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, is_stun_message};
use rtc_stun::xoraddr::XorMappedAddress;

use crate::New;
use crate::leg::Leg;
use crate::net::{AT_ONCE, Epoll, Inbox, Outbox, Waker, widen};

const SHARED: usize = 0;
const WAKER: usize = 1;
const FIRST_LEG: usize = 2;
/// How often time-outs are looked after.
const TICK: Duration = Duration::from_millis(50);
/// Each leg reports to its browser once in so many ticks.
const REPORT: usize = 100;

struct Media {
    socket: UdpSocket,
    legs: Vec<Leg>,
    by_address: HashMap<SocketAddr, usize>,
    by_ufrag: HashMap<String, usize>,
    outbox: Outbox,
    crypto: Arc<dyn RTCCryptoProvider>,
    config: Arc<Config>,
    certificate: DtlsCertificate,
    epoll: Epoll,
    next_report: usize,
}

/// Starts the thread.
pub fn start(
    socket: UdpSocket,
    waker: Waker,
    new_legs: Receiver<New>,
    crypto: Arc<dyn RTCCryptoProvider>,
    certificate: DtlsCertificate,
) -> anyhow::Result<()> {
    socket.set_nonblocking(true)?;
    widen(&socket);
    let config = Config::builder()
        .require_client_certificate(true)
        .use_server_cookie(false)
        .flight_start_rto(Duration::from_millis(100))
        .flight_retries(8)
        .handshake_timeout(Duration::from_secs(30));
    let config = Arc::new(config.build()?);
    std::thread::Builder::new().name("media".to_owned()).spawn(move || {
        let media = Media {
            socket,
            legs: Vec::new(),
            by_address: HashMap::new(),
            by_ufrag: HashMap::new(),
            outbox: Outbox::default(),
            crypto,
            config,
            certificate,
            epoll: Epoll::new(),
            next_report: 0,
        };
        media.run(waker, &new_legs);
    })?;
    Ok(())
}

impl Media {
    fn run(mut self, waker: Waker, new_legs: &Receiver<New>) {
        self.epoll.add(&self.socket, SHARED);
        self.epoll.add(&waker, WAKER);
        let (mut inbox, mut buffer, mut message) = (Inbox::new(), [0; 2_048], Message::new());
        let mut ticked = Instant::now();
        loop {
            for token in self.epoll.wait(100) {
                match token {
                    SHARED => self.read_shared(&mut inbox, &mut message),
                    WAKER => {
                        waker.clear();
                        new_legs.try_iter().for_each(|new| self.add(new));
                    }
                    leg => {
                        let leg = &mut self.legs[leg - FIRST_LEG];
                        if let Ok(length) = leg.phone.recv(&mut buffer) {
                            leg.to_browser(&mut buffer[..length], &mut self.outbox);
                        }
                    }
                }
                if self.outbox.len() >= 128 {
                    self.outbox.flush(&self.socket);
                }
            }
            self.outbox.flush(&self.socket);
            let now = Instant::now();
            if now - ticked >= TICK {
                ticked = now;
                self.tick(now);
            }
        }
    }

    fn add(&mut self, new: New) {
        let number = self.legs.len();
        self.epoll.add(&new.phone, FIRST_LEG + number);
        self.by_ufrag.insert(new.ufrag.clone(), number);
        let dtls = Dtls::new_auto(Arc::clone(&self.config), self.certificate.clone(), Instant::now());
        self.legs.push(Leg::new(new, dtls));
    }

    fn read_shared(&mut self, inbox: &mut Inbox, message: &mut Message) {
        loop {
            let (count, now) = (inbox.fill(&self.socket), Instant::now());
            for number in 0..count {
                let (from, datagram) = inbox.datagram(number);
                let leg = self.by_address.get(&from).map(|leg| &mut self.legs[*leg]);
                // RFC 7983.
                match (datagram.first(), leg) {
                    (Some(128..=191), Some(leg)) => leg.from_browser(datagram),
                    (Some(20..=63), Some(leg)) => {
                        leg.handshake(datagram, now, &self.crypto, &mut self.outbox)
                    }
                    (Some(0..=3), _) => self.check(message, datagram, from),
                    _ => {}
                }
            }
            if count < AT_ONCE {
                return;
            }
            self.outbox.flush(&self.socket);
        }
    }

    /// Answers a connectivity check (RFC 8445 §7.3); the address that it nominates is the leg's.
    fn check(&mut self, message: &mut Message, datagram: &[u8], from: SocketAddr) {
        if !is_stun_message(datagram)
            || message.unmarshal_binary(datagram).is_err()
            || message.typ != BINDING_REQUEST
        {
            return;
        }
        let user = message.attributes.0.iter().find(|attribute| attribute.typ == ATTR_USERNAME);
        let user = user.and_then(|user| std::str::from_utf8(&user.value).ok());
        let ufrag = user.and_then(|user| user.split(':').next());
        let Some(&number) = ufrag.and_then(|ufrag| self.by_ufrag.get(ufrag)) else { return };
        let (leg, crypto) = (&mut self.legs[number], self.crypto.crypto());
        if FINGERPRINT.check(message).is_err()
            || MessageIntegrity::check(message, leg.password.as_bytes(), crypto).is_err()
        {
            return;
        }
        if leg.address != Some(from) && (leg.address.is_none() || message.contains(ATTR_USE_CANDIDATE)) {
            if let Some(old) = leg.address.replace(from) {
                self.by_address.remove(&old);
            }
            self.by_address.insert(from, number);
        }
        let integrity = MessageIntegrity::new_raw_integrity_with_provider(leg.password.as_bytes(), crypto);
        let mapped = XorMappedAddress { ip: from.ip(), port: from.port() };
        let mut answer = Message::new();
        let built = answer.build(&[
            Box::new(BINDING_SUCCESS),
            Box::new(message.transaction_id),
            Box::new(mapped),
            Box::new(integrity),
            Box::new(FINGERPRINT),
        ]);
        if built.is_ok() {
            self.outbox.push(from, answer.raw.as_slice().into());
        }
    }

    fn tick(&mut self, now: Instant) {
        for leg in &mut self.legs {
            leg.handle_timeout(now, &self.crypto, &mut self.outbox);
        }
        for _ in 0..self.legs.len().div_ceil(REPORT) {
            self.next_report = (self.next_report + 1) % self.legs.len();
            self.legs[self.next_report].report(&mut self.outbox);
        }
        self.outbox.flush(&self.socket);
    }
}
