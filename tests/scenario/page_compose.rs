//! Writing in the page: addresses that are completed, files on their way, drafts, answers, and sending that is undone.

use std::path::Path;

use protocol::Flags;
use serde_json::json;

use crate::harness::{ALICE, BOB, Browser, BrowserKind, Fixture, Gateway, Mail};

const SUBJECTS: &str =
    "[...document.querySelectorAll('[data-test=row-subject]')].map((row) => row.textContent).join()";
const TO: &str = "document.querySelector('[data-test=compose-to]')?.value";
const TEXT: &str = "document.querySelector('[data-test=compose-text]')?.value";
const FILES: &str = "[...document.querySelectorAll('[data-test=attached-file] .file-name')].map((name) => name.textContent).join()";

fn mail(uid: u32, subject: &str, rest: &str) -> Mail {
    Mail {
        uid,
        internal_date: 1_600_000_000_000 + 60_000 * i64::from(uid),
        flags: Flags::NONE,
        from: format!("Bob Builder <{BOB}>"),
        subject: subject.to_owned(),
        rest: rest.to_owned(),
    }
}

async fn opened(messages: impl IntoIterator<Item = Mail>) -> (Gateway, Browser) {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", messages)).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.see_selector("[data-test=message-row][data-uid]").await;
    (gateway, page)
}

async fn shoot(page: &mut Browser, name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(".cache/compose-{name}.png"));
    std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("it can be made");
    page.shoot(&file).await;
}

async fn no_barriers(page: &mut Browser) {
    assert_eq!(page.barriers().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_message_is_written_sent_and_read_by_its_recipient() {
    let (gateway, mut page) = opened([mail(1, "Hello", "")]).await;
    page.evaluate("document.querySelector('[data-test=message-list]').focus()").await;
    page.press("c").await;
    page.see("composer").await;
    // What is missing is said where it is missing.
    page.click("send").await;
    page.see("field-problem").await;
    // Whom the user knows is offered.
    page.type_text("buil").await;
    page.until("document.querySelector('[data-test=offer]')?.textContent.includes('Bob Builder')").await;
    shoot(&mut page, "offers").await;
    no_barriers(&mut page).await;
    page.press("Enter").await;
    page.until(&format!("{TO} === 'Bob Builder <{BOB}>, '")).await;
    page.fill("compose-subject", "Plans").await;
    page.fill("compose-text", "Shall we?").await;
    page.drop_file("composer", "plan.txt", "dig, build").await;
    page.until(&format!("{FILES} === 'plan.txt'")).await;
    shoot(&mut page, "written").await;
    no_barriers(&mut page).await;
    // Sending is undone, then it is not.
    page.click("send").await;
    page.gone("composer").await;
    shoot(&mut page, "sending").await;
    page.click("toast-action").await;
    page.see("composer").await;
    assert_eq!(page.evaluate(TEXT).await, json!("Shall we?"));
    page.click("send").await;
    page.until("document.querySelector('[data-test=toast]')?.textContent.includes('was sent')").await;
    // A copy is kept, no draft is.
    page.click_selector("[data-mailbox=Sent]").await;
    page.until(&format!("{SUBJECTS} === 'Plans'")).await;
    assert_eq!(
        page.evaluate("document.querySelector('[data-mailbox=Drafts] [data-test=unread]')").await,
        json!(null)
    );
    let mut bob = Browser::start(BrowserKind::Chromium, 880).await;
    bob.log_in(&gateway, BOB).await;
    bob.until(&format!("{SUBJECTS} === 'Plans'")).await;
    bob.click("message-row").await;
    bob.until("document.querySelector('[data-test=message-text]')?.textContent.includes('Shall we?')").await;
    let file =
        "fetch(document.querySelector('a[data-test=attachment]').href).then((answer) => answer.text())";
    assert_eq!(bob.evaluate(file).await, json!("dig, build"));
    assert!(!page.said().await.iter().any(|line| line.contains("page error")), "{:?}", page.said().await);
}

#[tokio::test]
async fn an_answer_quotes_what_it_answers_and_a_message_is_sent_on_with_its_files() {
    let rest = "Cc: Carol <carol@localhost>\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nDig?\r\n--b\r\nContent-Type: text/csv\r\n\
        Content-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--b--\r\n";
    let (gateway, mut page) = opened([mail(1, "Hello", rest)]).await;
    page.click("message-row").await;
    page.see("subject").await;
    page.press("a").await;
    page.until(&format!("{TO} === 'Bob Builder <{BOB}>'")).await;
    let cc = "document.querySelector('[data-test=compose-cc]').value";
    assert_eq!(page.evaluate(cc).await, json!("Carol <carol@localhost>"));
    page.until(&format!("{TEXT}.endsWith('Bob Builder wrote:\\n> Dig?\\n')")).await;
    shoot(&mut page, "reply-all").await;
    page.click("discard").await;
    page.gone("composer").await;
    page.click("reply").await;
    page.see("composer").await;
    page.type_text("Yes").await;
    page.press_holding("Control", "Enter").await;
    page.until("document.querySelector('[data-test=toast]')?.textContent.includes('was sent')").await;
    page.see_selector("[data-uid='1'] [title=Answered]").await;
    page.click("forward").await;
    page.until(&format!("{FILES} === 'a.csv'")).await;
    shoot(&mut page, "forward").await;
    page.fill("compose-to", BOB).await;
    page.click("send").await;
    page.until("document.querySelector('[data-test=toast]')?.textContent.includes('was sent')").await;
    let mut bob = Browser::start(BrowserKind::Chromium, 880).await;
    bob.log_in(&gateway, BOB).await;
    bob.until(&format!("{SUBJECTS} === 'Fwd: Hello,Re: Hello'")).await;
    bob.click_selector("[data-place='0']").await;
    bob.see("attachment").await;
    let file =
        "fetch(document.querySelector('a[data-test=attachment]').href).then((answer) => answer.text())";
    assert_eq!(bob.evaluate(file).await, json!("1,2"));
}

#[tokio::test]
async fn a_draft_is_kept_by_itself_and_gone_on_with() {
    let (_gateway, mut page) = opened([mail(1, "Hello", "")]).await;
    page.click("write").await;
    page.fill("compose-subject", "Unfinished").await;
    page.fill("compose-text", "To be go").await;
    page.drop_file("composer", "notes.txt", "one, two").await;
    page.until("document.querySelector('[data-test=draft-state]').textContent === 'Draft saved'").await;
    page.click("compose-close").await;
    page.gone("composer").await;
    page.click_selector("[data-mailbox=Drafts]").await;
    page.until(&format!("{SUBJECTS} === 'Unfinished'")).await;
    shoot(&mut page, "drafts").await;
    // Loaded anew, the upload set is not needed: the file is in the draft.
    page.reload().await;
    page.click_selector("[data-mailbox=Drafts]").await;
    page.until(&format!("{SUBJECTS} === 'Unfinished'")).await;
    page.click("message-row").await;
    page.until(&format!("{FILES} === 'notes.txt'")).await;
    page.fill("compose-text", "To be gone on with").await;
    page.fill("compose-to", "nobody").await;
    page.click("compose-close").await;
    page.gone("composer").await;
    page.click("message-row").await;
    page.until(&format!("{TEXT}?.trim() === 'To be gone on with' && {FILES} === 'notes.txt'")).await;
    // Who is no address yet is not part of the message.
    assert_eq!(page.evaluate(TO).await, json!(""));
    page.fill("compose-to", BOB).await;
    page.click("send").await;
    page.until("document.querySelector('[data-test=toast]')?.textContent.includes('was sent')").await;
    assert_eq!(page.see("list-empty").await, "No messages");
}

#[tokio::test]
async fn a_file_on_its_way_is_seen_and_can_be_stopped_and_what_is_refused_says_why() {
    let (gateway, mut page) = opened([mail(1, "Hello", "")]).await;
    let big = gateway.data().join("big.bin");
    std::fs::write(&big, vec![7; 3_000_000]).expect("it can be written");
    page.slow(200_000).await;
    page.click("write").await;
    page.fill("compose-to", "zoe@localhost").await;
    page.choose("attach-input", &big).await;
    page.until("(document.querySelector('[data-test=attaching] progress')?.value ?? 0) > 0.05").await;
    assert_eq!(page.evaluate("document.querySelector('[data-test=send]').disabled").await, json!(true));
    shoot(&mut page, "uploading").await;
    no_barriers(&mut page).await;
    page.click("detach").await;
    page.gone("attaching").await;
    page.slow(0).await;
    page.click("send").await;
    // There is no such account: the message comes back, with what the server says.
    page.until(
        "document.querySelector('[data-test=compose-problem]')?.textContent.includes('zoe@localhost')",
    )
    .await;
    shoot(&mut page, "refused").await;
    page.click("discard").await;
    page.gone("composer").await;
    page.resize(390, 800).await;
    page.click("write-here").await;
    page.see("composer").await;
    shoot(&mut page, "phone").await;
    no_barriers(&mut page).await;
}
