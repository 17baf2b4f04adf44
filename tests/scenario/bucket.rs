//! Messages and files in a bucket of an S3 service, and what happens when that is out of reach.

use hyper::Method;

use crate::harness::{ALICE, Bucket, Client, Fixture, Gateway, Http, Kind, Login};

const OUT_OF_REACH: &str = "the message store is out of reach, try again later";

fn pattern(length: u32) -> Vec<u8> {
    (0..length / 4).flat_map(u32::to_le_bytes).collect()
}

/// Writes an mbox file of so many messages with an attachment; its path.
fn mbox(gateway: &Gateway, from: u32, till: u32) -> String {
    let one = |n: u32| {
        format!(
            "From a@b Sat Jan  3 01:05:34 1998\nSubject: message {n}\nMIME-Version: 1.0\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext {n}\n--b\nContent-Type: application/octet-stream\n\n\
             {}\n--b--\n\n",
            "0123456789".repeat(50)
        )
    };
    let file = gateway.data().join("some.mbox");
    std::fs::write(&file, (from..till).map(one).collect::<String>()).expect("it can be written");
    file.to_str().expect("a path").to_owned()
}

/// Logs alice in and opens INBOX; the client, and where her session has its files.
async fn come(gateway: &Gateway) -> (Client, String) {
    let mut client = Client::connect(gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    client.run(r#"<folderOpen folder="INBOX"><field>Subject</field></folderOpen>"#).await;
    let base = format!("/Session/{}", client.session("urlID"));
    (client, base)
}

async fn read(client: &mut Client, uid: u32) -> String {
    client.run(&format!(r#"<folderRead folder="INBOX" UID="{uid}"/>"#)).await[0].to_xml()
}

#[tokio::test]
async fn a_gateway_keeps_its_mail_in_a_bucket_and_says_so_when_that_is_out_of_reach() {
    let mut bucket = Bucket::start().await;
    let mut gateway = Gateway::with(Fixture::new().config(&bucket.config())).await;
    assert!(!gateway.data().join("blobs").exists());
    let file = mbox(&gateway, 1, 6);
    let (said, error, code) = gateway.run(&["mail", "import", ALICE, "INBOX", &file], "").await;
    assert_eq!((said.as_str(), code), ("5 messages imported\n", Some(0)), "{error}");
    let (mut client, base) = come(&gateway).await;
    assert!(read(&mut client, 2).await.contains("text 2"));
    let http = Http::of(&gateway);
    let part = format!("{base}/MIME/INBOX/3-02-B.bin");
    let ranged = http.send(Method::GET, &part, &[("range", "bytes=490-501")], "").await;
    assert_eq!((ranged.status, ranged.text().as_str()), (206, "0123456789"));
    // More than one part of what S3 calls a multipart upload.
    let much = pattern(9 << 20);
    let put = http.send(Method::PUT, &format!("{base}/UPLOAD/much"), &[], much.clone()).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let down = format!("{base}/DOWNLOAD/$UPLOAD$/much");
    let ranged = http.send(Method::GET, &down, &[("range", "bytes=8388600-8388700")], "").await;
    assert!(ranged.status == 206 && ranged.body[..] == much[8_388_600..=8_388_700]);
    assert!(http.get(&down).await.body[..] == much[..]);

    gateway.kill().await;
    let gateway = gateway.again().await;
    let (mut client, base) = come(&gateway).await;
    assert!(read(&mut client, 3).await.contains("text 3"));
    let (http, admin) = (Http::of(&gateway), Http::at(gateway.address("admin")));

    bucket.stop().await;
    let (text, number) = client.fails(r#"<folderRead folder="INBOX" UID="5"/>"#).await;
    assert_eq!((text.as_str(), number.as_str()), (OUT_OF_REACH, "500"));
    let put = http.send(Method::PUT, &format!("{base}/UPLOAD/one"), &[], "abc").await;
    assert!(put.status == 503 && put.text().contains(OUT_OF_REACH), "{put:?}");
    let file = mbox(&gateway, 6, 9);
    let (_, error, code) = gateway.run(&["mail", "import", ALICE, "INBOX", &file], "").await;
    assert!(code == Some(1) && error.contains(OUT_OF_REACH), "{error}");
    let ready = admin.get("/readyz").await;
    assert!(ready.status == 503 && ready.text().contains("storage"), "{ready:?}");

    bucket.again().await;
    assert!(read(&mut client, 5).await.contains("text 5"));
    let rows = client.run(r#"<folderBrowse folder="INBOX"><index from="0" till="99"/></folderBrowse>"#).await;
    assert_eq!(rows.len(), 5, "nothing of the import that failed has stayed");
    assert_eq!(admin.get("/readyz").await.status, 200);
    let (_, error, code) = gateway.run(&["mail", "import", ALICE, "INBOX", &file], "").await;
    assert_eq!(code, Some(0), "{error}");
    let (said, error, code) = gateway.run(&["mail", "check"], "").await;
    assert!(code == Some(0) && said.contains("8 messages were checked: 0 damages"), "{said}{error}");
}
