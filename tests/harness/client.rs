//! A thin client, over any of the three transports.

use std::collections::VecDeque;
use std::net::IpAddr;

use futures_util::{SinkExt, StreamExt};
use protocol::{Element, Limits, Node};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{Gateway, Http, PASSWORD, SOON};

/// Over which transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tcp,
    WebSocket,
    Http,
}

/// How to log in.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    /// With the password every account has.
    Password(&'static str),
    /// With the password, and with numbered messages.
    Numbered(&'static str),
    /// Not at all.
    None,
}

/// What comes: a message, or the end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Received {
    Message(Element),
    Closed,
}

/// A client with one connection.
pub(crate) struct Client {
    outgoing: Outgoing,
    incoming: mpsc::UnboundedReceiver<Received>,
    /// Messages that came while others were waited for.
    kept: VecDeque<Element>,
    reader: JoinHandle<()>,
    next_id: u32,
    /// The `session` message of the login.
    pub(crate) session: Option<Element>,
}

enum Outgoing {
    Tcp(OwnedWriteHalf),
    WebSocket(mpsc::UnboundedSender<String>),
    Http(Box<Posts>),
}

/// Requests of a session over HTTP.
struct Posts {
    http: Http,
    session: String,
    sequence: u64,
    results: mpsc::UnboundedSender<Received>,
}

impl Client {
    /// Connects, and logs in.
    pub(crate) async fn connect(gateway: &Gateway, kind: Kind, login: Login) -> Self {
        let mut client = match kind {
            Kind::Tcp => Self::tcp(TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects")),
            Kind::WebSocket => Self::websocket(gateway, "/ximss").await,
            Kind::Http => return Self::http(gateway, login).await,
        };
        client.log_in(login).await;
        client
    }

    /// Connects by TCP from an address of this machine, and logs in.
    pub(crate) async fn connect_from(gateway: &Gateway, from: IpAddr, login: Login) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((from, 0).into()).expect("the address is ours");
        let stream = socket.connect(gateway.address("ximss")).await.expect("TCP connects");
        let mut client = Self::tcp(stream);
        client.log_in(login).await;
        client
    }

    async fn log_in(&mut self, login: Login) {
        let (account, numbered) = match login {
            Login::None => return,
            Login::Password(account) => (account, ""),
            Login::Numbered(account) => (account, " numbered=\"yes\""),
        };
        let request =
            format!("<login id=\"login\" authData=\"{account}\" password=\"{PASSWORD}\"{numbered}/>");
        self.send(&request).await;
        let messages = self.until_response("login").await;
        let [session, response] = messages.as_slice() else { panic!("{messages:?}") };
        assert_eq!(response.to_xml(), r#"<response id="login"/>"#);
        self.session = Some(session.clone());
    }

    fn tcp(stream: TcpStream) -> Self {
        let (reader, writer) = stream.into_split();
        let (sender, incoming) = mpsc::unbounded_channel();
        let reader = tokio::spawn(read_tcp(reader, sender));
        Self::new(Outgoing::Tcp(writer), incoming, reader)
    }

    /// Connects a WebSocket to a path.
    pub(crate) async fn websocket(gateway: &Gateway, path: &str) -> Self {
        let url = format!("ws://{}{path}", gateway.address("http"));
        let mut request = url.into_client_request().expect("a URL");
        request.headers_mut().insert("Sec-WebSocket-Protocol", "ximss".parse().expect("a header"));
        let (socket, _) = tokio_tungstenite::connect_async(request).await.expect("the WebSocket connects");
        let (mut sink, mut stream) = socket.split();
        let (sender, incoming) = mpsc::unbounded_channel();
        let (outgoing, mut messages) = mpsc::unbounded_channel::<String>();
        let reader = tokio::spawn(async move {
            loop {
                tokio::select! {
                    message = messages.recv() => match message {
                        Some(message) => if sink.send(Message::text(message)).await.is_err() { break },
                        None => break,
                    },
                    message = stream.next() => match message {
                        Some(Ok(Message::Text(text))) => {
                            if sender.send(Received::Message(element(text.as_bytes()))).is_err() { break }
                        }
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                        Some(Ok(_)) => {}
                    },
                }
            }
            // The test may be over.
            _ = sender.send(Received::Closed);
        });
        Self::new(Outgoing::WebSocket(outgoing), incoming, reader)
    }

    async fn http(gateway: &Gateway, login: Login) -> Self {
        let http = Http::of(gateway);
        let account = match login {
            Login::Password(account) | Login::Numbered(account) => account,
            Login::None => panic!("HTTP has no connection before a login"),
        };
        let url = format!("/XIMSSLogin/?errorAsXML=1&userName={account}&password={PASSWORD}&version=6.2");
        let envelope = element(&http.get(&url).await.body);
        let session = envelope.elements().next().expect("a session").clone();
        let id = session.attribute("urlID").expect("an id").to_owned();
        let (sender, incoming) = mpsc::unbounded_channel();
        let reader = tokio::spawn(poll(http.clone(), id.clone(), sender.clone()));
        let outgoing = Outgoing::Http(Box::new(Posts { http, session: id, sequence: 0, results: sender }));
        let mut client = Self::new(outgoing, incoming, reader);
        client.session = Some(session);
        client
    }

    fn new(outgoing: Outgoing, incoming: mpsc::UnboundedReceiver<Received>, reader: JoinHandle<()>) -> Self {
        Self { outgoing, incoming, kept: VecDeque::new(), reader, next_id: 0, session: None }
    }

    /// An attribute of the login's `session` message.
    pub(crate) fn session(&self, attribute: &str) -> String {
        let session = self.session.as_ref().expect("the client has logged in");
        session.attribute(attribute).expect("the attribute is there").to_owned()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&mut self, request: &str) {
        match &mut self.outgoing {
            Outgoing::Tcp(writer) => {
                writer.write_all(request.as_bytes()).await.expect("TCP takes it");
                writer.write_all(&[0]).await.expect("TCP takes it");
            }
            Outgoing::WebSocket(sender) => sender.send(request.to_owned()).expect("the WebSocket takes it"),
            Outgoing::Http(posts) => {
                let Posts { http, session, sequence, results } = posts.as_mut();
                *sequence += 1;
                let url = format!("/Session/{session}/sync?reqSeq={sequence}");
                let answer = http.post(&url, "text/xml", format!("<XIMSS>{request}</XIMSS>")).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                for message in element(&answer.body).elements() {
                    results.send(Received::Message(message.clone())).expect("the client is there");
                }
            }
        }
    }

    /// The next message, whatever it is.
    pub(crate) async fn next(&mut self) -> Received {
        if let Some(message) = self.kept.pop_front() {
            return Received::Message(message);
        }
        self.receive().await
    }

    async fn receive(&mut self) -> Received {
        let received = tokio::time::timeout(SOON, self.incoming.recv()).await;
        received.expect("something comes").unwrap_or(Received::Closed)
    }

    /// The next message that fits; others are kept for later.
    pub(crate) async fn message(&mut self, fits: impl Fn(&Element) -> bool) -> Element {
        if let Some(at) = self.kept.iter().position(&fits) {
            return self.kept.remove(at).expect("it is there");
        }
        loop {
            match self.receive().await {
                Received::Message(message) if fits(&message) => return message,
                Received::Message(message) => self.kept.push_back(message),
                Received::Closed => panic!("the connection closed; kept: {:?}", self.kept),
            }
        }
    }

    /// Keeps a message that was taken out of turn.
    pub(crate) fn put_back(&mut self, message: Element) {
        self.kept.push_front(message);
    }

    /// The next notice of this name.
    pub(crate) async fn notice(&mut self, name: &str) -> Element {
        self.message(|message| message.is(name) && message.attribute("id").is_none()).await
    }

    /// The messages of a request up to its response, which is the last.
    pub(crate) async fn until_response(&mut self, id: &str) -> Vec<Element> {
        let mut messages = Vec::new();
        loop {
            let message = self.message(|message| message.attribute("id") == Some(id)).await;
            let last = message.is("response");
            messages.push(message);
            if last {
                return messages;
            }
        }
    }

    /// Runs a request, given without its `id`; returns its data messages. It must succeed.
    pub(crate) async fn run(&mut self, request: &str) -> Vec<Element> {
        let mut messages = self.try_run(request).await;
        let response = messages.pop().expect("there is a response");
        assert_eq!(response.attribute("errorText"), None, "{request}");
        messages
    }

    /// Runs a request, given without its `id`; returns its data messages and its response.
    pub(crate) async fn try_run(&mut self, request: &str) -> Vec<Element> {
        self.next_id += 1;
        let id = format!("t{}", self.next_id);
        let name = request.find([' ', '/', '>']).expect("a request has an end");
        let (head, tail) = request.split_at(name);
        self.send(&format!("{head} id=\"{id}\"{tail}")).await;
        self.until_response(&id).await
    }

    /// The error text and number of a request that must fail.
    pub(crate) async fn fails(&mut self, request: &str) -> (String, String) {
        let messages = self.try_run(request).await;
        let response = messages.last().expect("there is a response");
        let attribute =
            |name| response.attribute(name).unwrap_or_else(|| panic!("{request}: {response:?}")).to_owned();
        (attribute("errorText"), attribute("errorNum"))
    }

    /// All that has come and that nobody has taken, up to the answer to a `noop`.
    pub(crate) async fn rest(&mut self) -> Vec<Element> {
        self.run("<noop/>").await;
        self.kept.drain(..).collect()
    }

    /// What has come so far while other messages were waited for.
    pub(crate) fn kept(&mut self) -> Vec<Element> {
        self.kept.drain(..).collect()
    }

    /// Whether nothing has come that nobody has taken.
    pub(crate) fn nothing_else(&mut self) -> bool {
        self.kept.is_empty() && self.incoming.is_empty()
    }

    /// Waits for the end of the connection; other messages are dropped.
    pub(crate) async fn closed(&mut self) {
        while self.receive().await != Received::Closed {}
    }

    /// Cuts the connection without a word.
    pub(crate) fn cut(self) {
        self.reader.abort();
    }
}

/// Reads a document of the gateway.
pub(crate) fn element(bytes: &[u8]) -> Element {
    // Parts are shown to a depth of 32 messages, each of which is two elements.
    let limits = Limits { bytes: 1 << 30, nodes: 1 << 24, depth: 128, ..Limits::AFTER_LOGIN };
    let element = Element::read(bytes, &limits);
    let element = element.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
    check(&element);
    element
}

/// What clients rely on: no white space between elements of an envelope.
fn check(element: &Element) {
    if element.is("XIMSS") {
        assert!(element.children().iter().all(|child| matches!(child, Node::Element(_))), "{element:?}");
    }
}

async fn read_tcp(mut reader: OwnedReadHalf, sender: mpsc::UnboundedSender<Received>) {
    let mut frames = protocol::Frames::new();
    let mut buffer = vec![0; 65_536];
    loop {
        while let Ok(Some(frame)) = frames.next(usize::MAX) {
            if sender.send(Received::Message(element(frame))).is_err() {
                return;
            }
        }
        match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => frames.push(&buffer[..read]),
        }
    }
    // The test may be over.
    _ = sender.send(Received::Closed);
}

async fn poll(http: Http, session: String, sender: mpsc::UnboundedSender<Received>) {
    let mut acknowledged = 0;
    loop {
        let answer = http.get(&format!("/Session/{session}/?ackSeq={acknowledged}&maxWait=20")).await;
        if answer.status != 200 {
            // The test may be over.
            _ = sender.send(Received::Closed);
            return;
        }
        let envelope = element(&answer.body);
        if let Some(sequence) = envelope.attribute("respSeq") {
            acknowledged = sequence.parse().expect("a number");
        }
        for message in envelope.elements() {
            if sender.send(Received::Message(message.clone())).is_err() {
                return;
            }
        }
    }
}
