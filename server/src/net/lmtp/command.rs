//! What does a client of LMTP ask (RFC 5321 §4.1, RFC 2033)?

use crate::delivery::{EnvelopeAddress, Reply};

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Hello, from a client of this name.
    Lhlo(String),
    /// A message from this sender begins; none for a report. The size is what the client says it is.
    Mail {
        /// The reverse-path.
        sender: Option<EnvelopeAddress>,
        /// Bytes.
        size: Option<u64>,
    },
    /// It is for this recipient too.
    Rcpt(EnvelopeAddress),
    /// Its text follows.
    Data,
    /// Forget it.
    Rset,
    /// Are you there?
    Noop,
    /// Is there such a mailbox?
    Vrfy,
    /// Goodbye.
    Quit,
}

impl Command {
    /// Reads a command from a line without its end.
    pub(super) fn read(line: &[u8]) -> Result<Self, Reply> {
        let Ok(line) = std::str::from_utf8(line) else {
            return Err(Reply::new(500, "5.5.2", "commands are text in UTF-8"));
        };
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_end_matches(' ');
        match verb.trim_end_matches(' ').to_ascii_uppercase().as_str() {
            "LHLO" => hello(rest),
            "MAIL" => mail(rest),
            "RCPT" => rcpt(rest),
            "DATA" => alone(rest, Self::Data),
            "RSET" => alone(rest, Self::Rset),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            "QUIT" => alone(rest, Self::Quit),
            "HELO" | "EHLO" => Err(Reply::new(500, "5.5.1", "this is LMTP: say LHLO")),
            _ => Err(Reply::new(500, "5.5.1", "there are LHLO, MAIL, RCPT, DATA, RSET, NOOP, VRFY and QUIT")),
        }
    }
}

fn wrong(text: &str) -> Reply {
    Reply::new(501, "5.5.4", text)
}

fn alone(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() { Ok(command) } else { Err(wrong("nothing may follow this command")) }
}

/// The name goes into the message's header.
fn hello(rest: &str) -> Result<Command, Reply> {
    let good = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
    if rest.is_empty() || rest.len() > 255 || !rest.chars().all(good) {
        return Err(wrong("LHLO and the name of a host"));
    }
    Ok(Command::Lhlo(rest.to_owned()))
}

fn mail(rest: &str) -> Result<Command, Reply> {
    let syntax = || wrong("MAIL FROM:<address>, with SIZE=, BODY= and SMTPUTF8 behind it");
    let (path, parameters) = path(rest, "FROM:").ok_or_else(syntax)?;
    let sender = match path {
        "" => None,
        path => {
            Some(EnvelopeAddress::parse(path).ok_or_else(|| Reply::new(553, "5.1.7", "this is no address"))?)
        }
    };
    let (mut size, mut is_international) = (None, false);
    for parameter in parameters.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (name.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
            ("SIZE", value) => size = Some(value.parse().map_err(|_| wrong("SIZE= and a number"))?),
            ("BODY", "7BIT" | "8BITMIME") => {}
            ("SMTPUTF8", "") => is_international = true,
            _ => return Err(Reply::new(555, "5.5.4", "this parameter of MAIL is not known")),
        }
    }
    if !is_international && sender.as_ref().is_some_and(EnvelopeAddress::is_international) {
        return Err(Reply::new(553, "5.6.7", "an address that is not ASCII wants SMTPUTF8"));
    }
    Ok(Command::Mail { sender, size })
}

fn rcpt(rest: &str) -> Result<Command, Reply> {
    let (path, parameters) = path(rest, "TO:").ok_or_else(|| wrong("RCPT TO:<address>"))?;
    if !parameters.trim().is_empty() {
        return Err(Reply::new(555, "5.5.4", "RCPT has no parameters here"));
    }
    let recipient =
        EnvelopeAddress::parse(path).ok_or_else(|| Reply::new(553, "5.1.3", "this is no address"))?;
    Ok(Command::Rcpt(recipient))
}

/// The path in brackets behind a word, and what follows it. A source route in it is passed over (RFC 5321 §4.1.1.3).
fn path<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = text.split_at_checked(word.len())?;
    let rest =
        rest.trim_start_matches(' ').strip_prefix('<').filter(|_| before.eq_ignore_ascii_case(word))?;
    let end = closing(rest)?;
    let (path, rest) = (rest.get(..end)?, rest.get(end + 1..)?);
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let path = if path.starts_with('@') { path.split_once(':')?.1 } else { path };
    Some((path, rest))
}

/// Where the bracket is closed: not within quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> EnvelopeAddress {
        EnvelopeAddress::parse(text).unwrap()
    }

    #[test]
    fn commands_are_read_whatever_their_case() {
        let mail = |sender: Option<&str>, size| Command::Mail { sender: sender.map(address), size };
        let table = [
            ("lhlo mx.example.org", Command::Lhlo("mx.example.org".to_owned())),
            ("LHLO [IPv6:::1]", Command::Lhlo("[IPv6:::1]".to_owned())),
            ("MAIL FROM:<>", mail(None, None)),
            ("mail from:<a@b> size=12 body=8bitmime", mail(Some("a@b"), Some(12))),
            ("MAIL FROM: <a@b>  SIZE=1 ", mail(Some("a@b"), Some(1))),
            ("MAIL FROM:<j\u{f6}rg@b> SMTPUTF8", mail(Some("j\u{f6}rg@b"), None)),
            ("RCPT TO:<@x,@y:a@b>", Command::Rcpt(address("a@b"))),
            ("RCPT TO:<\"a>\\\"b\"@c>", Command::Rcpt(address("\"a>\\\"b\"@c"))),
            ("data", Command::Data),
            ("DATA ", Command::Data),
            ("NOOP whatever", Command::Noop),
            ("VRFY a", Command::Vrfy),
            ("RSET", Command::Rset),
            ("QUIT", Command::Quit),
        ];
        for (line, command) in table {
            assert_eq!(Command::read(line.as_bytes()), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_answered_with_its_kind() {
        let long = format!("RCPT TO:<{}@b>", "a".repeat(65));
        let table: &[(&[u8], u16)] = &[
            (b"", 500),
            (b"EHLO x", 500),
            (b"\xff", 500),
            (b"MAIL\0FROM:<a@b>", 500),
            (b"LHLO", 501),
            (b"LHLO a\tb", 501),
            (b"DATA now", 501),
            (b"MAIL a@b", 501),
            (b"MAIL FROM:a@b", 501),
            (b"MAIL FROM:<a@b", 501),
            (b"MAIL FROM:<a@b>SIZE=1", 501),
            (b"MAIL FROM:<a@b> SIZE=-1", 501),
            (b"MAIL FROM:<a@b> SIZE=99999999999999999999", 501),
            (b"MAIL FROM:<a@b> AUTH=<>", 555),
            (b"MAIL FROM:<a>", 553),
            (b"MAIL FROM:<\xc3\xb6@b>", 553),
            (b"RCPT TO:<>", 553),
            (b"RCPT TO:<a@b> NOTIFY=NEVER", 555),
            (b"RCPT FROM:<a@b>", 501),
            (b"RCPT TO:<a\0@b>", 553),
            (long.as_bytes(), 553),
        ];
        for (line, code) in table {
            let shown = String::from_utf8_lossy(line);
            assert_eq!(Command::read(line).map_err(|reply| reply.code), Err(*code), "{shown}");
        }
    }
}
