"""Starts processes, measures them and stops them all, by their ids."""

import ctypes
import os
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable

from .failure import Failure

# 5,000 clients are as many files on either side, calls are four each.
FILES = 20_000
ENOUGH = 6_000
# prctl(2): orphans of our children become our own, so that daemons that fork away are found as well.
PR_SET_CHILD_SUBREAPER = 36
TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A process that was started here, with its descendants."""

    def __init__(self, name: str, popen: subprocess.Popen, log: Path):
        self.name, self.popen, self.log = name, popen, log

    @property
    def pid(self) -> int:
        return self.popen.pid

    def cpu(self) -> float:
        """Seconds of processor time that it has used (/proc/PID/stat: utime, stime)."""
        return sum(cpu(pid) for pid in family(self.pid))

    def rss(self) -> int:
        """Kilobytes of memory that it holds (/proc/PID/status: VmRSS)."""
        return sum(rss(pid) for pid in family(self.pid))

    def check(self) -> None:
        """Fails if it has ended."""
        if self.popen.poll() is not None:
            raise Failure(f"{self.name} has ended with {self.popen.returncode}; {self.log} ends:\n{self.log_end()}")

    def log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Waits until something is so, or this process has ended."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} is not ready after {seconds} s; {self.log} ends:\n{self.log_end()}")
            time.sleep(0.05)


class Processes:
    """All processes of a bench. None is left when this ends, however it ends."""

    def __init__(self):
        self.started: list[Process] = []

    def __enter__(self) -> "Processes":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < ENOUGH:
            raise Failure(f"{ENOUGH} open files must be allowed (ulimit -Hn), not {hard}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
        return self

    def __exit__(self, *_) -> None:
        end(set(family(os.getpid())) - {os.getpid()}, signal.SIGTERM)
        for process in self.started:
            process.popen.wait()
        # Those that became our own are waited for as well.
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass

    def start(self, name: str, command: list, log: Path, **options) -> Process:
        """Starts a process; what it writes goes to `log`. A session of its own keeps Ctrl-C from it."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            defaults = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out, "start_new_session": True}
            popen = subprocess.Popen([str(word) for word in command], **(defaults | options))
        process = Process(name, popen, log)
        self.started.append(process)
        return process

    def stop(self, process: Process, how: signal.Signals = signal.SIGTERM) -> None:
        """Stops a process and its descendants."""
        end(set(family(process.pid)), how)
        process.popen.wait()


def end(pids: set[int], how: signal.Signals, patience: float = 10) -> None:
    """Asks processes to end; kills those that do not."""
    for sig, seconds in ((how, patience), (signal.SIGKILL, patience)):
        for pid in filter(alive, pids):
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + seconds
        while any(map(alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether it runs. What has ended and was not waited for does not; our own we wait for here."""
    try:
        return stat(pid)[0] != "Z"
    except OSError:
        return False


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(entry)] = int(stat(int(entry))[1])
        except OSError:
            # It has ended meanwhile.
            continue
    found = [pid]
    for member in found:
        found.extend(child for child, parent in parents.items() if parent == member)
    return found


def cpu(pid: int) -> float:
    try:
        fields = stat(pid)
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
