//! What an operator does with what is stored: export it, look whether it is whole, mend it.

use std::path::{Path, PathBuf};
use std::process::Command;

use protocol::Flags;

use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Kind, Login, Mail};

fn mail() -> Vec<Mail> {
    let message = |uid: u32| Mail {
        uid,
        internal_date: 1_600_000_000_000 + i64::from(uid) * 1_000,
        flags: if uid.is_multiple_of(2) { Flags::SEEN.union(Flags::JUNK) } else { Flags::FLAGGED },
        from: "a@example.org".to_owned(),
        subject: format!("message {uid}"),
        rest: format!("\r\nFrom {uid}\r\n\r\n.\r\n"),
    };
    (1..=9).map(message).collect()
}

/// Does to the rows what the gateway never does.
fn tamper(gateway: &Gateway, sql: &str) {
    let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=20); \
                   c.executescript(sys.argv[2]); c.commit()";
    let database = gateway.data().join("gateway.sqlite");
    let status = Command::new("python3").args(["-c", program]).arg(database).arg(sql).status();
    assert!(status.expect("Python runs").success());
}

/// The blobs, by their file names.
fn blobs(gateway: &Gateway) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        entries.map(|entry| entry.expect("it can be listed").path()).collect()
    };
    let shards = list(&gateway.data().join("blobs"));
    let mut files: Vec<PathBuf> = shards.iter().flat_map(|shard| list(shard)).collect();
    files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    files
}

/// What a folder shows of every message, and what it reads of each.
async fn shown(gateway: &Gateway, account: &'static str, mailbox: &str) -> Vec<String> {
    let mut client = Client::connect(gateway, Kind::Tcp, Login::Password(account)).await;
    let request = format!(
        r#"<folderOpen folder="{mailbox}" hideDeleted="no" sortField="UID"><field>FLAGS</field><field>Subject</field><field>INTERNALDATE</field></folderOpen>"#
    );
    client.run(&request).await;
    let browse = format!(r#"<folderBrowse folder="{mailbox}"><index from="0" till="99"/></folderBrowse>"#);
    let rows = client.run(&browse).await;
    let mut shown = Vec::new();
    for row in rows {
        let uid = row.attribute("UID").expect("rows have it");
        let read = client.run(&format!(r#"<folderRead folder="{mailbox}" UID="{uid}"/>"#)).await;
        let fields = row.elements().map(|field| field.to_xml()).collect::<String>().replace("Recent,", "");
        let message = read[0].child("EMail").expect("it is read").to_xml();
        shown.push(format!("{fields} {message}"));
    }
    shown
}

#[tokio::test]
async fn what_is_exported_and_imported_by_another_is_shown_alike() {
    let fixture = Fixture::new().mail("INBOX", mail()).mail("Work/A", mail()).mail("Empty", []);
    let mut gateway = Gateway::with(fixture).await;
    let expected = shown(&gateway, ALICE, "INBOX").await;
    assert_eq!(expected.len(), 9);
    let out = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| out.path().join(name).to_str().expect("a path").to_owned();
    for running in [true, false] {
        if !running {
            gateway.terminate().await;
        }
        let one = [path(&format!("{running}.mbox")), path(&format!("{running}"))];
        for target in &one {
            let (said, error, code) = gateway.run(&["mail", "export", ALICE, "INBOX", target], "").await;
            assert_eq!((said.as_str(), code), ("9 messages exported\n", Some(0)), "{error}");
            let (_, error, code) = gateway.run(&["mail", "export", ALICE, "INBOX", target], "").await;
            assert!(code == Some(1) && error.contains("nothing that is there is written over"), "{error}");
        }
        let all = [path(&format!("all-{running}.mbox")), path(&format!("all-{running}"))];
        for target in &all {
            let (said, error, code) = gateway.run(&["mail", "export", ALICE, "--all", target], "").await;
            assert_eq!((said.as_str(), code), ("18 messages exported\n", Some(0)), "{error}");
        }
        let sources = [&one[0], &one[1], &format!("{}/Work/A.mbox", all[0]), &format!("{}/Work/A", all[1])];
        for (place, source) in sources.into_iter().enumerate() {
            let mailbox = format!("{running}{place}");
            let (said, error, code) = gateway.run(&["mail", "import", BOB, &mailbox, source], "").await;
            assert_eq!((said.as_str(), code), ("9 messages imported\n", Some(0)), "{error}");
        }
    }
    let (_, error, code) = gateway.run(&["mail", "export", ALICE, "Nowhere", &path("n.mbox")], "").await;
    assert!(code == Some(1) && error.contains("there is no mailbox Nowhere"), "{error}");
    let (_, error, code) = gateway.run(&["mail", "export", ALICE, "INBOX"], "").await;
    assert!(code == Some(2) && error.contains("MAILDIR"), "{error}");
    let gateway = gateway.again().await;
    for running in [true, false] {
        for place in 0..4 {
            assert_eq!(shown(&gateway, BOB, &format!("{running}{place}")).await, expected);
        }
    }
}

#[tokio::test]
async fn damage_is_told_and_mended_while_it_runs_and_while_it_does_not() {
    let mut gateway = Gateway::with(Fixture::new().mail("INBOX", mail())).await;
    let expected = shown(&gateway, ALICE, "INBOX").await;
    for running in [true, false] {
        if !running {
            gateway.terminate().await;
        }
        let (said, error, code) = gateway.run(&["mail", "check"], "").await;
        assert_eq!(code, Some(0), "{said}{error}");
        assert!(
            said.contains("2 accounts") && said.contains("9 messages") && said.contains("0 damages"),
            "{said}"
        );
        tamper(
            &gateway,
            "UPDATE mailbox SET unseen = 77, uid_next = 2 WHERE messages = 9; UPDATE blob SET refs = 3 WHERE refs = 1; \
             DELETE FROM message_field WHERE uid = 4; DELETE FROM message_header WHERE uid = 5; \
             UPDATE message SET size = 1 WHERE uid = 6;",
        );
        let shard = gateway.data().join("blobs/aa");
        std::fs::create_dir_all(&shard).expect("it can be made");
        std::fs::write(shard.join("00000000000000000000000000aa"), "an orphan").expect("it can be written");
        let (said, error, code) = gateway.run(&["mail", "check"], "").await;
        assert_eq!(code, Some(1), "{said}{error}");
        for line in [
            "alice@localhost INBOX: 77 unseen messages are kept, and 5 are right; ",
            "2 as the next UID are kept, and 10 are right",
            "alice@localhost INBOX UID 4: its fields or its header are missing",
            "alice@localhost INBOX UID 5: its fields or its header are missing",
            "and its row says 1",
            "is named 1 times, with 3 kept",
            "1 blobs of 9 bytes are named by nobody",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert!(error.contains("mail check --mend"), "{error}");
        let (said, error, code) = gateway.run(&["mail", "check", "--mend"], "").await;
        assert_eq!(code, Some(0), "{said}{error}");
        let (said, error, code) = gateway.run(&["mail", "check"], "").await;
        assert!(code == Some(0) && said.contains("0 damages"), "{said}{error}");
    }
    let gateway = gateway.again().await;
    assert_eq!(shown(&gateway, ALICE, "INBOX").await, expected);
}

#[tokio::test]
async fn a_lost_content_is_told_with_its_place_and_its_message_stays() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", mail())).await;
    let all = blobs(&gateway);
    std::fs::remove_file(&all[2]).expect("it was there");
    for arguments in [&["mail", "check", ALICE][..], &["mail", "check", "--mend"]] {
        let (said, error, code) = gateway.run(arguments, "").await;
        assert_eq!(code, Some(1), "{said}{error}");
        let key = all[2].file_name().and_then(|name| name.to_str()).expect("a name");
        let line = format!(
            "alice@localhost INBOX UID 3: its content is missing, the blob {key}: it cannot be mended"
        );
        assert!(said.contains(&line), "{said}");
    }
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    client.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    let rows = client.run(r#"<folderBrowse folder="INBOX"><UID>3</UID></folderBrowse>"#).await;
    assert!(rows[0].to_xml().contains("message 3"));
    let (text, _) = client.fails(r#"<folderRead folder="INBOX" UID="3"/>"#).await;
    assert!(text.contains("content is missing"), "{text}");
    // What an export cannot have is left out and told.
    let out = gateway.data().join("out.mbox");
    let target = out.to_str().expect("a path");
    let (_, error, code) = gateway.run(&["mail", "export", ALICE, "INBOX", target], "").await;
    assert!(code == Some(1) && error.contains("left out: INBOX UID 3"), "{error}");
    assert!(error.contains("8 messages exported, and 1 left out"), "{error}");
}

#[tokio::test]
async fn a_backup_under_load_is_a_data_folder_to_go_on_with() {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", mail()).mail("Archive", [])).await;
    let expected = shown(&gateway, ALICE, "INBOX").await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    client.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    let other = tempfile::tempdir().expect("a temporary folder");
    let folder = other.path().join("data");
    let arguments = ["backup", folder.to_str().expect("a path")];
    let backup = gateway.run(&arguments, "");
    let load = async {
        loop {
            client.run(r#"<messageCopy folder="INBOX" targetMailbox="Archive" mailboxClass=""><UID from="1" till="9"/></messageCopy>"#).await;
        }
    };
    let (said, error, code) = tokio::select! {
        done = backup => done,
        () = load => unreachable!("it never ends"),
    };
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains("gateway.sqlite") && said.contains("9 blobs"), "{said}");
    let (_, error, code) = gateway.run(&arguments, "").await;
    assert!(code == Some(1) && error.contains("is there already"), "{error}");

    let restored = Gateway::on(other).await;
    assert_eq!(shown(&restored, ALICE, "INBOX").await, expected);
    let (said, error, code) = restored.run(&["mail", "check"], "").await;
    assert!(code == Some(0) && said.contains("0 damages"), "{said}{error}");
}
