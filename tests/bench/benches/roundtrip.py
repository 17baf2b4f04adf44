"""How soon is a request answered? 100 WebSocket clients, each asks as soon as it has its answer."""

from dataclasses import dataclass

from harness.gateway import WEBSOCKET, Gateway
from harness.install import Programs
from harness.loader import Loader
from harness.paths import CACHE
from harness.peers import ejabberd, prosody
from harness.processes import Process, Processes
from harness.report import Section

PACKAGES = ["prosody", "ejabberd"]
ACCOUNTS = 50
CLIENTS = 100
# Ours, and what is nearest to it in XMPP. A message goes to another client and comes back: the way between two clients
# twice. This gateway has no messages between clients yet.
PAIRS = [("noop", "ping"), ("prefsRead", "stored"), ("noop", "message")]


@dataclass(frozen=True)
class Trips:
    rate: float
    p50: float
    p99: float
    cpu: float


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    seconds = 2 if quick else 8
    gateway = Gateway(processes, programs, "roundtrip").add_accounts(*(f"u{number}" for number in range(ACCOUNTS))).start()
    works = dict.fromkeys(ours for ours, _ in PAIRS)
    ours = {work: measure(processes, programs, gateway.process, ["ximss", WEBSOCKET], work, seconds) for work in works}
    gateway.stop()
    for name, start in (("Prosody", prosody), ("ejabberd", ejabberd)):
        process, url = start(processes)
        for work, other in PAIRS:
            theirs = measure(processes, programs, process, ["xmpp", url], other, seconds)
            what, peer = work, f"{name}, {other}"
            report.row(f"{what}: round trips", "1/s", ours[work].rate, peer, theirs.rate)
            report.row(f"{what}: p50", "ms", ours[work].p50, peer, theirs.p50)
            report.row(f"{what}: p99", "ms", ours[work].p99, peer, theirs.p99)
            report.row(f"{what}: processor time", "µs each", ours[work].cpu, peer, theirs.cpu)
        processes.stop(process)


def measure(processes: Processes, programs: Programs, server: Process, place: list, work: str, seconds: int) -> Trips:
    command = [programs.loader("sessions"), *place, CLIENTS, work, seconds]
    loader = Loader(processes, command, CACHE / "roundtrip" / "loader")
    loader.phase("asking")
    busy = server.cpu()
    loader.go_on()
    asked = loader.phase("asked")
    busy = server.cpu() - busy
    server.check()
    loader.stop()
    count = asked["count"]
    return Trips(count / asked["seconds"], asked["p50_ms"], asked["p99_ms"], busy / max(count, 1) * 1e6)
