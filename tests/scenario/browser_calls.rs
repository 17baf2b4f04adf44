//! Calls of people in real browsers, with each other and with phones that others have built: who hears whom, what is
//! lost, how they end.

use std::time::Duration;

use crate::harness::network::{HOST, enter_own_network};
use crate::harness::{ALICE, BOB, Baresip, Browser, BrowserKind, Fixture, Gateway, Kamailio, Line, Rtp};

/// The tone in one microphone, in hertz, and in the other.
const LOW: u32 = 440;
const HIGH: u32 = 880;
/// For how long RTP is counted.
const WINDOW: Duration = Duration::from_secs(10);
/// Packets of 20 ms in that time, and what may be missing at its edges.
const PACKETS: u64 = 500;
const EDGES: u64 = 15;

/// Which browser of a call hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Caller,
    Callee,
}

/// A gateway whose sound is where Firefox takes it: it passes over loopback addresses.
async fn for_firefox() -> Gateway {
    enter_own_network();
    Gateway::with(Fixture::new().config(&format!("[media]\naddress = \"{HOST}\"\n"))).await
}

async fn page(gateway: &Gateway, kind: BrowserKind, account: &str, tone: u32) -> Browser {
    let mut browser = Browser::start(kind, tone).await;
    browser.log_in(gateway, account).await;
    browser
}

fn phone_of<'a>(gateway: &Gateway, user: &'a str, codecs: &'a str) -> Line<'a> {
    Line {
        ip: "127.0.0.1",
        user,
        domain: "localhost",
        proxy: gateway.address("sip"),
        transport: "udp",
        codecs,
        tone: HIGH,
    }
}

/// What a page has sent and received between two looks; nothing may be lost.
fn counted(before: &Rtp, after: &Rtp) -> (u64, u64) {
    assert_eq!((after.lost, after.lost_there), (0, 0), "{after:?}");
    (after.sent - before.sent, after.received - before.received)
}

/// Whether one end has got what the other has sent.
fn is_all(received: u64, sent: u64) -> bool {
    received.abs_diff(sent) <= EDGES
}

/// Counts RTP for a while in pages that talk: what each has sent and received.
async fn count<const PAGES: usize>(mut pages: [&mut Browser; PAGES]) -> [(u64, u64); PAGES] {
    let mut before = Vec::new();
    for page in &mut pages {
        before.push(page.rtp().await);
    }
    tokio::time::sleep(WINDOW).await;
    let mut counts = [(0, 0); PAGES];
    for ((page, before), count) in pages.iter_mut().zip(&before).zip(&mut counts) {
        *count = counted(before, &page.rtp().await);
        // The fake microphone of Firefox falls behind on a busy machine.
        let least = if page.kind == BrowserKind::Firefox { PACKETS / 2 } else { PACKETS - EDGES };
        assert!(count.0 >= least, "sent and received: {count:?}");
    }
    counts
}

async fn two_pages_talk(alice: &mut Browser, bob: &mut Browser) {
    for who in [Who::Caller, Who::Callee] {
        alice.dial(BOB).await;
        alice.call_is("ringing").await;
        bob.call_is("incoming").await;
        assert_eq!(bob.see("call-peer").await, ALICE);
        bob.click("answer").await;
        alice.call_is("connected").await;
        bob.call_is("connected").await;
        alice.hears(HIGH, LOW).await;
        bob.hears(LOW, HIGH).await;
        let counts = count([alice, bob]).await;
        let [(alice_sent, alice_received), (bob_sent, bob_received)] = counts;
        assert!(is_all(alice_received, bob_sent) && is_all(bob_received, alice_sent), "{counts:?}");
        println!("sent and received in {WINDOW:?}, {who:?} hangs up: {counts:?}");
        let (leaves, stays) = match who {
            Who::Caller => (&mut *alice, &mut *bob),
            Who::Callee => (&mut *bob, &mut *alice),
        };
        leaves.click("hang-up").await;
        stays.call_is("ended").await;
        leaves.call_is("ended").await;
        assert!(stays.evaluate("probe.states().every((state) => state === 'closed')").await == true);
        for page in [leaves, stays] {
            page.click("dismiss").await;
            page.gone("call").await;
        }
    }
}

#[tokio::test]
async fn two_people_in_chromium_talk_and_either_hangs_up() {
    let gateway = Gateway::start().await;
    let mut alice = page(&gateway, BrowserKind::Chromium, ALICE, LOW).await;
    let mut bob = page(&gateway, BrowserKind::Chromium, BOB, HIGH).await;
    two_pages_talk(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn people_in_firefox_and_chromium_talk() {
    let gateway = for_firefox().await;
    let mut alice = page(&gateway, BrowserKind::Firefox, ALICE, LOW).await;
    let mut bob = page(&gateway, BrowserKind::Chromium, BOB, HIGH).await;
    two_pages_talk(&mut alice, &mut bob).await;
}

/// A page calls a phone and the phone hangs up; then the phone calls and the page hangs up.
async fn page_and_phone_talk(
    page: &mut Browser,
    phone: &mut Baresip,
    codec: &str,
    [to_phone, to_page]: [&str; 2],
) {
    for who in [Who::Callee, Who::Caller] {
        if who == Who::Callee {
            page.dial(to_phone).await;
            phone.accept().await;
        } else {
            phone.dial(to_page).await;
            page.call_is("incoming").await;
            page.click("answer").await;
        }
        page.call_is("connected").await;
        phone.established().await;
        page.hears(HIGH, LOW).await;
        let [(sent, received)] = count([&mut *page]).await;
        assert!(is_all(received, PACKETS), "{received}");
        let rtp = page.rtp().await;
        assert_eq!(rtp.codec, codec);
        if who == Who::Callee {
            phone.hang_up().await;
            page.call_is("ended").await;
        } else {
            page.click("hang-up").await;
            page.call_is("ended").await;
        }
        phone.closed().await;
        page.click("dismiss").await;
        page.gone("call").await;
        let there = phone.counted();
        println!(
            "{codec}: the page sent {sent} and received {received} in {WINDOW:?}, the phone in all {there:?}"
        );
        assert_eq!((there.lost, there.lost_there), (0, 0), "{there:?}");
        // In all it is more than in the window, and the same at both ends but for what was on its way at the end.
        assert!(there.received.abs_diff(rtp.sent) < 100 && there.received >= sent, "{there:?} {rtp:?}");
        assert!(there.sent.abs_diff(rtp.received) < 100 && there.sent >= received, "{there:?} {rtp:?}");
        let heard = phone.heard();
        let (low, high) = (heard.level(LOW), heard.level(HIGH));
        assert!(
            heard.seconds() > 9.0 && low > 0.05 && low > 8.0 * high,
            "{} s: {low} {high}",
            heard.seconds()
        );
    }
}

#[tokio::test]
async fn a_person_calls_a_phone_and_is_called_by_it() {
    let gateway = Gateway::start().await;
    let mut alice = page(&gateway, BrowserKind::Chromium, ALICE, LOW).await;
    let mut phone = Baresip::registered(phone_of(&gateway, "bob", "PCMU/8000/1")).await;
    page_and_phone_talk(&mut alice, &mut phone, "audio/PCMU", [BOB, ALICE]).await;
}

#[tokio::test]
async fn a_person_and_a_phone_talk_in_opus_without_transcoding() {
    let gateway = Gateway::start().await;
    let mut alice = page(&gateway, BrowserKind::Chromium, ALICE, LOW).await;
    let line = Line { transport: "tcp", ..phone_of(&gateway, "bob", "opus/48000/2,PCMU/8000/1") };
    let mut phone = Baresip::registered(line).await;
    page_and_phone_talk(&mut alice, &mut phone, "audio/opus", [BOB, ALICE]).await;
}

#[tokio::test]
async fn a_person_in_firefox_and_a_phone_talk() {
    let gateway = for_firefox().await;
    let mut alice = page(&gateway, BrowserKind::Firefox, ALICE, LOW).await;
    let line = Line { ip: HOST, ..phone_of(&gateway, "bob", "PCMA/8000/1") };
    let mut phone = Baresip::registered(line).await;
    page_and_phone_talk(&mut alice, &mut phone, "audio/PCMA", [BOB, ALICE]).await;
}

/// A phone that holds says nothing; when it takes the call back, both hear each other as before. One that is switched off
/// rings no more.
#[tokio::test]
async fn a_phone_holds_a_person_and_takes_the_call_back() {
    let gateway = Gateway::start().await;
    let mut alice = page(&gateway, BrowserKind::Chromium, ALICE, LOW).await;
    let mut phone = Baresip::registered(phone_of(&gateway, "bob", "PCMU/8000/1")).await;
    phone.dial(ALICE).await;
    alice.call_is("incoming").await;
    alice.click("answer").await;
    alice.call_is("connected").await;
    alice.hears(HIGH, LOW).await;
    for _ in 0..2 {
        phone.hold().await;
        alice.until("(probe.levels(880)?.[0] ?? 1) < 0.001").await;
        phone.resume().await;
        alice.hears(HIGH, LOW).await;
    }
    let before = alice.rtp().await;
    tokio::time::sleep(WINDOW / 5).await;
    let after = alice.rtp().await;
    assert!(is_all(after.received - before.received, PACKETS / 5), "{before:?} {after:?}");
    assert_eq!(after.lost, 0, "a hold looks like loss");
    phone.hang_up().await;
    alice.call_is("ended").await;
    alice.click("dismiss").await;
    phone.quit().await;
    alice.dial(BOB).await;
    alice
        .until("document.querySelector('[data-test=call-state]')?.textContent === 'Not available just now'")
        .await;
}

/// The phone is a user of somebody else's proxy. Calls to its domain go there, and its calls come from there.
#[tokio::test]
async fn a_person_calls_through_an_outbound_proxy_and_is_called_through_it() {
    let address = Kamailio::address();
    let secret = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(&secret, "secret\n").expect("it can be written");
    let fixture = Fixture::new().config(&format!(
        "[[sip.trunk]]\nname = \"anchor\"\nproxy = \"{address}\"\ndomains = [\"anchor.test\"]\nuser = \"alice\"\n\
         from_domain = \"anchor.test\"\nrealm = \"anchor.test\"\npassword_file = \"{}\"\nsources = [\"127.0.0.1\"]\n",
        secret.path().display()
    ));
    let gateway = Gateway::with(fixture).await;
    let proxy = Kamailio::start(address, &gateway).await;
    let mut alice = page(&gateway, BrowserKind::Chromium, ALICE, LOW).await;
    let line =
        Line { domain: "anchor.test", proxy: proxy.address, ..phone_of(&gateway, "carol", "PCMU/8000/1") };
    let mut phone = Baresip::registered(line).await;
    page_and_phone_talk(&mut alice, &mut phone, "audio/PCMU", ["carol@anchor.test", "sip:alice@localhost"])
        .await;
}

#[tokio::test]
async fn the_echo_plays_back_what_a_person_says() {
    let gateway = Gateway::start().await;
    let mut alice = page(&gateway, BrowserKind::Chromium, ALICE, LOW).await;
    alice.dial("echo").await;
    alice.call_is("connected").await;
    alice.hears(LOW, HIGH).await;
    let [(sent, received)] = count([&mut alice]).await;
    println!("sent {sent} and received {received} in {WINDOW:?}");
    assert!(is_all(received, sent));
    alice.click("hang-up").await;
    alice.call_is("ended").await;
}
