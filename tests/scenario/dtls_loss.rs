//! Sound on a bad network: one in five datagrams of the DTLS handshake is lost, in both directions.
//!
//! Nothing in the gateway knows of it: the kernel drops them. Browsers repeat their first flight before a server's timer has
//! run, which not every DTLS implementation survives.

use std::time::{Duration, Instant};

use crate::harness::network::{HOST, enter_own_network, lose_dtls, lost};
use crate::harness::{ALICE, Browser, BrowserKind, Fixture, Gateway};

const PERCENT: u32 = 20;
/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connects_every_time(kind: BrowserKind, calls: usize) {
    enter_own_network();
    let config = format!("[media]\naddress = \"{HOST}\"\n");
    let gateway = Gateway::with(Fixture::new().config(&config)).await;
    let mut page = Browser::start(kind, 440).await;
    page.log_in(&gateway, ALICE).await;
    lose_dtls(PERCENT);
    let mut times = Vec::new();
    for _ in 0..calls {
        page.dial("echo").await;
        page.call_is("connected").await;
        let start = Instant::now();
        page.until("probe.states().at(-1) === 'connected'").await;
        times.push(start.elapsed());
        page.click("hang-up").await;
        page.click("dismiss").await;
        page.gone("call").await;
    }
    let slowest = times.iter().max().expect("there were calls");
    println!("{kind:?}: {calls} of {calls} up within {slowest:?}, {} datagrams lost", lost());
    assert!(*slowest < PATIENCE, "{times:?}");
    assert!(lost() > calls as u64 / 2, "the network loses nothing");
}

#[tokio::test]
async fn chromium_connects_every_time() {
    connects_every_time(BrowserKind::Chromium, 40).await;
}

#[tokio::test]
async fn firefox_connects_every_time() {
    connects_every_time(BrowserKind::Firefox, 20).await;
}
