//! `kill -9`: what was answered with success is there when the gateway runs again.

use std::collections::BTreeMap;

use protocol::{Element, Flags};

use crate::harness::{ALICE, Client, Fixture, Gateway, Kind, Login, Mail};

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
