//! Mail in the page: mailboxes, the list, what is done with messages, reading, all of it by keyboard too.

use std::path::Path;

use protocol::Flags;
use serde_json::json;

use crate::harness::{ALICE, Browser, BrowserKind, Fixture, Gateway, Mail};

/// The subjects in the list, from the top.
const SUBJECTS: &str = "[...document.querySelectorAll('[data-test=message-row]')]\
    .toSorted((a, b) => a.dataset.place - b.dataset.place)\
    .map((row) => row.querySelector('[data-test=row-subject]')?.textContent).join()";

fn mail(uid: u32, from: &str, subject: &str, rest: &str) -> Mail {
    Mail {
        uid,
        internal_date: 1_600_000_000_000 + 60_000 * i64::from(uid),
        flags: Flags::NONE,
        from: from.to_owned(),
        subject: subject.to_owned(),
        rest: rest.to_owned(),
    }
}

fn plain(uid: u32, subject: &str) -> Mail {
    mail(uid, "Carol Ahlgren <carol@example.org>", subject, "")
}

async fn opened(fixture: Fixture) -> (Gateway, Browser) {
    let gateway = Gateway::with(fixture).await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.see_selector("[data-test=message-row][data-uid]").await;
    (gateway, page)
}

/// A picture of the page, for people to look at.
async fn shoot(page: &mut Browser, name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(".cache/mail-{name}.png"));
    std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("it can be made");
    page.shoot(&file).await;
}

/// Waits until the list has these subjects.
async fn lists(page: &mut Browser, subjects: &str) {
    page.until(&format!("{SUBJECTS} === '{subjects}'")).await;
}

/// Waits until there are these mailboxes, in this order.
async fn has_mailboxes(page: &mut Browser, paths: &str) {
    let shown =
        "[...document.querySelectorAll('[data-test=mailbox]')].map((each) => each.dataset.mailbox).join()";
    page.until(&format!("{shown} === '{paths}'")).await;
}

async fn key(page: &mut Browser, selector: &str, keys: &[&str]) {
    page.evaluate(&format!("document.querySelector(`{selector}`).focus()")).await;
    for key in keys {
        page.press(key).await;
    }
}

async fn no_barriers(page: &mut Browser) {
    assert_eq!(page.barriers().await, Vec::<String>::new());
}

const LIST: &str = "[data-test=message-list]";

#[tokio::test]
async fn mailboxes_are_made_renamed_removed_and_gone_through_by_keys() {
    let fixture = Fixture::new().mail("INBOX", [plain(1, "one"), plain(2, "two")]);
    let fixture = fixture.mail("Work/Invoices", [plain(1, "invoice")]).mail("Sent", [plain(1, "sent")]);
    let (_gateway, mut page) = opened(fixture).await;
    has_mailboxes(&mut page, "INBOX,Sent,Work,Work/Invoices").await;
    // What cannot be is said in the dialog, which stays.
    page.click("new-mailbox").await;
    page.fill("dialog-field", "Sent").await;
    page.click("dialog-confirm").await;
    page.see("dialog-problem").await;
    shoot(&mut page, "new-mailbox").await;
    page.fill("dialog-field", "Family").await;
    page.click("dialog-confirm").await;
    page.gone("dialog").await;
    has_mailboxes(&mut page, "INBOX,Sent,Family,Work,Work/Invoices").await;
    // By the menu of the mouse's other button.
    page.click_right("[data-mailbox='Work/Invoices']").await;
    shoot(&mut page, "mailbox-menu").await;
    no_barriers(&mut page).await;
    page.click("mailbox-create").await;
    page.fill("dialog-field", "2026").await;
    page.click("dialog-confirm").await;
    has_mailboxes(&mut page, "INBOX,Sent,Family,Work,Work/Invoices,Work/Invoices/2026").await;
    // What is looked at stays looked at when it is called otherwise, with what is in it.
    page.click_selector("[data-mailbox='Work/Invoices']").await;
    lists(&mut page, "invoice").await;
    key(&mut page, "[data-mailbox='Work/Invoices']", &["F2"]).await;
    page.fill("dialog-field", "Bills").await;
    page.click("dialog-confirm").await;
    has_mailboxes(&mut page, "INBOX,Sent,Bills,Bills/2026,Family").await;
    page.until("document.querySelector('[data-test=mailbox-title]').textContent === 'Bills'").await;
    lists(&mut page, "invoice").await;
    // Folded, unfolded and opened by keys.
    key(&mut page, "[data-mailbox=Bills]", &["ArrowLeft"]).await;
    has_mailboxes(&mut page, "INBOX,Sent,Bills,Family").await;
    key(&mut page, "[data-mailbox=Bills]", &["ArrowRight"]).await;
    has_mailboxes(&mut page, "INBOX,Sent,Bills,Bills/2026,Family").await;
    key(&mut page, "[data-mailbox=Bills]", &["Home", "Enter"]).await;
    lists(&mut page, "two,one").await;
    // Removed only if it is confirmed.
    key(&mut page, "[data-mailbox=Bills]", &["Delete"]).await;
    shoot(&mut page, "remove-mailbox").await;
    page.click("dialog-cancel").await;
    key(&mut page, "[data-mailbox=Bills]", &["Delete"]).await;
    page.click("dialog-confirm").await;
    has_mailboxes(&mut page, "INBOX,Sent,Family").await;
    assert!(!page.said().await.iter().any(|line| line.contains("page error")), "{:?}", page.said().await);
}

#[tokio::test]
async fn a_mailbox_is_sorted_searched_and_shown_by_conversations() {
    let reply = "Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n\r\nThe needle is here.\r\n";
    let messages = [
        mail(1, "Zoe <zoe@example.org>", "Plans", "Message-ID: <1@x>\r\n\r\nHello.\r\n"),
        plain(2, "Apples"),
        mail(3, "Ben <ben@example.org>", "Re: Plans", reply),
        Mail { flags: Flags::SEEN.union(Flags::FLAGGED), ..plain(4, "Bananas") },
    ];
    let (_gateway, mut page) = opened(Fixture::new().mail("INBOX", messages)).await;
    lists(&mut page, "Bananas,Re: Plans,Apples,Plans").await;
    page.click("sort-subject").await;
    lists(&mut page, "Apples,Bananas,Plans,Re: Plans").await;
    page.click("sort-from").await;
    lists(&mut page, "Re: Plans,Apples,Bananas,Plans").await;
    page.click("sort-from").await;
    lists(&mut page, "Plans,Bananas,Apples,Re: Plans").await;
    page.click("sort-flags").await;
    page.until(&format!("{SUBJECTS}.startsWith('Bananas')")).await;
    page.click("sort-date").await;
    lists(&mut page, "Bananas,Re: Plans,Apples,Plans").await;
    // Anywhere, then in one place; flags; nothing found.
    key(&mut page, LIST, &["/"]).await;
    page.type_text("needle").await;
    lists(&mut page, "Re: Plans").await;
    shoot(&mut page, "search").await;
    page.fill("search-place", "subject").await;
    page.see("list-empty").await;
    shoot(&mut page, "nothing-found").await;
    page.fill("search", "plans").await;
    lists(&mut page, "Re: Plans,Plans").await;
    page.click("search-clear").await;
    lists(&mut page, "Bananas,Re: Plans,Apples,Plans").await;
    page.click("only-flagged").await;
    lists(&mut page, "Bananas").await;
    page.click("only-unread").await;
    lists(&mut page, "Re: Plans,Apples,Plans").await;
    page.click("only-unread").await;
    // A conversation stands at the place of its newest message, folded; it is acted on as a whole.
    page.click("threads").await;
    lists(&mut page, "Bananas,Re: Plans,Apples").await;
    assert!(page.see("row-thread").await.starts_with('2'));
    shoot(&mut page, "threads").await;
    page.click("row-thread").await;
    lists(&mut page, "Bananas,Re: Plans,Plans,Apples").await;
    no_barriers(&mut page).await;
    page.click("row-thread").await;
    lists(&mut page, "Bananas,Re: Plans,Apples").await;
    key(&mut page, LIST, &["Home", "j", "Delete"]).await;
    lists(&mut page, "Bananas,Apples").await;
    assert!(page.see("toast").await.starts_with("2 messages"));
    key(&mut page, LIST, &["z"]).await;
    lists(&mut page, "Bananas,Re: Plans,Apples").await;
}

#[tokio::test]
async fn messages_are_chosen_moved_dragged_deleted_and_brought_back() {
    let fixture = Fixture::new().mail("INBOX", (1..=6).map(|uid| plain(uid, &uid.to_string())));
    let (_gateway, mut page) = opened(fixture.mail("Family", [plain(1, "old")])).await;
    lists(&mut page, "6,5,4,3,2,1").await;
    // With control and shift held.
    page.click_holding("Control", "[data-uid='6'] [data-test=row-subject]").await;
    page.click_holding("Control", "[data-uid='4'] [data-test=row-subject]").await;
    assert_eq!(page.see("chosen").await, "2 selected");
    page.click_holding("Shift", "[data-uid='2'] [data-test=row-subject]").await;
    page.until("document.querySelector('[data-test=chosen]')?.textContent === '3 selected'").await;
    shoot(&mut page, "selected").await;
    no_barriers(&mut page).await;
    page.drag("[data-uid='3']", "[data-mailbox=Family]").await;
    lists(&mut page, "6,5,1").await;
    page.click("toast-action").await;
    page.until("document.querySelectorAll('[data-test=message-row]').length === 6").await;
    // By the dialog.
    page.click_selector("[data-uid='6']").await;
    key(&mut page, LIST, &["v"]).await;
    page.type_text("fam").await;
    shoot(&mut page, "move-dialog").await;
    no_barriers(&mut page).await;
    page.press("Enter").await;
    page.until("document.querySelectorAll('[data-test=message-row]').length === 5").await;
    page.click_selector("[data-mailbox=Family]").await;
    lists(&mut page, "6,old").await;
    page.click_selector("[data-mailbox=INBOX]").await;
    // All of them; the trash asks before it loses them.
    page.until("document.querySelectorAll('[data-test=message-row]').length === 5").await;
    page.evaluate(&format!("document.querySelector('{LIST}').focus()")).await;
    page.press_holding("Control", "a").await;
    page.until("document.querySelector('[data-test=chosen]')?.textContent === '5 selected'").await;
    page.press("Delete").await;
    assert_eq!(page.see("list-empty").await, "No messages");
    assert!(page.see("toast").await.contains("5 messages moved to the trash"));
    shoot(&mut page, "empty").await;
    page.click("toast-action").await;
    page.until("document.querySelectorAll('[data-test=message-row]').length === 5").await;
    key(&mut page, LIST, &["Home", "Delete"]).await;
    page.until("document.querySelectorAll('[data-test=message-row]').length === 4").await;
    page.click_selector("[data-mailbox=Trash]").await;
    page.until("document.querySelectorAll('[data-test=message-row]').length === 1").await;
    key(&mut page, LIST, &["Home", "Delete"]).await;
    shoot(&mut page, "delete-for-good").await;
    page.click("dialog-cancel").await;
    page.click("mailbox-menu").await;
    page.click("mailbox-empty").await;
    page.click("dialog-confirm").await;
    page.see("list-empty").await;
    assert_eq!(page.see("list-empty").await, "No messages");
}

#[tokio::test]
async fn a_message_is_marked_by_keys_and_read_one_after_another() {
    let fixture = Fixture::new().mail("INBOX", (1..=4).map(|uid| plain(uid, &uid.to_string())));
    let (_gateway, mut page) = opened(fixture).await;
    let subject = "document.querySelector('[data-test=subject]')?.textContent";
    let unread = "document.querySelectorAll('.row.unseen').length";
    key(&mut page, LIST, &["j", "j", "Enter"]).await;
    page.until(&format!("{subject} === '3'")).await;
    // It counts as read after a moment; going on through the list goes on reading.
    page.until(&format!("{unread} === 3")).await;
    page.press("j").await;
    page.until(&format!("{subject} === '2'")).await;
    page.until(&format!("{unread} === 2")).await;
    page.click("previous").await;
    page.until(&format!("{subject} === '3'")).await;
    page.press("u").await;
    page.until(&format!("{unread} === 3")).await;
    page.press("s").await;
    page.see_selector("[data-uid='3'] .starred").await;
    page.see_selector("[data-test=star][aria-pressed=true]").await;
    page.press("!").await;
    page.see_selector("[data-uid='3'] .tag.bad").await;
    shoot(&mut page, "reading").await;
    no_barriers(&mut page).await;
    page.press("?").await;
    page.see("help").await;
    shoot(&mut page, "help").await;
    no_barriers(&mut page).await;
    page.press("Escape").await;
    page.gone("help").await;
    page.press("Escape").await;
    page.gone("subject").await;
    // The star by the mouse; a message that is deleted makes room for the next.
    page.click_selector("[data-uid='4'] [data-star]").await;
    page.see_selector("[data-uid='4'] .starred").await;
    key(&mut page, LIST, &["Home", "#"]).await;
    lists(&mut page, "3,2,1").await;
    page.see_selector("[data-uid='3'][aria-selected=true]").await;
}

#[tokio::test]
async fn what_a_message_brings_along_is_shown_and_what_it_would_load_is_asked_for() {
    let gateway = Gateway::start().await;
    let picture = format!("https://{}/icon.svg", gateway.address("https"));
    let html = format!(
        "From: shop@example.org\nSubject: offers\nContent-Type: text/html\n\n<p>Offers</p><img id=banner src=\"{picture}\">\n"
    );
    let nested = "From: a@example.org\nSubject: outer\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\
        See below.\n> quoted\n--b\nContent-Type: message/rfc822\n\nFrom: in@example.org\nSubject: inner\n\nThe inner text.\n\
        --b--\n";
    let mbox: String =
        [&html, nested].map(|mail| format!("From a@b Mon Nov  2 10:00:00 2026\n{mail}\n")).concat();
    let file = gateway.data().join("mail.mbox");
    std::fs::write(&file, mbox).expect("it can be written");
    let file = file.to_str().expect("a path");
    let (_, error, code) = gateway.run(&["mail", "import", ALICE, "INBOX", file], "").await;
    assert_eq!(code, Some(0), "{error}");
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.click_selector("[data-uid='1']").await;
    page.see("remote-blocked").await;
    let frame = "document.querySelector('[data-test=message-html]')";
    page.until(&format!("{frame}?.contentDocument?.querySelector('#banner') != null")).await;
    // What is not allowed is not even asked for.
    let asked = format!(
        "{frame}.contentWindow.performance.getEntriesByType('resource').some(({{ name }}) => name === '{picture}')"
    );
    assert_eq!(page.evaluate(&asked).await, json!(false));
    shoot(&mut page, "pictures-blocked").await;
    no_barriers(&mut page).await;
    page.click("load-remote").await;
    page.until(&asked).await;
    page.gone("remote-blocked").await;
    page.click_selector("[data-uid='2']").await;
    page.until("document.querySelector('[data-test=subject]')?.textContent === 'outer'").await;
    page.click_selector("[data-test=nested] summary").await;
    page.until("document.querySelector('[data-test=nested]').textContent.includes('The inner text.')").await;
    assert_eq!(
        page.evaluate("document.querySelector('.plain blockquote').textContent").await,
        json!("quoted")
    );
    shoot(&mut page, "nested").await;
    no_barriers(&mut page).await;
}

#[tokio::test]
async fn on_a_telephone_one_thing_is_shown_at_a_time() {
    let fixture = Fixture::new().mail("INBOX", (1..=30).map(|uid| plain(uid, &format!("message {uid}"))));
    let (_gateway, mut page) = opened(fixture.mail("Family", [plain(1, "old")])).await;
    page.resize(390, 800).await;
    shoot(&mut page, "phone-list").await;
    no_barriers(&mut page).await;
    page.click("show-mailboxes").await;
    page.see_selector(".app.drawer [data-mailbox=Family]").await;
    page.until("document.querySelector('#side').getBoundingClientRect().left === 0").await;
    shoot(&mut page, "phone-mailboxes").await;
    page.click_selector("[data-mailbox=Family]").await;
    lists(&mut page, "old").await;
    page.until("document.querySelector('#side').getBoundingClientRect().right <= 0").await;
    page.click_selector("[data-uid='1']").await;
    page.see("subject").await;
    shoot(&mut page, "phone-message").await;
    no_barriers(&mut page).await;
    page.darken(true).await;
    shoot(&mut page, "phone-dark").await;
    no_barriers(&mut page).await;
    page.click("back").await;
    page.see_selector("[data-uid='1']").await;
    // On a wide screen the list has columns when there is room for them.
    page.resize(1000, 800).await;
    page.until("document.querySelector('.row').clientHeight < 50").await;
    shoot(&mut page, "columns").await;
    no_barriers(&mut page).await;
}
