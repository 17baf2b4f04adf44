//! What comes in by LMTP, and what is tried there.

use std::time::Duration;

use crate::harness::{ALICE, BOB, Fixture, Gateway, Inbox, SmtpDialogue};

const MESSAGE: &[u8] = b"From: Eve <eve@outside.test>\r\nSubject: hello\r\n\r\nHello.\r\n..dots\r\n.\r\n";

#[tokio::test]
async fn each_recipient_has_an_answer_and_one_message_is_stored_for_all() {
    let gateway = Gateway::start().await;
    let mut dialogue = SmtpDialogue::open(gateway.address("lmtp")).await;
    let hello = dialogue.say("LHLO mx.example.org").await;
    for extension in ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 52428800"] {
        assert!(
            hello.contains(&format!("250-{extension}")) || hello.ends_with(&format!("250 {extension}")),
            "{hello}"
        );
    }
    // A client may send all of it at once.
    let bundle = format!(
        "MAIL FROM:<eve@outside.test> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<{ALICE}>\r\nRCPT TO:<nobody@localhost>\r\n\
         RCPT TO:<BOB+work@LocalHost>\r\nRCPT TO:<bob@localhost>\r\nRCPT TO:<a@outside.test>\r\nRCPT TO:<>\r\nDATA\r\n"
    );
    dialogue.send(bundle.as_bytes()).await;
    let expected =
        ["250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.1.5", "550 5.1.2", "553 5.1.3", "354"];
    for expected in expected {
        let answer = dialogue.answer().await;
        assert!(answer.starts_with(expected), "{answer}");
    }
    dialogue.send(MESSAGE).await;
    for _ in 0..3 {
        assert_eq!(dialogue.answer().await, "250 2.1.5 delivered");
    }
    assert_eq!(dialogue.say("QUIT").await, "221 2.0.0 goodbye");
    dialogue.closed().await;
    // Bob was named twice, and has it once.
    for account in [ALICE, BOB] {
        let mut inbox = Inbox::open(&gateway, account).await;
        let messages = inbox.messages(1).await;
        let (trace, rest) =
            messages[0].split_once("From: ").expect("the message is behind what is written before it");
        assert!(
            trace.starts_with(
                "Return-Path: <eve@outside.test>\r\nReceived: from mx.example.org ([127.0.0.1])\r\n"
            ),
            "{trace}"
        );
        assert!(!trace.contains("Delivered-To"), "others are nobody's affair: {trace}");
        assert_eq!(rest, "Eve <eve@outside.test>\r\nSubject: hello\r\n\r\nHello.\r\n.dots\r\n");
        assert_eq!(inbox.flags().await, ["Recent"]);
    }
}

#[tokio::test]
async fn a_report_and_an_international_sender_are_taken() {
    let gateway = Gateway::start().await;
    let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
    let senders = ["<>", "<j\u{f6}rg@b\u{fc}cher.example> SMTPUTF8 BODY=8BITMIME", "<\"a b\"@outside.test>"];
    for sender in senders {
        assert!(dialogue.say(&format!("MAIL FROM:{sender}")).await.starts_with("250"), "{sender}");
        assert!(dialogue.say(&format!("RCPT TO:<{ALICE}>")).await.starts_with("250"));
        assert!(dialogue.say("DATA").await.starts_with("354"));
        dialogue.send(MESSAGE).await;
        assert!(dialogue.answer().await.starts_with("250"), "{sender}");
    }
    let messages = Inbox::open(&gateway, ALICE).await.messages(3).await;
    for (message, sender) in messages.iter().zip(senders) {
        let path = sender.split(" SMTPUTF8").next().expect("there is something");
        let expected = format!("Return-Path: {path}\r\nDelivered-To: {ALICE}\r\nReceived: ");
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[tokio::test]
async fn nothing_ends_a_message_but_a_line_with_a_dot() {
    let gateway = Gateway::start().await;
    let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
    let smuggled = format!(
        "MAIL FROM:<admin@localhost>\r\nRCPT TO:<{BOB}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"
    );
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\n.\r", "\n..\n"] {
        dialogue.begin("eve@outside.test", &[ALICE]).await;
        dialogue.send(format!("Subject: cover{end}{smuggled}").as_bytes()).await;
        assert!(
            dialogue.answer().await.starts_with("554 5.6.0 the message has a line feed without"),
            "{end:?}"
        );
        // What follows is a command again.
        assert!(dialogue.say("NOOP").await.starts_with("250"), "{end:?}");
    }
    // Without a line feed there is no line, and so no end either: it is all one message.
    for end in ["\r.\r", "\r.\r\n"] {
        dialogue.begin("eve@outside.test", &[ALICE]).await;
        dialogue.send(format!("Subject: cover{end}{smuggled}").as_bytes()).await;
        assert!(dialogue.answer().await.starts_with("250"), "{end:?}");
        assert!(dialogue.say("NOOP").await.starts_with("250"), "{end:?}");
    }
    assert_eq!(Inbox::open(&gateway, ALICE).await.messages(2).await.len(), 2);
    assert_eq!(Inbox::open(&gateway, BOB).await.messages(0).await.len(), 0);
}

#[tokio::test]
async fn a_line_without_end_and_bytes_that_are_no_text_are_answered() {
    let gateway = Gateway::start().await;
    let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
    let long = vec![b'a'; 1_000_000];
    let table: [(&[u8], &str); 6] = [
        (&long, "500 5.5.6"),
        (b"NOOP\n", "500 5.5.2"),
        (b"MAIL\0FROM:<>", "500 5.5.1"),
        (b"RCPT TO:<\0@localhost>", "553 5.1.3"),
        (b"\xff\xfe", "500 5.5.2"),
        (b"EHLO x", "500 5.5.1"),
    ];
    for (line, expected) in table {
        dialogue.send(line).await;
        if !line.ends_with(b"\n") {
            dialogue.send(b"\r\n").await;
        }
        let answer = dialogue.answer().await;
        assert!(answer.starts_with(expected), "{expected}: {answer}");
    }
    // A NUL within a message belongs to it.
    dialogue.begin("eve@outside.test", &[ALICE]).await;
    assert!(dialogue.say("Subject: a\0b\r\n\r\n\0\r\n.").await.starts_with("250"));
    let messages = Inbox::open(&gateway, ALICE).await.messages(1).await;
    assert!(messages[0].ends_with("Subject: a\0b\r\n\r\n\0\r\n"), "{messages:?}");
    // Who only says what is wrong is not listened to for ever.
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(dialogue.say("DATA").await);
        if answers.last().is_some_and(|answer| answer.is_empty()) {
            break;
        }
    }
    assert!(answers.contains(&"421 4.7.0 too much is wrong here".to_owned()), "{answers:?}");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_before_or_after_its_text() {
    let gateway = Gateway::with(Fixture::new().config("[mail]\nmessage = \"10KiB\"\n")).await;
    let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
    assert!(dialogue.say("MAIL FROM:<> SIZE=10241").await.starts_with("552 5.3.4"));
    dialogue.begin("", &[ALICE, BOB]).await;
    let text = "x".repeat(98) + "\r\n";
    dialogue.send((text.repeat(103) + ".\r\n").as_bytes()).await;
    for _ in 0..2 {
        assert!(dialogue.answer().await.starts_with("552 5.3.4 a message may have 10KiB at most"));
    }
    // As many bytes as are allowed are taken, the next message is not the worse for it.
    dialogue.begin("", &[ALICE]).await;
    assert!(dialogue.say(&(text.repeat(102) + ".")).await.starts_with("250"));
    Inbox::open(&gateway, ALICE).await.messages(1).await;
    // And nobody is read for ever.
    dialogue.begin("", &[ALICE]).await;
    for _ in 0..1_000 {
        dialogue.send(text.as_bytes()).await;
    }
    assert!(dialogue.answer().await.starts_with("421 4.7.0"));
}

#[tokio::test]
async fn ten_thousand_recipients_are_answered_and_one_message_is_stored() {
    let gateway = Gateway::start().await;
    let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
    assert!(dialogue.say("MAIL FROM:<>").await.starts_with("250"));
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..100 {
        dialogue.send(format!("RCPT TO:<{ALICE}>\r\n").repeat(100).as_bytes()).await;
        for _ in 0..100 {
            match dialogue.answer().await.get(..9) {
                Some("250 2.1.5") => taken += 1,
                Some("452 4.5.3") => refused += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!((taken, refused), (1_000, 9_000));
    assert!(dialogue.say("DATA").await.starts_with("354"));
    dialogue.send(MESSAGE).await;
    for _ in 0..taken {
        assert!(dialogue.answer().await.starts_with("250"));
    }
    Inbox::open(&gateway, ALICE).await.messages(1).await;
}

#[tokio::test]
async fn nothing_stays_of_a_client_that_leaves_within_a_message() {
    let gateway = Gateway::start().await;
    let files = || count(&gateway.data().join("blobs"));
    let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
    dialogue.begin("", &[ALICE]).await;
    dialogue.send(&b"x".repeat(3_000_000)).await;
    while files() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(dialogue);
    while files() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Inbox::open(&gateway, ALICE).await.messages(0).await;
}

fn count(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("it is there").filter_map(Result::ok);
    entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
}

#[tokio::test]
async fn who_says_nothing_is_sent_away_and_so_is_everybody_at_the_end() {
    let mut gateway = Gateway::with(Fixture::new().config("[session]\nidle = \"1s\"\n")).await;
    let mut silent = SmtpDialogue::lmtp(&gateway).await;
    assert!(silent.answer().await.starts_with("421 4.4.2"));
    silent.closed().await;
    let mut waiting = SmtpDialogue::lmtp(&gateway).await;
    let (_, code) = gateway.terminate().await;
    assert_eq!(code, Some(0));
    assert!(waiting.answer().await.starts_with("421 4.3.2"));
}

#[tokio::test]
async fn a_message_that_cannot_be_stored_is_put_off() {
    let gateway = Gateway::start().await;
    let blobs = gateway.data().join("blobs");
    let mut dialogue = SmtpDialogue::lmtp(&gateway).await;
    // As if the disk were gone: nothing can be written below a file.
    std::fs::remove_dir_all(&blobs).expect("it is ours");
    std::fs::write(&blobs, b"").expect("it is ours");
    dialogue.begin("", &[ALICE, BOB]).await;
    dialogue.send(MESSAGE).await;
    for _ in 0..2 {
        assert!(dialogue.answer().await.starts_with("451 4.3.0"));
    }
    std::fs::remove_file(&blobs).expect("it is ours");
    dialogue.begin("", &[ALICE]).await;
    dialogue.send(MESSAGE).await;
    assert!(dialogue.answer().await.starts_with("250"));
    Inbox::open(&gateway, ALICE).await.messages(1).await;
}
