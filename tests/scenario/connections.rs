//! Connections on which nothing is asked for, or in the wrong way.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::harness::{ALICE, Client, Fixture, Gateway, Kind, Login, SOON};

/// Sends some bytes and waits for the connection to be closed.
async fn ends(address: SocketAddr, what: &str, sent: &[u8]) {
    let mut stream = TcpStream::connect(address).await.expect("TCP connects");
    stream.write_all(sent).await.expect("it is sent");
    let mut rest = Vec::new();
    let end = tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await;
    // A reset is an end, too.
    _ = end.unwrap_or_else(|_| panic!("{what}: the connection is still open"));
}

#[tokio::test]
async fn an_http_connection_on_which_nothing_is_asked_for_ends() {
    let gateway = Gateway::with(Fixture::new().config("[limits]\nhttp_header_time = \"1s\"\n")).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let attempts = [
        ("nothing", Vec::new()),
        ("one byte", b"P".to_vec()),
        ("half a preface", preface[..20].to_vec()),
        ("a preface", preface.to_vec()),
        ("HTTP/2 without a request", [preface.as_slice(), &settings].concat()),
        ("half a header", b"GET / HTTP/1.1\r\nHost:".to_vec()),
    ];
    let address = gateway.address("http");
    join_all(attempts.iter().map(|(what, sent)| ends(address, what, sent))).await;
}

#[tokio::test]
async fn an_http2_connection_ends_after_a_refusal_and_not_before() {
    let gateway = Gateway::start().await;
    let stream = TcpStream::connect(gateway.address("http")).await.expect("TCP connects");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2 begins");
    let connection = tokio::spawn(connection);
    let mut post = async |body: &'static str| {
        let request = Request::post("http://localhost/XIMSSLogin/").body(Full::new(Bytes::from(body)));
        let answer = sender.send_request(request.expect("a request")).await.expect("the gateway answers");
        assert_eq!(answer.status(), 200);
        let body = answer.into_body().collect().await.expect("the answer is whole").to_bytes();
        String::from_utf8_lossy(&body).into_owned()
    };
    let features = post("<XIMSS><listFeatures id=\"1\"/></XIMSS>").await;
    assert!(features.contains("<response id=\"1\"/>"), "{features}");
    let refusal = post("<XIMSS><!DOCTYPE x></XIMSS>").await;
    assert!(refusal.starts_with("<XIMSS><response errorText="), "{refusal}");
    let end = tokio::time::timeout(SOON, connection).await.expect("the connection ends");
    end.expect("it is not cancelled").expect("it ends in good order");
}

#[tokio::test]
async fn a_text_frame_that_is_not_utf8_closes_a_websocket_with_1007() {
    let gateway = Gateway::start().await;
    let url = format!("ws://{}/ximss", gateway.address("http"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("the WebSocket connects");
    let frame = Frame::message(b"<noop id=\"\xff\"/>".to_vec(), OpCode::Data(Data::Text), true);
    socket.send(Message::Frame(frame)).await.expect("it is sent");
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else { panic!("it closes") };
    assert_eq!(u16::from(frame.code), 1007);
}

#[tokio::test]
async fn what_was_asked_before_a_goodbye_is_answered_before_it() {
    let gateway = Gateway::start().await;
    for kind in [Kind::Tcp, Kind::WebSocket] {
        let mut client = Client::connect(&gateway, kind, Login::Password(ALICE)).await;
        client.send(r#"<folderOpen id="o" folder="INBOX"><field>Subject</field></folderOpen>"#).await;
        client.send(r#"<folderSync id="s" folder="INBOX"/>"#).await;
        client.send(r#"<bye id="b"/>"#).await;
        for id in ["o", "s", "b"] {
            client.until_response(id).await;
        }
        client.closed().await;
    }
}

#[tokio::test]
async fn who_closes_the_sending_half_still_gets_the_answers() {
    let gateway = Gateway::start().await;
    let mut stream = TcpStream::connect(gateway.address("ximss")).await.expect("TCP connects");
    let requests = "<login id=\"l\" authData=\"alice\" password=\"secret\"/>\0\
                    <folderOpen id=\"o\" folder=\"INBOX\"><field>Subject</field></folderOpen>\0\
                    <folderSync id=\"s\" folder=\"INBOX\"/>\0";
    stream.write_all(requests.as_bytes()).await.expect("it is sent");
    stream.shutdown().await.expect("it is shut down");
    let mut answers = Vec::new();
    let read = tokio::time::timeout(SOON, stream.read_to_end(&mut answers)).await;
    read.expect("the connection ends").expect("it can be read");
    let answers = String::from_utf8(answers).expect("UTF-8");
    for id in ["l", "o", "s"] {
        assert!(answers.contains(&format!("<response id=\"{id}\"/>")), "{answers}");
    }
}

#[tokio::test]
async fn the_sessions_of_a_removed_account_end() {
    let gateway = Gateway::start().await;
    let mut client = Client::connect(&gateway, Kind::Tcp, Login::Numbered(ALICE)).await;
    let (_, error, code) = gateway.run(&["account", "remove", ALICE], "").await;
    assert_eq!(code, Some(0), "{error}");
    client.notice("bye").await;
    client.closed().await;
}
