//! Clients lose their connections and come back: nothing is lost, nothing comes twice, calls go on.

use std::time::{Duration, Instant};

use futures_util::future::select_all;
use protocol::Element;
use sip::{Command, Event};

use crate::harness::{ALICE, Client, Fixture, Gateway, Http, Kind, Login, Mail, Received, UserAgent};

/// A gateway with so many messages in alice's INBOX.
async fn with_mail(count: u32) -> Gateway {
    let mail = (1..=count).map(|uid| Mail {
        uid,
        internal_date: 1_600_000_000_000 + i64::from(uid),
        flags: protocol::Flags::NONE,
        from: format!("u{uid}@example.org"),
        subject: format!("message {uid}"),
        rest: String::new(),
    });
    Gateway::with(Fixture::new().mail("INBOX", mail)).await
}

fn sequence(message: &Element) -> u64 {
    message.attribute("seq").expect("messages are numbered").parse().expect("a number")
}

/// Connects again in the way of this kind and resumes; returns the number of requests that the gateway has accepted.
async fn resume(gateway: &Gateway, kind: Kind, lost: &Element, acknowledged: u64) -> (Client, u64) {
    let attribute = |name| lost.attribute(name).expect("it is there");
    let mut client = Client::connect(gateway, kind, Login::None).await;
    let (id, ticket) = (attribute("urlID"), attribute("ticket"));
    client
        .send(&format!(r#"<resume id="again" urlID="{id}" ticket="{ticket}" ackSeq="{acknowledged}"/>"#))
        .await;
    let messages = client.until_response("again").await;
    let [session, response] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(response.attribute("errorText"), None);
    let requests = session.attribute("requests").expect("it is told").parse().expect("a number");
    (client, requests)
}

/// Five messages reach the client but are not acknowledged, five more never reach it; the client comes back by every
/// way there is and must see each once, in order.
async fn loses_its_connection(kind: Kind) {
    let gateway = with_mail(30).await;
    let mut client = Client::connect(&gateway, kind, Login::Numbered(ALICE)).await;
    let session = client.session.clone().expect("it has logged in");
    client.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    // Eleven messages: ten rows and a response. The client reads five of them and is cut off.
    client.send(r#"<folderBrowse id="b" folder="INBOX"><index from="0" till="9"/></folderBrowse>"#).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(client.message(|message| message.attribute("id") == Some("b")).await);
    }
    // A request that the gateway has not read when the connection goes, as far as the client knows.
    client.cut();
    let last = sequence(seen.last().expect("five were seen"));
    let (mut client, requests) = resume(&gateway, kind, &session, last).await;
    assert_eq!(requests, 2, "the gateway has accepted folderOpen and folderBrowse");
    for message in client.until_response("b").await {
        seen.push(message);
    }
    let numbers: Vec<u64> = seen.iter().map(sequence).collect();
    let expected: Vec<u64> = (numbers[0]..numbers[0] + 11).collect();
    assert_eq!(numbers, expected);
    let rows: Vec<Option<&str>> = seen.iter().take(10).map(|row| row.attribute("UID")).collect();
    let uids: Vec<String> = (1..=10).map(|uid: u32| uid.to_string()).collect();
    assert_eq!(rows, uids.iter().map(|uid| Some(uid.as_str())).collect::<Vec<_>>());
    // The session goes on as it was: the folder is open.
    client.run(r#"<folderClose folder="INBOX"/>"#).await;
}

#[tokio::test]
async fn a_tcp_client_sees_each_message_once_and_in_order() {
    loses_its_connection(Kind::Tcp).await;
}

#[tokio::test]
async fn a_websocket_client_sees_each_message_once_and_in_order() {
    loses_its_connection(Kind::WebSocket).await;
}

#[tokio::test]
async fn an_http_client_gets_an_unacknowledged_batch_again_and_a_lost_answer_too() {
    let gateway = with_mail(30).await;
    let http = Http::of(&gateway);
    let id = http.log_in().await;
    let post = async |path: &str, request: &str| {
        let answer = http
            .post(&format!("/Session/{id}/{path}"), "text/xml", format!("<XIMSS>{request}</XIMSS>"))
            .await;
        assert_eq!(answer.status, 200);
        answer.text()
    };
    let open = r#"<folderOpen id="o" folder="INBOX"><field>Subject</field></folderOpen>"#;
    let first = post("sync?reqSeq=0", open).await;
    // The answer was lost: the same request again runs nothing twice.
    assert_eq!(post("sync?reqSeq=0", open).await, first);
    assert!(first.contains(r#"mode="init""#), "{first}");
    // Five messages by the other way, not acknowledged.
    let browse = r#"<folderBrowse id="b" folder="INBOX"><index from="0" till="3"/></folderBrowse>"#;
    assert_eq!(post("async?reqSeq=1", browse).await, "<XIMSS></XIMSS>");
    let poll = async |acknowledged: u64| {
        http.get(&format!("/Session/{id}/?ackSeq={acknowledged}&maxWait=10")).await.text()
    };
    let mut batch = poll(0).await;
    // The rows may take a moment: a batch is what there was.
    let mut count = 1;
    let mut all = batch.clone();
    while !all.contains(r#"<response id="b"/>"#) {
        // The poll's answer is lost: it comes again, unchanged, whatever was added meanwhile.
        assert_eq!(poll(count - 1).await, batch);
        batch = poll(count).await;
        count += 1;
        all.push_str(&batch);
    }
    assert_eq!(poll(count - 1).await, batch);
    assert_eq!(all.matches("<folderReport").count(), 4, "{all}");
    assert!(batch.contains(&format!(r#"<XIMSS respSeq="{count}">"#)), "{batch}");
    // Acknowledged: nothing more, and the next number is wrong only if it is not the next.
    assert_eq!(http.get(&format!("/Session/{id}/?ackSeq={count}&maxWait=0")).await.text(), "<XIMSS/>");
    let wrong = post("sync?reqSeq=7", r#"<noop id="n"/>"#).await;
    assert_eq!(
        wrong,
        r#"<XIMSS><response errorText="XIMSS request sequence error" errorNum="500"/></XIMSS>"#
    );
    assert_eq!(post("sync?reqSeq=2", r#"<noop id="n"/>"#).await, r#"<XIMSS><response id="n"/></XIMSS>"#);
}

#[tokio::test]
async fn a_websocket_attaches_to_a_session_that_began_by_http() {
    let gateway = with_mail(3).await;
    let mut http = Client::connect(&gateway, Kind::Http, Login::Password(ALICE)).await;
    http.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    let id = http.session("urlID");
    http.cut();
    let mut socket = Client::websocket(&gateway, &format!("/Session/{id}/ws?ackSeq=0")).await;
    let greeting = socket.notice("session").await;
    assert_eq!(greeting.attribute("requests"), Some("0"));
    let row = socket.run(r#"<folderBrowse folder="INBOX"><index>0</index></folderBrowse>"#).await;
    assert_eq!(sequence(&row[0]), 1);
    // A newer connection takes over; the older closes without a word.
    let mut newer = Client::websocket(&gateway, &format!("/Session/{id}/ws?ackSeq=2")).await;
    assert_eq!(newer.notice("session").await.attribute("requests"), Some("1"));
    assert_eq!(socket.next().await, Received::Closed);
    newer.run("<noop/>").await;
}

/// What the gateway had not accepted when the connection went is sent again, and nothing else; each request is answered
/// once.
async fn sends_again_what_was_lost(kind: Kind) {
    const COUNT: u64 = 40;
    let gateway = Gateway::start().await;
    let mut client = Client::connect(&gateway, kind, Login::Numbered(ALICE)).await;
    let session = client.session.clone().expect("it has logged in");
    let request = |n: u64| format!(r#"<prefsStore id="p{n}"><p{n}>{n}</p{n}></prefsStore>"#);
    for number in 1..=COUNT {
        client.send(&request(number)).await;
    }
    // Some of the answers are read; the connection goes while requests are on their way.
    let mut seen = vec![client.message(|message| message.is("response")).await];
    let answered = sequence(&seen[0]);
    client.cut();
    let (mut client, accepted) = resume(&gateway, kind, &session, answered).await;
    assert!((1..=COUNT).contains(&accepted), "{accepted}");
    for number in accepted + 1..=COUNT {
        client.send(&request(number)).await;
    }
    while seen.len() < COUNT as usize {
        seen.push(client.message(|message| message.is("response")).await);
    }
    let expected: Vec<(u64, String)> =
        (1..=COUNT).map(|number| (answered + number - 1, format!("p{number}"))).collect();
    let told: Vec<(u64, String)> = seen
        .iter()
        .map(|message| (sequence(message), message.attribute("id").unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(told, expected);
    assert!(client.nothing_else());
}

#[tokio::test]
async fn a_tcp_client_sends_again_what_was_lost() {
    sends_again_what_was_lost(Kind::Tcp).await;
}

#[tokio::test]
async fn a_websocket_client_sends_again_what_was_lost() {
    sends_again_what_was_lost(Kind::WebSocket).await;
}

#[tokio::test]
async fn a_websocket_answers_the_open_poll_and_brings_all_that_is_unacknowledged() {
    let gateway = with_mail(3).await;
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Numbered(ALICE)).await;
    let id = client.session("urlID");
    client.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    // Polls take over from the connection: what it did not acknowledge comes by them.
    let http = Http::of(&gateway);
    let batch = http.get(&format!("/Session/{id}/?maxWait=10")).await.text();
    assert!(batch.contains("<folderReport") && batch.contains(r#"<response id="t1""#), "{batch}");
    client.closed().await;
    // Of two polls one is answered when the other comes: then the other is open.
    let url = format!("/Session/{id}/?ackSeq=1&maxWait=20");
    let polls = [http.get(&url), http.get(&url)].map(Box::pin);
    let (first, _, open) = select_all(polls).await;
    assert_eq!(first.text(), "<XIMSS/>");
    let start = Instant::now();
    let path = format!("/Session/{id}/ws");
    let (open, mut socket) = tokio::join!(select_all(open), Client::websocket(&gateway, &path));
    assert_eq!(open.0.text(), "<XIMSS/>");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(socket.notice("session").await.attribute("ticket"), None, "the id is no password");
    // Without `ackSeq` all comes that nobody has acknowledged: here, nothing.
    let answer = socket.run("<noop/>").await;
    assert_eq!(answer, []);
}

/// A session is on a call with a phone; its connection goes and comes back. The phone hears nothing of it.
async fn keeps_its_call(kind: Kind) {
    let gateway = Gateway::start().await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    let mut client = Client::connect(&gateway, kind, Login::Numbered(ALICE)).await;
    let session = client.session.clone().expect("it has logged in");
    client.run(r#"<signalBind><sdp ip="[127.0.0.1]"/></signalBind>"#).await;
    let mine = UserAgent::new(&gateway, "alice").await;
    let sdp = Element::new("sdpText").with_text(String::from_utf8_lossy(&mine.sdp()).into_owned());
    client
        .run(&format!(r#"<callStart callLeg="c1" peer="bob@localhost">{}</callStart>"#, sdp.to_xml()))
        .await;
    let (call, offer) = phone.called().await;
    assert!(offer.is_some());
    let sdp = phone.sdp();
    phone.command(Command::Accept { call, sdp });
    let connected = client.notice("callConnected").await;
    client.cut();
    let (mut client, _) = resume(&gateway, kind, &session, sequence(&connected)).await;
    client.run("<noop/>").await;
    // The call is still there at both ends: the phone hangs up, and the client hears of it.
    phone.command(Command::Hangup { call, reason: None });
    let ended = phone.event(|event| matches!(event, Event::Ended { .. })).await;
    assert!(matches!(ended, Event::Ended { cause: sip::EndCause::Local, .. }), "{ended:?}");
    let disconnected = client.notice("callDisconnected").await;
    assert_eq!(disconnected.attribute("callLeg"), Some("c1"));
    client.run(r#"<callKill callLeg="c1"/>"#).await;
}

#[tokio::test]
async fn a_call_goes_on_while_its_tcp_connection_is_lost() {
    keeps_its_call(Kind::Tcp).await;
}

#[tokio::test]
async fn a_call_goes_on_while_its_websocket_is_lost() {
    keeps_its_call(Kind::WebSocket).await;
}

#[tokio::test]
async fn a_call_goes_on_while_polls_are_lost() {
    let gateway = Gateway::start().await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    let mut client = Client::connect(&gateway, Kind::Http, Login::Password(ALICE)).await;
    let id = client.session("urlID");
    client.run(r#"<callStart callLeg="c1" peer="bob@localhost"/>"#).await;
    let (call, _) = phone.called().await;
    client.cut();
    let status = sip::StatusCode::BUSY_HERE;
    phone.command(Command::Reject { call, status, phrase: None, reason: None, headers: Vec::new() });
    let http = Http::of(&gateway);
    let batch = http.get(&format!("/Session/{id}/?maxWait=10")).await.text();
    assert!(batch.contains(r#"<callDisconnected callLeg="c1" signalCode="486""#), "{batch}");
}

#[tokio::test]
async fn a_session_whose_client_does_not_come_back_ends_and_hangs_up() {
    let fixture = Fixture::new().config("[session]\ndetached = \"1s\"\n");
    let mut gateway = Gateway::with(fixture).await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Numbered(ALICE)).await;
    let session = client.session.clone().expect("it has logged in");
    client.run(r#"<callStart callLeg="c1" peer="bob@localhost"/>"#).await;
    phone.called().await;
    client.cut();
    let line = gateway.logged(|line| line["message"] == "session ends").await;
    assert_eq!(line["reason"], "the client did not come back");
    let cancelled = phone.event(|event| matches!(event, Event::Cancelled { .. } | Event::Ended { .. })).await;
    assert!(matches!(cancelled, Event::Cancelled { .. }), "{cancelled:?}");
    let mut late = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    let attribute = |name| session.attribute(name).expect("it is there");
    let request =
        format!(r#"<resume urlID="{}" ticket="{}" ackSeq="0"/>"#, attribute("urlID"), attribute("ticket"));
    assert_eq!(late.fails(&request).await, ("session is not found".to_owned(), "512".to_owned()));
    // The ticket stands in for the password.
    late.run(&format!(r#"<login ticket="{}"/>"#, attribute("ticket"))).await;
}

#[tokio::test]
async fn tickets_outlive_a_restart_and_end_with_the_password() {
    let mut gateway = Gateway::start().await;
    let client = Client::connect(&gateway, Kind::WebSocket, Login::Numbered(ALICE)).await;
    let ticket = client.session("ticket");
    let (time, code) = gateway.terminate().await;
    assert_eq!(code, Some(0));
    assert!(time < Duration::from_secs(5), "{time:?}");
    let gateway = gateway.again().await;
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::None).await;
    client.run(&format!(r#"<login ticket="{ticket}"/>"#)).await;
    let (_, error, code) = gateway.run(&["account", "password", ALICE, "--password-stdin"], "another").await;
    assert_eq!(code, Some(0), "{error}");
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::None).await;
    let (text, number) = client.fails(&format!(r#"<login ticket="{ticket}"/>"#)).await;
    assert_eq!(
        (text.as_str(), number.as_str()),
        ("the ticket is not valid: log in with the password", "515")
    );
}

#[tokio::test]
async fn acknowledging_what_was_never_sent_is_refused_and_changes_nothing() {
    let gateway = Gateway::start().await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Numbered(ALICE)).await;
    let session = client.session.clone().expect("it has logged in");
    client.run("<noop/>").await;
    let attribute = |name| session.attribute(name).expect("it is there");
    let request = |ack: u64| {
        format!(r#"<resume urlID="{}" ticket="{}" ackSeq="{ack}"/>"#, attribute("urlID"), attribute("ticket"))
    };
    let mut other = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    let (text, _) = other.fails(&request(99)).await;
    assert_eq!(text, "message 99 cannot be acknowledged: 0 to 1 can");
    client.run("<noop/>").await;
    // Somebody else's ticket opens nothing.
    let mut bob = Client::connect(&gateway, Kind::Tcp, Login::Password(crate::harness::BOB)).await;
    let foreign =
        format!(r#"<resume urlID="{}" ticket="{}" ackSeq="0"/>"#, attribute("urlID"), bob.session("ticket"));
    bob.run("<noop/>").await;
    assert_eq!(other.fails(&foreign).await.1, "512");
}
