//! What an operator and a newcomer meet: the first start, the commands, refusals to start, the end, what is measured.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use sip::{Command, Event};

use crate::harness::network::enter_own_network;
use crate::harness::sound::{destination, flows};
use crate::harness::{ALICE, BOB, Client, Gateway, Http, Kind, Login, UserAgent, printed_password};

#[tokio::test]
async fn the_first_start_needs_nothing_and_says_where_to_go() {
    enter_own_network();
    let mut gateway = Gateway::first_start().await;
    let listeners = [
        ("http", "127.0.0.1:8100"),
        ("https", "127.0.0.1:9100"),
        ("admin", "127.0.0.1:8180"),
        ("ximss", "127.0.0.1:11024"),
        ("ximsss", "127.0.0.1:11025"),
        ("sip", "127.0.0.1:5060"),
    ];
    for (kind, address) in listeners {
        assert_eq!(gateway.address(kind).to_string(), address, "{kind}");
    }
    let said = gateway.said();
    assert!(said.contains("http://127.0.0.1:8100/"), "{said}");
    assert!(
        said.contains("user alice, domain localhost, proxy 127.0.0.1:5060, transport UDP or TCP"),
        "{said}"
    );
    let password = printed_password(&said, ALICE).expect("alice's password");
    let bobs = printed_password(&said, BOB).expect("bob's password");
    assert!(password != bobs && password.len() >= 12, "{said}");
    // The account is there, with mail of every kind in it.
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    client.run(&format!(r#"<login authData="alice" password="{password}"/>"#)).await;
    let report = client.run(r#"<folderOpen folder="INBOX"><field>Content-Type</field></folderOpen>"#).await;
    assert_eq!(report[0].attribute("messages"), Some("4"));
    let rows = client.run(r#"<folderBrowse folder="INBOX"><index from="0" till="9"/></folderBrowse>"#).await;
    let types = rows.iter().map(|row| row.to_xml()).collect::<String>();
    for wanted in ["us-ascii", "multipart/alternative", "multipart/mixed", "koi8-r"] {
        assert!(types.to_lowercase().contains(wanted), "{wanted}: {types}");
    }
    // A phone takes the same password, and the echo answers it.
    let mut phone = UserAgent::new(&gateway, "bob").await.with_password(&bobs);
    phone.call("echo", Some(phone.sdp()));
    let Event::Answered(answered) = phone.event(|event| matches!(event, Event::Answered(_))).await else {
        panic!("the echo answers");
    };
    let answer = String::from_utf8(answered.sdp.expect("an answer").to_vec()).expect("text");
    flows(&phone.rtp, destination(&answer), &phone.rtp).await;
    // Secrets are the operator's alone.
    for name in ["server.key", "control"] {
        let mode = gateway.data().join(name).metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let (time, code) = gateway.terminate().await;
    assert!(code == Some(0) && time < Duration::from_secs(5), "{code:?} after {time:?}");
}

#[tokio::test]
async fn a_second_start_tells_no_passwords() {
    let gateway = Gateway::start().await;
    let said = gateway.said();
    assert!(!said.contains("password is") && !said.contains("shown only now"), "{said}");
    assert!(said.contains("Browser:"), "{said}");
}

#[tokio::test]
async fn accounts_are_managed_while_it_runs_and_while_it_does_not() {
    let mut gateway = Gateway::start().await;
    for running in [true, false] {
        let (out, error, code) = gateway.run(&["account", "add", "carol@example.org"], "").await;
        assert_eq!(code, Some(0), "{error}");
        let password = out.split_whitespace().last().expect("a random password is told").to_owned();
        assert!(password.len() >= 12, "{out}");
        let (out, _, _) = gateway.run(&["account", "list"], "").await;
        assert!(out.lines().any(|line| line.starts_with("carol@example.org")), "{out}");
        let (_, error, code) = gateway.run(&["account", "add", "carol@example.org"], "").await;
        assert!(code == Some(1) && error.contains("carol@example.org"), "{error}");
        let (_, error, code) = gateway.run(&["account", "add", "no address"], "").await;
        assert!(code == Some(1) && error.contains("NAME@DOMAIN"), "{error}");
        let (_, error, code) =
            gateway.run(&["account", "password", "carol@example.org", "--password-stdin"], "new one\n").await;
        assert_eq!(code, Some(0), "{error}");
        if running {
            let mut client = Client::connect(&gateway, Kind::Tcp, Login::None).await;
            let login =
                |password: &str| format!(r#"<login authData="carol@example.org" password="{password}"/>"#);
            assert_eq!(client.fails(&login(&password)).await.1, "515");
            client.run(&login("new one")).await;
            let (_, error, code) = gateway.run(&["account", "remove", "carol@example.org"], "").await;
            assert_eq!(code, Some(0), "{error}");
            client.notice("bye").await;
            client.closed().await;
            gateway.terminate().await;
        } else {
            let (_, error, code) = gateway.run(&["account", "remove", "carol@example.org"], "").await;
            assert_eq!(code, Some(0), "{error}");
        }
        let (_, error, code) = gateway.run(&["account", "remove", "carol@example.org"], "").await;
        assert!(code == Some(1) && error.contains("carol@example.org"), "{error}");
    }
}

#[tokio::test]
async fn an_alias_is_the_account_for_whoever_logs_in_and_whoever_calls() {
    let gateway = Gateway::start().await;
    let done = async |arguments: &[&str]| {
        let (out, error, code) = gateway.run(arguments, "").await;
        assert_eq!(code, Some(0), "{error}");
        out
    };
    let refused = async |arguments: &[&str], words: &str| {
        let (_, error, code) = gateway.run(arguments, "").await;
        assert!(code == Some(1) && error.contains(words), "{error}");
    };
    done(&["account", "alias", "add", ALICE, "Sales@localhost"]).await;
    assert_eq!(done(&["account", "alias", "list", ALICE]).await, "sales@localhost\n");
    refused(&["account", "alias", "add", BOB, "sales@localhost"], "is an alias already").await;
    refused(&["account", "alias", "add", BOB, ALICE], "is an account already").await;
    refused(&["account", "alias", "add", BOB, "bob@nowhere.example"], "there is no domain").await;
    refused(&["account", "add", "sales@localhost"], "is an alias").await;
    refused(&["account", "remove", "sales@localhost"], "name the account itself, alice@localhost").await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Password("sales@localhost")).await;
    assert_eq!(client.session("userName"), ALICE);
    client.run(r#"<signalBind clientID="desk"/>"#).await;
    let mut phone = UserAgent::new(&gateway, "bob").await;
    phone.call("SALES", Some(phone.sdp()));
    client.notice("callIncoming").await;
    done(&["account", "alias", "remove", "sales@localhost"]).await;
    refused(&["account", "alias", "remove", "sales@localhost"], "is not an alias").await;
    phone.call("sales", Some(phone.sdp()));
    phone.event(|event| matches!(event, Event::Rejected { status, .. } if status.code() == 404)).await;
}

#[tokio::test]
async fn mail_that_is_imported_is_seen_in_open_folders_at_once() {
    let gateway = Gateway::start().await;
    let mut alice = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    alice.run(r#"<folderOpen folder="INBOX"><field>Subject</field><field>FLAGS</field></folderOpen>"#).await;
    let mbox = "From someone@example.org Sat Jan  3 01:05:34 1998\nSubject: one\nStatus: RO\n\nHello.\n\n\
                From someone@example.org Sun Jan  4 01:05:34 1998\nSubject: two\n\nHello.\n";
    let file = gateway.data().join("mail.mbox");
    std::fs::write(&file, mbox).expect("it can be written");
    let file = file.to_str().expect("a path");
    let (out, error, code) = gateway.run(&["mail", "import", ALICE, "INBOX", file], "").await;
    assert_eq!((out.as_str(), code), ("2 messages imported\n", Some(0)), "{error}");
    alice.notice("folderReport").await;
    let reports = alice.run(r#"<folderSync folder="INBOX"/>"#).await;
    let shown: Vec<String> = reports.iter().map(|report| report.to_xml()).collect();
    assert!(shown[0].contains("one") && shown[0].contains("Seen"), "{shown:?}");
    assert!(shown[1].contains("two") && !shown[1].contains("Seen"), "{shown:?}");
    for (arguments, words) in [
        (["mail", "import", "nobody@localhost", "INBOX", file], "nobody@localhost"),
        (["mail", "import", ALICE, "INBOX", "/does/not/exist"], "/does/not/exist"),
    ] {
        let (_, error, code) = gateway.run(&arguments, "").await;
        assert!(code == Some(1) && error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn who_cannot_start_says_why_and_what_to_do() {
    let gateway = Gateway::start().await;
    let listen = |kind: &str| format!("{kind}=127.0.0.1:0");
    let everything = ["http", "https", "admin", "ximss", "ximsss", "sip"].map(listen);
    let arguments = |changed: Option<String>| {
        let kept = everything.iter().filter(|each| {
            changed.as_ref().is_none_or(|changed| changed.split('=').next() != each.split('=').next())
        });
        let all = kept.cloned().chain(changed.clone());
        all.flat_map(|each| ["--listen".to_owned(), each]).collect::<Vec<_>>()
    };
    let refused = async |folder: &std::path::Path, changed: Option<String>| {
        let arguments = arguments(changed);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (_, error, code) = crate::harness::run(folder, &arguments, "").await;
        assert_eq!(code, Some(1), "{error}");
        error
    };
    // The same folder.
    let (_, error, code) = gateway.run(&["serve"], "").await;
    assert!(code == Some(1) && error.contains("in use"), "{error}");
    // The same port.
    let other = tempfile::tempdir().expect("a temporary folder");
    for kind in ["http", "sip"] {
        let taken = format!("{kind}={}", gateway.address(kind));
        let error = refused(other.path(), Some(taken)).await;
        assert!(error.contains(&gateway.address(kind).to_string()) && error.contains("--listen"), "{error}");
    }
    // A folder that is none.
    let odd = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(odd.path().join("data"), "a file").expect("it can be written");
    let error = refused(odd.path(), None).await;
    assert!(error.contains("data") && error.contains("folder"), "{error}");
    // A key that does not exist, with its line and what is allowed.
    let wrong = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(wrong.path().join("gateway.toml"), "[media]\n\nadress = \"127.0.0.1\"\n")
        .expect("it can be written");
    let (_, error, code) = crate::harness::run(wrong.path(), &["serve"], "").await;
    assert_eq!(code, Some(2), "{error}");
    for word in ["gateway.toml", "3", "adress", "address"] {
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn the_configuration_is_checked_with_its_files_and_shown_without_its_secrets() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config =
        |text: &str| std::fs::write(folder.path().join("gateway.toml"), text).expect("it can be written");
    config("[database]\nurl = \"postgres://gateway:open-sesame@db/x\"\n");
    let (out, error, code) = crate::harness::run(folder.path(), &["config", "check"], "").await;
    assert_eq!((out.as_str(), code), ("the configuration is right\n", Some(0)), "{error}");
    let (out, _, _) = crate::harness::run(folder.path(), &["config", "show"], "").await;
    assert!(out.contains("postgres://gateway:***@db/x") && !out.contains("sesame"), "{out}");
    for (text, file) in [
        ("[database]\nurl = \"postgres://gateway@db/x\"\npassword_file = \"/no/password\"\n", "/no/password"),
        ("[tls]\ncertificate = \"/no/cert.pem\"\nkey = \"/no/key.pem\"\n", "/no/cert.pem"),
    ] {
        config(text);
        let (_, error, code) = crate::harness::run(folder.path(), &["config", "check"], "").await;
        assert!(code == Some(1) && error.contains(file), "{error}");
    }
}

/// Of two sessions that remove the same messages at once, one moves each: nothing is in the trash twice.
#[tokio::test]
async fn two_sessions_that_remove_the_same_messages_leave_them_in_the_trash_once() {
    let gateway = Gateway::start().await;
    let mut sessions = Vec::new();
    let mbox: String =
        (0..40).map(|n| format!("From a@b Sat Jan  3 01:05:34 1998\nSubject: {n}\n\nx\n\n")).collect();
    let file = gateway.data().join("mail.mbox");
    std::fs::write(&file, mbox).expect("it can be written");
    gateway.run(&["mail", "import", ALICE, "INBOX", file.to_str().expect("a path")], "").await;
    for _ in 0..2 {
        let mut session = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
        session.run("<folderOpen folder=\"INBOX\"><field>FLAGS</field></folderOpen>").await;
        sessions.push(session);
    }
    let remove = async |session: &mut Client| {
        for uid in 1..=40 {
            session
                .run(&format!(
                    "<messageRemove folder=\"INBOX\" mode=\"Move To Trash\"><UID>{uid}</UID></messageRemove>"
                ))
                .await;
        }
    };
    let [one, two] = &mut sessions[..] else { panic!("two sessions") };
    tokio::join!(remove(one), remove(two));
    let trash = one.run("<mailboxList filter=\"Trash\"/>").await;
    assert_eq!(trash[0].attribute("messages"), Some("40"));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let mut gateway = Gateway::start().await;
    gateway.terminate().await;
    let database = gateway.data().join("gateway.sqlite");
    let sql = "insert into migration(version, description, success, checksum, execution_time) \
               values (9999, 'of the future', 1, x'00', 0)";
    let status = std::process::Command::new("python3")
        .args([
            "-c",
            "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()",
        ])
        .arg(&database)
        .arg(sql)
        .status();
    assert!(status.expect("python runs").success());
    let (_, error, code) = gateway.run(&["serve"], "").await;
    assert!(code == Some(1) && error.contains("newer"), "{error}");
}

/// Everything an operator watches is there from the start, and counts.
#[tokio::test]
async fn metrics_tell_what_happens() {
    let gateway = Gateway::start().await;
    let admin = Http::at(gateway.address("admin"));
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = admin.get(path).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, text));
    }
    // What it serves there it serves nowhere else.
    assert_eq!(Http::of(&gateway).get("/metrics").await.status, 404);
    let mut alice = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    alice.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    alice.fails("<frobnicate/>").await;
    let mut phone = UserAgent::new(&gateway, "bob").await;
    let call = phone.call("echo", Some(phone.sdp()));
    let Event::Answered(answered) = phone.event(|event| matches!(event, Event::Answered(_))).await else {
        panic!("the echo answers");
    };
    let answer = String::from_utf8(answered.sdp.expect("an answer").to_vec()).expect("text");
    flows(&phone.rtp, destination(&answer), &phone.rtp).await;
    let wanted = [
        "ximss_sessions 1",
        "ximss_connections{transport=\"WebSocket\"} 1",
        "ximss_requests_total{request=\"folderOpen\",result=\"ok\"} 1",
        "ximss_requests_total{request=\"unknown\",result=\"failed\"} 1",
        "ximss_folders 1",
        "ximss_mailboxes 1",
        "ximss_calls 0",
        "ximss_sip{name=\"legs\"} 1",
        "ximss_sip_transactions{name=\"client\"} 0",
        "ximss_sip_requests_total{direction=\"received\",kind=\"INVITE\"} 2",
        "ximss_sip_responses_total{direction=\"sent\",kind=\"4xx\"} 1",
        "ximss_media_legs{thread=\"0\"}",
        "ximss_rtp_packets_total{direction=\"received\",thread=\"0\"}",
        "ximss_rtp_dropped_total{reason=\"unsent\",thread=\"0\"}",
        "ximss_queue{name=\"signalling\"} 0",
        "ximss_queue{name=\"storage\"} 0",
        "ximss_outbox_bytes",
    ];
    // The figures of SIP and sound are told once a second.
    let metrics = told(&admin, &wanted).await;
    let packets: u64 = sum(&metrics, "ximss_rtp_packets_total{direction=\"received\"");
    assert!(packets >= 5, "{metrics}");
    phone.command(Command::Hangup { call, reason: None });
    told(&admin, &["ximss_sip{name=\"legs\"} 0"]).await;
}

/// Waits until the metrics have all of these lines; returns them.
async fn told(admin: &Http, wanted: &[&str]) -> String {
    let mut tries = tokio::time::interval(Duration::from_millis(200));
    let mut metrics = String::new();
    for _ in 0..50 {
        tries.tick().await;
        metrics = admin.get("/metrics").await.text();
        if wanted.iter().all(|line| metrics.contains(line)) {
            return metrics;
        }
    }
    let missing: Vec<&&str> = wanted.iter().filter(|line| !metrics.contains(**line)).collect();
    panic!("missing {missing:?} in\n{metrics}");
}

/// The sum of the values of all lines that begin like this.
fn sum(metrics: &str, prefix: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with(prefix));
    lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}

#[tokio::test]
async fn the_log_tells_no_secrets() {
    let gateway = Gateway::start().await;
    let mut alice = Client::connect(&gateway, Kind::Tcp, Login::Numbered(ALICE)).await;
    let phone = UserAgent::new(&gateway, "alice").await;
    let sdp = String::from_utf8(phone.sdp().to_vec()).expect("text");
    let sdp = protocol::Element::new("sdpText").with_text(sdp).to_xml();
    alice.run(&format!(r#"<callStart callLeg="c" peer="echo">{sdp}</callStart>"#)).await;
    alice.notice("callConnected").await;
    alice.run(r#"<callKill callLeg="c"/>"#).await;
    let log = gateway.log_text();
    for secret in [crate::harness::PASSWORD, &alice.session("urlID"), &alice.session("ticket"), "m=audio"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}
