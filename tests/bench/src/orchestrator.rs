//! How does a loader talk to `tests/bench/run`?

use std::io::{BufRead, Write};

use serde_json::Value;

/// Tells the figures of a phase. `figures` is an object.
pub fn tell(phase: &str, mut figures: Value) {
    figures["phase"] = phase.into();
    let mut out = std::io::stdout().lock();
    // Without an orchestrator there is nobody to tell.
    _ = writeln!(out, "{figures}").and_then(|()| out.flush());
}

/// Tells the figures of a phase and waits until the server was measured. What was connected stays connected, and
/// goes on in the meantime.
pub async fn tell_and_wait(phase: &str, figures: Value) {
    tell(phase, figures);
    let read = tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new()));
    // The end of the input is an answer, too.
    _ = read.await;
}
