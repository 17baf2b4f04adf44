//! A WebSocket on which texts go to and fro, whatever they mean.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A server that says nothing for so long does not work.
const SILENCE: Duration = Duration::from_secs(10);

/// An open connection.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects, offering one subprotocol.
    pub async fn connect(url: &str, subprotocol: &'static str) -> anyhow::Result<Self> {
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse()?);
        let (socket, _) =
            tokio_tungstenite::connect_async(request).await.context("the WebSocket does not open")?;
        Ok(Self(socket))
    }

    /// Sends a text.
    pub async fn send(&mut self, text: impl Into<String>) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(text.into())).await?)
    }

    /// The next text; control frames are dealt with on the way.
    pub async fn next(&mut self) -> anyhow::Result<String> {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                    Some(Ok(Message::Close(frame))) => bail!("the server closes the connection: {frame:?}"),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                    None => bail!("the connection has closed"),
                }
            }
        };
        tokio::time::timeout(SILENCE, next).await.context("the server says nothing")?
    }

    /// The next text that contains this; others are passed over.
    pub async fn wait_for(&mut self, part: &str) -> anyhow::Result<String> {
        loop {
            let text = self.next().await?;
            if text.contains(part) {
                return Ok(text);
            }
        }
    }

    /// Keeps the connection alive, and counts what comes unasked, until it is dropped or the server closes it.
    pub async fn idle(mut self) -> u64 {
        let mut texts = 0;
        while let Some(Ok(message)) = self.0.next().await {
            texts += u64::from(message.is_text());
        }
        texts
    }
}
