//! Does anything that a peer sends end the process? A million changed messages through every reader, on the stable
//! toolchain.
//!
//! A failure prints the mutant. `XIMSS_MUTATION_SEED` sets where the random numbers begin; the long run takes a new seed each
//! time and says which.

mod engine;
mod stun;
mod targets;

use std::time::{SystemTime, UNIX_EPOCH};

use engine::mutate;

/// Mutants of each target. There are nine.
const COUNT: u64 = 112_000;
/// So many times that in the long run.
const LONG: u64 = 20;

fn seed() -> u64 {
    std::env::var("XIMSS_MUTATION_SEED")
        .map_or(1, |text| text.parse().expect("XIMSS_MUTATION_SEED is a number"))
}

macro_rules! targets {
    ($($name:ident)+) => {
        $(#[test]
        fn $name() {
            mutate(stringify!($name), COUNT, seed(), &mut targets::$name());
        })+

        #[test]
        #[ignore = "a long run: tests/run --long"]
        fn all_of_them_for_a_long_time() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
            let seed = now.as_secs();
            println!("XIMSS_MUTATION_SEED={seed}");
            $(mutate(stringify!($name), COUNT * LONG, seed, &mut targets::$name());)+
        }
    };
}

targets! {
    xml_documents_and_requests
    frames_of_a_stream
    sip_messages
    sip_streams
    sip_datagrams_at_an_endpoint
    sdp_as_text_and_xml
    sdp_offers_and_answers
    stun_and_dtls_on_the_shared_port
    rtp_and_rtcp_of_a_phone
}
