//! The ways in, and what is kept out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{ALICE, Client, Fixture, Gateway, Http, Kind, Login, element};

#[tokio::test]
async fn sasl_plain_logs_in_with_and_without_a_first_response() {
    let gateway = Gateway::start().await;
    let token = STANDARD.encode("\0alice\0secret");
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    client.send(r#"<login id="l" method="PLAIN"/>"#).await;
    let challenge = client.message(|message| message.is("challenge")).await;
    assert_eq!(challenge.to_xml(), r#"<challenge id="l" value=""/>"#);
    client.send(&format!(r#"<auth id="l" value="{token}"/>"#)).await;
    let messages = client.until_response("l").await;
    assert!(messages[0].is("session"), "{messages:?}");
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    let session = client.run(&format!(r#"<login method="plain" value="{token}"/>"#)).await;
    assert_eq!(session[0].attribute("userName"), Some(ALICE));
}

#[tokio::test]
async fn cram_md5_is_offered_only_if_it_is_on() {
    let gateway = Gateway::start().await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    let (text, _) = client.fails(r#"<login method="CRAM-MD5"/>"#).await;
    assert_eq!(text, "the method \"CRAM-MD5\" is not offered: use PLAIN");
    let features = client.run("<listFeatures/>").await;
    assert!(!features[0].to_xml().contains("nonce"), "{features:?}");
    let gateway = Gateway::with(Fixture::new().config("[auth]\ncram_md5 = true\n")).await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::None).await;
    client.send(r#"<login id="l" method="CRAM-MD5"/>"#).await;
    let challenge = client.message(|message| message.is("challenge")).await;
    let challenge = STANDARD.decode(challenge.attribute("value").expect("a challenge")).expect("base64");
    let answer = STANDARD.encode(format!("alice@localhost {}", hmac_md5(b"secret", &challenge)));
    client.send(&format!(r#"<auth id="l" value="{answer}"/>"#)).await;
    assert!(client.until_response("l").await[0].is("session"));
    // By HTTP the nonce of the features comes back with the answer, without a user name in it.
    let http = Http::of(&gateway);
    let features = http.post("/XIMSSLogin/", "text/xml", r#"<XIMSS><listFeatures id="1"/></XIMSS>"#).await;
    let features = element(&features.body);
    let features = features.elements().next().expect("features come first");
    assert!(features.is("features"));
    let nonce = features.child("nonce").expect("a nonce").text().into_owned();
    let data = STANDARD.encode(hmac_md5(b"secret", nonce.as_bytes()));
    let login = async |nonce: &str| {
        let (nonce, data) = (nonce.replace('+', "%2B"), data.replace('+', "%2B").replace('=', "%3D"));
        http.get(&format!("/XIMSSLogin/?userName=alice&nonce={nonce}&authData={data}&errorAsXML=1"))
            .await
            .text()
    };
    assert!(login(&nonce).await.contains("<session"), "{}", login(&nonce).await);
    assert!(login("1.x.y").await.contains("errorText"));
}

/// RFC 2104 with MD5, in hexadecimal digits.
fn hmac_md5(key: &[u8], message: &[u8]) -> String {
    use md5::{Digest, Md5};
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Md5::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    let outer = Md5::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn every_form_of_the_http_login_gives_a_session() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let basic = format!("Basic {}", STANDARD.encode("alice@localhost:secret"));
    let answers = [
        http.get("/XIMSSLogin/?username=alice&PASSWORD=secret&version=6.2").await,
        http.get("/ximsslogin/?userName=alice%40localhost&password=secret").await,
        http.send(hyper::Method::GET, "/XIMSSLogin/", &[("authorization", &basic)], "").await,
        http.send(hyper::Method::POST, "/XIMSSLogin/?errorAsXML=1", &[("authorization", &basic)], "").await,
        http.post("/ximssLogin/", "application/x-www-form-urlencoded", "userName=alice&password=secret")
            .await,
    ];
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
        assert!(answer.text().starts_with("<XIMSS><session urlID=\""), "{}", answer.text());
        let envelope = element(&answer.body);
        let session = envelope.elements().next().expect("a session");
        assert_eq!((session.attribute("id"), session.attribute("userName")), (None, Some(ALICE)));
    }
}

#[tokio::test]
async fn a_failed_http_login_is_a_status_or_an_envelope_as_asked_for() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    for user in ["alice", "nobody", "no such user"] {
        let user = user.replace(' ', "+");
        let status = http.get(&format!("/XIMSSLogin/?userName={user}&password=wrong")).await;
        assert_eq!((status.status, status.header("www-authenticate").is_some()), (401, true));
        let envelope = http.get(&format!("/XIMSSLogin/?userName={user}&password=wrong&errorAsXML=1")).await;
        let expected =
            r#"<XIMSS><response errorText="incorrect password or account name" errorNum="515"/></XIMSS>"#;
        assert_eq!((envelope.status, envelope.text().as_str()), (200, expected));
    }
    assert_eq!(http.get("/XIMSSLogin/").await.status, 401);
    assert_eq!(http.get("/XIMSSLogin/?loginAsGuest=1").await.status, 401);
}

#[tokio::test]
async fn a_session_id_lets_its_client_in_again_and_can_end_the_old_session() {
    let gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let first = http.log_in().await;
    let again = http.get(&format!("/XIMSSLogin/?userName=alice&sessionid={first}")).await.session();
    assert_eq!(again, first);
    assert_eq!(http.get(&format!("/XIMSSLogin/?userName=bob&sessionid={first}")).await.status, 401);
    let other = http.get(&format!("/XIMSSLogin/?userName=alice&sessionid={first}&killOld=1")).await.session();
    assert_ne!(other, first);
    // The old one ends at once, or almost.
    while http.get(&format!("/Session/{first}/?maxWait=0")).await.status != 550 {}
    assert_eq!(http.get(&format!("/Session/{other}/?maxWait=0")).await.status, 200);
}

#[tokio::test]
async fn starttls_turns_a_connection_into_a_tls_one_and_https_ports_speak_ximss() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let gateway = Gateway::start().await;
    let connector = crate::scenario::tls_that_trusts_all();
    let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
    let mut stream = tokio::net::TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects");
    stream.write_all(b"<starttls id=\"1\"/>\0").await.expect("it is sent");
    let mut answer = vec![0; 18];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, b"<response id=\"1\"/>");
    stream.read_exact(&mut [0]).await.expect("a zero byte");
    let mut secured = connector.connect(name.clone(), stream).await.expect("TLS begins");
    let login = b"<login id=\"2\" authData=\"alice\" password=\"secret\"/>\0";
    secured.write_all(login).await.expect("it is sent");
    let mut text = vec![0; 9];
    secured.read_exact(&mut text).await.expect("an answer");
    assert_eq!(text, b"<session ");
    for kind in ["ximsss", "https"] {
        let stream = tokio::net::TcpStream::connect(gateway.address(kind)).await.expect("TCP connects");
        let mut secured = connector.connect(name.clone(), stream).await.expect("TLS begins");
        secured.write_all(b"<noop id=\"1\"/>\0").await.expect("it is sent");
        let mut answer = vec![0; 18];
        secured.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(answer, b"<response id=\"1\"/>", "{kind}");
    }
    let mut stream = tokio::net::TcpStream::connect(gateway.address("http")).await.expect("TCP connects");
    stream.write_all(b"<noop id=\"1\"/>\0").await.expect("it is sent");
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, b"<response id=\"1\"/>");
}

#[tokio::test]
async fn an_unknown_account_takes_as_long_as_a_wrong_password() {
    let gateway = Gateway::start().await;
    let mut times = Vec::new();
    for account in ["alice", "nobody"] {
        let mut best = std::time::Duration::MAX;
        for _ in 0..5 {
            let mut client = Client::connect(&gateway, Kind::Tcp, Login::None).await;
            let start = std::time::Instant::now();
            client.fails(&format!(r#"<login authData="{account}" password="wrong"/>"#)).await;
            best = best.min(start.elapsed());
        }
        times.push(best);
    }
    let (known, unknown) = (times[0], times[1]);
    assert!(unknown > known / 2 && known > unknown / 2, "{known:?} {unknown:?}");
}
