//! The account's files in the page: directories, files on their way, names, and what is removed for good.

use std::path::Path;

use serde_json::json;

use crate::harness::{ALICE, Browser, BrowserKind, Gateway};

/// The names in the list.
const NAMES: &str =
    "[...document.querySelectorAll('[data-test=file]')].map((file) => file.dataset.name).join()";

async fn shoot(page: &mut Browser, name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(".cache/files-{name}.png"));
    std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("it can be made");
    page.shoot(&file).await;
}

async fn lists(page: &mut Browser, names: &str) {
    page.until(&format!("{NAMES} === '{names}'")).await;
}

async fn answer(page: &mut Browser, text: &str) {
    page.fill("dialog-field", text).await;
    page.click("dialog-confirm").await;
    page.gone("dialog").await;
}

#[tokio::test]
async fn files_are_kept_in_directories_renamed_and_removed() {
    let gateway = Gateway::start().await;
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.click("show-files").await;
    page.see("files-empty").await;
    shoot(&mut page, "empty").await;
    assert_eq!(page.barriers().await, Vec::<String>::new());
    page.click("new-directory").await;
    answer(&mut page, "Letters & more").await;
    lists(&mut page, "Letters & more").await;
    page.click("open-directory").await;
    page.until("document.querySelector('[data-test=directory]').textContent === 'Letters & more'").await;
    // A file of the same name does not take the place of the first.
    page.drop_file("drop", "note.txt", "one").await;
    lists(&mut page, "note.txt").await;
    page.drop_file("drop", "note.txt", "two").await;
    lists(&mut page, "note (2).txt,note.txt").await;
    let content = "fetch(document.querySelector('[data-name=\"note (2).txt\"] a').href).then((answer) => answer.text())";
    assert_eq!(page.evaluate(content).await, json!("two"));
    shoot(&mut page, "directory").await;
    assert_eq!(page.barriers().await, Vec::<String>::new());
    // With a slash it goes somewhere else.
    page.click_selector("[data-name='note.txt'] [data-test=file-menu]").await;
    page.click("file-rename").await;
    answer(&mut page, "Archive/old note.txt").await;
    lists(&mut page, "note (2).txt").await;
    page.click_selector(".way button").await;
    lists(&mut page, "Archive,Letters & more").await;
    // What is in a directory goes with it.
    page.click_selector("[data-name='Letters & more'] [data-test=file-menu]").await;
    page.click("file-remove").await;
    shoot(&mut page, "remove").await;
    page.click("dialog-confirm").await;
    lists(&mut page, "Archive").await;
    // It is the account's, not the session's.
    page.click("logout").await;
    page.see("login").await;
    page.log_in(&gateway, ALICE).await;
    page.click("show-files").await;
    lists(&mut page, "Archive").await;
    page.until("document.querySelector('[data-test=usage]').textContent.includes('3 B')").await;
}

#[tokio::test]
async fn a_file_on_its_way_is_seen_and_can_be_stopped() {
    let gateway = Gateway::start().await;
    let big = gateway.data().join("big.bin");
    std::fs::write(&big, vec![7; 3_000_000]).expect("it can be written");
    let mut page = Browser::start(BrowserKind::Chromium, 440).await;
    page.log_in(&gateway, ALICE).await;
    page.click("show-files").await;
    page.see("files-empty").await;
    page.slow(200_000).await;
    page.choose("file-input", &big).await;
    page.until("(document.querySelector('[data-test=uploading] progress')?.value ?? 0) > 0.05").await;
    shoot(&mut page, "uploading").await;
    page.resize(390, 800).await;
    shoot(&mut page, "phone").await;
    assert_eq!(page.barriers().await, Vec::<String>::new());
    page.click("stop").await;
    page.gone("uploading").await;
    page.slow(0).await;
    // Nothing of it is there; it can be sent again.
    page.choose("file-input", &big).await;
    lists(&mut page, "big.bin").await;
    let size = "fetch(document.querySelector('a[data-test=download]').href).then((answer) => answer.blob()).then((it) => it.size)";
    assert_eq!(page.evaluate(size).await, json!(3_000_000));
}
