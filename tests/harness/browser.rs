//! A real browser with the gateway's page in it, and a microphone in which a tone is heard.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};

use super::tone::write_tone;
use super::{Gateway, PASSWORD};

/// Which browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Chromium,
    Firefox,
}

/// How long a browser may take for one thing.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser. It ends when this is dropped.
pub(crate) struct Browser {
    pub(crate) kind: Kind,
    /// Without it the browser ends.
    commands: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
    tab: u64,
    driver: Child,
    folder: TempDir,
}

/// RTP of a page's call, as both ends have counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rtp {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Lost on the way to the page.
    pub(crate) lost: i64,
    /// Lost on the way from the page, as the gateway reports it.
    pub(crate) lost_there: i64,
    pub(crate) codec: String,
}

impl Browser {
    /// Starts a browser whose microphone gives a tone of so many hertz.
    pub(crate) async fn start(kind: Kind, tone: u32) -> Self {
        Self::launch(kind, tone, json!({})).await
    }

    /// A browser in which the user has denied the microphone.
    pub(crate) async fn without_microphone() -> Self {
        Self::launch(Kind::Chromium, 440, json!({ "denied": true })).await
    }

    async fn launch(kind: Kind, tone: u32, more: Value) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let wav = folder.path().join("tone.wav");
        write_tone(&wav, tone);
        let mut options = json!({
            "browser": match kind { Kind::Chromium => "chromium", Kind::Firefox => "firefox" },
            "tone": tone,
            "wav": wav,
            "profile": folder.path().join("profile"),
            "downloads": folder.path(),
        });
        merge(&mut options, more);
        let mut driver = Command::new("node")
            .arg(driver())
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let commands = driver.stdin.take().expect("standard input is a pipe");
        let commands = ChildStdin::from_std(commands).expect("a pipe can be written to");
        let stdout = driver.stdout.take().expect("standard output is a pipe");
        let stdout = ChildStdout::from_std(stdout).expect("a pipe can be read");
        let answers = BufReader::new(stdout).lines();
        let mut browser = Self { kind, commands: Some(commands), answers, tab: 0, driver, folder };
        browser.answer("the start").await;
        browser
    }

    async fn answer(&mut self, to: &str) -> Value {
        let line = tokio::time::timeout(2 * PATIENCE, self.answers.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("{to}: the browser says nothing"));
        let line = line.expect("it can be read").unwrap_or_else(|| panic!("{to}: the browser is gone"));
        let mut answer: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(answer.get("error"), None, "{to}");
        answer["ok"].take()
    }

    async fn command(&mut self, name: &str, parameters: Value) -> Value {
        let mut command = json!({ "do": name, "tab": self.tab, "timeout": PATIENCE.as_millis() as u64 });
        merge(&mut command, parameters);
        let commands = self.commands.as_mut().expect("the browser has not ended");
        commands.write_all(format!("{command}\n").as_bytes()).await.expect("the driver reads");
        self.answer(&command.to_string()).await
    }

    // ---- what a user does

    /// Opens the page and logs in.
    pub(crate) async fn log_in(&mut self, gateway: &Gateway, account: &str) {
        self.go(&format!("http://{}/", gateway.address("http"))).await;
        self.give_password(account, PASSWORD).await;
        self.see("user").await;
    }

    /// Fills in the form and sends it.
    pub(crate) async fn give_password(&mut self, account: &str, password: &str) {
        self.fill("account", account).await;
        self.fill("password", password).await;
        self.click("login").await;
    }

    /// Calls an address.
    pub(crate) async fn dial(&mut self, address: &str) {
        self.fill("dial-address", address).await;
        self.click("dial").await;
    }

    /// Goes to a URL.
    pub(crate) async fn go(&mut self, url: &str) {
        self.command("go", json!({ "url": url })).await;
    }

    pub(crate) async fn reload(&mut self) {
        self.command("reload", json!({})).await;
    }

    /// Opens another tab and turns to it.
    pub(crate) async fn open_tab(&mut self) {
        let tab = self.command("open", json!({})).await;
        self.tab = tab.as_u64().expect("tabs are numbered");
    }

    /// Turns to a tab.
    pub(crate) fn turn_to(&mut self, tab: u64) {
        self.tab = tab;
    }

    /// Closes the tab.
    pub(crate) async fn close_tab(&mut self) {
        self.command("close", json!({})).await;
    }

    /// Waits until an element is seen; returns its text.
    pub(crate) async fn see(&mut self, test: &str) -> String {
        self.see_selector(&selector(test)).await
    }

    /// The same for any selector.
    pub(crate) async fn see_selector(&mut self, selector: &str) -> String {
        let text = self.command("see", json!({ "selector": selector })).await;
        text.as_str().expect("elements have text").to_owned()
    }

    /// Waits until an element is not seen any more.
    pub(crate) async fn gone(&mut self, test: &str) {
        self.command("gone", json!({ "selector": selector(test) })).await;
    }

    pub(crate) async fn click(&mut self, test: &str) {
        self.click_selector(&selector(test)).await;
    }

    pub(crate) async fn click_selector(&mut self, selector: &str) {
        self.command("click", json!({ "selector": selector })).await;
    }

    pub(crate) async fn fill(&mut self, test: &str, text: &str) {
        self.command("fill", json!({ "selector": selector(test), "text": text })).await;
    }

    /// Presses a key of the keyboard.
    pub(crate) async fn press(&mut self, key: &str) {
        self.command("press", json!({ "key": key })).await;
    }

    /// Writes with the keyboard.
    pub(crate) async fn type_text(&mut self, text: &str) {
        self.command("type", json!({ "text": text })).await;
    }

    /// Presses a key while another one is held.
    pub(crate) async fn press_holding(&mut self, held: &str, key: &str) {
        self.command("press", json!({ "key": key, "held": held })).await;
    }

    /// Clicks with the mouse while a key is held.
    pub(crate) async fn click_holding(&mut self, key: &str, selector: &str) {
        self.command("point", json!({ "selector": selector, "held": [key] })).await;
    }

    /// Clicks with the other button of the mouse.
    pub(crate) async fn click_right(&mut self, selector: &str) {
        self.command("point", json!({ "selector": selector, "button": "right" })).await;
    }

    /// Drags an element onto another one.
    pub(crate) async fn drag(&mut self, selector: &str, target: &str) {
        self.command("drag", json!({ "selector": selector, "target": target })).await;
    }

    /// Drops a file of this name and content onto an element.
    pub(crate) async fn drop_file(&mut self, test: &str, name: &str, content: &str) {
        self.command("drop", json!({ "selector": selector(test), "name": name, "content": content })).await;
    }

    /// Lets the tab send so many bytes a second at most; 0: as many as it can.
    pub(crate) async fn slow(&mut self, upload: u32) {
        self.command("slow", json!({ "upload": upload })).await;
    }

    /// Makes the window so large, in pixels.
    pub(crate) async fn resize(&mut self, width: u32, height: u32) {
        self.command("size", json!({ "width": width, "height": height })).await;
    }

    /// Whether the system is set to dark colours.
    pub(crate) async fn darken(&mut self, dark: bool) {
        self.command("theme", json!({ "dark": dark })).await;
    }

    /// What on the page stands in the way of people with disabilities, as axe finds it.
    pub(crate) async fn barriers(&mut self) -> Vec<String> {
        serde_json::from_value(self.command("barriers", json!({})).await).expect("lines")
    }

    /// Chooses files in a file dialogue.
    pub(crate) async fn choose(&mut self, test: &str, file: &Path) {
        self.command("choose", json!({ "selector": selector(test), "files": [file] })).await;
    }

    /// Waits for a file that the browser has saved; returns what is in it.
    pub(crate) async fn saved(&self, name: &str) -> Vec<u8> {
        let file = self.folder.path().join(name);
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let wait = async {
            while !file.exists() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{name} was not saved"));
        std::fs::read(file).expect("it can be read")
    }

    /// Waits until an expression is true in the page; returns its value.
    pub(crate) async fn until(&mut self, expression: &str) -> Value {
        self.command("until", json!({ "expression": expression })).await
    }

    /// The value of an expression in the page.
    pub(crate) async fn evaluate(&mut self, expression: &str) -> Value {
        self.command("evaluate", json!({ "expression": expression })).await
    }

    /// Takes a picture of the page.
    pub(crate) async fn shoot(&mut self, file: &Path) {
        self.command("shoot", json!({ "file": file })).await;
    }

    /// What the page has written to its console.
    pub(crate) async fn said(&mut self) -> Vec<String> {
        serde_json::from_value(self.command("said", json!({})).await).expect("lines")
    }

    // ---- what a user hears

    /// Waits until a call is in this state.
    pub(crate) async fn call_is(&mut self, state: &str) {
        self.see_selector(&format!("[data-test=call][data-state={state}]")).await;
    }

    /// Waits until one tone is heard and the other is not.
    pub(crate) async fn hears(&mut self, present: u32, absent: u32) {
        self.until(&format!("probe.hears({present}, {absent})")).await;
    }

    /// Whether one tone is heard and the other is not, right now.
    pub(crate) async fn hears_now(&mut self, present: u32, absent: u32) -> bool {
        self.evaluate(&format!("probe.hears({present}, {absent})")).await != json!(false)
    }

    /// RTP so far.
    pub(crate) async fn rtp(&mut self) -> Rtp {
        let counts = self.evaluate("probe.rtp()").await;
        let number = |name: &str| counts[name].as_i64().expect("a number");
        let count = |name| u64::try_from(number(name)).expect("counts are not negative");
        Rtp {
            sent: count("sent"),
            received: count("received"),
            lost: number("lost"),
            lost_there: number("lostThere"),
            codec: counts["codec"].as_str().expect("text").to_owned(),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser has many processes; its driver ends all of them before it ends itself.
        self.commands = None;
        if let Err(error) = self.driver.wait() {
            eprintln!("the browser's driver is gone: {error}");
        }
    }
}

fn selector(test: &str) -> String {
    format!("[data-test=\"{test}\"]")
}

fn driver() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/driver.mjs")
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
