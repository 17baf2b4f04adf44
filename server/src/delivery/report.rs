//! How is a sender told that a message could not be delivered (RFC 3461 §6, RFC 3464, RFC 6533)?

use std::fmt::Write;

use super::Reply;
use crate::key::random_text;
use crate::mail::{with_crlf, written_date};

/// A report on a message that did not come to some of its recipients.
pub(crate) struct Report<'a> {
    /// What we are called.
    pub(crate) host: &'a str,
    /// Who sent the message, and gets the report.
    pub(crate) sender: &'a str,
    /// When the message was accepted, in milliseconds since 1970.
    pub(crate) accepted: i64,
    /// Now, in milliseconds since 1970.
    pub(crate) now: i64,
    /// To whom it did not come.
    pub(crate) failed: &'a [FailedRecipient],
    /// The header of the message.
    pub(crate) header: &'a [u8],
}

/// A recipient that a message did not come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedRecipient {
    /// Its address.
    pub(crate) address: String,
    /// The last answer.
    pub(crate) reply: Reply,
    /// Whether it was tried for as long as anything is.
    pub(crate) expired: bool,
}

impl Report<'_> {
    /// The report as a message.
    pub(crate) fn message(&self) -> Vec<u8> {
        let Self { host, sender, .. } = self;
        let (boundary, id, date) = (random_text(32), random_text(24), written_date(self.now));
        let is_ascii = self.failed.iter().all(|failed| failed.address.is_ascii());
        let status = if is_ascii { "delivery-status" } else { "global-delivery-status" };
        let mut out = format!(
            "From: Mail delivery <MAILER-DAEMON@{host}>\r\n\
             To: <{sender}>\r\n\
             Subject: Your message could not be delivered\r\n\
             Date: {date}\r\n\
             Message-ID: <{id}@{host}>\r\n\
             Auto-Submitted: auto-replied\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
             {text}\r\n\
             --{boundary}\r\n\
             Content-Type: message/{status}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
             {machine}\r\n\
             --{boundary}\r\n\
             Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
            text = self.text(),
            machine = self.machine(),
        )
        .into_bytes();
        out.extend_from_slice(&with_crlf(self.header));
        out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        out
    }

    /// What is told to people.
    fn text(&self) -> String {
        let accepted = written_date(self.accepted);
        let mut text = format!(
            "This is the mail server {}.\r\n\r\n\
             Your message of {accepted} could not be delivered to these recipients:\r\n\r\n",
            self.host
        );
        for FailedRecipient { address, reply, expired } in self.failed {
            let (code, words) = (reply.code, printable(&reply.text));
            let tried = if *expired { "it was tried for long enough; the last answer: " } else { "" };
            // Writing to a string does not fail.
            _ = write!(text, "  {address}\r\n    {tried}{code} {} {words}\r\n\r\n", reply.status);
        }
        text + "Nobody reads answers to this report. The header of your message follows.\r\n"
    }

    /// What is told to programs.
    fn machine(&self) -> String {
        let mut out =
            format!("Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n", self.host, written_date(self.accepted));
        for FailedRecipient { address, reply, .. } in self.failed {
            let kind = if address.is_ascii() { "rfc822" } else { "utf-8" };
            // What was tried too long fails for good, whatever the last answer was.
            let status = reply.status.strip_prefix("4.").map(|rest| format!("5.{rest}"));
            let status = status.unwrap_or_else(|| reply.status.clone());
            _ = write!(
                out,
                "\r\nFinal-Recipient: {kind}; {address}\r\nAction: failed\r\nStatus: {status}\r\n\
                 Diagnostic-Code: smtp; {} {} {}\r\n",
                reply.code,
                reply.status,
                printable(&reply.text)
            );
        }
        out
    }
}

/// The words of another server, on one line of ASCII that is not too long for mail.
fn printable(text: &str) -> String {
    const LONGEST: usize = 800;
    let plain = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().take(LONGEST).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use protocol::MimeBody;

    use super::*;
    use crate::mail::email;

    /// A report that a message to this address was tried for too long.
    fn report(address: &str) -> String {
        let failed = [FailedRecipient {
            address: address.to_owned(),
            reply: Reply::new(451, "4.4.1", "no answer\r\nX: \u{fc}"),
            expired: true,
        }];
        let report = Report {
            host: "mx.example.org",
            sender: "alice@example.org",
            accepted: 1_700_000_000_000,
            now: 1_700_000_060_000,
            failed: &failed,
            header: b"Subject: hello\nMessage-ID: <1@example.org>\n\n",
        };
        String::from_utf8(report.message()).unwrap()
    }

    #[test]
    fn a_report_has_a_text_the_status_of_each_recipient_and_the_header() {
        let raw = report("eve@example.net");
        let email = email(raw.as_bytes(), None, None, &TimeZone::UTC).unwrap();
        let MimeBody::Parts(parts) = email.mime.unwrap().body else { panic!("{raw}") };
        let types: Vec<_> =
            parts.iter().map(|part| format!("{}/{}", part.media_type, part.subtype)).collect();
        assert_eq!(types, ["text/plain", "message/delivery-status", "text/rfc822-headers"]);
        let expected = "Reporting-MTA: dns; mx.example.org\r\nArrival-Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\n\
                        Final-Recipient: rfc822; eve@example.net\r\nAction: failed\r\nStatus: 5.4.1\r\n\
                        Diagnostic-Code: smtp; 451 4.4.1 no answer??X: ?\r\n";
        assert!(raw.contains(expected), "{raw}");
        assert!(raw.contains(
            "  eve@example.net\r\n    it was tried for long enough; the last answer: 451 4.4.1 no"
        ));
        assert!(raw.contains("\r\n\r\nSubject: hello\r\nMessage-ID: <1@example.org>\r\n\r\n"), "{raw}");
    }

    #[test]
    fn an_address_that_is_not_ascii_is_reported_as_one() {
        let raw = report("j\u{f6}rg@example.net");
        assert!(raw.contains("Content-Type: message/global-delivery-status\r\n"), "{raw}");
        assert!(raw.contains("Final-Recipient: utf-8; j\u{f6}rg@example.net\r\n"), "{raw}");
    }
}
