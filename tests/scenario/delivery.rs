//! Mail that is on its way: between accounts, to the outside world and from it, with a real Postfix at the other end.

use std::time::{Duration, Instant};

use storage::Lane;

use crate::harness::{ALICE, BOB, Fixture, Gateway, Http, Inbox, PASSWORD, Postfix, PostfixSetup, free_port};

const CAROL: &str = "carol@anchor.test";
const RAW: &str =
    "From: alice@localhost\r\nSubject: out\r\nMessage-ID: <1@localhost>\r\n\r\nHello.\r\n.dot\r\n";

/// A relay at this port, tried again very soon.
fn relay(port: u16, more: &str) -> String {
    format!(
        "[mail]\nretry_first = \"20ms\"\nretry_longest = \"50ms\"\n{more}[mail.relay]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n"
    )
}

async fn with_carol() -> Gateway {
    let gateway = Gateway::start().await;
    let (_, error, code) = gateway.run(&["account", "add", CAROL, "--password-stdin"], PASSWORD).await;
    assert_eq!(code, Some(0), "{error}");
    gateway
}

#[tokio::test]
async fn mail_that_postfix_takes_is_in_the_inbox_and_unknown_users_come_back() {
    let gateway = with_carol().await;
    let postfix = Postfix::start(&PostfixSetup::new(free_port(), gateway.address("lmtp"))).await;
    let mut inbox = Inbox::open(&gateway, CAROL).await;
    let begun = Instant::now();
    let message = "From: eve@outside.test\r\nSubject: hi\r\n\r\nHello.";
    postfix.send("eve@outside.test", &[CAROL, "nobody@anchor.test"], message).await;
    let messages = inbox.messages(1).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let begin = format!(
        "Return-Path: <eve@outside.test>\r\nDelivered-To: {CAROL}\r\nReceived: from mx.anchor.test ([127.0.0.1])\r\n"
    );
    assert!(messages[0].starts_with(&begin), "{messages:?}");
    assert!(messages[0].contains("\r\n\tby localhost (ximss-gateway) with LMTP id "), "{messages:?}");
    assert!(
        messages[0].contains("\r\nSubject: hi\r\n") && messages[0].ends_with("\r\n\r\nHello.\r\n"),
        "{messages:?}"
    );
    let bounces = postfix.mailbox("eve", 1).await;
    assert!(
        bounces[0].contains("there is no such mailbox here") && bounces[0].contains("Status: 5.1.1"),
        "{bounces:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_stored_now_waits_at_postfix() {
    let gateway = with_carol().await;
    let postfix = Postfix::start(&PostfixSetup::new(free_port(), gateway.address("lmtp"))).await;
    let mut inbox = Inbox::open(&gateway, CAROL).await;
    // As if the disk were gone: nothing can be written below a file.
    let blobs = gateway.data().join("blobs");
    std::fs::remove_dir_all(&blobs).expect("it is ours");
    std::fs::write(&blobs, b"").expect("it is ours");
    postfix.send("eve@outside.test", &[CAROL], "Subject: later\r\n\r\nHello.").await;
    postfix.logged(&["status=deferred", "451 4.3.0"]).await;
    std::fs::remove_file(&blobs).expect("it is ours");
    postfix.flush();
    let messages = inbox.messages(1).await;
    assert!(messages[0].contains("\r\nSubject: later\r\n"), "{messages:?}");
}

#[tokio::test]
async fn each_recipient_outside_has_an_answer_of_its_own() {
    let port = free_port();
    let recipients = ["eve@outside.test", "nobody@outside.test", "busy@outside.test", "mallory@outside.test"];
    let fixture =
        Fixture::new().config(&relay(port, "give_up = \"0s\"\n")).queued(Lane::Relay, &recipients, RAW);
    // The mail for anchor.test is not asked for here.
    let postfix = Postfix::start(&PostfixSetup::new(port, ([127, 0, 0, 1], 1).into())).await;
    let gateway = Gateway::with(fixture).await;
    for user in ["eve", "mallory"] {
        let messages = postfix.mailbox(user, 1).await;
        assert!(
            messages[0].contains("\nReturn-Path: <alice@localhost>\n")
                || messages[0].starts_with("Return-Path: <alice@localhost>\n"),
            "{messages:?}"
        );
        assert!(messages[0].ends_with("\n\nHello.\n.dot\n"), "{messages:?}");
    }
    // One report tells of both that failed: one for good, the other for too long.
    let report = Inbox::open(&gateway, ALICE).await.messages(1).await.remove(0);
    assert!(report.starts_with(&format!("Return-Path: <>\r\nDelivered-To: {ALICE}\r\n")), "{report}");
    for expected in [
        "Content-Type: multipart/report; report-type=delivery-status;",
        "Auto-Submitted: auto-replied\r\n",
        "Final-Recipient: rfc822; nobody@outside.test\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 ",
        "Final-Recipient: rfc822; busy@outside.test\r\nAction: failed\r\nStatus: 5.2.0\r\nDiagnostic-Code: smtp; 450 4.2.0 ",
        "come back later",
        "\r\nMessage-ID: <1@localhost>\r\n",
    ] {
        assert!(report.contains(expected), "{expected}: {report}");
    }
    assert!(!report.contains("eve@"), "{report}");
    let (queue, _, _) = gateway.run(&["mail", "queue"], "").await;
    assert_eq!(queue, "");
}

#[tokio::test]
async fn mail_for_a_relay_that_is_away_waits_for_it() {
    let port = free_port();
    let fixture = Fixture::new().config(&relay(port, "")).queued(Lane::Relay, &["eve@outside.test"], RAW);
    let mut gateway = Gateway::with(fixture).await;
    gateway.logged(|line| line["message"] == "a delivery is tried again later").await;
    // It is stored a moment later.
    let queue = loop {
        let (queue, _, _) = gateway.run(&["mail", "queue"], "").await;
        if queue.contains(" tried ") {
            break queue;
        }
    };
    assert!(queue.contains("from <alice@localhost> to <eve@outside.test>  tried "), "{queue}");
    assert!(queue.contains("451 4.4.1 the relay cannot be used: "), "{queue}");
    let postfix = Postfix::start(&PostfixSetup::new(port, ([127, 0, 0, 1], 1).into())).await;
    postfix.mailbox("eve", 1).await;
    // It went once, and nothing waits.
    let admin = Http::at(gateway.address("admin"));
    loop {
        let metrics = admin.get("/metrics").await.text();
        if metrics.contains("ximss_queue{name=\"mail\"} 0\n") {
            assert!(metrics.contains("ximss_mail_total{result=\"delivered\"} 1\n"), "{metrics}");
            assert!(metrics.contains("ximss_mail_total{result=\"deferred\"} "), "{metrics}");
            break;
        }
    }
    assert_eq!(postfix.mailbox("eve", 1).await.len(), 1);
    Inbox::open(&gateway, ALICE).await.messages(0).await;
}

/// A relay that wants TLS and a password.
fn careful_relay(port: u16, tls: &str, ca: &str, password: &str) -> String {
    relay(port, "").replace("127.0.0.1", "localhost").replace("\"none\"", &format!("\"{tls}\""))
        + &format!("user = \"gateway\"\npassword_file = \"{password}\"\nca_file = \"{ca}\"\n")
}

#[tokio::test]
async fn a_relay_is_believed_by_its_certificate_and_given_the_password() {
    let port = free_port();
    let fixture = Fixture::new().config(&relay(port, "")).queued(Lane::Relay, &["eve@outside.test"], RAW);
    // The first start makes a certificate, which Postfix shows here.
    let mut gateway = Gateway::with(fixture).await;
    let path = |name: &str| gateway.data().join(name).display().to_string();
    let (ca, key, password) = (path("tls/certificate.pem"), path("tls/key.pem"), path("password"));
    let mut setup = PostfixSetup::new(port, ([127, 0, 0, 1], 1).into());
    setup.password = Some("right");
    setup.more = format!(
        "smtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = {ca}\nsmtpd_tls_key_file = {key}\n"
    );
    let postfix = Postfix::start(&setup).await;
    let wrongs = [
        ("starttls", "", "right", "certificate"),
        ("starttls", &*ca, "wrong", "535 5.7.8"),
        ("none", &*ca, "right", "cannot be used"),
    ];
    for (tls, ca, given, wrong) in wrongs {
        std::fs::write(&password, given).expect("the folder is ours");
        gateway.configure(&careful_relay(port, tls, ca, &password));
        gateway.terminate().await;
        gateway = gateway.again().await;
        let later = gateway.logged(|line| line["message"] == "a delivery is tried again later").await;
        let answer = later["answer"].as_str().expect("the answer is logged");
        assert!(answer.contains(wrong), "{wrong}: {answer} {}", postfix.log());
    }
    std::fs::write(&password, "right\n").expect("the folder is ours");
    gateway.configure(&careful_relay(port, "starttls", &ca, &password));
    gateway.terminate().await;
    let gateway = gateway.again().await;
    postfix.mailbox("eve", 1).await;
    postfix.logged(&["sasl_method=PLAIN", "sasl_username=gateway@anchor.test"]).await;
    Inbox::open(&gateway, ALICE).await.messages(0).await;
}

#[tokio::test]
async fn mail_between_accounts_comes_once_and_what_fails_comes_back() {
    let fixture = Fixture::new().queued(
        Lane::Local,
        &["bob@localhost", "Alice+notes@LOCALHOST", "gone@localhost", "moved@elsewhere.test"],
        RAW,
    );
    let gateway = Gateway::with(fixture).await;
    let bobs = Inbox::open(&gateway, BOB).await.messages(1).await;
    assert!(bobs[0].starts_with("Return-Path: <alice@localhost>\r\nReceived: by localhost"), "{bobs:?}");
    assert!(bobs[0].ends_with(RAW), "{bobs:?}");
    let messages = Inbox::open(&gateway, ALICE).await.messages(2).await;
    assert!(messages[0].ends_with(RAW), "{messages:?}");
    for gone in ["gone@localhost", "moved@elsewhere.test"] {
        let expected = format!("Final-Recipient: rfc822; {gone}\r\nAction: failed\r\nStatus: 5.1.1\r\n");
        assert!(messages[1].contains(&expected), "{messages:?}");
    }
}

#[tokio::test]
async fn a_report_is_never_answered_with_another() {
    let fixture = Fixture::new().queued_report(Lane::Local, &["gone@localhost"], RAW).queued(
        Lane::Local,
        &["bob@localhost"],
        RAW,
    );
    let mut gateway = Gateway::with(fixture).await;
    gateway
        .logged(|line| line["message"] == "a message that wants no report cannot be delivered and is dropped")
        .await;
    Inbox::open(&gateway, BOB).await.messages(1).await;
    Inbox::open(&gateway, ALICE).await.messages(0).await;
    let (queue, _, _) = gateway.run(&["mail", "queue"], "").await;
    assert_eq!(queue, "");
}
