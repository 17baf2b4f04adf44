//! Messages that are broken in every way: shown as far as they go, in bounded time and memory.

use std::time::{Duration, Instant};

use protocol::{Element, Flags};

use crate::harness::{ALICE, Client, Fixture, Gateway, Http, Kind, Login, Mail};

/// Longer than any of them takes on a slow machine.
const TIME: Duration = Duration::from_secs(20);
/// What the gateway may take beside what it takes anyhow, in kB.
const MEMORY: u64 = 700 * 1024;

/// A gateway with these messages, numbered from 1, and a client that has opened their folder.
async fn with(messages: Vec<String>) -> (Gateway, Client, Http, String) {
    let mail = messages.into_iter().zip(1..).map(|(rest, uid)| Mail {
        uid,
        internal_date: 0,
        flags: Flags::NONE,
        from: "a@example.org".to_owned(),
        subject: "broken".to_owned(),
        rest,
    });
    let gateway = Gateway::with(Fixture::new().mail("INBOX", mail.collect::<Vec<_>>())).await;
    let mut client = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    client.run("<folderOpen folder=\"INBOX\" sortField=\"UID\"><field>Subject</field></folderOpen>").await;
    let http = Http::of(&gateway);
    let base = format!("/Session/{}/MIME/INBOX", client.session("urlID"));
    (gateway, client, http, base)
}

/// Reads a message as XML.
async fn read(client: &mut Client, uid: u32) -> Element {
    let begin = Instant::now();
    let mut read = client.run(&format!("<folderRead folder=\"INBOX\" UID=\"{uid}\"/>")).await;
    assert!(begin.elapsed() < TIME, "{uid}: {:?}", begin.elapsed());
    assert_eq!(read.len(), 1);
    read.remove(0)
}

/// The reasons given for parts that are not all there.
fn errors(element: &Element) -> Vec<String> {
    let own = element.attribute("parseError").map(str::to_owned);
    own.into_iter().chain(element.elements().flat_map(errors)).collect()
}

fn text(element: &Element) -> String {
    element.text().into_owned() + &element.elements().map(text).collect::<String>()
}

#[tokio::test]
async fn five_thousand_nested_parts_are_shown_to_a_depth() {
    let nested =
        |level: usize| format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    let deep: String = (0..5_000).map(nested).collect();
    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(5_000);
    let wide = format!(
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n{}--x--\r\n",
        "--x\r\n\r\nshort\r\n".repeat(5_000)
    );
    let (gateway, mut client, http, base) = with(vec![deep, messages, wide]).await;
    let before = gateway.resident();
    for (uid, reason) in [
        (1, "nested more than 32 levels deep"),
        (2, "nested more than 32 levels deep"),
        (3, "the message has more than 1000 parts"),
    ] {
        assert!(errors(&read(&mut client, uid).await).iter().any(|error| error == reason), "{uid}: {reason}");
        assert_eq!(http.get(&format!("{base}/{uid}-P.txt")).await.status, 200);
    }
    assert_eq!(http.get(&format!("{base}/3-999-B.txt")).await.text(), "short");
    assert_eq!(http.get(&format!("{base}/3-1000-B.txt")).await.status, 404);
    let growth = gateway.resident().saturating_sub(before);
    assert!(growth < MEMORY, "{growth} kB");
}

#[tokio::test]
async fn a_header_of_a_hundred_megabytes_is_read_to_a_length() {
    let line = format!("X-Long: {}\r\n", "x".repeat(990));
    let many = line.repeat(100_000) + "\r\nbody of the first\r\n";
    let one = format!("X-Long: {}\r\n\r\nbody of the second\r\n", "x".repeat(100_000_000));
    let (gateway, mut client, http, base) = with(vec![many, one]).await;
    let before = gateway.resident();
    for (uid, body) in [(1, "body of the first\n"), (2, "body of the second\n")] {
        let shown = read(&mut client, uid).await;
        assert!(text(&shown).ends_with(body), "{uid}");
        assert!(shown.to_xml().len() < 256 * 1024, "{uid}");
        assert_eq!(http.get(&format!("{base}/{uid}-B.txt")).await.text(), body.replace('\n', "\r\n"));
    }
    let growth = gateway.resident().saturating_sub(before);
    assert!(growth < MEMORY, "{growth} kB");
}

#[tokio::test]
async fn boundaries_that_come_again_and_ends_that_do_not_come_are_shown() {
    // Each multipart is in itself; one has a boundary that begins with that of the one around it.
    let cyclic = "Content-Type: multipart/mixed; boundary=x\r\n\r\n".to_owned()
        + &"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n".repeat(500)
        + "--x\r\n\r\nin the middle\r\n--x--\r\n";
    let prefix = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=xy\r\n\r\n\
        --xy\r\n\r\ninner\r\n--xy--\r\n--x\r\n\r\nouter\r\n--x--\r\n";
    let unfinished =
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nfirst\r\n--x\r\n\r\nlast li";
    let none = "Content-Type: multipart/mixed\r\n\r\nno boundary at all\r\n";
    let absent = "Content-Type: multipart/mixed; boundary=zzz\r\n\r\nanother boundary\r\n";
    let all = [&*cyclic, prefix, unfinished, none, absent].map(str::to_owned).to_vec();
    let (_gateway, mut client, http, base) = with(all).await;
    let expected = [
        (1, "in the middle", None),
        (2, "inner", None),
        (3, "last li", Some("the closing boundary is missing: the message may be cut off")),
        (4, "no boundary at all", Some("the multipart names no boundary")),
        (5, "another boundary", Some("the boundary of the multipart does not occur")),
    ];
    for (uid, shown, reason) in expected {
        let message = read(&mut client, uid).await;
        assert!(text(&message).contains(shown), "{uid}: {}", text(&message));
        let errors = errors(&message);
        assert!(reason.is_none_or(|reason| errors.iter().any(|error| error == reason)), "{uid}: {errors:?}");
    }
    assert_eq!(http.get(&format!("{base}/3-02-B.txt")).await.text(), "last li");
    assert_eq!(http.get(&format!("{base}/2-01-01-B.txt")).await.text(), "inner");
}

#[tokio::test]
async fn wrong_character_sets_and_encodings_are_shown_as_well_as_can_be() {
    let message = |head: &str, body: &str| format!("{head}\r\n\r\n{body}\r\n");
    let all = vec![
        message("Content-Type: text/plain; charset=x-nobody-knows", "Gr\u{fc}\u{df}e"),
        message("Content-Type: text/plain; charset=utf-16", "a"),
        message("Content-Type: text/plain; charset=us-ascii", "Gr\u{fc}\u{df}e"),
        message(
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64",
            "R3LDvMOfZQ== and a footer!",
        ),
        message(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
            "=C3=BC=zz=",
        ),
        message("Content-Type: text/plain\r\nContent-Transfer-Encoding: x-unknown", "as it is"),
        message("Content-Type: te<xt/plain; charset=\"", "no type"),
    ];
    let (_gateway, mut client, http, base) = with(all).await;
    for (uid, shown) in [
        (1, "Gr\u{fc}\u{df}e"),
        (3, "Gr\u{fc}\u{df}e"),
        (4, "Gr\u{fc}\u{df}e"),
        (5, "\u{fc}=zz"),
        (6, "as it is"),
        (7, "no type"),
    ] {
        let message = read(&mut client, uid).await;
        assert!(text(&message).contains(shown), "{uid}: {}", text(&message));
    }
    assert_eq!(errors(&read(&mut client, 4).await), ["the transfer encoding is damaged"]);
    read(&mut client, 2).await;
    assert_eq!(http.get(&format!("{base}/4-B.txt")).await.text(), "Gr\u{fc}\u{df}e");
}
