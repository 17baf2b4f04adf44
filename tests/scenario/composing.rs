//! Messages that a client composes: stored, sent, sent on, with what they attach.

use bytes::Bytes;
use hyper::Method;
use protocol::{Element, Flags};

use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Http, Kind, Login, Mail};

/// A client with an open INBOX that it watches, and its way to files.
struct Reader {
    client: Client,
    http: Http,
    base: String,
}

impl Reader {
    async fn of(gateway: &Gateway, account: &'static str) -> Self {
        let mut client = Client::connect(gateway, Kind::WebSocket, Login::Password(account)).await;
        client.run("<folderOpen folder=\"INBOX\"><field>FLAGS</field></folderOpen>").await;
        let base = format!("/Session/{}", client.session("urlID"));
        Self { client, http: Http::of(gateway), base }
    }

    /// Waits until INBOX has so many messages.
    async fn wait_for(&mut self, count: usize) {
        loop {
            self.client.run("<folderReopen folder=\"INBOX\"/>").await;
            if self.uids("INBOX").await.len() >= count {
                return;
            }
            self.client.notice("folderReport").await;
        }
    }

    async fn uids(&mut self, folder: &str) -> Vec<String> {
        let request =
            format!("<folderBrowse folder=\"{folder}\"><index from=\"0\" till=\"99\"/></folderBrowse>");
        let rows = self.client.run(&request).await;
        rows.iter().map(|row| row.attribute("UID").expect("rows have it").to_owned()).collect()
    }

    /// A part of a message as a file, decoded; the whole message for `P.txt`.
    async fn get(&self, folder: &str, item: &str) -> Bytes {
        let answer = self.http.get(&format!("{}/MIME/{folder}/{item}", self.base)).await;
        assert_eq!(answer.status, 200, "{item}: {}", answer.text());
        answer.body
    }

    async fn raw(&self, folder: &str, uid: u32) -> String {
        String::from_utf8(self.get(folder, &format!("{uid}-P.txt")).await.to_vec()).expect("it is ASCII")
    }

    async fn upload(&self, id: &str, content_type: &str, bytes: impl Into<Bytes>) {
        let url = format!("{}/UPLOAD/{id}", self.base);
        let put = self.http.send(Method::PUT, &url, &[("content-type", content_type)], bytes).await;
        assert_eq!(put.status, 200, "{}", put.text());
    }

    async fn email(&mut self, folder: &str, uid: u32) -> Element {
        let read = format!("<folderRead folder=\"{folder}\" UID=\"{uid}\" totalSizeLimit=\"-1\"/>");
        let messages = self.client.run(&read).await;
        messages[0].child("EMail").expect("a message").clone()
    }
}

/// Bytes in which everything occurs.
fn file(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * at / 7 + at) % 256).expect("a byte")).collect()
}

/// The `<MIME>` of a part and its parts, in order: type, subtype and file name.
fn shape(mime: &Element) -> Vec<String> {
    let attribute = |name| mime.attribute(name).unwrap_or_default();
    let own = format!("{}/{} {}", attribute("type"), attribute("subtype"), attribute("Disposition-filename"));
    let parts = mime.elements().filter(|child| child.is("MIME")).flat_map(shape);
    std::iter::once(own.trim().to_owned()).chain(parts).collect()
}

#[tokio::test]
async fn what_one_sends_the_other_gets_and_nobody_learns_of_secret_recipients() {
    let gateway = Gateway::with(Fixture::new()).await;
    let mut alice = Reader::of(&gateway, ALICE).await;
    let mut bob = Reader::of(&gateway, BOB).await;
    let submit = "<messageSubmit><EMail><Subject>Grüße & mehr</Subject><To realName=\"Carl, Größe\">alice@localhost</To>\
                  <Bcc realName=\"Bob\">bob@localhost</Bcc><MIME type=\"text\" subtype=\"plain\">Guten Tag,\n.\nöä\n</MIME>\
                  </EMail></messageSubmit>";
    alice.client.run(&submit.replace("& ", "&amp; ")).await;
    bob.wait_for(1).await;
    alice.wait_for(1).await;
    alice.client.run("<folderOpen folder=\"Sent\"><field>FLAGS</field></folderOpen>").await;
    for (is_bob, folder) in [(true, "INBOX"), (false, "INBOX"), (false, "Sent")] {
        let reader = if is_bob { &mut bob } else { &mut alice };
        let email = reader.email(folder, 1).await;
        let text = |name| email.child(name).map(|child| child.text().into_owned());
        assert_eq!(text("Subject").as_deref(), Some("Grüße & mehr"));
        assert_eq!(text("From").as_deref(), Some(ALICE));
        assert_eq!(email.child("To").and_then(|to| to.attribute("realName")), Some("Carl, Größe"));
        assert_eq!(text("MIME").as_deref(), Some("Guten Tag,\n.\nöä\n"));
        let raw = reader.raw(folder, 1).await;
        assert_eq!(raw.to_lowercase().contains("bcc"), folder == "Sent", "{raw}");
        assert_eq!(raw.contains("bob@"), folder == "Sent", "{raw}");
    }
}

#[tokio::test]
async fn a_draft_that_is_saved_again_and_again_is_one_and_goes_when_it_is_sent() {
    let gateway = Gateway::with(Fixture::new()).await;
    let mut alice = Reader::of(&gateway, ALICE).await;
    let mut bob = Reader::of(&gateway, BOB).await;
    let mut replaces = String::new();
    for version in 1..=3 {
        let append = format!(
            "<messageAppend targetMailbox=\"Drafts\" mailboxClass=\"\" flags=\"Draft,Seen\" report=\"uid\"{replaces}><EMail>\
             <Subject>version {version}</Subject><To>not yet an address</To></EMail></messageAppend>"
        );
        let added = alice.client.run(&append).await;
        replaces = format!(" replacesUID=\"{}\"", added[0].attribute("UID").expect("a UID"));
    }
    let open = "<folderOpen folder=\"D\" mailbox=\"Drafts\"><field>Subject</field><field>ORIGUID</field></folderOpen>";
    alice.client.run(open).await;
    let rows =
        alice.client.run("<folderBrowse folder=\"D\"><index from=\"0\" till=\"9\"/></folderBrowse>").await;
    let fields: Vec<String> = rows[0].elements().map(|field| field.text().into_owned()).collect();
    assert_eq!((rows.len(), fields.join(" ")), (1, "version 3 1".to_owned()));
    let email = alice.email("D", 3).await;
    assert_eq!(email.child("To").and_then(|to| to.attribute("realName")), Some("not yet an address"));
    let submit = "<messageSubmit draftFolder=\"D\" draftUID=\"3\"><EMail><To>bob@localhost</To></EMail></messageSubmit>";
    alice.client.run(submit).await;
    bob.wait_for(1).await;
    alice.client.run("<folderReopen folder=\"D\"/>").await;
    assert_eq!(alice.uids("D").await, [""; 0]);
    // That there is nothing to tidy any more is no reason not to send.
    let away = "<messageSubmit draftFolder=\"X\" draftUID=\"3\" replyFolder=\"Y\" replyUID=\"1\"><EMail><To>bob@localhost</To>\
                <From>alice@localhost</From><Sender>alice@localhost</Sender></EMail></messageSubmit>";
    alice.client.run(away).await;
    bob.wait_for(2).await;
}

/// A part of a message that was encoded as a whole.
#[tokio::test]
async fn a_part_that_is_deep_within_arrives_too() {
    let mail = Mail {
        rest: "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
               Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\
               U3ViamVjdDogaW5uZXIKClRleHQK\r\n--b--\r\n"
            .to_owned(),
        ..with_picture()
    };
    let gateway = Gateway::with(Fixture::new().mail("INBOX", [mail])).await;
    let mut alice = Reader::of(&gateway, ALICE).await;
    let mut bob = Reader::of(&gateway, BOB).await;
    let part = "<MIME folder=\"INBOX\" UID=\"5\" partID=\"01-01\"/>";
    let submit = format!(
        "<messageSubmit><EMail><To>bob@localhost</To><MIME type=\"multipart\" subtype=\"mixed\">{}</MIME></EMail></messageSubmit>",
        part.repeat(3)
    );
    alice.client.run(&submit).await;
    bob.wait_for(1).await;
    for number in 1..=3 {
        assert_eq!(bob.get("INBOX", &format!("1-0{number}-B.txt")).await, "Text\n");
    }
}

/// A message with a picture, as it came.
fn with_picture() -> Mail {
    Mail {
        uid: 5,
        internal_date: 1_600_000_000_000,
        flags: Flags::NONE,
        from: "carol@example.org".to_owned(),
        subject: "picture".to_owned(),
        rest: "Bcc: secret@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
               Content-Type: text/plain\r\n\r\nsee\r\n--b\r\nContent-Type: image/png; name=\"Logo ö.png\"\r\n\
               Content-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc=\r\n--b--\r\n"
            .to_owned(),
    }
}

#[tokio::test]
async fn attachments_arrive_byte_by_byte_wherever_they_are_from() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", [with_picture()])).await;
    let mut alice = Reader::of(&gateway, ALICE).await;
    let mut bob = Reader::of(&gateway, BOB).await;
    let large = file(3_000_001);
    alice.upload("one", "application/pdf", large.clone()).await;
    alice.upload("two", "text/html; charset=koi8-r", &b"<b>\xc1</b>"[..]).await;
    alice.upload("mail", "message/rfc822", &b"Subject: uploaded\r\n\r\nFrom here\r\n.\r\n"[..]).await;
    alice.client.run("<fileDirCreate fileName=\"Papers\"/>").await;
    alice.client.run("<fileStore fileName=\"Papers/kept.png\" uploadID=\"one\"/>").await;
    let name = "Отчёт за очень длинный год и ещё один очень длинный год.pdf";
    let submit = format!(
        "<messageSubmit><EMail><Subject>files</Subject><To>bob@localhost</To><MIME type=\"multipart\" subtype=\"mixed\">\
         <MIME type=\"text\" subtype=\"plain\">see</MIME>\
         <MIME type=\"attachment\" uploadID=\"one\" disposition-filename=\"{name}\"/>\
         <MIME type=\"text\" subtype=\"html\" charset=\"koi8-r\" uploadID=\"two\" disposition=\"inline\" contentID=\"a@b\"/>\
         <MIME folder=\"INBOX\" UID=\"5\" partID=\"02\"/><MIME folder=\"INBOX\" UID=\"5\"/>\
         <MIME type=\"attachment\" uploadID=\"mail\"/>\
         <MIME type=\"attachment\" fileName=\"Papers/kept.png\"/></MIME></EMail></messageSubmit>"
    );
    alice.client.run(&submit).await;
    bob.wait_for(1).await;
    let email = bob.email("INBOX", 1).await;
    let expected = [
        "multipart/mixed".to_owned(),
        "text/plain".to_owned(),
        format!("application/pdf {name}"),
        "text/html".to_owned(),
        "image/png Logo ö.png".to_owned(),
        "message/rfc822".to_owned(),
        "message/rfc822".to_owned(),
        "image/png kept.png".to_owned(),
    ];
    assert_eq!(shape(email.child("MIME").expect("a body")), expected);
    assert!(bob.get("INBOX", "1-02-B.pdf").await == large, "the large file arrives as it was");
    assert!(bob.get("INBOX", "1-07-B.png").await == large, "the stored file arrives as it was");
    assert_eq!(bob.get("INBOX", "1-03-B.html").await, &b"<b>\xc1</b>"[..]);
    assert_eq!(bob.get("INBOX", "1-01-R/a%40b").await, &b"<b>\xc1</b>"[..]);
    assert_eq!(bob.get("INBOX", "1-04-B.png").await, &[0, 1, 2, 3, 4, 5, 6, 7][..]);
    let forwarded = alice.raw("INBOX", 5).await.replace("Bcc: secret@example.org\r\n", "");
    assert_eq!(bob.get("INBOX", "1-05-B.eml").await, forwarded);
    assert_eq!(bob.get("INBOX", "1-06-B.eml").await, "Subject: uploaded\r\n\r\nFrom here\r\n.\r\n");
    // What was composed shows the same wherever it is read.
    alice.client.run("<folderOpen folder=\"Sent\"><field>FLAGS</field></folderOpen>").await;
    let own = alice.email("Sent", 1).await;
    assert_eq!(own.child("MIME"), email.child("MIME"));
}

#[tokio::test]
async fn an_uploaded_message_is_stored_as_it_is() {
    let gateway = Gateway::with(Fixture::new()).await;
    let mut alice = Reader::of(&gateway, ALICE).await;
    let raw = "From: a@b\r\nSubject: as it is\r\n\r\nbody\r\n";
    alice.upload("m", "message/rfc822", raw).await;
    let append = "<messageAppend folder=\"INBOX\" uploadID=\"m\" flags=\"Seen\" internalDate=\"20200229T120000Z\" report=\"uid\"/>";
    let added = alice.client.run(append).await;
    assert_eq!(added[0].attribute("UID"), Some("1"));
    alice.wait_for(1).await;
    assert_eq!(alice.raw("INBOX", 1).await, raw);
    alice
        .client
        .run("<folderOpen folder=\"F\" mailbox=\"INBOX\"><field>INTERNALDATE</field></folderOpen>")
        .await;
    let rows = alice.client.run("<folderBrowse folder=\"F\"><index>0</index></folderBrowse>").await;
    assert_eq!(
        rows[0].child("INTERNALDATE").map(|date| date.text().into_owned()).as_deref(),
        Some("20200229T120000Z")
    );
}

#[tokio::test]
async fn a_message_that_is_sent_on_stays_as_it_was_below_what_tells_who_did_it() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", [with_picture()])).await;
    let mut alice = Reader::of(&gateway, ALICE).await;
    let mut bob = Reader::of(&gateway, BOB).await;
    let redirect = "<messageRedirect folder=\"INBOX\"><UID>5</UID><To realName=\"Bób\">bob@localhost</To></messageRedirect>";
    alice.client.run(redirect).await;
    bob.wait_for(1).await;
    let (original, got) = (alice.raw("INBOX", 5).await, bob.raw("INBOX", 1).await);
    let original = original.replace("Bcc: secret@example.org\r\n", "");
    let at = got.find("Resent-From:").expect("it tells who");
    let (fields, below) = got[at..].split_at(got[at..].find("From: carol").expect("the original"));
    assert_eq!(below, original);
    let names: Vec<&str> =
        fields.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    assert_eq!(names, ["Resent-From", "Resent-To", "Resent-Date", "Resent-Message-ID"]);
    let email = bob.email("INBOX", 1).await;
    assert_eq!(email.child("Resent-To").and_then(|to| to.attribute("realName")), Some("Bób"));
    alice.client.run("<folderReopen folder=\"INBOX\"/>").await;
    let rows = alice.client.run("<folderBrowse folder=\"INBOX\"><UID>5</UID></folderBrowse>").await;
    let flags = rows[0].child("FLAGS").expect("flags").text().into_owned();
    assert!(flags.contains("Redirected"), "{flags}");
}

/// Sends a message with a part that has these attributes.
fn part(attributes: &str) -> String {
    format!(
        "<messageSubmit><EMail><To>bob@localhost</To><MIME type=\"multipart\" subtype=\"mixed\"><MIME {attributes}/></MIME>\
         </EMail></messageSubmit>"
    )
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_of_it_stays() {
    let fixture =
        Fixture::new().config("[mail]\nmessage = \"1MiB\"\nrecipients = 3\n").mail("INBOX", [with_picture()]);
    let gateway = Gateway::with(fixture).await;
    let mut alice = Reader::of(&gateway, ALICE).await;
    alice.upload("large", "image/png", file(800_000)).await;
    alice.upload("larger", "message/rfc822", file(1_100_000)).await;
    let from: String = (0..11).map(|at| format!("<From>a{at}@localhost</From>")).collect();
    let table = [
        (part("uploadID=\"large\""), "a message may have 1MiB at most, with its attachments encoded"),
        // It is not looked for further than that.
        (
            part("uploadID=\"large\"/><MIME uploadID=\"large\"/><MIME uploadID=\"none\""),
            "a message may have 1MiB at most, with its attachments encoded",
        ),
        (
            "<messageAppend folder=\"INBOX\" uploadID=\"larger\"/>".to_owned(),
            "a message may have 1MiB at most, with its attachments encoded",
        ),
        (
            "<messageSubmit replyFolder=\"X\"><EMail><To>bob@localhost</To></EMail></messageSubmit>"
                .to_owned(),
            "the attributes replyFolder and replyUID belong together",
        ),
        (
            format!("<messageSubmit><EMail>{}<To>bob@localhost</To></EMail></messageSubmit>", from.repeat(2)),
            "a message may be from 10 addresses at most",
        ),
        (
            // Before what is attached is looked for.
            part("uploadID=\"none\"").replace("<To>", "<To>a@x</To><To>b@x</To><To>c@x</To><To>"),
            "a message may have 3 recipients at most",
        ),
        (part("uploadID=\"none\""), "the file \"none\" was not uploaded"),
        (part("fileName=\"none\""), "file is not found"),
        (part("folder=\"X\" UID=\"5\""), "folder has not been opened"),
        (part("folder=\"INBOX\" UID=\"6\""), "message is not found"),
        (part("folder=\"INBOX\" UID=\"5\" partID=\"09\""), "message part is not found"),
        (part("folder=\"INBOX\""), "the attribute UID is missing"),
        (
            part("type=\"image\" subtype=\"png\""),
            "a part of type image/png has no content: give uploadID, fileName, or folder, UID and partID",
        ),
        (
            "<messageSubmit><EMail><To>bob@localhost</To><From>bob@localhost</From></EMail></messageSubmit>"
                .to_owned(),
            "the message cannot be from \"bob@localhost\": it should be from alice@localhost",
        ),
        (
            "<messageSubmit><EMail><To>bob@localhost&#13;&#10;Bcc: x@localhost</To></EMail></messageSubmit>"
                .to_owned(),
            "\"bob@localhost\\r\\nBcc: x@localhost\" is not an address: it should be name@domain",
        ),
        (
            "<messageSubmit><EMail><To>bob@localhost</To><To>bob@example.org</To></EMail></messageSubmit>"
                .to_owned(),
            "bob@example.org: mail to other servers cannot be sent, because mail.relay.host is not set",
        ),
    ];
    for (request, text) in table {
        assert_eq!(alice.client.fails(&request).await.0, text, "{request}");
    }
    alice.client.run("<folderOpen folder=\"Sent\" mailboxClass=\"\"><field>FLAGS</field></folderOpen>").await;
    assert_eq!(alice.uids("Sent").await, [""; 0]);
}
