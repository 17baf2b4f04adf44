//! One endpoint against peers that are text: what is sent to it, and what it answers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::network::{UDP, UNIX_TIME, listeners};
use crate::digest::Challenge;
use crate::origin::origin;
use crate::*;

/// An endpoint at 192.0.2.1:5060 for the domain `example.com`; 198.51.100.0/24 is the trunk `trunk`.
pub(super) struct Bench {
    pub(super) now: Instant,
    pub(super) endpoint: Endpoint,
}

pub(super) const STRANGER: &str = "203.0.113.9:5060";
pub(super) const TRUNK: &str = "198.51.100.7:5060";

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(super) fn with(more: impl Fn(&mut Config)) -> Self {
        let now = origin();
        let address = "192.0.2.1:5060".parse().unwrap();
        let mut config = Config::new(vec!["example.com".to_owned()], listeners(address), [9; 32]);
        let source = TrunkSource { network: [198, 51, 100, 0].into(), prefix: 24, port: None };
        config.trunks = vec![Trunk { name: "trunk".to_owned(), sources: vec![source] }];
        more(&mut config);
        Self { now, endpoint: Endpoint::new(config, [1; 32], now, UNIX_TIME) }
    }

    /// Sends a datagram and takes what comes of it.
    pub(super) fn send(&mut self, from: &str, bytes: impl AsRef<[u8]>) -> Vec<Output> {
        let remote: SocketAddr = from.parse().unwrap();
        let bytes = Bytes::copy_from_slice(bytes.as_ref());
        self.input(Input::Datagram { listener: UDP, remote, bytes })
    }

    pub(super) fn input(&mut self, input: Input) -> Vec<Output> {
        self.endpoint.handle_input(self.now, input);
        self.outputs()
    }

    pub(super) fn command(&mut self, command: Command) -> Vec<Output> {
        self.endpoint.handle_command(self.now, command);
        self.outputs()
    }

    /// Lets time pass, with everything that is due on the way.
    pub(super) fn wait(&mut self, duration: Duration) -> Vec<Output> {
        let end = self.now + duration;
        let mut outputs = self.outputs();
        while let Output::Timeout(Some(time)) = self.endpoint.poll_output()
            && time <= end
        {
            self.now = self.now.max(time);
            self.endpoint.handle_timeout(self.now);
            outputs.extend(self.outputs());
        }
        self.now = end;
        outputs
    }

    fn outputs(&mut self) -> Vec<Output> {
        let next =
            || Some(self.endpoint.poll_output()).filter(|output| !matches!(output, Output::Timeout(_)));
        std::iter::from_fn(next).collect()
    }
}

/// The datagrams and stream parts among outputs, as text.
pub(super) fn sent(outputs: &[Output]) -> Vec<String> {
    let text = |output: &Output| match output {
        Output::Transmit { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
        Output::Connect { .. }
        | Output::Close { .. }
        | Output::Resolve { .. }
        | Output::Event(_)
        | Output::Timeout(_) => None,
    };
    outputs.iter().filter_map(text).collect()
}

/// The first lines of what was sent.
pub(super) fn lines(outputs: &[Output]) -> Vec<String> {
    sent(outputs).iter().map(|text| text.lines().next().unwrap_or_default().to_owned()).collect()
}

/// The events among outputs.
pub(super) fn events(outputs: &[Output]) -> Vec<Event> {
    let event = |output: &Output| match output {
        Output::Event(event) => Some(event.clone()),
        Output::Transmit { .. }
        | Output::Connect { .. }
        | Output::Close { .. }
        | Output::Resolve { .. }
        | Output::Timeout(_) => None,
    };
    outputs.iter().filter_map(event).collect()
}

/// The value of a header field of a message.
pub(super) fn value<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (label, value) = line.split_once(": ")?;
        label.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The request with an answer to the first MD5 challenge of a 401; `None` if it is no 401.
pub(super) fn answer_challenge(
    response: &str,
    request: &[u8],
    user: &str,
    password: &str,
) -> Option<Vec<u8>> {
    let challenge =
        response.lines().find(|line| line.starts_with("WWW-Authenticate: ") && line.contains("=MD5"))?;
    let challenge = challenge.split_once(": ")?.1;
    let challenge = Challenge::of(&AuthParams::parse(challenge.as_bytes()).ok()?)?;
    let secret = Secret::Password(password.to_owned());
    let credentials = Credentials { realm: None, user: user.to_owned(), secret };
    let Ok(Message::Request(read)) = Message::parse(Bytes::copy_from_slice(request)) else { return None };
    let value = challenge.answer(&credentials, &read.method, &read.uri.to_string(), "cnonce");
    let line = format!("\r\nAuthorization: {value}");
    let at = request.windows(2).position(|window| window == b"\r\n")?;
    Some([&request[..at], line.as_bytes(), &request[at..]].concat())
}
