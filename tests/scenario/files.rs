//! Parts of messages and uploaded files.

use bytes::Bytes;
use hyper::Method;
use protocol::Flags;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Http, Kind, Login, Mail};

const MESSAGE: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
    <img src=\"cid:logo@x\"><script>alert(1)</script>\r\n--b\r\nContent-Type: image/png; name=\"Logo.png\"\r\nContent-ID: <logo@x>\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc=\r\n--b\r\nContent-Type: application/pdf\r\n\
    Content-Disposition: attachment; filename=\"a \\\"b\\\".pdf\"\r\n\r\n%PDF\r\n--b--\r\n";

async fn with_message() -> (Gateway, Client, Http, String) {
    let mail = Mail {
        uid: 567,
        internal_date: 1_600_000_000_000,
        flags: Flags::NONE,
        from: "a@example.org".to_owned(),
        subject: "parts".to_owned(),
        rest: MESSAGE.to_owned(),
    };
    let gateway = Gateway::with(Fixture::new().mail("Work/2024", [mail])).await;
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    client.run("<folderOpen folder=\"Work/2024\"><field>FLAGS</field></folderOpen>").await;
    let http = Http::of(&gateway);
    let base = format!("/Session/{}", client.session("urlID"));
    (gateway, client, http, base)
}

#[tokio::test]
async fn parts_are_served_by_every_form_of_their_url() {
    let (_gateway, _client, http, base) = with_message().await;
    let get = async |item: &str| http.get(&format!("{base}/MIME/Work%2F2024/{item}")).await;
    let whole = get("567-P.txt").await;
    assert!(whole.text().starts_with("From: a@example.org\r\n"), "{}", whole.text());
    assert_eq!(whole.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(get("567-H.txt").await.text().ends_with("boundary=b\r\n\r\n"));
    let image = get("567-02-B.gif/Logo.gif").await;
    assert_eq!(
        (&image.body[..], image.header("content-type")),
        (&[0, 1, 2, 3, 4, 5, 6, 7][..], Some("image/png"))
    );
    assert_eq!(
        image.header("content-disposition").map(|d| d.split(';').next() == Some("inline")),
        Some(true)
    );
    let related = get("567-01-R/logo%40x").await;
    assert_eq!(related.body, image.body);
    assert!(get("567-02-P.txt").await.text().contains("Content-ID: <logo@x>"));
}

#[tokio::test]
async fn what_a_browser_might_run_is_an_attachment_in_a_sandbox() {
    let (_gateway, _client, http, base) = with_message().await;
    for item in ["567-01-B.html", "567-03-B.pdf"] {
        let part = http.get(&format!("{base}/MIME/Work%2F2024/{item}")).await;
        assert!(part.header("content-disposition").is_some_and(|d| d.starts_with("attachment")), "{part:?}");
        assert_eq!(part.header("x-content-type-options"), Some("nosniff"));
        assert!(part.header("content-security-policy").is_some_and(|policy| policy.starts_with("sandbox;")));
    }
}

#[tokio::test]
async fn ranges_come_by_header_and_by_parameter() {
    let (_gateway, _client, http, base) = with_message().await;
    let url = format!("{base}/MIME/Work%2F2024/567-02-B.gif");
    let by_parameter = http.get(&format!("{url}?OffsetFrom=2&OffsetTill=5")).await;
    assert_eq!((by_parameter.status, &by_parameter.body[..]), (200, &[2, 3, 4][..]));
    let by_header = http.send(Method::GET, &url, &[("range", "bytes=2-4")], "").await;
    assert_eq!((by_header.status, &by_header.body[..]), (206, &[2, 3, 4][..]));
    assert_eq!(by_header.header("content-range"), Some("bytes 2-4/8"));
    let outside = http.send(Method::GET, &url, &[("range", "bytes=8-")], "").await;
    assert_eq!((outside.status, outside.header("content-range")), (416, Some("bytes */8")));
}

#[tokio::test]
async fn only_what_an_open_folder_shows_can_be_had() {
    let (gateway, _client, http, base) = with_message().await;
    let get = async |item: &str| http.get(&format!("{base}/MIME/{item}")).await.status;
    assert_eq!(get("INBOX/567-P.txt").await, 404);
    assert_eq!(get("Work%2F2024/568-P.txt").await, 404);
    assert_eq!(get("Work%2F2024/567-09-B.gif").await, 404);
    for wrong in
        ["Work%2F2024/567", "Work%2F2024/..%2F567-P.txt", "Work%2F2024/567-%00-B.gif", "%2e%2e/567-P.txt"]
    {
        assert_eq!(get(wrong).await, 404, "{wrong}");
    }
    let bob = Client::connect(&gateway, Kind::WebSocket, Login::Password(BOB)).await;
    let foreign = format!("/Session/{}/MIME/Work%2F2024/567-P.txt", bob.session("urlID"));
    assert_eq!(http.get(&foreign).await.status, 404);
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let (_gateway, _client, http, base) = with_message().await;
    let url = |item: &str| format!("{base}/MIME/Work%2F2024/{item}");
    let get =
        async |item: &str, header: (&str, &str)| http.send(Method::GET, &url(item), &[header], "").await;
    let first = http.get(&url("567-02-B.gif")).await;
    let tag = first.header("etag").expect("a tag").to_owned();
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let again = get("567-02-B.png", ("if-none-match", &known)).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(&*tag)), "{known}");
    }
    // The same part by its Content-ID is the same; another form or another part is not.
    assert_eq!(get("567-01-R/logo%40x", ("if-none-match", &tag)).await.status, 304);
    for other in ["567-02-P.txt", "567-02-H.txt", "567-03-B.pdf", "567-P.txt"] {
        assert_eq!(get(other, ("if-none-match", &tag)).await.status, 200, "{other}");
    }
    let range = [("range", "bytes=2-4"), ("if-range", "\"other\"")];
    let all = http.send(Method::GET, &url("567-02-B.gif"), &range, "").await;
    assert_eq!((all.status, all.body.len()), (200, 8));
    let range = [("range", "bytes=2-4"), ("if-range", &*tag)];
    assert_eq!(http.send(Method::GET, &url("567-02-B.gif"), &range, "").await.status, 206);
}

/// A folder whose name needs every kind of escape, with contacts of all kinds and a message without any.
async fn with_contacts() -> (Gateway, Client, Http, String) {
    let mail = |uid, rest: &str| Mail {
        uid,
        internal_date: i64::from(uid),
        flags: Flags::NONE,
        from: "a@example.org".to_owned(),
        subject: "contact".to_owned(),
        rest: rest.to_owned(),
    };
    let photo = "Content-Type: text/vcard\r\n\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nN:Ö;A\r\nFN:A Ö\r\nTEL:1\r\nTEL:2\r\n\
        PHOTO;ENCODING=b;TYPE=PNG:AAECAwQ=\r\nEND:VCARD\r\n";
    let second =
        "Content-Type: text/directory\r\n\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nN:B\r\nFN:B\r\nEND:VCARD\r\n";
    let messages = [mail(1, photo), mail(2, "\r\nno contact\r\n"), mail(3, second)];
    let gateway = Gateway::with(Fixture::new().mail("📖 Friends/A+B 100%", messages)).await;
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    client
        .run("<folderOpen folder=\"📖 Friends/A+B 100%\" sortField=\"UID\"><field>FLAGS</field></folderOpen>")
        .await;
    let http = Http::of(&gateway);
    let base = format!("/Session/{}", client.session("urlID"));
    (gateway, client, http, base)
}

const CONTACTS: &str = "%F0%9F%93%96%20Friends%2FA+B%20100%25";

#[tokio::test]
async fn the_contacts_of_a_folder_are_exported_in_either_version() {
    let (gateway, mut client, http, base) = with_contacts().await;
    let new = http.get(&format!("{base}/Export/{CONTACTS}/my%20friends.vcf")).await;
    assert_eq!(
        new.text(),
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ö;A\r\nFN:A Ö\r\nTEL:1\r\nTEL:2\r\nPHOTO;ENCODING=b;TYPE=PNG:AAECAwQ=\r\n\
         END:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nN:B\r\nFN:B\r\nEND:VCARD\r\n"
    );
    assert_eq!(new.header("content-type"), Some("text/vcard; charset=utf-8"));
    assert!(new.header("content-disposition").is_some_and(|d| d.contains("my friends.vcf")), "{new:?}");
    let old = http.get(&format!("{base}/Export/{CONTACTS}/all.vcf?oldStyle=1")).await;
    assert!(old.text().contains("VERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=96;A\r\n"));
    assert_eq!(http.get(&format!("{base}/Export/INBOX/all.vcf")).await.status, 404);
    // A message whose content is missing has no contacts any more, and the others are there.
    lose_contents(&gateway, "N:B\r\n");
    assert_eq!(
        http.get(&format!("{base}/Export/{CONTACTS}/a.vcf")).await.text().matches("BEGIN:").count(),
        1
    );
    client.run("<bye/>").await;
}

#[tokio::test]
async fn values_of_contacts_are_had_by_their_names() {
    let (_gateway, _client, http, base) = with_contacts().await;
    let get = async |item: &str| http.get(&format!("{base}/MIME/{CONTACTS}/{item}")).await;
    let photo = get("1-V/PHOTO").await;
    let expected = (&[0, 1, 2, 3, 4][..], Some("image/png"));
    assert_eq!((&photo.body[..], photo.header("content-type")), expected);
    assert_eq!(get("1-V/photo/0/a.png").await.body, photo.body);
    assert_eq!(get("1-V/tel/1").await.text(), "2");
    let tag = photo.header("etag").expect("a tag");
    let url = format!("{base}/MIME/{CONTACTS}/1-V/PHOTO");
    assert_eq!(http.send(Method::GET, &url, &[("if-none-match", tag)], "").await.status, 304);
    for absent in ["1-V/PHOTO/1", "2-V/PHOTO", "3-V/PHOTO", "1-01-V/PHOTO", "1-V"] {
        assert_eq!(get(absent).await.status, 404, "{absent}");
    }
}

/// Removes the blobs in which this stands.
fn lose_contents(gateway: &Gateway, text: &str) {
    let mut folders = vec![gateway.data().join("blobs")];
    let mut lost = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if String::from_utf8_lossy(&std::fs::read(&path).expect("it can be read")).contains(text) {
                std::fs::remove_file(path).expect("it can be removed");
                lost += 1;
            }
        }
    }
    assert_eq!(lost, 1);
}

/// A message whose content is missing is still there, and what asks for the content is told.
#[tokio::test]
async fn a_missing_content_is_told_and_the_row_is_shown() {
    let (gateway, mut client, http, base) = with_message().await;
    lose_contents(&gateway, "cid:logo@x");
    client.send("<folderRead id=\"r\" folder=\"Work/2024\" UID=\"567\"/>").await;
    let answer = client.message(|message| message.attribute("id") == Some("r")).await;
    assert_eq!(answer.attribute("errorText"), Some("the content is missing on the server"));
    assert_eq!(http.get(&format!("{base}/MIME/Work%2F2024/567-02-B.gif")).await.status, 500);
    client
        .run("<folderOpen folder=\"again\" mailbox=\"Work/2024\"><field>Subject</field></folderOpen>")
        .await;
    let rows = client.run("<folderBrowse folder=\"again\"><index>0</index></folderBrowse>").await;
    assert_eq!(rows[0].child("Subject").map(|subject| subject.text().into_owned()).as_deref(), Some("parts"));
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down_by_put_and_by_form() {
    let (_gateway, _client, http, base) = with_message().await;
    let put = http
        .send(Method::PUT, &format!("{base}/UPLOAD/one"), &[("content-type", "image/png")], &b"abcdef"[..])
        .await;
    assert_eq!(put.status, 200, "{}", put.text());
    let down = http.get(&format!("{base}/DOWNLOAD/$UPLOAD$/one")).await;
    assert_eq!((down.text().as_str(), down.header("content-type")), ("abcdef", Some("image/png")));
    let form = "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; \
                name=\"fileData\"; filename=\"a.html\"\r\nContent-Type: text/html\r\n\r\n<b>\r\n--x--\r\n";
    let post = http.post(&format!("{base}/UPLOAD/one"), "multipart/form-data; boundary=x", form).await;
    assert_eq!(post.status, 200, "{}", post.text());
    let down = http
        .send(Method::GET, &format!("{base}/DOWNLOAD/%24UPLOAD%24/one"), &[("range", "bytes=1-")], "")
        .await;
    assert_eq!((down.status, down.text().as_str()), (206, "b>"));
    assert!(down.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/$UPLOAD$/two")).await.status, 404);
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/..%2F..%2Fserver.key")).await.status, 404);
    assert_eq!(http.post(&format!("{base}/UPLOAD/one"), "text/plain", "x").await.status, 500);
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_and_leaves_nothing() {
    let fixture = Fixture::new().config("[limits]\nupload = \"1MiB\"\n[session]\nuploads = \"1500KiB\"\n");
    let gateway = Gateway::with(fixture).await;
    let client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    let http = Http::of(&gateway);
    let url = |name: &str| format!("/Session/{}/UPLOAD/{name}", client.session("urlID"));
    let put =
        async |name: &str, size: usize| http.send(Method::PUT, &url(name), &[], vec![7; size]).await.status;
    assert_eq!(put("large", (1 << 20) + 1).await, 500);
    assert_eq!(put("first", 1 << 20).await, 200);
    assert_eq!(put("second", 1 << 20).await, 500);
    assert_eq!(put("second", 400 << 10).await, 200);
}

#[tokio::test]
async fn of_files_that_go_up_at_once_a_session_keeps_those_for_which_there_is_room() {
    let gateway = Gateway::with(Fixture::new().config("[session]\nuploads = \"1MiB\"\n")).await;
    let client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    let http = Http::of(&gateway);
    let session = format!("/Session/{}", client.session("urlID"));
    let put = async |n: usize| {
        http.send(Method::PUT, &format!("{session}/UPLOAD/{n}"), &[], vec![7; 400 << 10]).await.status
    };
    let done = futures_util::future::join_all((0..8).map(put)).await;
    assert_eq!(done.iter().filter(|status| **status == 200).count(), 2, "{done:?}");
}

/// What is announced to be too long is refused before it is sent, and nothing of it is written.
#[tokio::test]
async fn a_file_that_announces_to_be_too_long_is_refused_at_once() {
    let gateway = Gateway::with(Fixture::new().config("[limits]\nupload = \"1MiB\"\n")).await;
    let client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    let mut stream = tokio::net::TcpStream::connect(gateway.address("http")).await.expect("TCP connects");
    let head = format!(
        "PUT /Session/{}/UPLOAD/big HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        client.session("urlID"),
        1_u64 << 40
    );
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 500");
}

/// Many ranges of a large part at once: the message is read as a whole once, and what is sent is decoded on the way.
#[tokio::test]
async fn ranges_of_a_large_part_stream_through() {
    const LINES: usize = 400_000;
    let line = "SGVsbG8gd29ybGQsIGhlbGxvIHdvcmxkLCBoZWxsbyB3b3JsZCwgaGVsbG8gd29ybGQsIGhl\r\n";
    let rest =
        format!("Content-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", line.repeat(LINES));
    let (from, subject) = ("a@example.org".to_owned(), "large".to_owned());
    let mail = Mail { uid: 1, internal_date: 0, flags: Flags::NONE, from, subject, rest };
    let gateway = Gateway::with(Fixture::new().mail("INBOX", [mail])).await;
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    client.run("<folderOpen folder=\"INBOX\"><field>FLAGS</field></folderOpen>").await;
    let http = Http::of(&gateway);
    let url = format!("/Session/{}/MIME/INBOX/1-B.mp4", client.session("urlID"));
    let piece = "Hello world, hello world, hello world, hello world, he";
    let length = LINES * piece.len();
    let before = gateway.resident();
    let get = async |n: usize| {
        let from = n * length / 16;
        let answer = http.send(Method::GET, &url, &[("range", &format!("bytes={from}-"))], "").await;
        assert_eq!((answer.status, answer.body.len()), (206, length - from));
        let expected = piece.as_bytes().iter().cycle().skip(from % piece.len());
        assert!(answer.body.iter().zip(expected).all(|(got, wanted)| got == wanted), "from {from}");
        assert_eq!(answer.header("content-range"), Some(&*format!("bytes {from}-{}/{length}", length - 1)));
    };
    futures_util::future::join_all((0..16).map(get)).await;
    let growth = gateway.resident().saturating_sub(before);
    assert!(growth < 160 * 1024, "{growth} kB more than before");
}

/// 1 GiB up and down costs no memory to speak of.
#[tokio::test]
async fn a_gigabyte_streams_through() {
    const SIZE: u64 = 1 << 30;
    let gateway = Gateway::start().await;
    let client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    let id = client.session("urlID");
    let before = gateway.resident();
    let mut stream = tokio::net::TcpStream::connect(gateway.address("http")).await.expect("TCP connects");
    let head = format!("PUT /Session/{id}/UPLOAD/big HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let piece = Bytes::from(vec![42; 1 << 20]);
    let mut peak = 0;
    for n in 0..SIZE >> 20 {
        stream.write_all(&piece).await.expect("it is sent");
        if n % 64 == 0 {
            peak = peak.max(gateway.resident());
        }
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
    let mut stream = tokio::net::TcpStream::connect(gateway.address("http")).await.expect("TCP connects");
    let head =
        format!("GET /Session/{id}/DOWNLOAD/$UPLOAD$/big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let (mut total, mut buffer) = (0u64, vec![0; 1 << 20]);
    loop {
        let read = stream.read(&mut buffer).await.expect("it comes");
        if read == 0 {
            break;
        }
        total += read as u64;
        if total % (64 << 20) < read as u64 {
            peak = peak.max(gateway.resident());
        }
    }
    assert!(total > SIZE, "{total}");
    assert!(peak < before + 64 * 1024, "{before} kB before, {peak} kB at the peak");
}
