//! A disk of a test's own, which fills up.

use std::path::Path;
use std::process::Command;

use nix::sched::{CloneFlags, unshare};

/// Moves this test to where it can have disks that nobody else sees. What it starts from now on sees them, too. Wants the
/// rights of root, and a test that runs on one thread.
pub(crate) fn enter_own_mounts() {
    unshare(CloneFlags::CLONE_NEWNS).expect("only root can have mounts of its own");
    run("mount", &["--make-rprivate", "/"]);
}

/// Puts an empty disk of so many KiB at a folder.
pub(crate) fn mount(folder: &Path, kibibytes: u32) {
    let size = format!("size={kibibytes}k");
    run("mount", &["-t", "tmpfs", "-o", &size, "none", folder.to_str().expect("a path")]);
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is there: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
