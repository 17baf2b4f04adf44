"""How soon does each of many sessions that view one mailbox see what comes into it?"""

import shutil

from harness import maildir
from harness.gateway import WEBSOCKET, Gateway
from harness.install import Programs
from harness.loader import Loader
from harness.paths import CACHE
from harness.processes import Processes
from harness.report import Section

PACKAGES = []
MESSAGES = 10_000
VIEWERS = 1_000
# Messages a second.
RATE = 100
SECONDS = 30


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    viewers, rate, seconds = (50, 20, 5) if quick else (VIEWERS, RATE, SECONDS)
    messages = 1_000 if quick else MESSAGES
    gateway = Gateway(processes, programs, "viewers").add_accounts("u0")
    gateway.run("mail", "import", "u0@localhost", "INBOX", str(maildir.of(messages)))
    gateway.run("mail", "import", "u0@localhost", "Source", str(maildir.of(1)))
    gateway.start()
    idle = gateway.process.rss()
    command = [programs.loader("viewers"), WEBSOCKET, viewers, seconds, rate]
    loader = Loader(processes, command, CACHE / "viewers" / "loader")
    loader.phase("viewing")
    opened = gateway.process.rss()
    loader.go_on()
    busy = gateway.process.cpu()
    viewed = loader.phase("viewed")
    busy = gateway.process.cpu() - busy
    gateway.process.check()
    after = gateway.process.rss()
    loader.stop()
    gateway.stop()
    shutil.rmtree(gateway.folder)
    what = f"{viewers:,} sessions view {messages:,} messages"
    arrived = viewed["arrived"] / viewed["seconds"]
    note = f"{arrived:.0f} messages a second come, {viewed['syncs'] / viewed['seconds']:,.0f} syncs a second"
    report.row(f"{what}: folderSync, p50", "ms", viewed["p50_ms"], note=note)
    report.row(f"{what}: folderSync, p99", "ms", viewed["p99_ms"], note=f"{note}; goal 20 ms")
    report.row(f"{what}: processor time", "µs a sync", busy / max(viewed["syncs"], 1) * 1e6)
    report.row(f"{what}: memory of the sessions", "kB", opened - idle)
    report.row(f"{what}: memory while messages come, more", "kB", after - opened)
