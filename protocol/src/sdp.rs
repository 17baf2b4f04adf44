//! How does a session description travel: as SDP text in `<sdpText>`, or as the XML presentation `<sdp>`?
//!
//! Inside the gateway a description is always SDP text (RFC 8866, lines ended by CR LF). The XML presentation
//! carries origin, subject, addresses, media, codecs and attributes; `b=`, `k=`, `i=` and the like have no
//! place in it and are lost.

use crate::{Content, DecodeError, Element, Form};

/// A session description together with the presentation it came in or goes out in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// SDP text, each line ended by CR LF.
    pub text: String,
    /// How it is written in a message.
    pub presentation: Presentation,
}

/// The two ways to put a description into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presentation {
    /// `<sdp>` with attributes and children.
    #[default]
    Xml,
    /// `<sdpText>` with SDP text.
    Text,
}

impl Content for Option<Description> {
    const FORM: Form = Form::Body { codec: "sdp", typescript: "string", optional: true };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        if let Some(text) = element.child("sdpText") {
            let text = normal_lines(&text.text())?;
            return Ok(Some(Description { text, presentation: Presentation::Text }));
        }
        let Some(sdp) = element.child("sdp") else { return Ok(None) };
        Ok(Some(Description { text: to_text(sdp)?, presentation: Presentation::Xml }))
    }

    fn write(&self, element: &mut Element) {
        let Some(description) = self else { return };
        element.push(match description.presentation {
            Presentation::Text => Element::new("sdpText").with_text(&description.text),
            Presentation::Xml => to_element(&description.text),
        });
    }
}

/// XML makes CR LF a line feed; SDP wants CR LF.
fn normal_lines(text: &str) -> Result<String, DecodeError> {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        let line = line.trim_start();
        if line.as_bytes().get(1) != Some(&b'=') {
            return Err(wrong(format!(
                "{:?} is not a line of SDP",
                line.chars().take(40).collect::<String>()
            )));
        }
        push_line(&mut out, line);
    }
    if out.is_empty() { Err(wrong("it is empty".to_owned())) } else { Ok(out) }
}

const fn wrong(why: String) -> DecodeError {
    DecodeError::Description(why)
}

fn push_line(out: &mut String, line: &str) {
    // One line stays one line, whatever an attribute held.
    out.extend(line.chars().filter(|c| !matches!(c, '\r' | '\n')));
    out.push_str("\r\n");
}

const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];

// ---- XML to text

fn to_text(sdp: &Element) -> Result<String, DecodeError> {
    let address = sdp.attribute("ip").map(bracketed).transpose()?;
    let origin = sdp.attribute("origIP").map(bracketed).transpose()?.or(address).unwrap_or("127.0.0.1");
    let token = |name, default| sdp.attribute(name).filter(|v| !v.contains(' ')).unwrap_or(default);
    let mut out = String::with_capacity(512);
    push_line(&mut out, "v=0");
    push_line(
        &mut out,
        &format!(
            "o={} {} {} {}",
            token("origUser", "-"),
            token("sessionID", "0"),
            token("sessionVersion", "0"),
            network(origin)
        ),
    );
    push_line(&mut out, &format!("s={}", sdp.attribute("subject").filter(|s| !s.is_empty()).unwrap_or("-")));
    if let Some(address) = address {
        push_line(&mut out, &format!("c={}", network(address)));
    }
    push_line(&mut out, "t=0 0");
    push_attributes(&mut out, sdp)?;
    for media in sdp.elements().filter(|e| e.is("media")) {
        push_media(&mut out, media, address)?;
    }
    Ok(out)
}

fn push_media(out: &mut String, media: &Element, session: Option<&str>) -> Result<(), DecodeError> {
    let attribute =
        |name| media.attribute(name).ok_or_else(|| wrong(format!("<media> has no attribute {name}")));
    let (address, port) = address_and_port(attribute("ip")?)?;
    let codecs: Vec<&Element> = media.elements().filter(|e| e.is("codec")).collect();
    let ids: Vec<&str> = codecs.iter().filter_map(|codec| codec.attribute("id")).collect();
    let formats = if ids.is_empty() { "0".to_owned() } else { ids.join(" ") };
    push_line(out, &format!("m={} {port} {} {formats}", attribute("media")?, attribute("protocol")?));
    if Some(address) != session {
        push_line(out, &format!("c={}", network(address)));
    }
    for codec in codecs {
        let Some(id) = codec.attribute("id") else { continue };
        if let Some(name) = codec.attribute("name") {
            push_line(out, &format!("a=rtpmap:{id} {name}"));
        }
        if let Some(format) = codec.attribute("format") {
            push_line(out, &format!("a=fmtp:{id} {format}"));
        }
    }
    if let Some(rtcp) = media.attribute("rtcp") {
        let (address, port) = address_and_port(rtcp)?;
        push_line(out, &format!("a=rtcp:{port} {}", network(address)));
    }
    if let Some(ptime) = media.attribute("ptime") {
        push_line(out, &format!("a=ptime:{ptime}"));
    }
    if let Some(direction) = media.attribute("direction") {
        push_line(out, &format!("a={direction}"));
    }
    push_attributes(out, media)
}

fn push_attributes(out: &mut String, element: &Element) -> Result<(), DecodeError> {
    for attr in element.elements().filter(|e| e.is("attr")) {
        let name = attr.attribute("name").ok_or_else(|| wrong("<attr> has no name".to_owned()))?;
        let text = attr.text();
        if text.is_empty() {
            push_line(out, &format!("a={name}"));
        } else {
            push_line(out, &format!("a={name}:{text}"));
        }
    }
    Ok(())
}

/// `[addr]` or, from lenient clients, `addr`.
fn bracketed(text: &str) -> Result<&str, DecodeError> {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let is_address = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_%".contains(&byte);
    if inner.is_empty() || !inner.bytes().all(is_address) {
        return Err(wrong(format!("{text:?} is not an address in brackets")));
    }
    Ok(inner)
}

/// `[addr]:port`.
fn address_and_port(text: &str) -> Result<(&str, u16), DecodeError> {
    let parts = text.rsplit_once(':').and_then(|(address, port)| Some((address, port.parse().ok()?)));
    let (address, port) = parts.ok_or_else(|| wrong(format!("{text:?} is not [address]:port")))?;
    Ok((bracketed(address)?, port))
}

/// `IN IP4 addr` or `IN IP6 addr`.
fn network(address: &str) -> String {
    format!("IN {} {address}", if address.contains(':') { "IP6" } else { "IP4" })
}

// ---- text to XML

fn to_element(text: &str) -> Element {
    let mut lines = text.lines().filter_map(|line| line.split_once('=')).peekable();
    let mut session = Vec::new();
    while let Some(line) = lines.next_if(|(kind, _)| *kind != "m") {
        session.push(line);
    }
    let value = |wanted| session.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| *value);
    let address = value("c").map(connection_address);
    let mut element = Element::new("sdp");
    if let Some(address) = address {
        element.set("ip", format!("[{address}]"));
    }
    let mut origin = value("o").unwrap_or_default().split_ascii_whitespace();
    for name in ["origUser", "sessionID", "sessionVersion"] {
        if let Some(part) = origin.next() {
            element.set(name, part);
        }
    }
    if let Some(address) = origin.nth(2) {
        element.set("origIP", format!("[{address}]"));
    }
    if let Some(subject) = value("s").filter(|s| !matches!(s.trim(), "-" | "")) {
        element.set("subject", subject);
    }
    for (_, attribute) in session.iter().filter(|(kind, _)| *kind == "a") {
        element.push(attr(attribute));
    }
    while let Some((_, head)) = lines.next() {
        let mut body = Vec::new();
        while let Some(line) = lines.next_if(|(kind, _)| *kind != "m") {
            body.push(line);
        }
        element.push(media_element(head, &body, address.unwrap_or("0.0.0.0")));
    }
    element
}

/// The address of a `c=` value, without TTL.
fn connection_address(value: &str) -> &str {
    value.split_ascii_whitespace().nth(2).and_then(|a| a.split('/').next()).unwrap_or("0.0.0.0")
}

fn attr(line: &str) -> Element {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    Element::new("attr").with("name", name).with_text(value)
}

fn media_element(head: &str, body: &[(&str, &str)], session_address: &str) -> Element {
    let mut head = head.split_ascii_whitespace();
    let mut part = || head.next().unwrap_or_default();
    let (media, port, protocol) = (part(), part(), part());
    let port = port.split('/').next().unwrap_or_default();
    let address = body.iter().find(|(kind, _)| *kind == "c").map(|(_, value)| connection_address(value));
    let attributes: Vec<&str> =
        body.iter().filter(|(kind, _)| *kind == "a").map(|(_, value)| *value).collect();
    let value_of = |name: &str| attributes.iter().find_map(|a| a.strip_prefix(name)?.strip_prefix(':'));
    let mut element = Element::new("media");
    element.set("media", media).set("protocol", protocol);
    element.set("ip", format!("[{}]:{port}", address.unwrap_or(session_address)));
    if let Some(direction) = attributes.iter().find(|a| DIRECTIONS.contains(a)) {
        element.set("direction", *direction);
    }
    if let Some(ptime) = value_of("ptime") {
        element.set("ptime", ptime);
    }
    if let Some(rtcp) = value_of("rtcp") {
        let (port, rest) = rtcp.split_once(' ').unwrap_or((rtcp, ""));
        let address = if rest.is_empty() { "0.0.0.0" } else { connection_address(rest) };
        element.set("rtcp", format!("[{address}]:{port}"));
    }
    for id in head {
        element.push(codec(id, &attributes));
    }
    let is_attr = |a: &&&str| {
        let name = a.split(':').next().unwrap_or_default();
        !DIRECTIONS.contains(a) && !matches!(name, "ptime" | "rtcp" | "rtpmap" | "fmtp")
    };
    for attribute in attributes.iter().filter(is_attr) {
        element.push(attr(attribute));
    }
    element
}

fn codec(id: &str, attributes: &[&str]) -> Element {
    let mut element = Element::new("codec").with("id", id);
    let value_of = |name: &str| {
        attributes.iter().find_map(|a| a.strip_prefix(name)?.strip_prefix(id)?.strip_prefix(' '))
    };
    if let Some(name) = value_of("rtpmap:") {
        element.set("name", name);
    }
    if let Some(format) = value_of("fmtp:") {
        element.set("format", format);
    }
    element
}

#[cfg(test)]
mod tests;
