//! A client of the peers: XMPP over WebSocket (RFC 7395).

use anyhow::bail;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::websocket::Socket;

const OPEN: &str = r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>"#;
const BIND: &str = r#"<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>r</resource></bind></iq>"#;

/// Logs in as `u<number>` at localhost, resource `r`, and becomes available.
pub async fn log_in(url: &str, number: usize, password: &str) -> anyhow::Result<Socket> {
    let mut socket = Socket::connect(url, "xmpp").await?;
    socket.send(OPEN).await?;
    socket.wait_for("features").await?;
    let plain = STANDARD.encode(format!("\0u{number}\0{password}"));
    let auth = format!(r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain}</auth>"#);
    socket.send(auth).await?;
    let outcome = socket.next().await?;
    if !outcome.contains("<success") {
        bail!("no login: {outcome}");
    }
    socket.send(OPEN).await?;
    socket.wait_for("features").await?;
    socket.send(BIND).await?;
    socket.wait_for("<jid>").await?;
    socket.send(r#"<presence xmlns="jabber:client"/>"#).await?;
    Ok(socket)
}

/// Asks the server whether it is there (XEP-0199).
pub fn ping(id: u64) -> String {
    format!(
        r#"<iq xmlns="jabber:client" type="get" to="localhost" id="p{id}"><ping xmlns="urn:xmpp:ping"/></iq>"#
    )
}

/// Asks for something that the server keeps for the user (XEP-0049).
pub fn stored(id: u64) -> String {
    format!(
        r#"<iq xmlns="jabber:client" type="get" id="p{id}"><query xmlns="jabber:iq:private"><p xmlns="bench:preferences"/></query></iq>"#
    )
}

/// A message to another of the clients.
pub fn message(to: usize, body: &str) -> String {
    format!(
        r#"<message xmlns="jabber:client" type="chat" to="u{to}@localhost/r" id="m"><body>{body}</body></message>"#
    )
}

/// Whether the text answers a request with this id.
pub fn answers(text: &str, id: u64) -> bool {
    text.starts_with("<iq") && (text.contains(&format!("'p{id}'")) || text.contains(&format!("\"p{id}\"")))
}

/// What a message says, if it is one.
pub fn body(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<body>")?;
    rest.split_once("</body>").map(|(body, _)| body)
}
