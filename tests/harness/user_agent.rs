//! A scripted phone: the gateway's own SIP core at the other end of a real UDP socket. (Phones that others have built are
//! in the scenarios with baresip and SIPp.)

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use sip::{
    Address, CallHandle, Command, Config, Credentials, Endpoint, Event, FlowId, Host, HostPort, Input,
    Invite, Listener, ListenerId, NameAddr, Output, Register, RegistrationId, RegistrationState, Secret,
    SipUri, StatusCode, Target, Transport, Trunk, TrunkSource, Uri,
};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::{Gateway, PASSWORD, SOON};

/// A phone of a local account.
pub(crate) struct UserAgent {
    user: String,
    password: String,
    gateway: SocketAddr,
    commands: mpsc::UnboundedSender<Command>,
    events: mpsc::UnboundedReceiver<Event>,
    calls: u64,
    /// Where its sound comes and goes.
    pub(crate) rtp: UdpSocket,
}

impl UserAgent {
    /// A phone of this user at `localhost`; it is not registered yet.
    pub(crate) async fn new(gateway: &Gateway, user: &str) -> Self {
        Self::at("127.0.0.1", gateway, user).await
    }

    /// The same, at some address of this machine.
    pub(crate) async fn at(ip: &str, gateway: &Gateway, user: &str) -> Self {
        let socket = UdpSocket::bind((ip, 0)).await.expect("a port is free");
        let local = socket.local_addr().expect("it is bound");
        let advertised = HostPort { host: Host::from(local.ip()), port: Some(local.port()) };
        let listener = Listener { id: ListenerId(0), transport: Transport::Udp, ipv6: false, advertised };
        let mut config = Config::new(Vec::new(), vec![listener], [1; 32]);
        // It believes what the gateway tells it.
        let gateway_address = gateway.address("sip").ip();
        config.trunks = vec![Trunk {
            name: "gateway".to_owned(),
            sources: vec![TrunkSource::address(gateway_address, None)],
        }];
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).expect("random numbers");
        let endpoint = Endpoint::new(config, seed, Instant::now(), 1_700_000_000);
        let (commands, orders) = mpsc::unbounded_channel();
        let (told, events) = mpsc::unbounded_channel();
        tokio::spawn(drive(endpoint, Arc::new(socket), orders, told));
        let rtp = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        let (user, password) = (user.to_owned(), PASSWORD.to_owned());
        Self { user, password, gateway: gateway.address("sip"), commands, events, calls: 0, rtp }
    }

    /// The same phone with another password.
    pub(crate) fn with_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    /// The same, registered.
    pub(crate) async fn registered(gateway: &Gateway, user: &str) -> Self {
        let mut phone = Self::new(gateway, user).await;
        let register = Register {
            registration: RegistrationId(1),
            registrar: Uri::parse("sip:localhost").expect("a URI"),
            route: vec![phone.route()],
            address: phone.address(user),
            contact_user: user.to_owned(),
            expires: 600,
            credentials: phone.credentials(),
        };
        phone.command(Command::Register(Box::new(register)));
        phone
            .event(|event| {
                matches!(
                    event,
                    Event::RegistrationChanged { state: RegistrationState::Registered { .. }, .. }
                )
            })
            .await;
        phone
    }

    fn route(&self) -> Uri {
        let proxy = SipUri::of_host(Host::from(self.gateway.ip()));
        Uri::Sip(proxy.with_port(Some(self.gateway.port())).with_param("lr", None))
    }

    fn address(&self, user: &str) -> Uri {
        Uri::Sip(SipUri::new(user, Host::parse("localhost").expect("a host")))
    }

    fn credentials(&self) -> Option<Credentials> {
        let secret = Secret::Password(self.password.clone());
        Some(Credentials { realm: Some("localhost".to_owned()), user: self.user.clone(), secret })
    }

    /// An offer, or an answer, of plain G.711.
    pub(crate) fn sdp(&self) -> Bytes {
        self.sdp_with("sendrecv")
    }

    /// The same with this direction.
    pub(crate) fn sdp_with(&self, direction: &str) -> Bytes {
        let port = self.rtp.local_addr().expect("it is bound").port();
        Bytes::from(format!(
            "v=0\r\no=- 1 {} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n",
            self.calls + u64::from(direction != "sendrecv")
        ))
    }

    /// Calls somebody at `localhost`, with an offer or without.
    pub(crate) fn call(&mut self, to: &str, sdp: Option<Bytes>) -> CallHandle {
        self.call_with_hops(to, sdp, 70)
    }

    /// The same, with this many hops to go.
    pub(crate) fn call_with_hops(&mut self, to: &str, sdp: Option<Bytes>, max_forwards: u8) -> CallHandle {
        self.calls += 1;
        let call = CallHandle::outgoing(self.calls);
        let uri = self.address(to);
        let invite = Invite {
            call,
            target: Target::Uri { uri: uri.clone(), route: vec![self.route()] },
            from: NameAddr::new(Some("Tester"), self.address(&self.user)),
            to: NameAddr::new(None, uri),
            sdp,
            max_forwards,
            headers: Vec::new(),
            credentials: self.credentials(),
        };
        self.command(Command::Invite(Box::new(invite)));
        call
    }

    /// Waits to be called; returns the call and the offer.
    pub(crate) async fn called(&mut self) -> (CallHandle, Option<Bytes>) {
        match self.event(|event| matches!(event, Event::Incoming(_))).await {
            Event::Incoming(incoming) => (incoming.call, incoming.sdp),
            other => panic!("{other:?}"),
        }
    }

    /// Tells the caller that it rings.
    pub(crate) fn ring(&self, call: CallHandle) {
        self.command(Command::Progress { call, status: StatusCode::RINGING, sdp: None });
    }

    /// Does something.
    pub(crate) fn command(&self, command: Command) {
        self.commands.send(command).expect("the phone is there");
    }

    /// The next event that fits; others are passed over.
    pub(crate) async fn event(&mut self, fits: impl Fn(&Event) -> bool) -> Event {
        let mut passed = Vec::new();
        loop {
            match tokio::time::timeout(SOON, self.events.recv()).await {
                Ok(Some(event)) if fits(&event) => return event,
                Ok(Some(event)) => passed.push(event),
                Ok(None) => panic!("the phone is gone; it saw {passed:?}"),
                Err(_) => panic!("nothing fits; the phone saw {passed:?}"),
            }
        }
    }
}

async fn drive(
    mut endpoint: Endpoint,
    socket: Arc<UdpSocket>,
    mut commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<Event>,
) {
    let mut buffer = vec![0; 65_535];
    loop {
        let due = loop {
            match endpoint.poll_output() {
                Output::Transmit { flow: FlowId::Udp { remote, .. }, bytes } => {
                    socket.send_to(&bytes, remote).await.expect("loopback takes it");
                }
                Output::Event(Event::Authenticate { id, .. }) => {
                    endpoint.handle_command(Instant::now(), Command::Credentials { id, ha1: None });
                }
                // The test may be over.
                Output::Event(event) => _ = events.send(event),
                Output::Resolve { id, port, .. } => {
                    let address = SocketAddr::from(([127, 0, 0, 1], port.unwrap_or(5060)));
                    let addresses = vec![Address { transport: Transport::Udp, address }];
                    endpoint.handle_input(Instant::now(), Input::Resolved { id, addresses });
                }
                Output::Transmit { .. } | Output::Connect { .. } | Output::Close { .. } => {}
                Output::Timeout(due) => break due,
            }
        };
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            received = socket.recv_from(&mut buffer) => if let Ok((length, remote)) = received {
                let bytes = Bytes::copy_from_slice(&buffer[..length]);
                let input = Input::Datagram { listener: ListenerId(0), remote, bytes };
                endpoint.handle_input(Instant::now(), input);
            },
            command = commands.recv() => match command {
                Some(command) => endpoint.handle_command(Instant::now(), command),
                None => return,
            },
            () = sleep => endpoint.handle_timeout(Instant::now()),
        }
    }
}
