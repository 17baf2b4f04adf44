//! A network of endpoints in virtual time, with loss, duplication and reordering of datagrams.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::origin::origin;
use crate::random::Random;
use crate::*;

/// How long a packet takes.
const LATENCY: Duration = Duration::from_millis(10);

/// What happens to datagrams, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) delayed: u64,
}

/// Names a node.
pub(super) type Node = usize;

pub(super) struct Network {
    pub(super) now: Instant,
    pub(super) faults: Faults,
    /// Nodes that refuse connections.
    pub(super) deaf: BTreeSet<Node>,
    /// Nodes whose packets are all lost.
    pub(super) silent: BTreeSet<Node>,
    pub(super) names: BTreeMap<String, Vec<Address>>,
    /// The first line of every message that was sent, as `time sender transport line`.
    pub(super) log: Vec<String>,
    nodes: Vec<Member>,
    flying: BTreeMap<(Instant, u64), (Node, Input)>,
    wires: BTreeMap<(Node, ConnectionId), (Node, ConnectionId)>,
    random: Random,
    count: u64,
    start: Instant,
}

struct Member {
    endpoint: Endpoint,
    address: SocketAddr,
    events: Vec<Event>,
    passwords: BTreeMap<String, String>,
    /// Whether bindings can be stored.
    storing: bool,
}

pub(super) const UDP: ListenerId = ListenerId(0);
pub(super) const TCP: ListenerId = ListenerId(1);
pub(super) const UNIX_TIME: u64 = 1_700_000_000;

/// The listeners of a node at an address.
pub(crate) fn listeners(address: SocketAddr) -> Vec<Listener> {
    let listener =
        |id, transport| Listener { id, transport, ipv6: address.is_ipv6(), advertised: address.into() };
    vec![listener(UDP, Transport::Udp), listener(TCP, Transport::Tcp)]
}

impl Network {
    pub(super) fn new(seed: u8, faults: Faults) -> Self {
        let start = origin();
        Self {
            now: start,
            faults,
            deaf: BTreeSet::new(),
            silent: BTreeSet::new(),
            names: BTreeMap::new(),
            log: Vec::new(),
            nodes: Vec::new(),
            flying: BTreeMap::new(),
            wires: BTreeMap::new(),
            random: Random::new([seed; 32]),
            count: 0,
            start,
        }
    }

    /// Adds a node at an address, with domains and trunks, set up further by `more`.
    pub(super) fn add(
        &mut self,
        address: &str,
        domain: &str,
        trunks: &[&str],
        more: impl Fn(&mut Config),
    ) -> Node {
        let address: SocketAddr = address.parse().unwrap();
        let mut config = Config::new(vec![domain.to_owned()], listeners(address), [9; 32]);
        config.trunks = trunks
            .iter()
            .map(|source| Trunk {
                name: (*source).to_owned(),
                sources: vec![TrunkSource::address(source.parse().unwrap(), None)],
            })
            .collect();
        more(&mut config);
        let seed = [u8::try_from(self.nodes.len()).unwrap() + 1; 32];
        self.nodes.push(Member {
            endpoint: Endpoint::new(config, seed, self.now, UNIX_TIME),
            address,
            events: Vec::new(),
            passwords: BTreeMap::new(),
            storing: true,
        });
        self.nodes.len() - 1
    }

    /// A local account of a node.
    pub(super) fn account(&mut self, node: Node, user: &str, password: &str) {
        self.nodes[node].passwords.insert(user.to_owned(), password.to_owned());
    }

    /// Whether a node can store bindings from now on.
    pub(super) fn storing(&mut self, node: Node, storing: bool) {
        self.nodes[node].storing = storing;
    }

    pub(super) fn endpoint(&self, node: Node) -> &Endpoint {
        &self.nodes[node].endpoint
    }

    pub(super) fn command(&mut self, node: Node, command: Command) {
        self.nodes[node].endpoint.handle_command(self.now, command);
        self.drain(node);
    }

    /// Hands a node something that came from nowhere.
    pub(super) fn inject(&mut self, node: Node, input: Input) {
        self.nodes[node].endpoint.handle_input(self.now, input);
        self.drain(node);
    }

    /// What a node was told since the last time.
    pub(super) fn events(&mut self, node: Node) -> Vec<Event> {
        std::mem::take(&mut self.nodes[node].events)
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let packet = self.flying.first_key_value().map(|(&(time, _), _)| time);
            let timer = (0..self.nodes.len()).filter_map(|node| self.deadline(node)).min();
            let Some(next) = packet.into_iter().chain(timer).min().filter(|&time| time <= end) else { break };
            self.now = self.now.max(next);
            if packet == Some(next) {
                let (_, (node, input)) = self.flying.pop_first().unwrap();
                self.nodes[node].endpoint.handle_input(self.now, input);
                self.drain(node);
            } else {
                for node in 0..self.nodes.len() {
                    self.nodes[node].endpoint.handle_timeout(self.now);
                    self.drain(node);
                }
            }
        }
        self.now = end;
    }

    /// Lets time pass until a node was told something that `found` takes, for two minutes at most.
    pub(super) fn run_until<T>(&mut self, node: Node, found: impl Fn(&Event) -> Option<T>) -> T {
        for _ in 0..120_000 {
            let events = &mut self.nodes[node].events;
            if let Some(at) = events.iter().position(|event| found(event).is_some()) {
                let event = events.remove(at);
                return found(&event).unwrap();
            }
            self.run(Duration::from_millis(1));
        }
        panic!(
            "it never happened; node {node} was told {:?}\n{}",
            self.nodes[node].events,
            self.log.join("\n")
        );
    }

    fn deadline(&mut self, node: Node) -> Option<Instant> {
        match self.nodes[node].endpoint.poll_output() {
            Output::Timeout(time) => time,
            other => panic!("not drained: {other:?}"),
        }
    }

    fn drain(&mut self, node: Node) {
        loop {
            match self.nodes[node].endpoint.poll_output() {
                Output::Timeout(_) => return,
                Output::Event(event) => self.told(node, event),
                Output::Transmit { flow: FlowId::Udp { remote, .. }, bytes } => {
                    self.datagram(node, remote, bytes)
                }
                Output::Transmit { flow: FlowId::Tcp(connection), bytes } => {
                    self.stream(node, connection, bytes)
                }
                Output::Connect { connection, remote } => self.connect(node, connection, remote),
                Output::Close { connection } => self.close(node, connection),
                Output::Resolve { id, name, .. } => {
                    let addresses = self.names.get(&name).cloned().unwrap_or_default();
                    self.fly(LATENCY, node, Input::Resolved { id, addresses });
                }
            }
        }
    }

    /// Looks up credentials and stores bindings, as the user of an endpoint does.
    fn told(&mut self, node: Node, event: Event) {
        let member = &mut self.nodes[node];
        match event {
            Event::Authenticate { id, user, domain } => {
                let password = member.passwords.get(&user);
                let ha1 = password.map(|password| Ha1::new(&user, &domain, password));
                member.endpoint.handle_command(self.now, Command::Credentials { id, ha1 });
            }
            Event::StoreBindings { id, .. } => {
                let ok = member.storing;
                member.events.push(event);
                member.endpoint.handle_command(self.now, Command::BindingsStored { id, ok });
            }
            other => member.events.push(other),
        }
    }

    fn note(&mut self, node: Node, transport: Transport, bytes: &[u8]) {
        let line = bytes.split(|&byte| byte == b'\r').next().unwrap();
        let after = (self.now - self.start).as_millis();
        self.log.push(format!("{after} {node} {transport} {}", String::from_utf8_lossy(line)));
    }

    fn datagram(&mut self, node: Node, remote: SocketAddr, bytes: Bytes) {
        self.note(node, Transport::Udp, &bytes);
        let from = self.nodes[node].address;
        let Some(to) = self.nodes.iter().position(|member| member.address == remote) else { return };
        let copies = if self.random.below(100) < self.faults.doubled { 2 } else { 1 };
        for _ in 0..copies {
            if self.random.below(100) < self.faults.lost || self.silent.contains(&node) {
                continue;
            }
            let late = self.random.below(100) < self.faults.delayed;
            let delay =
                if late { LATENCY * u32::try_from(2 + self.random.below(40)).unwrap() } else { LATENCY };
            self.fly(delay, to, Input::Datagram { listener: UDP, remote: from, bytes: bytes.clone() });
        }
    }

    fn stream(&mut self, node: Node, connection: ConnectionId, bytes: Bytes) {
        self.note(node, Transport::Tcp, &bytes);
        if let Some(&(to, connection)) = self.wires.get(&(node, connection)) {
            self.fly(LATENCY, to, Input::Stream { connection, bytes });
        }
    }

    fn connect(&mut self, node: Node, connection: ConnectionId, remote: SocketAddr) {
        let to = self.nodes.iter().position(|member| member.address == remote);
        let Some(to) = to.filter(|to| !self.deaf.contains(to)) else {
            return self.fly(LATENCY, node, Input::Failed { flow: FlowId::Tcp(connection) });
        };
        self.count += 1;
        let accepted = ConnectionId::accepted(self.count);
        self.wires.insert((node, connection), (to, accepted));
        self.wires.insert((to, accepted), (node, connection));
        let mut from = self.nodes[node].address;
        from.set_port(40_000 + u16::try_from(self.count).unwrap());
        self.fly(LATENCY, to, Input::Accepted { connection: accepted, listener: TCP, remote: from });
        self.fly(LATENCY, node, Input::Opened { connection });
    }

    pub(super) fn close(&mut self, node: Node, connection: ConnectionId) {
        if let Some((to, other)) = self.wires.remove(&(node, connection)) {
            self.wires.remove(&(to, other));
            self.fly(LATENCY, to, Input::Closed { connection: other });
        }
    }

    /// Cuts every connection, so that both ends notice.
    pub(super) fn cut(&mut self) {
        for ((node, connection), _) in std::mem::take(&mut self.wires) {
            self.fly(Duration::ZERO, node, Input::Closed { connection });
        }
    }

    fn fly(&mut self, delay: Duration, node: Node, input: Input) {
        self.count += 1;
        self.flying.insert((self.now + delay, self.count), (node, input));
    }
}
