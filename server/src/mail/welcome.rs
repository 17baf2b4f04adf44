//! What does a newcomer find in INBOX?
//!
//! Four messages that say what the gateway can do, each in another of the shapes that mail comes in.

mod pdf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::KOI8_R;

use super::date::written_date;
use super::line::with_crlf;

/// The picture of the message with a picture, 480 by 120 pixels.
const PICTURE: &[u8] = include_bytes!("welcome/gateway.png");

const DAY: i64 = 24 * 3600 * 1000;

/// The messages for an account of this address, oldest first: one of each of the last four days before `now`, which
/// is in milliseconds since 1970. The dates are in their `Date` fields.
pub(crate) fn welcome(address: &str, now: i64) -> Vec<Vec<u8>> {
    let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let user = address.split('@').next().unwrap_or_default();
    let letter =
        |number: u8| Letter { number, address, user, domain, sent: now - i64::from(5 - number) * DAY };
    [first_steps(&letter(1)), other_scripts(&letter(2)), with_a_picture(&letter(3)), with_a_card(&letter(4))]
        .iter()
        .map(|message| with_crlf(message.as_bytes()))
        .collect()
}

/// To whom and when one of the messages is written.
struct Letter<'a> {
    number: u8,
    address: &'a str,
    /// The part of the address before the `@`.
    user: &'a str,
    domain: &'a str,
    sent: i64,
}

impl Letter<'_> {
    /// The header up to the fields of the body.
    fn header(&self, subject: &str) -> String {
        let Self { number, address, domain, sent, .. } = self;
        let date = written_date(*sent);
        format!(
            "From: XIMSS gateway <gateway@{domain}>\nTo: {address}\nSubject: {subject}\nDate: {date}\n\
             Message-ID: <welcome-{number}.{sent}@{domain}>\nMIME-Version: 1.0\n"
        )
    }
}

/// Plain text.
fn first_steps(letter: &Letter<'_>) -> String {
    let Letter { user, domain, .. } = letter;
    let header = letter.header("Welcome to your gateway");
    format!(
        "{header}Content-Type: text/plain; charset=us-ascii

Hello {user},

this gateway brings mail and telephone calls into a browser. What you can do
right now:

* Hear yourself: dial echo@{domain} on the page and speak. The gateway plays
  your voice back. Neither a phone nor a second person is needed.

* Call somebody: open a second browser, or a private window of this one, log
  in there as another user, and dial that user's address.

* Connect a phone: any SIP phone or softphone will do. Its user name is
  {user}, its domain {domain}, its password the one of this account. Proxy
  and transport are printed when the gateway starts.

* Read and send files: other messages here have an attachment and a picture,
  and the page takes files that you upload.

When the connection breaks, messages and calls wait for you to come back:
reload the page, or just go on.

Your gateway
"
    )
}

/// A text in KOI8-R, encoded as base64.
fn other_scripts(letter: &Letter<'_>) -> String {
    let subject = STANDARD.encode(&KOI8_R.encode("Привет из шлюза").0);
    let text = format!(
        "Здравствуйте, {}!\r\n\r\n\
         Это письмо написано в кодировке KOI8-R. Если вы читаете эти строки,\r\n\
         значит, шлюз понимает и письма, написанные задолго до Юникода.\r\n\r\n\
         This message is written in KOI8-R, an encoding from before Unicode. The\r\n\
         gateway reads some forty of them and shows all mail as Unicode text.\r\n\r\n\
         Чтобы услышать себя, позвоните по адресу echo@{}.\r\n\r\n\
         Ваш шлюз\r\n",
        letter.user, letter.domain
    );
    let header = letter.header(&format!("=?koi8-r?B?{subject}?="));
    let text = wrapped(&KOI8_R.encode(&text).0);
    format!("{header}Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n{text}\n")
}

/// A page with a picture that comes along (RFC 2387, RFC 2392), and the same as plain text.
fn with_a_picture(letter: &Letter<'_>) -> String {
    let Letter { domain, .. } = letter;
    let header = letter.header("How a call finds its way");
    let echo = html(&format!("echo@{domain}"));
    let picture = wrapped(PICTURE);
    format!(
        "{header}Content-Type: multipart/alternative; boundary=\"=_either\"

--=_either
Content-Type: text/plain; charset=us-ascii

You dial on the page. The page talks to the gateway in XML, the gateway
talks SIP to the phone, and the sound goes straight through: encrypted
between browser and gateway, as the phone likes it on the other side.

Calls from one browser to another take the same way, with no phone in it.
Try it with echo@{domain}.
--=_either
Content-Type: multipart/related; type=\"text/html\"; boundary=\"=_page\"

--=_page
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<!DOCTYPE html>
<html>
<body style=\"font-family: sans-serif; max-width: 36em\">
<p><img src=\"cid:picture@gateway\" alt=\"Browser, gateway, phone\" width=\"480\" height=\"120\"></p>
<p>You dial on the page. The page talks to the gateway in <b>XML</b>, the gateway talks <b>SIP</b> to the
phone, and the sound goes straight through: encrypted between browser and gateway, as the phone likes it on
the other side.</p>
<p>Calls from one browser to another take the same way, with no phone in it. Try it with
<b>{echo}</b> — nobody is disturbed.</p>
</body>
</html>
--=_page
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-ID: <picture@gateway>
Content-Disposition: inline; filename=\"gateway.png\"

{picture}
--=_page--
--=_either--
"
    )
}

/// A multipart in a multipart, with a PDF attached.
fn with_a_card(letter: &Letter<'_>) -> String {
    let Letter { user, domain, .. } = letter;
    let header = letter.header("Your reference card");
    let account = format!("ximss-gateway account add NAME@{domain}");
    let password = format!("ximss-gateway account password {user}@{domain}");
    let import = format!("ximss-gateway mail import {user}@{domain} INBOX mail.mbox");
    let hear = format!("Call echo@{domain} and speak.");
    let phone = format!("User {user}, domain {domain}, this account's password.");
    let card = wrapped(&pdf::page(
        "XIMSS gateway",
        &[
            ("Hear yourself", &[&hear]),
            ("Connect a phone", &[&phone, "Proxy and transport are printed at the start."]),
            ("Add an account", &[&account]),
            ("Change a password", &[&password]),
            ("Bring your mail along", &[&import, "Takes an mbox file or a Maildir folder."]),
            ("Check the settings", &["ximss-gateway config check", "ximss-gateway config show"]),
        ],
    ));
    format!(
        "{header}Content-Type: multipart/mixed; boundary=\"=_all\"

--=_all
Content-Type: multipart/alternative; boundary=\"=_text\"

--=_text
Content-Type: text/plain; charset=us-ascii

The commands you will need first are on the attached card:

  {account}
  {import}

All of them work while the gateway is running. Imported mail keeps its
dates and marks, and shows up on open pages at once.
--=_text
Content-Type: text/html; charset=us-ascii

<!DOCTYPE html>
<html>
<body style=\"font-family: sans-serif; max-width: 36em\">
<p>The commands you will need first are on the attached card:</p>
<pre>{}
{}</pre>
<p>All of them work while the gateway is running. Imported mail keeps its dates and marks, and shows up on open
pages at once.</p>
</body>
</html>
--=_text--
--=_all
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Description: Commands and addresses on one page
Content-Disposition: attachment; filename=\"Reference card.pdf\"

{card}
--=_all--
",
        html(&account),
        html(&import)
    )
}

/// The text as HTML.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Base64 in lines of 76 characters (RFC 2045 §6.8), the last one without its end.
fn wrapped(bytes: &[u8]) -> String {
    let lines: Vec<String> = bytes.chunks(57).map(|line| STANDARD.encode(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use protocol::{Email, Mime, MimeBody};

    use super::*;
    use crate::mail::{self, Outline, Part, PartId};

    const NOW: i64 = 1_709_208_000_000;

    fn shape(mime: &Mime) -> String {
        let kind = format!("{}/{}", mime.media_type, mime.subtype);
        assert_eq!(mime.parse_error, None, "{kind}");
        match &mime.body {
            MimeBody::Parts(parts) => {
                format!("{kind}({})", parts.iter().map(shape).collect::<Vec<_>>().join(" "))
            }
            MimeBody::Text(_) | MimeBody::Omitted | MimeBody::Email(_) | MimeBody::Xml(_) => kind,
        }
    }

    fn presented(raw: &[u8]) -> Email {
        mail::email(raw, None, None, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn there_is_one_message_of_each_shape() {
        let shapes: Vec<_> = welcome("alice@example.org", NOW)
            .iter()
            .map(|raw| shape(&presented(raw).mime.unwrap()))
            .collect();
        let expected = [
            "text/plain",
            "text/plain",
            "multipart/alternative(text/plain multipart/related(text/html image/png))",
            "multipart/mixed(multipart/alternative(text/plain text/html) application/pdf)",
        ];
        assert_eq!(shapes, expected);
    }

    #[test]
    fn they_are_for_the_account_and_spread_over_the_days_before() {
        let fields: Vec<_> = welcome("alice@example.org", NOW).iter().map(|raw| mail::fields(raw)).collect();
        let expected = |number: i64, subject: &str, attachment| storage::Fields {
            sent: Some(NOW - (5 - number) * DAY),
            subject: subject.to_owned(),
            from_name: "XIMSS gateway".to_owned(),
            from_address: "gateway@example.org".to_owned(),
            to: "alice@example.org".to_owned(),
            cc: String::new(),
            message_id: format!("welcome-{number}.{}@example.org", NOW - (5 - number) * DAY),
            attachment,
        };
        let all = [
            expected(1, "Welcome to your gateway", false),
            expected(2, "Привет из шлюза", false),
            expected(3, "How a call finds its way", false),
            expected(4, "Your reference card", true),
        ];
        assert_eq!(fields, all);
    }

    #[test]
    fn the_text_in_koi8_r_is_read_as_it_was_written() {
        let messages = welcome("alice@example.org", NOW);
        let MimeBody::Text(text) = presented(&messages[1]).mime.unwrap().body else { panic!("no text") };
        assert!(
            text.starts_with("Здравствуйте, alice!\n\nЭто письмо написано в кодировке KOI8-R."),
            "{text}"
        );
        assert!(text.contains("echo@example.org"), "{text}");
        assert!(messages[1].is_ascii());
    }

    #[test]
    fn the_page_finds_its_picture_and_the_card_is_a_pdf() {
        let messages = welcome("alice@example.org", NOW);
        let html = PartId::parse("02-01").unwrap();
        let at = Outline::read(&messages[2]).related(Some(&html), "picture@gateway").unwrap();
        assert_eq!(Part::at(&messages[2], at).unwrap().decoded(), PICTURE);
        let outline = Outline::read(&messages[3]);
        let at = outline.find(PartId::parse("02").as_ref()).unwrap();
        let card = Part::at(&messages[3], at).unwrap();
        let disposition =
            outline.entry(at).unwrap().file_name.as_ref().map(|name| name.disposition("attachment"));
        assert_eq!(disposition.as_deref(), Some("attachment; filename=\"Reference card.pdf\""));
        assert!(card.decoded().starts_with(b"%PDF-1.4\n"));
    }

    #[test]
    fn lines_are_as_short_as_mail_wants_them() {
        for raw in welcome("alice@example.org", NOW) {
            let longest = raw.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
            assert!(longest.is_some_and(|length| length <= 120), "{longest:?}");
        }
    }
}
