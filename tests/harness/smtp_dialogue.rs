//! A client of SMTP or LMTP that says what a test tells it to say.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Gateway, SOON};

/// A dialogue with a mail server.
pub(crate) struct SmtpDialogue {
    stream: BufReader<TcpStream>,
}

impl SmtpDialogue {
    /// Connects, and takes the greeting.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("TCP connects");
        let mut dialogue = Self { stream: BufReader::new(stream) };
        let greeting = dialogue.answer().await;
        assert!(greeting.starts_with("220 "), "{greeting}");
        dialogue
    }

    /// Connects to the gateway's LMTP, and says hello.
    pub(crate) async fn lmtp(gateway: &Gateway) -> Self {
        let mut dialogue = Self::open(gateway.address("lmtp")).await;
        assert!(dialogue.say("LHLO mx.example.org").await.starts_with("250"));
        dialogue
    }

    /// Says a line; returns the answer.
    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.answer().await
    }

    /// Begins a message, of which every recipient must be accepted, up to the text.
    pub(crate) async fn begin(&mut self, sender: &str, recipients: &[&str]) {
        assert!(self.say(&format!("MAIL FROM:<{sender}>")).await.starts_with("250"));
        for recipient in recipients {
            let answer = self.say(&format!("RCPT TO:<{recipient}>")).await;
            assert!(answer.starts_with("250"), "{recipient}: {answer}");
        }
        assert!(self.say("DATA").await.starts_with("354"));
    }

    /// Sends bytes as they are. A server that has hung up is told of by the next answer.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        _ = self.stream.get_mut().write_all(bytes).await;
    }

    /// The next answer, its lines joined by line feeds; empty when the server has hung up.
    pub(crate) async fn answer(&mut self) -> String {
        let mut answer = String::new();
        loop {
            let from = answer.len();
            let read = tokio::time::timeout(SOON, self.stream.read_line(&mut answer)).await;
            if read.unwrap_or_else(|_| panic!("no answer behind {answer:?}")).unwrap_or(0) == 0 {
                return answer;
            }
            assert!(answer.ends_with("\r\n"), "{answer:?}");
            if answer.as_bytes()[from..].get(3) != Some(&b'-') {
                return answer.trim_end().replace("\r\n", "\n");
            }
        }
    }

    /// Waits until the server has hung up.
    pub(crate) async fn closed(mut self) {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(SOON, self.stream.read_to_end(&mut rest)).await;
        // A connection that is reset is closed as well.
        _ = read.expect("it is closed");
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}
