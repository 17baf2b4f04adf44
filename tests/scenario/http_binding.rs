//! The HTTP binding, to the letter.

use std::time::{Duration, Instant};

use hyper::Method;

use crate::harness::{Fixture, Gateway, Http, element};

#[tokio::test]
async fn requests_before_a_session_are_answered_in_one_envelope() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let body = "<XIMSS> <listFeatures id=\"1\"/>\n<noop id=\"2\"/><folderOpen id=\"3\" folder=\"x\"/><bogus id=\"4\"/></XIMSS>";
    for content_type in ["text/xml", "application/xml", "application/json", "text/plain"] {
        let answer = http.post("/XIMSSLogin/", content_type, body).await;
        assert_eq!(
            answer.text(),
            "<XIMSS><features id=\"1\"><sasl>PLAIN</sasl><language>en</language></features><response id=\"1\"/>\
             <response id=\"2\"/><response id=\"3\" errorText=\"please log in first\" errorNum=\"515\"/>\
             <response id=\"4\" errorText=\"unknown command\" errorNum=\"500\"/></XIMSS>"
        );
    }
}

#[tokio::test]
async fn sync_replies_hold_each_requests_messages_in_order() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let id = http.log_in().await;
    let body = "<XIMSS reqSeq=\"1\">\n <mailboxList id=\"a\" filter=\"INBOX\"/>\n <callKill id=\"b\" callLeg=\"x\"/> <noop id=\"c\"/></XIMSS>";
    let answer = http.post(&format!("/Session/{id}/sync"), "text/xml", body).await;
    let envelope = element(&answer.body);
    let order: Vec<_> =
        envelope.elements().map(|e| format!("{} {}", e.name(), e.attribute("id").unwrap_or(""))).collect();
    assert_eq!(order, ["mailbox a", "response a", "response b", "response c"]);
    // A probe with an empty body does not fail; without data the reply is an empty envelope.
    let probe = http.send(Method::POST, &format!("/Session/{id}/sync?reqSeq=2"), &[], "").await;
    assert_eq!((probe.status, probe.text().as_str()), (200, "<XIMSS></XIMSS>"));
    let by_get = http
        .send(Method::GET, &format!("/Session/{id}/sync?reqSeq=3"), &[], "<XIMSS><noop id=\"1\"/></XIMSS>")
        .await;
    assert_eq!(by_get.text(), "<XIMSS><response id=\"1\"/></XIMSS>");
}

#[tokio::test]
async fn sync_async_carries_what_is_waiting() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let id = http.log_in().await;
    let post = async |path: &str, body: &str| {
        http.post(&format!("/Session/{id}/{path}"), "text/xml", format!("<XIMSS>{body}</XIMSS>")).await.text()
    };
    post("sync?reqSeq=1", "<callStart id=\"1\" callLeg=\"c\" peer=\"nobody@localhost\"/>").await;
    // callDisconnected comes some time; noAsync clients ask with noops.
    let mut sequence = 1;
    loop {
        sequence += 1;
        let reply = post(&format!("sync?reqSeq={sequence}&syncAsync=1"), "<noop id=\"noop\"/>").await;
        if reply.contains("callDisconnected") {
            let expected = "<XIMSS><response id=\"noop\"/><callDisconnected callLeg=\"c\" signalCode=\"404\" \
                            errorText=\"there is no account nobody@localhost\"/></XIMSS>";
            assert_eq!(reply, expected);
            // The answer was lost: the repetition has it again.
            assert_eq!(
                post(&format!("sync?reqSeq={sequence}&syncAsync=1"), "<noop id=\"noop\"/>").await,
                expected
            );
            break;
        }
    }
}

#[tokio::test]
async fn a_poll_waits_no_longer_than_it_says_and_the_newer_one_wins() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let id = http.log_in().await;
    let start = Instant::now();
    assert_eq!(http.get(&format!("/Session/{id}/get?maxWait=1&ackSeq=0&counter=1")).await.text(), "<XIMSS/>");
    assert!((Duration::from_millis(900)..Duration::from_millis(2_500)).contains(&start.elapsed()));
    let poll = async || {
        let (http, start) = (Http::of(&gateway), Instant::now());
        let text = http.get(&format!("/Session/{id}/?maxWait=3")).await.text();
        (text, start.elapsed())
    };
    // Whichever of the two comes first is answered when the other comes.
    let (one, other) = tokio::join!(poll(), poll());
    assert_eq!((one.0.as_str(), other.0.as_str()), ("<XIMSS/>", "<XIMSS/>"));
    assert!(one.1.min(other.1) < Duration::from_secs(2), "{one:?} {other:?}");
    assert!(one.1.max(other.1) > Duration::from_secs(2), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_dead_session_is_550_everywhere() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let id = http.log_in().await;
    let bye = format!("/Session/{id}/sync?reqSeq=1&syncAsync=1");
    assert_eq!(
        http.post(&bye, "text/xml", "<XIMSS><bye id=\"1\"/></XIMSS>").await.text(),
        "<XIMSS><response id=\"1\"/></XIMSS>"
    );
    let killed = http.log_in().await;
    assert_eq!(http.send(Method::POST, &format!("/Session/{killed}/KILL"), &[], "").await.status, 200);
    while http.get(&format!("/Session/{killed}/?maxWait=0")).await.status != 550 {}
    for id in [id.as_str(), killed.as_str(), "1-2xklkdld8-djdkjk", "000000-AAAAAAAAAAAAAAAAAAAA", ""] {
        for path in [
            "sync?reqSeq=2",
            "async?reqSeq=2",
            "?maxWait=0",
            "MIME/INBOX/1-P.txt",
            "UPLOAD/x",
            "DOWNLOAD/x",
            "KILL",
        ] {
            let answer = http.post(&format!("/Session/{id}/{path}"), "text/xml", "<XIMSS/>").await;
            assert_eq!(answer.status, 550, "{id} {path}");
        }
    }
}

#[tokio::test]
async fn only_the_own_origin_and_those_configured_may_talk() {
    let fixture = Fixture::new().config("[http]\nallowed_origins = [\"https://mail.example.org\"]\n");
    let gateway = Gateway::with(fixture).await;
    let http = Http::of(&gateway);
    let own = format!("http://{}", gateway.address("http"));
    let login = "/XIMSSLogin/?userName=alice&password=secret";
    let with = async |method, origin: &str| http.send(method, login, &[("origin", origin)], "").await;
    assert_eq!(with(Method::GET, &own).await.header("access-control-allow-origin"), None);
    let allowed = with(Method::GET, "https://mail.example.org").await;
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://mail.example.org"));
    assert_eq!(allowed.status, 200);
    let preflight = with(Method::OPTIONS, "https://mail.example.org").await;
    assert_eq!(preflight.status, 204);
    assert!(
        preflight.header("access-control-allow-headers").is_some_and(|names| names.contains("Content-Type"))
    );
    for foreign in [
        "https://evil.example",
        "https://mail.example.org.evil.example",
        "null",
        "https://mail.example.org:8443",
        "",
    ] {
        assert_eq!(with(Method::GET, foreign).await.status, 403, "{foreign}");
        assert_eq!(with(Method::OPTIONS, foreign).await.status, 403, "{foreign}");
    }
    // A WebSocket from a foreign page is refused before its handshake.
    let upgrade = [
        ("origin", "https://evil.example"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    assert_eq!(http.send(Method::GET, "/ximss", &upgrade, "").await.status, 403);
    assert_eq!(http.get("/ximss").await.status, 426);
}

#[tokio::test]
async fn the_page_is_there_and_guarded() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let page = http.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(
        page.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'"))
    );
    let tag = page.header("etag").expect("a tag").to_owned();
    let again = http.send(Method::GET, "/", &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(http.get("/nothing.html").await.status, 404);
    assert_eq!(http.get("/../../etc/passwd").await.status, 404);
}
