"""What does a browser's leg cost? 300 browsers talk to plain RTP, through the gateway and through reference gateways.

`gw-dimpl` is the composition of crates that server/media is made of, with nothing around it; `gw-str0m` is what one gets
from a ready-made WebRTC stack.
"""

from dataclasses import dataclass

from harness.gateway import WEBSOCKET, Gateway
from harness.install import Programs
from harness.loader import Loader
from harness.paths import CACHE
from harness.processes import Process, Processes
from harness.report import Section

PACKAGES = []
REFERENCE = "127.0.0.1:15700"
PHONE = 15690
CONFIG = f"""
[[sip.trunk]]
name = "phones"
proxy = "127.0.0.1:{PHONE}"
domains = ["phones.test"]
"""


@dataclass(frozen=True)
class Relayed:
    setup: float
    cpu: float
    packet: float
    rss: float
    loss: float
    at_loader: int
    latency: float
    connect: float


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    legs, seconds = (20, 3) if quick else (300, 20)
    gateway = Gateway(processes, programs, "relay", CONFIG).add_accounts("u0").start()
    ours = measure(processes, programs, gateway.process, ["ximss", WEBSOCKET, legs, seconds, PHONE], legs)
    gateway.stop()
    for name in ("gw-dimpl", "gw-str0m"):
        process = processes.start(name, [programs.loader(name), REFERENCE], CACHE / "relay" / name)
        theirs = measure(processes, programs, process, ["reference", REFERENCE, legs, seconds], legs)
        processes.stop(process)
        what = f"{legs} browser legs: "
        report.row(what + "processor time", "ms a leg a second", ours.cpu, name, theirs.cpu)
        report.row(what + "processor time", "µs a packet", ours.packet, name, theirs.packet)
        report.row(what + "memory", "kB a leg", ours.rss, name, theirs.rss, "ours with call and SIP dialog")
        report.row(what + "set-up", "ms of processor time a leg", ours.setup, name, theirs.setup, "ours with SIP and XML")
        report.row(what + "time under way, loader included", "ms", ours.latency, name, theirs.latency)
        report.row(what + "loss", "%", ours.loss, name, theirs.loss, lost_at_loader(ours, theirs))


def lost_at_loader(ours: Relayed, theirs: Relayed) -> str:
    return f"dropped at the loader's port, and in the loss: {ours.at_loader} / {theirs.at_loader} packets"


def measure(processes: Processes, programs: Programs, server: Process, arguments: list, legs: int) -> Relayed:
    log = CACHE / "relay" / "loader"
    loader = Loader(processes, [programs.loader("relay"), *arguments], log)
    loader.phase("ready")
    rss, busy = server.rss(), server.cpu()
    loader.go_on()
    connected = loader.phase("connected")
    setup = server.cpu() - busy
    loader.go_on()
    loader.phase("talking")
    busy = server.cpu()
    loader.go_on()
    talked = loader.phase("talked")
    busy, rss = server.cpu() - busy, server.rss() - rss
    server.check()
    loader.stop()
    return Relayed(
        setup=setup / legs * 1e3,
        cpu=busy / talked["seconds"] / legs * 1e3,
        packet=busy / talked["packets"] * 1e6,
        rss=rss / legs,
        # What is under way at either end of the window can make it less than nothing.
        loss=max(0, talked["to_phone_loss_percent"] + talked["to_browser_loss_percent"]) / 2,
        at_loader=talked["dropped_at_loader"],
        latency=(talked["to_phone_ms"] + talked["to_browser_ms"]) / 2,
        connect=connected["seconds"],
    )
