//! The page, as people use it: mail, files, a connection that goes and comes back, refusals in plain words.

use std::path::Path;

use protocol::Flags;
use serde_json::json;

use crate::harness::network::{HOST, cut_tcp, enter_own_network, mend_tcp};
use crate::harness::{
    ALICE, BOB, Baresip, Browser, BrowserKind, Fixture, Gateway, Line, Mail, PASSWORD, printed_password,
};

fn url(gateway: &Gateway) -> String {
    format!("http://{}/", gateway.address("http"))
}

fn mail(uid: u32, subject: &str, rest: &str) -> Mail {
    Mail {
        uid,
        internal_date: 1_600_000_000_000 + 60_000 * i64::from(uid),
        flags: Flags::NONE,
        from: "Carol <carol@example.org>".to_owned(),
        subject: subject.to_owned(),
        rest: rest.to_owned(),
    }
}

/// The text of a message's frame.
const FRAME: &str = "document.querySelector('[data-test=message-html]')?.contentDocument?.body?.innerText";

#[tokio::test]
async fn a_newcomer_logs_in_and_reads_the_first_mail() {
    enter_own_network();
    let gateway = Gateway::first_start().await;
    let password = printed_password(&gateway.said(), ALICE).expect("alice's password");
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.go(&url(&gateway)).await;
    page.give_password("alice", "guessed").await;
    assert_eq!(page.see("login-problem").await, "The name or the password is wrong.");
    page.give_password("alice", &password).await;
    assert_eq!(page.see("user").await, "Alice");
    page.until("document.querySelectorAll('[data-test=message-row][data-uid]').length === 4").await;
    assert_eq!(page.see("unread").await, "4");
    // A nested multipart with a PDF, the newest.
    page.click_selector("[data-uid='4']").await;
    assert_eq!(page.see("subject").await, "Your reference card");
    let pdf = "fetch(document.querySelector('a[data-test=attachment]').href).then((answer) => answer.text())\
               .then((text) => text.slice(0, 5))";
    assert_eq!(page.evaluate(pdf).await, json!("%PDF-"));
    // HTML with an inline image, which is loaded from the message.
    // Each counts as read after a moment.
    let unread =
        |count: u32| format!("document.querySelector('[data-test=unread]')?.textContent === '{count}'");
    page.until(&unread(3)).await;
    page.click_selector("[data-uid='3']").await;
    page.until(&unread(2)).await;
    page.until(&format!("{FRAME}?.includes('encrypted between browser and gateway')")).await;
    let image = "document.querySelector('[data-test=message-html]').contentDocument.images[0]";
    page.until(&format!("{image}.naturalWidth > 100")).await;
    page.click("other-form").await;
    page.see("message-text").await;
    // A charset that is not Latin.
    page.click_selector("[data-uid='2']").await;
    page.until("document.querySelector('[data-test=subject]').textContent === 'Привет из шлюза'").await;
    page.until(&unread(1)).await;
    page.click_selector("[data-uid='1']").await;
    page.until("document.querySelector('[data-test=message-text]').textContent.includes('Hello alice')")
        .await;
    page.gone("unread").await;
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/page.png");
    std::fs::create_dir_all(picture.parent().expect("it has a folder")).expect("it can be made");
    page.shoot(&picture).await;
    page.click("logout").await;
    page.see("login").await;
    assert_eq!(page.said().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_list_of_thousands_is_fetched_as_it_is_scrolled_and_follows_what_comes() {
    let many = (1..=5_000).map(|uid| mail(uid, &format!("message {uid}"), ""));
    let gateway = Gateway::with(Fixture::new().mail("INBOX", many)).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    let subjects = "[...document.querySelectorAll('[data-test=row-subject]')].map((row) => row.textContent)";
    page.until(&format!("{subjects}.includes('message 5000')")).await;
    page.evaluate("document.querySelector('[data-test=message-list]').scrollTop = 68 * 2500").await;
    page.until(&format!("{subjects}.includes('message 2498')")).await;
    let rows = page.evaluate("document.querySelectorAll('[data-test=message-row]').length").await;
    assert!(rows.as_u64().is_some_and(|rows| rows < 150), "{rows} rows are in the page");
    page.evaluate("document.querySelector('[data-test=message-list]').scrollTop = 0").await;
    // A message comes while the page is open.
    let mbox = "From a@example.org Mon Nov  2 10:00:00 2026\nFrom: a@example.org\nSubject: news\n\nHello.\n";
    let file = gateway.data().join("news.mbox");
    std::fs::write(&file, mbox).expect("it can be written");
    let file = file.to_str().expect("a path");
    let (_, error, code) = gateway.run(&["mail", "import", ALICE, "INBOX", file], "").await;
    assert_eq!(code, Some(0), "{error}");
    page.until(&format!("{subjects}[0] === 'news'")).await;
    page.until("document.querySelector('[data-test=unread]').textContent === '5001'").await;
    // Read by keyboard, deleted by it.
    page.evaluate("document.querySelector('[data-test=message-list]').focus()").await;
    page.press("Home").await;
    page.press("Enter").await;
    page.until("document.querySelector('[data-test=subject]')?.textContent === 'news'").await;
    page.click("delete").await;
    page.until(&format!("{subjects}[0] === 'message 5000'")).await;
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down() {
    let gateway = Gateway::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let content: Vec<u8> =
        (0..3_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let file = folder.path().join("großes Bild.bin");
    std::fs::write(&file, &content).expect("it can be written");
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.click("show-files").await;
    page.choose("file-input", &file).await;
    assert!(page.see("file").await.contains("großes Bild.bin"));
    page.click("download").await;
    assert!(page.saved("großes Bild.bin").await == content, "the file has changed");
}

#[tokio::test]
async fn hostile_html_does_nothing() {
    let html = "Content-Type: text/html\r\n\r\n<script>top.harm = 1</script><img src=x onerror='top.harm = 2'>\
                <iframe srcdoc='<script>top.harm = 3</script>'></iframe><a href='javascript:top.harm = 4' id=link>a</a>\
                <form action='http://example.org/'><button id=send>b</button></form><svg onload='top.harm = 5'></svg>\
                <meta http-equiv=refresh content='0;url=http://example.org/'><p>the end</p>\r\n";
    let gateway = Gateway::with(Fixture::new().mail("INBOX", [mail(1, "hostile", html)])).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.click_selector("[data-uid='1']").await;
    page.until(&format!("{FRAME}?.includes('the end')")).await;
    let document = "document.querySelector('[data-test=message-html]').contentDocument";
    page.evaluate(&format!("{document}.querySelectorAll('a, button').forEach((each) => each.click())")).await;
    assert_eq!(page.evaluate("typeof window.harm").await, json!("undefined"));
    assert_eq!(page.evaluate("location.pathname").await, json!("/"));
    page.see("user").await;
}

/// Two tabs are two sessions: a call rings in both, and when one has answered the other says so.
#[tokio::test]
async fn two_tabs_ring_and_one_answers() {
    let gateway = Gateway::start().await;
    let mut alice = Browser::start(BrowserKind::Chromium, 440).await;
    alice.log_in(&gateway, ALICE).await;
    alice.open_tab().await;
    alice.log_in(&gateway, ALICE).await;
    let mut bob = Browser::start(BrowserKind::Chromium, 880).await;
    bob.log_in(&gateway, BOB).await;
    bob.dial(ALICE).await;
    alice.call_is("incoming").await;
    alice.turn_to(0);
    alice.call_is("incoming").await;
    let title = alice.evaluate("document.title").await;
    assert!(title.as_str().is_some_and(|title| title.contains(BOB)), "{title}");
    alice.click("answer").await;
    alice.turn_to(1);
    alice
        .until(
            "document.querySelector('[data-test=call-state]')?.textContent === 'Answered on another device'",
        )
        .await;
    bob.hears(440, 880).await;
    // Closing that tab disturbs nothing.
    alice.close_tab().await;
    alice.turn_to(0);
    alice.call_is("connected").await;
    alice.hears(880, 440).await;
    // Nor does a muted microphone, but it is not heard.
    alice.click("mute").await;
    bob.until("(probe.levels(440)?.[0] ?? 1) < 0.001").await;
    alice.click("mute").await;
    bob.hears(440, 880).await;
}

fn phone_of_bob(gateway: &Gateway) -> Line<'static> {
    Line {
        ip: "127.0.0.1",
        user: "bob",
        domain: "localhost",
        proxy: gateway.address("sip"),
        transport: "udp",
        codecs: "PCMU/8000/1",
        tone: 880,
    }
}

/// The connection goes and comes back by itself: mail that came meanwhile is there, and the call has not noticed.
#[tokio::test]
async fn a_lost_connection_loses_neither_mail_nor_the_call() {
    enter_own_network();
    let gateway = Gateway::with(Fixture::new().mail("INBOX", [mail(1, "old", "")])).await;
    let mut phone = Baresip::registered(phone_of_bob(&gateway)).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.dial(BOB).await;
    phone.accept().await;
    page.call_is("connected").await;
    page.hears(880, 440).await;
    cut_tcp(gateway.address("http").port());
    page.see_selector("[data-test=status][data-state=reconnecting]").await;
    assert!(page.hears_now(880, 440).await, "the call is silent");
    let file = gateway.data().join("news.mbox");
    std::fs::write(&file, "From a@b Mon Nov  2 10:00:00 2026\nSubject: news\n\nHello.\n")
        .expect("it can be written");
    let file = file.to_str().expect("a path");
    let (_, error, code) = gateway.run(&["mail", "import", ALICE, "INBOX", file], "").await;
    assert_eq!(code, Some(0), "{error}");
    mend_tcp();
    page.see_selector("[data-test=status][data-state=online]").await;
    page.until("document.querySelector('[data-test=row-subject]').textContent === 'news'").await;
    page.call_is("connected").await;
    page.hears(880, 440).await;
    assert_eq!(page.rtp().await.lost, 0);
    // The phone hangs up while the connection is lost again: the page hears of it later, once.
    cut_tcp(gateway.address("http").port());
    page.see_selector("[data-test=status][data-state=reconnecting]").await;
    phone.hang_up().await;
    phone.closed().await;
    mend_tcp();
    page.call_is("ended").await;
    assert!(!page.said().await.iter().any(|line| line.contains("page error")), "{:?}", page.said().await);
}

#[tokio::test]
async fn a_reloaded_page_is_still_on_the_phone() {
    let gateway = Gateway::start().await;
    let mut phone = Baresip::registered(phone_of_bob(&gateway)).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.dial(BOB).await;
    phone.accept().await;
    page.call_is("connected").await;
    page.reload().await;
    // No password is asked for, and the call is there.
    page.call_is("connected").await;
    page.see("user").await;
    page.click("hang-up").await;
    phone.closed().await;
}

/// The server is killed and started again: the page logs in by its ticket.
#[tokio::test]
async fn a_restarted_server_is_found_again() {
    enter_own_network();
    let mut gateway = Gateway::first_start().await;
    let password = printed_password(&gateway.said(), ALICE).expect("alice's password");
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.go(&url(&gateway)).await;
    page.give_password("alice", &password).await;
    page.until("document.querySelectorAll('[data-test=message-row][data-uid]').length === 4").await;
    gateway.kill().await;
    page.see_selector("[data-test=status][data-state=reconnecting]").await;
    let _gateway = gateway.again().await;
    page.see("renewed").await;
    page.see_selector("[data-test=status][data-state=online]").await;
    page.click_selector("[data-uid='1']").await;
    page.until("document.querySelector('[data-test=message-text]').textContent.includes('Hello alice')")
        .await;
}

#[tokio::test]
async fn without_a_microphone_the_page_says_what_to_do() {
    let gateway = Gateway::start().await;
    let mut page = Browser::without_microphone().await;
    page.log_in(&gateway, ALICE).await;
    page.dial("echo").await;
    page.until("document.querySelector('[data-test=phone-problem]')?.textContent.includes('not allowed')")
        .await;
}

#[tokio::test]
async fn without_https_the_page_says_what_to_do() {
    enter_own_network();
    let config = format!("[media]\naddress = \"{HOST}\"\n[listen]\nhttp = [\"{HOST}:8100\"]\n");
    let gateway = Gateway::with_own_listeners(Fixture::new().config(&config)).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.go(&format!("http://{HOST}:8100/")).await;
    page.give_password(ALICE, PASSWORD).await;
    assert!(page.see("insecure").await.contains("https://"));
    drop(gateway);
}
