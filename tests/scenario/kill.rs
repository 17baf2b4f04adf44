//! `kill -9`: what was answered with success is there when the gateway runs again.

use std::collections::BTreeMap;

use protocol::{Element, Flags};

use storage::Lane;

use crate::harness::{
    ALICE, BOB, Client, Fixture, Gateway, Inbox, Kind, Login, Mail, Postfix, PostfixSetup, SmtpDialogue,
    free_port,
};

const ROUNDS: u32 = 8;

fn mail() -> Vec<Mail> {
    let message = |uid| Mail {
        uid,
        internal_date: 1_600_000_000_000 + i64::from(uid),
        flags: Flags::NONE,
        from: "a@example.org".to_owned(),
        subject: format!("message {uid}"),
        rest: String::new(),
    };
    (1..=200).map(message).collect()
}

/// What alice was told, and so must find again.
#[derive(Default)]
struct Ledger {
    /// INBOX: the subject of each message and its flags.
    inbox: BTreeMap<u32, String>,
    /// How many messages are in Archive.
    archived: usize,
    preference: String,
}

async fn open(client: &mut Client, mailbox: &str) {
    let request = format!(
        r#"<folderOpen folder="{mailbox}" hideDeleted="no" mailboxClass=""><field>FLAGS</field><field>Subject</field></folderOpen>"#
    );
    client.run(&request).await;
}

/// The messages of an open folder: UID, and flags with subject.
async fn browse(client: &mut Client, folder: &str) -> BTreeMap<u32, String> {
    let request = format!(r#"<folderBrowse folder="{folder}"><index from="0" till="99999"/></folderBrowse>"#);
    let rows = client.run(&request).await;
    let uid = |row: &Element| row.attribute("UID").expect("rows have it").parse().expect("a number");
    let text =
        |row: &Element| row.elements().map(|field| field.text().into_owned()).collect::<Vec<_>>().join(" ");
    rows.iter().map(|row| (uid(row), text(row).replace("Recent,", "").replace("Recent ", ""))).collect()
}

/// Changes this and that until a moment after the answer to the last change.
async fn work(client: &mut Client, ledger: &mut Ledger, round: u32) {
    for step in 0..12 + round {
        let uids: Vec<u32> = ledger.inbox.keys().copied().collect();
        let uid = uids[(round * 31 + step * 17) as usize % uids.len()];
        let set = format!("<UID>{uid}</UID>");
        match step % 4 {
            0 => {
                client
                    .run(&format!(r#"<messageMark folder="INBOX" flags="Seen,Flagged">{set}</messageMark>"#))
                    .await;
                ledger.inbox.insert(uid, format!("Seen,Flagged message {uid}"));
            }
            1 => {
                client
                    .run(&format!(
                        r#"<messageCopy folder="INBOX" targetMailbox="Archive">{set}</messageCopy>"#
                    ))
                    .await;
                ledger.archived += 1;
            }
            2 => {
                let request =
                    format!(r#"<messageRemove folder="INBOX" mode="Immediately">{set}</messageRemove>"#);
                client.run(&request).await;
                ledger.inbox.remove(&uid);
            }
            _ => {
                ledger.preference = format!("{round}-{step}");
                let request =
                    format!("<prefsStore type=\"custom\"><Test>{}</Test></prefsStore>", ledger.preference);
                client.run(&request).await;
            }
        }
    }
}

async fn verify(client: &mut Client, ledger: &Ledger) {
    open(client, "INBOX").await;
    assert_eq!(browse(client, "INBOX").await, ledger.inbox);
    open(client, "Archive").await;
    assert_eq!(browse(client, "Archive").await.len(), ledger.archived);
    if !ledger.preference.is_empty() {
        let preferences = client.run("<prefsRead type=\"custom\"><name>Test</name></prefsRead>").await;
        assert_eq!(preferences[0].child("Test").expect("it is set").text(), ledger.preference);
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_kill() {
    let mut gateway = Gateway::with(Fixture::new().mail("INBOX", mail()).mail("Archive", [])).await;
    let mut ledger = Ledger::default();
    ledger.inbox.extend(mail().iter().map(|mail| (mail.uid, format!(" {}", mail.subject))));
    for round in 0..ROUNDS {
        let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
        verify(&mut client, &ledger).await;
        work(&mut client, &mut ledger, round).await;
        gateway.kill().await;
        gateway = gateway.again().await;
    }
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    verify(&mut client, &ledger).await;
    assert!(ledger.archived > 20 && ledger.inbox.len() < 180);
    // Every message can still be read.
    for uid in ledger.inbox.keys() {
        client.run(&format!(r#"<folderRead folder="INBOX" UID="{uid}"/>"#)).await;
    }
}

/// An import that is cut off half way leaves whole messages, those that were counted, and nothing else.
#[tokio::test]
async fn an_import_that_is_cut_off_leaves_whole_messages() {
    let mut gateway = Gateway::start().await;
    let mbox: String = (0..3_000)
        .map(|n| format!("From a@b Sat Jan  3 01:05:34 1998\nSubject: {n}\n\n{}\n\n", "text ".repeat(200)))
        .collect();
    let file = gateway.data().join("much.mbox");
    std::fs::write(&file, mbox).expect("it can be written");
    let mut import =
        gateway.start_command(&["mail", "import", ALICE, "INBOX", file.to_str().expect("a path")]);
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    open(&mut client, "INBOX").await;
    client.notice("folderReport").await;
    gateway.kill().await;
    let output = import.wait().await.expect("it ends");
    assert_eq!(output.code(), Some(1));
    let gateway = gateway.again().await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    open(&mut client, "INBOX").await;
    let rows = browse(&mut client, "INBOX").await;
    assert!(!rows.is_empty());
    for (place, (uid, text)) in rows.iter().enumerate() {
        assert_eq!(text.trim(), place.to_string());
        let message = client.run(&format!(r#"<folderRead folder="INBOX" UID="{uid}"/>"#)).await;
        assert!(message[0].to_xml().contains("text ".repeat(200).trim_end()), "{uid}");
    }
}

/// Mail in the queue, each message with its number.
fn queued(mut fixture: Fixture, lane: Lane, recipient: &str, count: usize) -> Fixture {
    for number in 0..count {
        let raw = format!("Subject: {number}\r\nMessage-ID: <{number}@localhost>\r\n\r\nHello.\r\n");
        fixture = fixture.queued(lane, &[recipient], &raw);
    }
    fixture
}

/// The numbers of the messages, in order.
fn numbers(messages: &[String]) -> Vec<usize> {
    let number = |message: &String| {
        let subject = message.lines().find_map(|line| line.strip_prefix("Subject: "));
        subject.and_then(|subject| subject.parse().ok()).unwrap_or_else(|| panic!("{message}"))
    };
    let mut numbers: Vec<usize> = messages.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

/// Mail that was accepted comes into the INBOX exactly once, however often the gateway dies on the way.
#[tokio::test]
async fn what_was_accepted_for_an_account_comes_exactly_once() {
    const COUNT: usize = 150;
    let mut gateway = Gateway::with(queued(Fixture::new(), Lane::Local, BOB, COUNT)).await;
    for _ in 0..ROUNDS {
        gateway.logged(|line| line["message"] == "a message was delivered").await;
        gateway.kill().await;
        gateway = gateway.again().await;
    }
    let messages = Inbox::open(&gateway, BOB).await.messages(COUNT).await;
    assert_eq!(numbers(&messages), (0..COUNT).collect::<Vec<_>>());
}

/// Mail that was accepted for others reaches them, perhaps twice, after the gateway died while its relay was away and
/// while it sent.
#[tokio::test]
async fn what_was_accepted_for_others_reaches_them() {
    const COUNT: usize = 60;
    let port = free_port();
    let config = format!(
        "[mail]\nretry_first = \"20ms\"\nretry_longest = \"50ms\"\n[mail.relay]\nhost = \"127.0.0.1\"\nport = {port}\n\
         tls = \"none\"\n"
    );
    let fixture = queued(Fixture::new().config(&config), Lane::Relay, "eve@outside.test", COUNT);
    let mut gateway = Gateway::with(fixture).await;
    gateway.logged(|line| line["message"] == "a delivery is tried again later").await;
    gateway.kill().await;
    let postfix = Postfix::start(&PostfixSetup::new(port, ([127, 0, 0, 1], 1).into())).await;
    for arrived in [1, 10, 30] {
        gateway = gateway.again().await;
        postfix.mailbox("eve", arrived).await;
        gateway.kill().await;
    }
    gateway = gateway.again().await;
    let mut enough = COUNT;
    loop {
        let found = postfix.mailbox("eve", enough).await;
        let mut numbers = numbers(&found);
        numbers.dedup();
        if numbers.len() == COUNT {
            break;
        }
        // Some came twice; the others are still to come.
        enough = found.len() + 1;
    }
    Inbox::open(&gateway, ALICE).await.messages(0).await;
}

/// What LMTP has answered with 250 is in the INBOX after a kill; what it has not may be there too, once for each time it
/// was sent.
#[tokio::test]
async fn what_lmtp_has_taken_is_there_after_a_kill() {
    let mut gateway = Gateway::start().await;
    let (mut taken, mut number) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
        for step in 0..=5 + round {
            dialogue.begin("eve@outside.test", &[BOB]).await;
            dialogue.send(format!("Subject: {number}\r\n\r\nHello.\r\n.\r\n").as_bytes()).await;
            if step < 5 + round {
                assert!(dialogue.answer().await.starts_with("250"));
                taken.push(number);
            }
            number += 1;
        }
        // The last one is just being stored.
        gateway.kill().await;
        gateway = gateway.again().await;
    }
    let mut inbox = Inbox::open(&gateway, BOB).await;
    let found = numbers(&inbox.all().await);
    assert!(taken.iter().all(|number| found.contains(number)), "{taken:?}: {found:?}");
    assert!(found.windows(2).all(|pair| pair[0] < pair[1]) && found.len() <= number, "{found:?}");
}
