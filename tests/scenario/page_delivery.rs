//! Mail between the page and the world outside, with a real Postfix at the other end.

use std::time::{Duration, Instant};

use crate::harness::{
    ALICE, Browser, BrowserKind, Fixture, Gateway, PASSWORD, Postfix, PostfixSetup, free_port,
};

const CAROL: &str = "carol@anchor.test";

/// Postfix takes a message, hands it in by LMTP, the open folder is told, and the page shows it.
#[tokio::test]
async fn mail_from_outside_is_seen_at_once() {
    let gateway = Gateway::start().await;
    let (_, error, code) = gateway.run(&["account", "add", CAROL, "--password-stdin"], PASSWORD).await;
    assert_eq!(code, Some(0), "{error}");
    let postfix = Postfix::start(&PostfixSetup::new(free_port(), gateway.address("lmtp"))).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, CAROL).await;
    page.until("document.querySelector('[data-test=list-empty]')?.textContent === 'No messages'").await;
    let begun = Instant::now();
    postfix.send("eve@outside.test", &[CAROL], "From: eve@outside.test\r\nSubject: hi\r\n\r\nHello.").await;
    page.until("document.querySelector('[data-test=row-subject]')?.textContent === 'hi'").await;
    let took = begun.elapsed();
    println!("from SMTP to the page: {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    page.click("message-row").await;
    page.until("document.querySelector('[data-test=message-text]')?.textContent.includes('Hello.')").await;
}

/// A message written in the page arrives where it should, and what cannot arrive comes back.
#[tokio::test]
async fn mail_from_the_page_arrives_outside_and_comes_back_from_nobody() {
    let port = free_port();
    let relay = format!("[mail.relay]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n");
    let postfix = Postfix::start(&PostfixSetup::new(port, ([127, 0, 0, 1], 1).into())).await;
    let gateway = Gateway::with(Fixture::new().config(&relay)).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.click("write").await;
    page.fill("compose-to", "Eve <eve@outside.test>, nobody@outside.test").await;
    page.fill("compose-subject", "Grüße").await;
    page.fill("compose-text", "Hello Eve.").await;
    page.drop_file("composer", "plan.txt", "dig, build").await;
    page.see("attached-file").await;
    page.click("send").await;
    page.until("document.querySelector('[data-test=toast]')?.textContent.includes('was sent')").await;
    let messages = postfix.mailbox("eve", 1).await;
    for part in ["From: ", "alice@localhost", "Eve <eve@outside.test>", "Hello Eve.", "filename=plan.txt"] {
        assert!(messages[0].contains(part), "{part} is not in {}", messages[0]);
    }
    page.click_selector("[data-test=message-row][data-uid]").await;
    page.until(
        "document.querySelector('[data-test=reader]').textContent.includes('nobody@outside.test') \
         || document.querySelector('[data-test=message-html]') !== null",
    )
    .await;
    assert!(page.see("reader").await.contains("nobody@outside.test"));
}
