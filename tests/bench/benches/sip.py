"""How many calls a second can be set up? SIPp calls a SIPp phone, through the gateway and through Kamailio.

The gateway is a party to each call and gives it two media legs; Kamailio passes messages on and knows nothing of media.
"""

import csv
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness.failure import Failure
from harness.gateway import PASSWORD, SIP, Gateway
from harness.install import Programs
from harness.paths import CACHE, PEERS
from harness.peers import KAMAILIO, PHONE, kamailio
from harness.processes import Process, Processes
from harness.register import register
from harness.report import Section

PACKAGES = ["kamailio", "sip-tester"]
# Callers: one of them would report repetitions that are its own, near its own limit.
CALLERS = 2
# An address that calls may come from without a password, and that no phone has.
TRUNK = "127.0.0.2"
RATES = (200, 400, 600, 800, 1_000, 1_200, 1_600, 2_000, 2_400, 2_800, 3_200)
# The share of messages sent again up to which a rate counts as carried.
CLEAN = 0.002
# The gateway keeps ports and finished calls for some time (README.md, "Traps"): so many calls at a time, then a pause, or
# these limits are measured in place of what a call costs.
CALLS = 12_000
PAUSE = 33
CONFIG = f"""
[media]
ports = "16400-65534"

[[sip.trunk]]
name = "sipp"
proxy = "{TRUNK}:15070"
sources = ["{TRUNK}"]
"""


@dataclass(frozen=True)
class Step:
    """What became of the calls at one rate."""

    rate: int
    done: int
    failed: int
    repeated: int
    seconds: float
    cpu: float
    latency: float

    @property
    def clean(self) -> bool:
        # Messages that the callers send: INVITE, ACK, BYE.
        return self.failed == 0 and self.repeated <= CLEAN * 3 * self.done

    @property
    def cpu_per_call(self) -> float:
        return self.cpu / max(self.done, 1) * 1e6

    def __str__(self) -> str:
        return (
            f"  {self.rate}/s: {self.done} calls, {self.failed} failed, {self.repeated} messages sent again, "
            f"answered in {self.latency:.1f} ms, {self.cpu_per_call:.0f} µs a call, {self.cpu / self.seconds:.0%} of a core"
        )


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    rates, seconds, pause = ((100, 200), 3, 1) if quick else (RATES, 10, PAUSE)
    gateway = Gateway(processes, programs, "sip", CONFIG).add_accounts("phone").start()
    register("phone", PASSWORD, SIP, PHONE)
    phone = start_phone(processes)
    ours = sweep(gateway.process, f"127.0.0.1:{SIP}", rates, seconds, pause)
    gateway.stop()
    proxy = kamailio(processes)
    theirs = sweep(proxy, f"127.0.0.1:{KAMAILIO}", rates, seconds, 1)
    processes.stop(proxy)
    processes.stop(phone)
    common = rates[min(len(rates), 2) - 1]
    (our_cpu, our_latency), (cpu, latency) = (
        next((step.cpu_per_call, step.latency) for step in steps if step.rate == common) for steps in (ours, theirs)
    )
    report.row("call set-ups, highest rate without failures", "1/s", knee(ours), "Kamailio", knee(theirs))
    report.row(f"processor time at {common}/s", "µs a call", our_cpu, "Kamailio", cpu)
    report.row(f"INVITE to 200 at {common}/s, less 30 ms of ringing", "ms", our_latency - 30, "Kamailio", latency - 30)


def knee(steps: list[Step]) -> int:
    """The highest rate that was carried. One below it may not have been: see `sweep`."""
    return max((step.rate for step in steps if step.clean), default=0)


def start_phone(processes: Processes) -> Process:
    command = ["sipp", "-sf", PEERS / "sipp" / "phone.xml", "-i", "127.0.0.1", "-p", PHONE, "-nostdin", "-aa"]
    return processes.start("SIPp phone", command, CACHE / "sip" / "phone", cwd=CACHE / "sip")


def sweep(server: Process, target: str, rates: tuple, seconds: int, pause: float) -> list[Step]:
    """Calls at rising rates until two in a row are not carried: one may be bad luck."""
    steps = []
    for rate in rates:
        steps.append(call(server, target, rate, seconds))
        print(steps[-1], flush=True)
        server.check()
        if not any(step.clean for step in steps[-2:]):
            break
        time.sleep(pause)
    return steps


def call(server: Process, target: str, rate: int, seconds: int) -> Step:
    callers, began, busy = [], time.monotonic(), server.cpu()
    for number in range(CALLERS):
        folder = fresh(f"caller{number}")
        command = ["sipp", target, "-sf", PEERS / "sipp" / "call.xml", "-s", "phone", "-i", TRUNK]
        command += ["-p", 15070 + 2 * number, "-mp", 15300 + 4 * number, "-r", rate // CALLERS]
        command += ["-m", min(CALLS, rate * seconds) // CALLERS, "-l", 20_000, "-nostdin", "-timeout", seconds + 20]
        command += ["-recv_timeout", 8_000, "-trace_stat", "-stf", "stat.csv", "-fd", 1]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        callers.append((folder, subprocess.Popen([str(word) for word in command], cwd=folder, **quiet)))
    for _, caller in callers:
        caller.wait()
    elapsed, busy = time.monotonic() - began, server.cpu() - busy
    last = [statistics(folder / "stat.csv") for folder, _ in callers]
    count = lambda name: sum(int(row[name]) for row in last)
    latency = sum(milliseconds(row["ResponseTime1(C)"]) for row in last) / len(last)
    done, failed = count("SuccessfulCall(C)"), count("FailedCall(C)")
    return Step(rate, done, failed, count("Retransmissions(C)"), elapsed, busy, latency)


def fresh(name: str) -> Path:
    folder = CACHE / "sip" / name
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    return folder


def statistics(path: Path) -> dict[str, str]:
    """The last line of what a SIPp has counted."""
    with path.open() as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    if not rows:
        raise Failure(f"SIPp has counted nothing: {path}")
    return rows[-1]


def milliseconds(text: str) -> float:
    """`00:00:00:036000` or `00:00:00.036`, as the version of SIPp has it."""
    hours, minutes, rest = text.split(":", 2)
    seconds, _, part = rest.replace(":", ".").partition(".")
    return (int(hours) * 3_600 + int(minutes) * 60 + int(seconds) + float(f"0.{part or 0}")) * 1e3
