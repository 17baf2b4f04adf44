//! Several folders on one mailbox, and several sessions.

use protocol::Flags;

use crate::harness::{ALICE, Client, Fixture, Gateway, Kind, Login, Mail};

fn mail(uid: u32, body: &str) -> Mail {
    Mail {
        uid,
        internal_date: 1_600_000_000_000 + i64::from(uid),
        flags: Flags::NONE,
        from: "a@example.org".to_owned(),
        subject: format!("message {uid}"),
        rest: format!("\r\n{body}\r\n"),
    }
}

async fn alice(gateway: &Gateway) -> Client {
    Client::connect(gateway, Kind::Tcp, Login::Password(ALICE)).await
}

async fn open(client: &mut Client, folder: &str, attributes: &str) -> usize {
    let request = format!(
        "<folderOpen folder=\"{folder}\" mailbox=\"INBOX\"{attributes}><field>UID</field></folderOpen>"
    );
    let opened = client.run(&request).await;
    opened[0].attribute("messages").expect("they are told").parse().expect("a number")
}

/// The folders that were notified, sorted.
async fn notified(client: &mut Client) -> Vec<String> {
    let notices = client.rest().await.into_iter();
    let mut names: Vec<String> =
        notices.map(|notice| notice.attribute("folder").expect("a folder").to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn folders_on_one_mailbox_are_notified_each_on_its_own() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", (1..=5).map(|uid| mail(uid, "tea")))).await;
    let (mut one, mut other) = (alice(&gateway).await, alice(&gateway).await);
    open(&mut one, "all", "").await;
    open(&mut one, "flagged", " filterField=\"FLAGS\" filter=\"Flagged\"").await;
    open(&mut other, "mine", " sortField=\"Subject\" sortOrder=\"desc\"").await;
    let mark =
        |flags: &str| format!("<messageMark folder=\"mine\" flags=\"{flags}\"><UID>3</UID></messageMark>");
    other.run(&mark("Seen")).await;
    assert_eq!(notified(&mut one).await, ["all"]);
    assert_eq!(notified(&mut other).await, ["mine"]);
    // Whoever was told and has not asked is not told again; who sees it for the first time is.
    other.run(&mark("Flagged")).await;
    assert_eq!(notified(&mut one).await, ["flagged"]);
    assert_eq!(one.run("<folderSync folder=\"all\"/>").await.len(), 1);
    other.run(&mark("Answered")).await;
    assert_eq!(notified(&mut one).await, ["all"]);
    assert_eq!(one.run("<folderSync folder=\"flagged\"/>").await.len(), 1);
    assert_eq!(other.run("<folderSync folder=\"mine\"/>").await.len(), 1);
}

#[tokio::test]
async fn of_sessions_that_move_the_same_messages_at_once_one_gets_each() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", (1..=200).map(|uid| mail(uid, "tea")))).await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let mut session = alice(&gateway).await;
        open(&mut session, "F", "").await;
        sessions.push(session);
    }
    let moving = sessions.iter_mut().map(async |session: &mut Client| {
        let mut moved = 0;
        for from in (1..=200).step_by(10) {
            let set = format!("<UID from=\"{from}\" till=\"{}\"/>", from + 9);
            let request = format!(
                "<messageMove folder=\"F\" targetMailbox=\"Moved\" mailboxClass=\"\" report=\"uid\">{set}</messageMove>"
            );
            moved += session.run(&request).await.len();
        }
        moved
    });
    let moved = futures_util::future::join_all(moving).await;
    assert_eq!(moved.iter().sum::<usize>(), 200, "{moved:?}");
    let request = "<folderOpen folder=\"M\" mailbox=\"Moved\"><field>UID</field></folderOpen>";
    let opened = sessions[0].run(request).await;
    assert_eq!(opened[0].attribute("messages"), Some("200"));
    assert_eq!(open(&mut sessions[1], "G", "").await, 0);
}

#[tokio::test]
async fn sets_that_mix_uids_and_indexes_are_refused_and_numbers_past_the_end_are_no_messages() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", (1..=3).map(|uid| mail(uid, "tea")))).await;
    let mut client = alice(&gateway).await;
    open(&mut client, "F", "").await;
    let mixed = "<UID>1</UID><index>0</index>";
    for request in
        ["folderBrowse folder=\"F\"", "messageMark folder=\"F\" flags=\"Seen\"", "messageRemove folder=\"F\""]
    {
        let name = request.split(' ').next().expect("a name");
        let (text, number) = client.fails(&format!("<{request}>{mixed}</{name}>")).await;
        assert!(text.contains("UID") && text.contains("index"), "{text}");
        assert_eq!(number, "500");
    }
    for set in [
        "<index from=\"3\" till=\"4294967295\"/>",
        "<index>77</index>",
        "<UID from=\"4\"/>",
        "<UID from=\"3\" till=\"2\"/>",
    ] {
        assert_eq!(
            client.run(&format!("<folderBrowse folder=\"F\">{set}</folderBrowse>")).await.len(),
            0,
            "{set}"
        );
        client.run(&format!("<messageRemove folder=\"F\" mode=\"Immediately\">{set}</messageRemove>")).await;
    }
    let rows = client.run("<folderBrowse folder=\"F\"><index from=\"1\"/></folderBrowse>").await;
    assert_eq!(rows.len(), 2);
    assert_eq!(open(&mut client, "G", "").await, 3);
}

#[tokio::test]
async fn a_folder_with_a_filter_is_opened_while_others_go_on_and_misses_nothing() {
    let body = "a line of some length, of which there are many in a message\r\n".repeat(400);
    let gateway = Gateway::with(Fixture::new().mail("INBOX", (1..=300).map(|uid| mail(uid, &body)))).await;
    let (mut patient, mut busy) = (alice(&gateway).await, alice(&gateway).await);
    assert_eq!(open(&mut busy, "F", "").await, 300);
    // So short a text is in no index: every message is looked at.
    let request = "<folderOpen id=\"slow\" folder=\"S\" mailbox=\"INBOX\" filterField=\"body\" filter=\"ch\"><field>UID</field></folderOpen>";
    patient.send(request).await;
    busy.run("<messageMark folder=\"F\" flags=\"Flagged\"><UID>7</UID></messageMark>").await;
    busy.run("<messageRemove folder=\"F\" mode=\"Immediately\"><UID>9</UID></messageRemove>").await;
    busy.run("<messageCopy folder=\"F\" targetMailbox=\"INBOX\"><UID>8</UID></messageCopy>").await;
    assert!(patient.nothing_else(), "it was opened before others could do anything: make it longer");
    let opened = patient.until_response("slow").await;
    assert_eq!(opened[0].attribute("messages"), Some("300"));
    let rows = patient.run("<folderBrowse folder=\"S\"><index from=\"0\"/></folderBrowse>").await;
    let uids: Vec<u32> = rows
        .iter()
        .map(|row| row.attribute("UID").expect("it is shown").parse().expect("a number"))
        .collect();
    assert_eq!(uids, (1..=301).filter(|uid| *uid != 9).collect::<Vec<_>>());
    let marked = "<folderSearch folder=\"S\" filter=\"FLAGGED\"/>";
    assert_eq!(patient.run(marked).await.len(), 1);
}
