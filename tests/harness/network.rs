//! A network of a test's own: no other program is in it, and packets can be lost.

use std::process::Command;

use nix::sched::{CloneFlags, unshare};

/// The address of the network's one host, beside the loopback. Firefox takes no loopback address for sound.
pub(crate) const HOST: &str = "10.66.0.1";

/// Moves this test into a network of its own. Everything that it starts from now on is in it, too; the network ends with
/// the last of them. Wants the rights of root, and a test that runs on one thread.
pub(crate) fn enter_own_network() {
    unshare(CloneFlags::CLONE_NEWNET).expect("only root can make a network");
    for arguments in [
        "link set lo up",
        "link add host type veth peer name wire",
        "address add 10.66.0.1/24 dev host",
        "link set host up",
        "link set wire up",
        // Browsers look for the address from which the world is reached.
        "route add default via 10.66.0.2",
    ] {
        run("ip", arguments);
    }
}

/// Loses so many of a hundred DTLS datagrams (RFC 7983: their first byte is 20 to 63), whoever sends them.
pub(crate) fn lose_dtls(percent: u32) {
    run("nft", "add table inet loss");
    run("nft", "add chain inet loss input { type filter hook input priority 0 ; }");
    // A UDP header has eight bytes.
    run(
        "nft",
        &format!(
            "add rule inet loss input udp length > 8 @th,64,8 20-63 numgen random mod 100 < {percent} counter drop"
        ),
    );
}

/// How many datagrams were lost so far.
pub(crate) fn lost() -> u64 {
    let list = Command::new("nft").args(["list", "chain", "inet", "loss", "input"]).output();
    let list = String::from_utf8(list.expect("nft runs").stdout).expect("text");
    let count =
        list.split_once("counter packets ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    count.unwrap_or_else(|| panic!("no counter: {list}"))
}

/// Cuts all connections to a port, and lets no new one come to be. Sound goes on: it is UDP.
pub(crate) fn cut_tcp(port: u16) {
    run("nft", "add table inet cut");
    run("nft", "add chain inet cut input { type filter hook input priority 0 ; }");
    run("nft", &format!("add rule inet cut input tcp dport {port} reject with tcp reset"));
}

/// Undoes that.
pub(crate) fn mend_tcp() {
    run("nft", "delete table inet cut");
}

fn run(program: &str, arguments: &str) {
    let output = Command::new(program).args(arguments.split(' ')).output();
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be run: {error}"));
    assert!(output.status.success(), "{program} {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
