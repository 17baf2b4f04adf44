//! How is mail given to the server that knows the outside world?
//!
//! A connection a message. Each recipient has an answer of its own, so that one who is refused loses the message for
//! nobody else (RFC 5321 §3.3).

use std::error::Error as _;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::{ClientId, Extension};
use lettre::transport::smtp::{Error, response::Response};
use storage::Claimed;
use tracing::debug;

use crate::config::{self, RelayTls};
use crate::delivery::{Reply, Verdict, host_name};
use crate::hub::{Hub, Memory, message};
use crate::mail::{for_the_wire, header_block};

/// How many times as long as for other answers the relay may think about a whole message (RFC 5321 §4.5.3.2.6).
const MESSAGE: u32 = 5;
/// Bytes of a message that are made ready for the network at once.
const PIECE: usize = 64 * 1024;
/// Bytes that all messages may take that are being sent.
const ROOM: u64 = 256 << 20;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// The server that takes mail for the outside world.
pub(crate) struct Relay {
    config: config::Relay,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    /// The room for messages on their way. It is the relay's own: one that is slow holds up nothing but its mail.
    room: Memory,
}

impl Relay {
    /// The relay of the configuration, with the files that it names; none if none is configured.
    ///
    /// # Errors
    /// If a file cannot be used; the text says which and why.
    pub(crate) fn load(config: &config::Relay) -> anyhow::Result<Option<Self>> {
        if config.host.is_empty() {
            return Ok(None);
        }
        let read = |key: &str, file: &std::path::Path| {
            std::fs::read(file).with_context(|| format!("cannot read mail.relay.{key} {}", file.display()))
        };
        let mut tls = TlsParameters::builder(config.host.clone());
        if !config.ca_file.as_os_str().is_empty() {
            let wrong =
                || format!("there is no certificate in mail.relay.ca_file {}", config.ca_file.display());
            let certificate = Certificate::from_pem(&read("ca_file", &config.ca_file)?);
            tls = tls.add_root_certificate(certificate.with_context(wrong)?);
        }
        let tls = match config.tls {
            RelayTls::None => None,
            RelayTls::Starttls | RelayTls::Tls => {
                Some(tls.build().context("cannot use TLS with mail.relay.host")?)
            }
        };
        let credentials = if config.user.is_empty() {
            None
        } else {
            let password = String::from_utf8(read("password_file", &config.password_file)?)
                .context("mail.relay.password_file should be text in UTF-8")?;
            Some(Credentials::new(config.user.clone(), password.trim_end().to_owned()))
        };
        Ok(Some(Self { config: config.clone(), tls, credentials, room: Memory::of(ROOM) }))
    }

    /// Carries a message of the queue to its recipients.
    pub(crate) async fn carry(&self, hub: &Arc<Hub>, claimed: &Claimed) -> Vec<Verdict> {
        let recipients: Vec<&str> =
            claimed.recipients.iter().map(|recipient| recipient.address.as_str()).collect();
        let read = async {
            let host = host_name(hub).await?;
            Ok((host, message(&hub.storage, &self.room, claimed.blob).await?))
        };
        match read.await {
            Ok((host, (raw, _taken))) => self.send(&host, &claimed.sender, &recipients, &raw).await,
            Err(error) => vec![Verdict::of(&error); recipients.len()],
        }
    }

    /// Sends a message; what became of each recipient.
    async fn send(&self, host: &str, sender: &str, recipients: &[&str], raw: &[u8]) -> Vec<Verdict> {
        let mut connection = match self.connect(host).await {
            Ok(connection) => connection,
            // Whatever is wrong there, it is not the message.
            Err(verdict) => return vec![verdict.put_off(); recipients.len()],
        };
        let mut exchange = Exchange { connection: &mut connection, patience: self.config.timeout.0 };
        let verdicts = exchange.run(sender, recipients, raw).await;
        // A server that does not say goodbye has taken the message all the same.
        _ = tokio::time::timeout(FAREWELL, connection.quit()).await;
        verdicts
    }

    async fn connect(&self, host: &str) -> Result<AsyncSmtpConnection, Verdict> {
        let patience = self.config.timeout.0;
        let name = ClientId::Domain(host.to_owned());
        let address = (self.config.host.as_str(), self.config.port);
        let at_once = self.tls.clone().filter(|_| self.config.tls == RelayTls::Tls);
        let connect = AsyncSmtpConnection::connect_tokio1(address, Some(patience), &name, at_once, None);
        let mut connection = timed(patience, connect).await?;
        if let Some(tls) = self.tls.clone()
            && self.config.tls == RelayTls::Starttls
        {
            timed(patience, connection.starttls(tls, &name)).await?;
        }
        if let Some(credentials) = &self.credentials {
            timed(patience, connection.auth(DEFAULT_MECHANISMS, credentials)).await?;
        }
        Ok(connection)
    }
}

/// The sending of one message.
struct Exchange<'c> {
    connection: &'c mut AsyncSmtpConnection,
    patience: Duration,
}

impl Exchange<'_> {
    async fn run(&mut self, sender: &str, recipients: &[&str], raw: &[u8]) -> Vec<Verdict> {
        let parameters = match self.parameters(sender, raw) {
            Ok(parameters) => parameters,
            Err(verdict) => return vec![verdict; recipients.len()],
        };
        if let Err(verdict) = self.command(format!("MAIL FROM:<{sender}>{parameters}\r\n")).await {
            return vec![verdict; recipients.len()];
        }
        let mut verdicts = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            verdicts.push(self.recipient(recipient).await);
        }
        if verdicts.contains(&Verdict::Delivered)
            && let Err(verdict) = self.message(raw).await
        {
            verdicts.iter_mut().filter(|v| **v == Verdict::Delivered).for_each(|v| *v = verdict.clone());
        }
        verdicts
    }

    /// What has to be said of the message before it: that it is more than ASCII, if it is (RFC 6152, RFC 6531).
    fn parameters(&self, sender: &str, raw: &[u8]) -> Result<String, Verdict> {
        let knows = |extension| self.connection.server_info().supports_feature(extension);
        let mut parameters = String::new();
        if !raw.is_ascii() {
            if !knows(Extension::EightBitMime) {
                let text = "the message is more than ASCII, which the relay does not take";
                return Err(Verdict::Refused(Reply::new(554, "5.6.3", text)));
            }
            parameters.push_str(" BODY=8BITMIME");
        }
        if knows(Extension::SmtpUtfEight) {
            if !sender.is_ascii() || !header_block(raw).is_ascii() {
                parameters.push_str(" SMTPUTF8");
            }
        } else if !sender.is_ascii() {
            return Err(not_ascii("the sender's address"));
        }
        Ok(parameters)
    }

    /// Names a recipient; `Delivered` stands for one that was accepted.
    async fn recipient(&mut self, recipient: &str) -> Verdict {
        if !recipient.is_ascii() && !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return not_ascii("the address");
        }
        self.command(format!("RCPT TO:<{recipient}>\r\n"))
            .await
            .map_or_else(|verdict| verdict, |_| Verdict::Delivered)
    }

    async fn message(&mut self, raw: &[u8]) -> Result<(), Verdict> {
        self.command("DATA\r\n".to_owned()).await?;
        let raw = for_the_wire(raw);
        // The line end before the last dot is written by the library.
        let raw = raw.strip_suffix(b"\r\n").unwrap_or(&raw);
        let sent = self.connection.message_iter(raw.chunks(PIECE));
        timed(self.patience.saturating_mul(MESSAGE), sent).await.map(drop)
    }

    async fn command(&mut self, line: String) -> Result<Response, Verdict> {
        timed(self.patience, self.connection.command(line)).await
    }
}

fn not_ascii(what: &str) -> Verdict {
    let text = format!("{what} is more than ASCII, which the relay does not take");
    Verdict::Refused(Reply::new(553, "5.6.7", text))
}

/// Waits for an answer; what else comes is what becomes of the recipients.
async fn timed<T>(patience: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Verdict> {
    match tokio::time::timeout(patience, work).await {
        Ok(done) => done.map_err(|error| verdict(&error)),
        Err(_) => Err(Verdict::NotYet(Reply::new(451, "4.4.2", "the relay does not answer"))),
    }
}

/// What an answer other than yes, or a connection that fails, means.
fn verdict(error: &Error) -> Verdict {
    debug!(%error, "the relay says no");
    let Some(code) = error.status() else {
        return Verdict::NotYet(Reply::new(451, "4.4.1", format!("the relay cannot be used: {error}")));
    };
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    let (status, text) = enhanced(&words, error.is_permanent());
    let reply = Reply { code: code.into(), status, text };
    // It wants TLS or another password (RFC 3207, RFC 4954): that can be mended, and the message still be sent.
    let is_about_us = matches!(reply.code, 530 | 534 | 535 | 538);
    if error.is_permanent() && !is_about_us { Verdict::Refused(reply) } else { Verdict::NotYet(reply) }
}

/// The enhanced status that an answer begins with, and the rest of it.
fn enhanced(words: &str, is_permanent: bool) -> (String, String) {
    let class = if is_permanent { "5" } else { "4" };
    let first = words.split(' ').next().unwrap_or_default();
    let numbers: Vec<&str> = first.split('.').collect();
    let number =
        |text: &&str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    match words.strip_prefix(first) {
        Some(rest) if numbers.len() == 3 && numbers.iter().all(number) && numbers.first() == Some(&class) => {
            (first.to_owned(), rest.trim_start().to_owned())
        }
        _ => (format!("{class}.0.0"), words.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enhanced_status_is_taken_from_an_answer_that_has_one() {
        let is = |status: &str, text: &str| (status.to_owned(), text.to_owned());
        assert_eq!(enhanced("5.1.1 no such user", true), is("5.1.1", "no such user"));
        assert_eq!(enhanced("4.7.100", false), is("4.7.100", ""));
        assert_eq!(enhanced("no such user", true), is("5.0.0", "no such user"));
        assert_eq!(enhanced("2.1.5 odd", true), is("5.0.0", "2.1.5 odd"));
        assert_eq!(enhanced("", false), is("4.0.0", ""));
    }
}
