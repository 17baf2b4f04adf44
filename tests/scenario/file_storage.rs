//! Files of accounts: as bytes by URL, by names of every kind, and by many at once.

use hyper::Method;
use protocol::Element;

use crate::harness::disk::{enter_own_mounts, mount};
use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Http, Kind, Login};

async fn started(fixture: Fixture) -> (Gateway, Client, Http, String) {
    let gateway = Gateway::with(fixture).await;
    let client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    let http = Http::of(&gateway);
    let base = format!("/Session/{}", client.session("urlID"));
    (gateway, client, http, base)
}

async fn write(client: &mut Client, name: &str, content: &str) {
    client.run(&format!("<fileWrite fileName=\"{name}\">{content}</fileWrite>")).await;
}

/// The response to a request, whatever it says.
async fn response(client: &mut Client, request: &str) -> Element {
    client.send(request).await;
    client.message(|message| message.is("response")).await
}

fn is_failure(response: &Element) -> bool {
    response.attribute("errorText").is_some()
}

#[tokio::test]
async fn a_file_comes_down_whole_in_part_and_only_if_it_has_changed() {
    let (_gateway, mut client, http, base) = started(Fixture::new()).await;
    write(&mut client, "docs/Übersicht 📝.txt", "0123456789").await;
    let urls = ["docs/%C3%9Cbersicht%20%F0%9F%93%9D.txt", "docs%2F%C3%9Cbersicht%20%F0%9F%93%9D.txt"];
    for url in urls {
        let file = http.get(&format!("{base}/DOWNLOAD/{url}")).await;
        assert_eq!((file.status, file.text().as_str()), (200, "0123456789"), "{url}");
        assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
        assert!(file.header("content-disposition").is_some_and(|d| d.starts_with("inline;")), "{file:?}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert!(file.header("content-security-policy").is_some_and(|policy| policy.starts_with("sandbox;")));
    }
    let url = format!("{base}/DOWNLOAD/{}", urls[0]);
    let get = async |headers: &[(&str, &str)]| http.send(Method::GET, &url, headers, "").await;
    let part = get(&[("range", "bytes=2-4")]).await;
    assert_eq!((part.status, part.text().as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    let part = http.get(&format!("{url}?OffsetFrom=7&OffsetTill=9")).await;
    assert_eq!((part.status, part.text().as_str()), (200, "78"));
    assert_eq!(get(&[("range", "bytes=10-")]).await.status, 416);
    let tag = part.header("etag").expect("a tag").to_owned();
    for known in [tag.as_str(), "\"other\", *", &format!("W/{tag}, \"other\"")] {
        let unchanged = get(&[("if-none-match", known)]).await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0), "{known}");
    }
    write(&mut client, "docs/Übersicht 📝.txt", "abcdefghij").await;
    let changed = get(&[("if-none-match", &tag)]).await;
    assert_eq!((changed.status, changed.text().as_str()), (200, "abcdefghij"));
    let rest = get(&[("range", "bytes=5-"), ("if-range", &tag)]).await;
    assert_eq!(
        (rest.status, rest.text().as_str()),
        (200, "abcdefghij"),
        "a part of what has changed is no use"
    );
    let rest = get(&[("range", "bytes=5-"), ("if-range", changed.header("etag").expect("a tag"))]).await;
    assert_eq!((rest.status, rest.text().as_str()), (206, "fghij"));
}

#[tokio::test]
async fn what_a_browser_might_run_is_an_attachment_and_directories_are_no_files() {
    let (_gateway, mut client, http, base) = started(Fixture::new()).await;
    for name in ["a.html", "a.svg", "a.js", "a.pdf", "a.xml", "a.unknown"] {
        write(&mut client, name, "x").await;
        let file = http.get(&format!("{base}/DOWNLOAD/{name}")).await;
        assert!(file.header("content-disposition").is_some_and(|d| d.starts_with("attachment;")), "{file:?}");
    }
    client.run("<fileDirCreate fileName=\"docs\"/>").await;
    for missing in ["docs", "docs/", "docs/x", "nothing", ""] {
        assert_eq!(http.get(&format!("{base}/DOWNLOAD/{missing}")).await.status, 404, "{missing}");
    }
    assert_eq!(http.get("/Session/000000-AAAAAAAAAAAAAAAAAAAA/DOWNLOAD/a.html").await.status, 550);
}

#[tokio::test]
async fn the_profile_and_its_properties_have_urls() {
    let (_gateway, mut client, http, base) = started(Fixture::new()).await;
    assert_eq!(http.get(&format!("{base}/PROFILE/")).await.status, 404);
    let card = "<vCard><FN><VALUE>Alice &amp; Co</VALUE></FN><TEL><VALUE>1</VALUE></TEL><TEL><VALUE>2</VALUE></TEL>\
                <PHOTO><TYPE>image/png</TYPE><BINVAL>AAECAw==</BINVAL></PHOTO></vCard>";
    client.run(&format!("<fileWrite fileName=\"profile.vcf\" type=\"vcard\">{card}</fileWrite>")).await;
    let get = async |path: &str| http.get(&format!("{base}/PROFILE{path}")).await;
    for whole in ["", "/"] {
        let whole = get(whole).await;
        assert!(whole.text().starts_with("BEGIN:VCARD\r\n"), "{whole:?}");
        assert_eq!(whole.header("content-type"), Some("text/vcard; charset=utf-8"));
    }
    for path in ["/PHOTO", "/photo/0", "/PHOTO/0/avatar"] {
        let photo = get(path).await;
        assert_eq!((photo.status, &photo.body[..]), (200, &[0, 1, 2, 3][..]), "{path}");
        assert_eq!(photo.header("content-type"), Some("image/png"));
    }
    assert_eq!((get("/TEL").await.text(), get("/TEL/1").await.text()), ("1".to_owned(), "2".to_owned()));
    assert_eq!(get("/FN/0/name.txt").await.text(), "Alice & Co");
    assert_eq!((get("/TEL/2").await.status, get("/NOTE").await.status), (404, 404));
    let tag = get("/PHOTO").await.header("etag").expect("a tag").to_owned();
    let again =
        http.send(Method::GET, &format!("{base}/PROFILE/PHOTO"), &[("if-none-match", &tag)], "").await;
    assert_eq!(again.status, 304);
}

/// Names that might lead out of the account, as a client writes them in XML.
fn wrong_names() -> Vec<String> {
    let long = "x".repeat(10_000);
    let mut names: Vec<String> = [
        "..",
        ".",
        "../x",
        "a/..",
        "a/../../x",
        "./x",
        "a/./x",
        "/etc/passwd",
        "//x",
        "a//x",
        "a\u{85}x",
        "a&#10;x",
        "a&#9;x",
        "a&#127;x",
        "~bob@localhost/../x",
        "~",
        "~/x",
        "~bob@localhost//x",
    ]
    .map(str::to_owned)
    .into();
    names.extend([
        long.clone(),
        format!("a/{long}"),
        "📝".repeat(64),
        vec!["d"; 33].join("/"),
        "../".repeat(200),
    ]);
    names
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_refused_by_every_request() {
    let (gateway, mut client, http, base) = started(Fixture::new()).await;
    let upload = http.send(Method::PUT, &format!("{base}/UPLOAD/u"), &[], "x").await;
    assert_eq!(upload.status, 200);
    write(&mut client, "a", "x").await;
    for name in wrong_names() {
        let requests = [
            format!("<fileList directory=\"{name}\"/>"),
            format!("<fileList fileName=\"{name}\"/>"),
            format!("<fileDirInfo directory=\"{name}\"/>"),
            format!("<fileDirCreate fileName=\"{name}\"/>"),
            format!("<fileRead fileName=\"{name}\"/>"),
            format!("<fileWrite fileName=\"{name}\">x</fileWrite>"),
            format!("<fileRename fileName=\"{name}\" newFileName=\"b\"/>"),
            format!("<fileRename fileName=\"a\" newFileName=\"{name}\"/>"),
            format!("<fileRemove fileName=\"{name}\" children=\"yes\"/>"),
            format!("<fileStore fileName=\"{name}\" uploadID=\"u\"/>"),
            format!("<fileAttrRead fileName=\"{name}\"/>"),
            format!("<fileAttrWrite fileName=\"{name}\"><ACL/></fileAttrWrite>"),
            format!("<fileSubUpdate><fileSubscription fileName=\"{name}\"/></fileSubUpdate>"),
        ];
        for request in requests {
            let refused = response(&mut client, &request).await;
            assert!(is_failure(&refused), "{}", request.chars().take(100).collect::<String>());
        }
    }
    // The database is asked for names only; none of them came to be one of the host.
    assert_eq!(client.run("<fileDirInfo/>").await[0].attribute("files"), Some("1"));
    assert_eq!(client.run("<fileSubList/>").await.len(), 0);
    assert!(
        !gateway.data().join("x").exists() && !gateway.data().parent().expect("a folder").join("x").exists()
    );
}

#[tokio::test]
async fn a_url_that_leads_elsewhere_is_refused() {
    let (_gateway, mut client, http, base) = started(Fixture::new()).await;
    write(&mut client, "a", "x").await;
    let long = "x".repeat(10_000);
    let paths = [
        "..",
        "%2e%2e",
        "%2E%2E/server.key",
        "..%2f..%2fserver.key",
        "..%2Fserver.key",
        "a%00",
        "%00",
        "a/../../server.key",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "//etc/passwd",
        "..%5cserver.key",
        "..%5C..%5Cserver.key",
        "%c0%ae%c0%ae/server.key",
        "%252e%252e/server.key",
        "a%0d%0aX: y",
        "~bob@localhost/..%2fserver.key",
        "$UPLOAD$/..%2f..%2fserver.key",
        "$UPLOAD$/../server.key",
        "%24UPLOAD%24/",
        &long,
    ];
    for path in paths {
        for place in ["DOWNLOAD", "download", "PROFILE"] {
            // What is not even a URL is refused as well.
            let url = format!("{base}/{place}/{}", path.replace(' ', "%20"));
            let answer = http.get(&url).await;
            assert!((400..500).contains(&answer.status), "{place}/{path}: {answer:?}");
        }
    }
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/a")).await.text(), "x");
}

#[tokio::test]
async fn odd_names_are_only_names() {
    let (_gateway, mut client, http, base) = started(Fixture::new()).await;
    for name in [
        "..\\..\\server.key",
        "C:\\x",
        "📝/👩‍👩‍👧",
        "%2e%2e",
        "a?b#c",
        "con",
        " ",
        "...",
        "İi",
        "e\u{301}",
        "\u{e9}",
    ] {
        write(&mut client, name, "x").await;
        let read = client.run(&format!("<fileRead fileName=\"{name}\"/>")).await;
        assert_eq!(read[0].text(), "x", "{name}");
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let file = http.get(&format!("{base}/DOWNLOAD/{encoded}")).await;
        assert_eq!((file.status, file.text().as_str()), (200, "x"), "{name}");
    }
    // Case and form of characters are as they were given: each is a file of its own.
    assert_eq!(client.run("<fileDirInfo/>").await[0].attribute("files"), Some("12"));
}

#[tokio::test]
async fn what_is_private_is_closed_to_others_by_every_way() {
    let (gateway, mut alice, _http, _base) = started(Fixture::new()).await;
    write(&mut alice, "open/a.txt", "shared").await;
    write(&mut alice, "private/b.txt", "secret").await;
    let acl = "<ACL><subKey key=\"anyone\">lrwa</subKey></ACL><accessPwd><key>pwd</key></accessPwd>";
    alice.run(&format!("<fileAttrWrite fileName=\"open\">{acl}</fileAttrWrite>")).await;
    for closed in ["private", "private/", "private/b.txt"] {
        let request = format!("<fileAttrWrite fileName=\"{closed}\">{acl}</fileAttrWrite>");
        assert!(is_failure(&response(&mut alice, &request).await), "{closed}");
    }
    // Rights that came in with what was moved there count for nothing.
    alice.run("<fileRename fileName=\"open\" newFileName=\"private/open\"/>").await;
    let mut bob = Client::connect(&gateway, Kind::WebSocket, Login::Password(BOB)).await;
    let (http, base) = (Http::of(&gateway), format!("/Session/{}", bob.session("urlID")));
    for name in ["private", "private/", "private/b.txt", "private/open", "private/open/a.txt", "private/new"]
    {
        let name = format!("~alice@localhost/{name}");
        for request in [
            format!("<fileList directory=\"{name}\"/>"),
            format!("<fileList fileName=\"{name}\"/>"),
            format!("<fileDirInfo directory=\"{name}\"/>"),
            format!("<fileDirCreate fileName=\"{name}\"/>"),
            format!("<fileRead fileName=\"{name}\"/>"),
            format!("<fileWrite fileName=\"{name}\">x</fileWrite>"),
            format!("<fileRename fileName=\"{name}\" newFileName=\"~alice@localhost/x\"/>"),
            format!("<fileRename fileName=\"{name}\" newFileName=\"x\"/>"),
            format!("<fileRemove fileName=\"{name}\" children=\"yes\"/>"),
            format!("<fileAttrRead fileName=\"{name}\"/>"),
            format!("<fileAttrWrite fileName=\"{name}\"><ACL/></fileAttrWrite>"),
        ] {
            assert!(is_failure(&response(&mut bob, &request).await), "{request}");
        }
        let url = format!("{base}/DOWNLOAD/{name}");
        let answer = http.get(&url).await;
        assert!([403, 404].contains(&answer.status), "{name}: {answer:?}");
    }
    // And what is not private is had by URL as far as the rights go.
    alice.run("<fileRename fileName=\"private/open\" newFileName=\"open\"/>").await;
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/~alice@localhost/open/a.txt")).await.text(), "shared");
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/~alice@localhost/private/b.txt")).await.status, 403);
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/~alice@localhost/other")).await.status, 403);
}

#[tokio::test]
async fn of_two_sessions_that_write_a_file_at_once_one_wins_whole() {
    let (gateway, mut first, http, base) = started(Fixture::new()).await;
    let mut second = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
    for round in 0..10 {
        let (a, b) = ("a".repeat(100_000 + round), "b".repeat(90_000));
        let one = format!("<fileWrite fileName=\"f\">{a}</fileWrite>");
        let other = format!("<fileWrite fileName=\"f\">{b}</fileWrite>");
        let (one, other) = tokio::join!(response(&mut first, &one), response(&mut second, &other));
        assert!(!is_failure(&one) && !is_failure(&other), "{one:?} {other:?}");
        let now = http.get(&format!("{base}/DOWNLOAD/f")).await.text();
        assert!(now == a || now == b, "round {round}: torn");
    }
}

#[tokio::test]
async fn of_files_that_are_stored_at_once_those_are_kept_for_which_there_is_room() {
    let fixture = Fixture::new().config("[files]\nsize = \"1MiB\"\n");
    let (gateway, mut client, http, base) = started(fixture).await;
    let upload = http.send(Method::PUT, &format!("{base}/UPLOAD/u"), &[], vec![7; 400 << 10]).await;
    assert_eq!(upload.status, 200);
    let mut others = Vec::new();
    for n in 0..4 {
        let mut other = Client::connect(&gateway, Kind::Tcp, Login::Password(ALICE)).await;
        let content = "x".repeat(400 << 10);
        others.push(async move {
            response(&mut other, &format!("<fileWrite fileName=\"w{n}\">{content}</fileWrite>")).await
        });
    }
    let store = response(&mut client, "<fileStore fileName=\"s\" uploadID=\"u\"/>");
    let (stored, written) = tokio::join!(store, futures_util::future::join_all(others));
    let refused: Vec<_> = written.iter().chain([&stored]).filter(|response| is_failure(response)).collect();
    assert_eq!(refused.len(), 3, "{refused:?}");
    for response in refused {
        let text = response.attribute("errorText").expect("it failed");
        assert!(text.starts_with("file storage is full"), "{text}");
    }
    let usage = client.run("<fileDirInfo/>").await;
    assert_eq!(usage[0].attribute("size"), Some((800 << 10).to_string().as_str()));
}

/// What is added to a large file, or written into it, costs what it is long, in memory and on the disk.
#[tokio::test]
async fn a_large_file_is_not_copied_when_something_is_added_to_it() {
    const SIZE: usize = 128 << 20;
    let (gateway, mut client, http, base) = started(Fixture::new()).await;
    let upload = http.send(Method::PUT, &format!("{base}/UPLOAD/u"), &[], vec![b'x'; SIZE]).await;
    assert_eq!(upload.status, 200);
    client.run("<fileStore fileName=\"large\" uploadID=\"u\"/>").await;
    let (memory, disk) = (gateway.resident(), bytes_below(&gateway.data().join("blobs")));
    for n in 0..20 {
        client.run("<fileWrite fileName=\"large\" position=\"append\">0123456789</fileWrite>").await;
        client.run(&format!("<fileWrite fileName=\"large\" position=\"{}\">y</fileWrite>", n * 1_000)).await;
    }
    let end = http.get(&format!("{base}/DOWNLOAD/large?OffsetFrom={}", SIZE - 1)).await;
    assert_eq!(end.text(), format!("x{}", "0123456789".repeat(20)));
    let start = http.get(&format!("{base}/DOWNLOAD/large?OffsetFrom=999&OffsetTill=1002")).await;
    assert_eq!(start.text(), "xyx");
    let grown = bytes_below(&gateway.data().join("blobs")) - disk;
    assert_eq!(grown, 20 * 11, "bytes on the disk");
    let grown = gateway.resident().saturating_sub(memory);
    assert!(grown < 32 * 1024, "{grown} kB more than before");
}

#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing_half_done() {
    enter_own_mounts();
    let (gateway, mut client, http, base) = started(Fixture::new()).await;
    let blobs = gateway.data().join("blobs");
    mount(&blobs, 1_024);
    let large = "x".repeat(600 << 10);
    write(&mut client, "a", &large).await;
    for request in [
        format!("<fileWrite fileName=\"b\">{large}</fileWrite>"),
        format!("<fileWrite fileName=\"a\" position=\"append\">{large}</fileWrite>"),
        format!("<fileWrite fileName=\"a\">{large}</fileWrite>"),
    ] {
        let refused = response(&mut client, &request).await;
        assert_eq!(refused.attribute("errorText"), Some("the server's storage is full"));
    }
    let upload = http.send(Method::PUT, &format!("{base}/UPLOAD/u"), &[], large.clone()).await;
    assert_eq!((upload.status, upload.text().as_str()), (500, "the server's storage is full"));
    assert_eq!(bytes_below(&blobs), 600 << 10);
    let usage = client.run("<fileDirInfo/>").await;
    assert_eq!((usage[0].attribute("files"), usage[0].attribute("size")), (Some("1"), Some("614400")));
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/a")).await.text(), large);
    // What fits is taken.
    write(&mut client, "b", "small").await;
    assert_eq!(http.get(&format!("{base}/DOWNLOAD/b")).await.text(), "small");
}

fn bytes_below(folder: &std::path::Path) -> u64 {
    let entries =
        std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be read"));
    let size = |entry: std::fs::DirEntry| match entry.metadata().expect("it is there") {
        metadata if metadata.is_dir() => bytes_below(&entry.path()),
        metadata => metadata.len(),
    };
    entries.map(size).sum()
}

#[tokio::test]
async fn an_uploaded_file_has_a_tag_and_comes_again_only_if_it_is_another() {
    let (_gateway, _client, http, base) = started(Fixture::new()).await;
    let put = async |content: &'static str| {
        http.send(Method::PUT, &format!("{base}/UPLOAD/u"), &[("content-type", "text/plain")], content).await
    };
    assert_eq!(put("one").await.status, 200);
    let url = format!("{base}/DOWNLOAD/$UPLOAD$/u");
    let tag = http.get(&url).await.header("etag").expect("a tag").to_owned();
    let again = async || http.send(Method::GET, &url, &[("if-none-match", &tag)], "").await;
    assert_eq!(again().await.status, 304);
    assert_eq!(put("two").await.status, 200);
    assert_eq!(again().await.text(), "two");
}
