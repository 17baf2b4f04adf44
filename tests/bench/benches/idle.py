"""What does a session cost that does nothing? 5,000 WebSocket clients, logged in."""

import time
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
# The memory a session should need, in kilobytes.
GOAL = 10


@dataclass(frozen=True)
class Idle:
    rss: float
    logins: float
    passwords: float | None
    cpu: float


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    clients, seconds = (200, 5) if quick else (5_000, 60)
    gateway = Gateway(processes, programs, "idle").add_accounts(*(f"u{number}" for number in range(ACCOUNTS))).start()
    ours = measure(processes, programs, gateway.process, ["ximss", WEBSOCKET], clients, seconds)
    gateway.stop()
    report.row("logins with a password (Argon2id, 19 MiB)", "1/s", ours.passwords)
    for name, start in (("Prosody", prosody), ("ejabberd", ejabberd)):
        process, url = start(processes)
        theirs = measure(processes, programs, process, ["xmpp", url], clients, seconds)
        processes.stop(process)
        report.row(f"memory a session, {clients:,} idle", "kB", ours.rss, name, theirs.rss, f"goal {GOAL} kB")
        report.row("processor time of idle sessions", "µs a session a second", ours.cpu, name, theirs.cpu)
        report.row("logins (ours with tickets)", "1/s", ours.logins, name, theirs.logins)


def measure(processes: Processes, programs: Programs, server: Process, place: list, clients: int, seconds: int) -> Idle:
    """RSS with all sessions, less that of the server when it had just started: whatever logins leave behind counts."""
    time.sleep(2)
    before = server.rss()
    loader = Loader(processes, [programs.loader("sessions"), *place, clients, "idle"], CACHE / "idle" / "loader")
    passwords = loader.phase("passwords") if place[0] == "ximss" else None
    logins = loader.phase("logins")
    loader.phase("idle")
    # The servers have what time they need to tidy up, and ping their clients.
    time.sleep(seconds / 2)
    busy = server.cpu()
    time.sleep(seconds / 2)
    idle = (server.cpu() - busy) / (seconds / 2) / clients * 1e6
    rss = (server.rss() - before) / clients
    server.check()
    loader.go_on()
    lost = loader.phase("still idle")["lost"]
    if lost:
        print(f"{server.name} has lost {lost} of {clients} sessions", flush=True)
    loader.stop()
    return Idle(rss, rate(logins), rate(passwords) if passwords else None, idle)


def rate(logins: dict) -> float:
    return logins["logins"] / logins["seconds"]
