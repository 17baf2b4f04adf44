//! What nobody may have too much of.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::harness::{ALICE, Client, Fixture, Gateway, Kind, Login, Mail};

#[tokio::test]
async fn an_account_has_so_many_sessions_at_once() {
    let gateway = Gateway::with(Fixture::new().config("[session]\nper_account = 2\n")).await;
    let first = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    let mut second = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    let mut third = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    let login = "<login authData=\"alice\" password=\"secret\"/>";
    assert_eq!(third.fails(login).await.0, "the account has too many sessions");
    second.run("<bye/>").await;
    second.closed().await;
    // The session may still be ending.
    while third.try_run(login).await.len() == 1 {}
    drop(first);
}

#[tokio::test]
async fn an_address_has_so_many_connections_at_once() {
    let gateway = Gateway::with(Fixture::new().config("[limits]\nconnections_per_address = 3\n")).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects"));
    }
    let mut refused = TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects");
    assert_eq!(refused.read(&mut [0]).await.expect("it is closed"), 0);
    drop(streams);
    // The gateway hears of the closing soon.
    loop {
        let mut stream = TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects");
        let read = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut [0])).await;
        if read.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn who_does_not_log_in_or_says_nothing_is_sent_away() {
    let fixture = Fixture::new().config("[session]\nlogin = \"1s\"\nidle = \"1s\"\n");
    let gateway = Gateway::with(fixture).await;
    for kind in [Kind::Tcp, Kind::WebSocket] {
        let mut silent = Client::connect(&gateway, kind, Login::None).await;
        silent.closed().await;
        let mut idle = Client::connect(&gateway, kind, Login::Password(ALICE)).await;
        idle.notice("bye").await;
        idle.closed().await;
    }
    let mut polling = Client::connect(&gateway, Kind::Http, Login::Password(ALICE)).await;
    polling.run("<setSessionOption name=\"idleTimeout\" value=\"10\"/>").await;
    assert_eq!(polling.fails("<setSessionOption name=\"idleTimeout\" value=\"1\"/>").await.1, "500");
    let mut slow = TcpStream::connect(gateway.address("http")).await.expect("TCP connects");
    let read = tokio::time::timeout(Duration::from_secs(15), slow.read(&mut [0])).await;
    assert_eq!(read.expect("slow headers are cut off").expect("it is closed"), 0);
}

/// A client that asks for everything and reads nothing: the gateway produces no more than there is room for.
#[tokio::test]
async fn a_client_that_does_not_read_costs_little_and_gets_everything_later() {
    let mail = (1..=2_000).map(|uid| Mail {
        uid,
        internal_date: i64::from(uid),
        flags: protocol::Flags::NONE,
        from: "a@example.org".to_owned(),
        subject: "x".repeat(900),
        rest: String::new(),
    });
    let gateway = Gateway::with(Fixture::new().mail("INBOX", mail)).await;
    let mut stream = TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects");
    let before = gateway.resident();
    let browse = "<folderBrowse id=\"b\" folder=\"F\"><index from=\"0\" till=\"1999\"/></folderBrowse>\0";
    let requests = "<login id=\"l\" authData=\"alice\" password=\"secret\"/>\0<folderOpen id=\"o\" folder=\"F\" mailbox=\"INBOX\">\
                    <field>Subject</field></folderOpen>\0"
        .to_owned()
        + &browse.repeat(20);
    tokio::io::AsyncWriteExt::write_all(&mut stream, requests.as_bytes()).await.expect("it is sent");
    // Forty megabytes of rows were asked for. The gateway's memory while nobody reads them:
    let mut peak = 0;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        peak = peak.max(gateway.resident());
    }
    assert!(peak < before + 60_000, "{before} kB before, {peak} kB at the peak");
    let (mut responses, mut buffer) = (0, vec![0; 1 << 20]);
    let mut tail = Vec::new();
    while responses < 20 {
        let read = stream.read(&mut buffer).await.expect("it comes");
        assert_ne!(read, 0);
        tail.extend_from_slice(&buffer[..read]);
        // A request that failed would be waited for in vain.
        let failed = tail.windows(b"errorText".len()).any(|window| window == b"errorText");
        assert!(!failed, "{}", String::from_utf8_lossy(&tail[tail.len().saturating_sub(300)..]));
        let needle = b"<response id=\"b\"/>\0";
        responses += tail.windows(needle.len()).filter(|window| window == needle).count();
        tail.drain(..tail.len().saturating_sub(needle.len() - 1));
    }
}
