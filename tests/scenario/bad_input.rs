//! What attackers and broken clients send: each gets a clear answer and costs nothing else.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{ALICE, Client, Gateway, Http, Kind, Login};

/// Documents that are refused before anything looks at them: those of the peers' XML attack list, and some more.
fn payloads() -> Vec<(&'static str, Vec<u8>)> {
    let attributes: String = (0..10_000).map(|n| format!(" a{n}=\"1\"")).collect();
    let entities = "<!DOCTYPE l [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\
                    <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><auth>&c;</auth>";
    let xxe = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><auth>&e;</auth>";
    vec![
        ("an entity bomb", entities.into()),
        ("an external entity", xxe.into()),
        ("a processing instruction", "<?php x ?><auth/>".into()),
        ("a comment", "<!-- c --><auth/>".into()),
        ("20,000 levels, not closed", "<a>".repeat(20_000).into()),
        ("5,000 levels", ("<a>".repeat(5_000) + &"</a>".repeat(5_000)).into()),
        ("10,000 attributes", format!("<auth{attributes}/>").into()),
        ("an attribute twice", "<auth a=\"1\" a=\"2\"/>".into()),
        ("2 MB", format!("<auth>{}</auth>", "A".repeat(2_000_000)).into()),
        ("a NUL reference", "<auth>&#x0;</auth>".into()),
        ("not well-formed", "<auth></b>".into()),
        ("an unknown prefix", "<x:auth/>".into()),
        ("not XML", "hello".into()),
        ("10 MB", format!("<auth>{}</auth>", "A".repeat(10_000_000)).into()),
        ("bad UTF-8", b"<auth>\xff</auth>".to_vec()),
        ("two roots", "<noop id=\"1\"/><noop id=\"2\"/>".into()),
    ]
}

/// How soon a connection has to be closed. A test that runs beside others takes the best of a few tries.
const AT_ONCE: Duration = Duration::from_millis(30);
const TRIES: usize = 5;

async fn within(what: &str, mut attempt: impl AsyncFnMut() -> Duration) {
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        best = best.min(attempt().await);
        if best < AT_ONCE {
            return;
        }
    }
    panic!("{what}: closed after {best:?}");
}

/// An attack may leave buffers behind that the next ones use again. One that costs something for good costs it each time.
async fn memory_stays_flat(gateway: &Gateway, attack: impl AsyncFn()) {
    const MEGABYTE: u64 = 1_024;
    attack().await;
    let mut seen = vec![gateway.resident()];
    for _ in 0..6 {
        attack().await;
        let (most, now) = (seen.iter().max().copied().unwrap_or_default(), gateway.resident());
        if now < most + MEGABYTE {
            return;
        }
        seen.push(now);
    }
    panic!("memory grows with each attack: {seen:?} kB");
}

#[tokio::test]
async fn tcp_closes_at_once_on_what_is_no_message() {
    let gateway = Gateway::start().await;
    let attack = async || {
        for (what, payload) in payloads() {
            within(what, async || {
                let mut stream = TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects");
                stream.set_nodelay(true).expect("it can be set");
                let start = Instant::now();
                let send = async {
                    // The gateway may close before it has read all.
                    _ = stream.write_all(&payload).await;
                    _ = stream.write_all(&[0]).await;
                };
                send.await;
                let mut rest = Vec::new();
                _ = stream.read_to_end(&mut rest).await;
                assert!(!String::from_utf8_lossy(&rest).contains("<response id=\"2\""), "{what}");
                start.elapsed()
            })
            .await;
        }
    };
    memory_stays_flat(&gateway, attack).await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    client.run("<noop/>").await;
}

#[tokio::test]
async fn a_websocket_closes_at_once_and_says_why() {
    let gateway = Gateway::start().await;
    let attack = async || {
        for (what, payload) in payloads() {
            within(what, async || {
                let url = format!("ws://{}/ximss", gateway.address("http"));
                let (mut socket, _) =
                    tokio_tungstenite::connect_async(url).await.expect("the WebSocket connects");
                let start = Instant::now();
                let message = match String::from_utf8(payload.clone()) {
                    Ok(text) => Message::text(text),
                    Err(_) => Message::Binary(payload.clone().into()),
                };
                // The gateway may close before it has read all.
                _ = socket.send(message).await;
                match socket.next().await {
                    Some(Ok(Message::Close(frame))) => {
                        let code = u16::from(frame.expect("a reason is given").code);
                        assert!([1003, 1007, 1009].contains(&code), "{what}: {code}");
                    }
                    Some(Ok(other)) => panic!("{what}: {other:?}"),
                    Some(Err(_)) | None => {}
                }
                start.elapsed()
            })
            .await;
        }
    };
    memory_stays_flat(&gateway, attack).await;
}

#[tokio::test]
async fn http_answers_an_envelope_and_closes() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let id = http.log_in().await;
    let paths = ["/XIMSSLogin/".to_owned(), format!("/Session/{id}/sync?reqSeq=1")];
    let attack = async || {
        for (what, payload) in payloads() {
            for path in &paths {
                // After a login 2 MB are no attack, but a document of some other kind.
                within(what, async || {
                    let client = Http::of(&gateway);
                    let start = Instant::now();
                    let valid = ["2 MB", "two roots"].contains(&what);
                    let body = match what {
                        "two roots" => b"<XIMSS/><XIMSS/>".to_vec(),
                        "not XML" => payload.clone(),
                        // Within the root element a comment is passed over.
                        "a comment" => b"<!-- c --><XIMSS><auth/></XIMSS>".to_vec(),
                        _ => [b"<XIMSS>".as_slice(), &payload, b"</XIMSS>"].concat(),
                    };
                    let answer = client.post(path, "text/xml", body).await;
                    let elapsed = start.elapsed();
                    assert_eq!(answer.status, 200, "{what}");
                    let text = answer.text();
                    let is_attack = !(what == "2 MB" && path.starts_with("/Session"));
                    if is_attack {
                        assert!(text.starts_with("<XIMSS><response errorText="), "{what}: {text}");
                        assert!(valid || answer.header("connection") == Some("close"), "{what}: {answer:?}");
                    }
                    if is_attack { elapsed } else { Duration::ZERO }
                })
                .await;
            }
        }
    };
    memory_stays_flat(&gateway, attack).await;
    assert_eq!(http.get(&format!("/Session/{id}/?maxWait=0")).await.status, 200);
}

#[tokio::test]
async fn a_wrong_request_is_answered_and_says_what_is_wrong() {
    let gateway = Gateway::start().await;
    for kind in [Kind::Tcp, Kind::WebSocket, Kind::Http] {
        let mut client = Client::connect(&gateway, kind, Login::Password(ALICE)).await;
        let error = |text: &str, number: &str| (text.to_owned(), number.to_owned());
        let wrong = client.fails("<folderSync folder=\"F\" limit=\"x\"/>").await;
        assert_eq!(
            wrong.0,
            "the attribute limit cannot be \"x\": it should be a number from 0 to 4294967295"
        );
        assert_eq!(client.fails("<frobnicate/>").await, error("unknown command", "500"));
        assert_eq!(
            client.fails("<login authData=\"alice\" password=\"secret\"/>").await,
            error("the session is logged in already", "500")
        );
        assert_eq!(
            client.fails("<folderClose folder=\"F\"/>").await,
            error("folder has not been opened", "512")
        );
        assert_eq!(
            client
                .fails("<folderOpen folder=\"F\" mailbox=\"No such\"><field>FLAGS</field></folderOpen>")
                .await,
            error("mailbox is not found", "512")
        );
        assert_eq!(
            client.fails("<folderOpen folder=\"F\" mailbox=\"~bob@localhost/INBOX\"/>").await,
            error("mailbox access denied", "516")
        );
        client.run("<folderOpen folder=\"F\" mailbox=\"INBOX\"><field>FLAGS</field></folderOpen>").await;
        assert_eq!(
            client.fails("<folderOpen folder=\"F\" mailbox=\"INBOX\"/>").await,
            error("folder has already been opened", "520")
        );
        assert_eq!(
            client.fails("<folderRead folder=\"F\" UID=\"7\"/>").await,
            error("message is not found", "512")
        );
        assert_eq!(client.fails("<callKill callLeg=\"c9\"/>").await, error("call not found", "512"));
        assert_eq!(client.fails("<callStart callLeg=\"inp7\" peer=\"bob\"/>").await.1, "500");
        assert_eq!(
            client
                .fails("<callStart callLeg=\"c1\" peer=\"bob\"><sdpText>rubbish</sdpText></callStart>")
                .await
                .1,
            "500"
        );
        // Nothing of this has harmed the session.
        client.run("<noop/>").await;
    }
}

#[tokio::test]
async fn answers_carry_the_id_and_the_time_that_was_asked_for() {
    let gateway = Gateway::start().await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    client.send("<noop id=\"a&amp;&lt;&quot;b\" exeTime=\"1\"/>").await;
    let response = client.until_response("a&<\"b").await;
    assert!(response[0].attribute("exeTime").is_some_and(|time| time.parse::<u64>().is_ok()), "{response:?}");
    client.send("<NOOP/>").await;
    let bare = client.message(|message| message.is("response")).await;
    assert_eq!(bare.to_xml(), "<response/>");
}

#[tokio::test]
async fn garbage_on_the_sip_port_is_no_trouble() {
    let gateway = Gateway::start().await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
    for garbage in [&b"\0\xff\xfe"[..], b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", &[b'A'; 60_000]] {
        socket.send_to(garbage, gateway.address("sip")).await.expect("it is sent");
    }
    let mut stream = TcpStream::connect(gateway.address("sip")).await.expect("TCP connects");
    // The gateway may close at any byte.
    _ = stream.write_all(&[b'x'; 200_000]).await;
    let request = format!(
        "OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/UDP {0};branch=z9hG4bK1;rport\r\nFrom: <sip:t@t>;tag=1\r\n\
         To: <sip:localhost>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        socket.local_addr().expect("it is bound")
    );
    socket.send_to(request.as_bytes(), gateway.address("sip")).await.expect("it is sent");
    let mut buffer = [0; 2_000];
    loop {
        let received = tokio::time::timeout(crate::harness::SOON, socket.recv(&mut buffer)).await;
        let length = received.expect("an answer comes").expect("it is received");
        if buffer[..length].starts_with(b"SIP/2.0 200") {
            break;
        }
    }
}
