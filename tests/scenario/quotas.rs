//! How much an account may keep, and how clients hear of what becomes of its mailboxes.

use protocol::{Element, Flags};

use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Kind, Login, Mail};

fn messages(count: u32) -> Vec<Mail> {
    let mail = |uid| Mail {
        uid,
        internal_date: 1_600_000_000_000 + i64::from(uid),
        flags: Flags::NONE,
        from: "carol@example.org".to_owned(),
        subject: format!("subject {uid}"),
        rest: format!("\r\n{}\r\n", "x".repeat(1_000)),
    };
    (1..=count).map(mail).collect()
}

async fn session(gateway: &Gateway, account: &'static str) -> Client {
    Client::connect(gateway, Kind::WebSocket, Login::Password(account)).await
}

fn number(message: &Element, name: &str) -> u64 {
    message
        .attribute(name)
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("{name} of {message:?}"))
}

async fn quota(gateway: &Gateway, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = ["account", "quota", ALICE].iter().chain(arguments).copied().collect();
    let (out, error, code) = gateway.run(&arguments, "").await;
    assert_eq!(code, Some(0), "{error}");
    out
}

#[tokio::test]
async fn who_comes_near_to_the_quota_is_warned_once_and_who_goes_over_it_is_refused() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", messages(8))).await;
    let (mut alice, mut other) = (session(&gateway, ALICE).await, session(&gateway, ALICE).await);
    let used = number(&alice.run("<quotaRead/>").await[0], "size");
    let each = used / 8;
    // Room for two more.
    let said = quota(&gateway, &["--bytes", &(used + 2 * each).to_string()]).await;
    assert!(
        said.contains(&format!("{used} of {} bytes of mail\n8 of 5000000 messages", used + 2 * each)),
        "{said}"
    );
    alice.run(r#"<folderOpen folder="F" mailbox="INBOX"><field>FLAGS</field></folderOpen>"#).await;
    let copy = |uids: &str| {
        format!(r#"<messageCopy folder="F" targetMailbox="Copies" mailboxClass="">{uids}</messageCopy>"#)
    };
    alice.run(&copy("<UID>1</UID>")).await;
    for session in [&mut alice, &mut other] {
        let alert = session.notice("alert").await;
        assert!(alert.text().contains("mail storage is 90 % full"), "{alert:?}");
        assert!(alert.attribute("gmtTime").is_some() && alert.attribute("localTime").is_some());
    }
    let before = number(&alice.run("<quotaRead/>").await[0], "size");
    let (text, code) = alice.fails(&copy("<UID>2</UID><UID>3</UID>")).await;
    assert!(text.contains("bytes of mail, and no more") && code == "522", "{text} {code}");
    assert_eq!(number(&alice.run("<quotaRead/>").await[0], "size"), before, "not even one of two");
    alice.run(&copy("<UID>2</UID>")).await;
    // To move what is there needs no room; and what is full is not warned of again.
    alice.run(r#"<messageMove folder="F" targetMailbox="Copies"><UID>3</UID></messageMove>"#).await;
    for session in [&mut alice, &mut other] {
        assert!(!session.rest().await.iter().any(|message| message.is("alert")));
    }
    // What the operator gives is there at once, and what he takes leaves what there is.
    quota(&gateway, &["--default", "--messages", "3"]).await;
    let (text, code) = alice.fails(&copy("<UID>4</UID>")).await;
    assert!(text.contains("3 messages, and no more") && code == "522", "{text}");
    quota(&gateway, &["--default", "--mailboxes", "3"]).await;
    alice.run(&copy("<UID>4</UID>")).await;
    alice.run(r#"<mailboxCreate mailbox="Third"/>"#).await;
    let (text, code) = alice.fails(r#"<mailboxCreate mailbox="Fourth"/>"#).await;
    assert!(text.contains("3 mailboxes, and no more") && code == "522", "{text}");
    let (_, error, code) = gateway.run(&["account", "quota", "nobody@localhost"], "").await;
    assert!(code == Some(1) && error.contains("nobody@localhost"), "{error}");
}

/// The next report, without what the test does not name.
async fn report(client: &mut Client) -> (String, String, String) {
    let report = client.notice("mailboxReport").await;
    let attribute = |name| report.attribute(name).unwrap_or_default().to_owned();
    (attribute("mode"), attribute("mailbox"), attribute("newName"))
}

fn told(mode: &str, mailbox: &str, new_name: &str) -> (String, String, String) {
    (mode.to_owned(), mailbox.to_owned(), new_name.to_owned())
}

#[tokio::test]
async fn sessions_that_want_it_hear_of_every_change_to_the_mailboxes_that_they_see() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", messages(3))).await;
    let (mut alice, mut deaf) = (session(&gateway, ALICE).await, session(&gateway, ALICE).await);
    let mut bob = session(&gateway, BOB).await;
    for client in [&mut alice, &mut bob] {
        client.run(r#"<setSessionOption name="reportMailboxChanges" value="yes"/>"#).await;
    }
    deaf.run(r#"<mailboxCreate mailbox="Work" mailboxClass="IPF.Contact"/>"#).await;
    let created = alice.notice("mailboxReport").await;
    assert_eq!(
        (created.attribute("mode"), created.attribute("Class")),
        (Some("created"), Some("IPF.Contact"))
    );
    assert_eq!(created.attribute("rights"), None);
    // Rights to see it, and what happens from then on.
    deaf.run(r#"<mailboxRightsSet mailbox="Work"><mailboxRights account="bob">lr</mailboxRights></mailboxRightsSet>"#).await;
    let granted = bob.notice("mailboxReport").await;
    assert_eq!((granted.attribute("mode"), granted.attribute("rights")), (Some("created"), Some("lr")));
    deaf.run(r#"<folderOpen folder="F" mailbox="INBOX"><field>FLAGS</field></folderOpen>"#).await;
    deaf.run(r#"<messageCopy folder="F" targetMailbox="Work"><UID>1</UID><UID>2</UID></messageCopy>"#).await;
    for (client, name) in [(&mut alice, "Work"), (&mut bob, "~alice@localhost/Work")] {
        let counted = client.notice("mailboxReport").await;
        assert_eq!((counted.attribute("mode"), counted.attribute("mailbox")), (Some("updated"), Some(name)));
        assert_eq!((number(&counted, "messages"), number(&counted, "Unseen")), (2, 2));
    }
    deaf.run(r#"<mailboxRename mailbox="Work" newName="Play"/>"#).await;
    assert_eq!(report(&mut alice).await, told("renamed", "Work", "Play"));
    assert_eq!(report(&mut bob).await, told("renamed", "~alice@localhost/Work", "~alice@localhost/Play"));
    deaf.run(r#"<mailboxRightsSet mailbox="Play"><mailboxRights account="anyone">l</mailboxRights><mailboxRights account="bob">rs</mailboxRights></mailboxRightsSet>"#).await;
    let changed = bob.notice("mailboxReport").await;
    assert_eq!((changed.attribute("mode"), changed.attribute("rights")), (Some("updated"), Some("lrs")));
    deaf.run(r#"<mailboxRightsSet mailbox="Play"><mailboxRights account="anyone"/></mailboxRightsSet>"#)
        .await;
    assert_eq!(report(&mut bob).await, told("removed", "~alice@localhost/Play", ""));
    deaf.run(r#"<mailboxRemove mailbox="Play"/>"#).await;
    assert_eq!(report(&mut alice).await, told("removed", "Play", ""));
    // Of what bob does not see he is told nothing, and who did not ask is told nothing at all.
    assert!(bob.rest().await.is_empty());
    assert!(!deaf.rest().await.iter().any(|message| message.is("mailboxReport")));
    alice.run(r#"<setSessionOption name="reportMailboxChanges" value="no"/>"#).await;
    deaf.run(r#"<mailboxCreate mailbox="Last"/>"#).await;
    assert!(!alice.rest().await.iter().any(|message| message.attribute("mailbox") == Some("Last")));
}

#[tokio::test]
async fn counters_that_change_all_the_time_are_told_now_and_then_and_rightly_at_the_end() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", messages(40))).await;
    let (mut alice, mut other) = (session(&gateway, ALICE).await, session(&gateway, ALICE).await);
    alice.run(r#"<setSessionOption name="reportMailboxChanges" value="yes"/>"#).await;
    other.run(r#"<folderOpen folder="F" mailbox="INBOX"><field>FLAGS</field></folderOpen>"#).await;
    let begun = std::time::Instant::now();
    for uid in 1..=40 {
        other.run(&format!(r#"<messageMark folder="F" flags="Seen"><UID>{uid}</UID></messageMark>"#)).await;
    }
    let mut reports = 0;
    loop {
        let report = alice.notice("mailboxReport").await;
        reports += 1;
        if number(&report, "Unseen") == 0 {
            break;
        }
    }
    let seconds = begun.elapsed().as_secs() + 1;
    assert!(reports <= seconds + 1, "{reports} reports in {seconds} seconds");
}

#[tokio::test]
async fn a_list_comes_whole_however_long_it_is() {
    let gateway = Gateway::start().await;
    let mut alice = session(&gateway, ALICE).await;
    for number in 0..350 {
        alice.send(&format!(r#"<mailboxCreate id="c{number}" mailbox="Box {number:04}"/>"#)).await;
    }
    alice.until_response("c349").await;
    for kind in [Kind::Http, Kind::Tcp] {
        let mut client = Client::connect(&gateway, kind, Login::Password(ALICE)).await;
        let list = client.run("<mailboxList/>").await;
        let names: Vec<&str> = list.iter().filter_map(|mailbox| mailbox.attribute("mailbox")).collect();
        assert_eq!(names.len(), 351);
        assert!(names.is_sorted(), "{names:?}");
    }
}
