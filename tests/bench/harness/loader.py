"""A loader: what it prints and when it waits is told in src/orchestrator.rs."""

import json
import os
import select
import subprocess
import time
from pathlib import Path

from .failure import Failure
from .processes import Process, Processes

# No phase of any loader lasts longer.
LONGEST = 300


class Loader:
    def __init__(self, processes: Processes, command: list, log: Path):
        self.processes = processes
        # Without a buffer: what Python has read ahead, select does not see.
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        options["env"] = os.environ | {"RUST_BACKTRACE": "0"}
        self.process: Process = processes.start(Path(command[0]).name, command, log, **options)

    def phase(self, name: str) -> dict:
        """Waits for the figures of a phase; those before it are passed over."""
        deadline = time.monotonic() + LONGEST
        output = self.process.popen.stdout
        while True:
            if not select.select([output], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failure(f"{self.process.name} does not come to {name!r}: see {self.process.log}")
            line = output.readline()
            if not line:
                self.process.popen.wait()
                raise Failure(f"{self.process.name} fails before {name!r}:\n{self.process.log_end()}")
            figures = json.loads(line)
            if figures["phase"] == name:
                return figures

    def go_on(self) -> None:
        """Lets it go on after a phase at whose end it waits."""
        self.process.popen.stdin.write(b"\n")
        self.process.popen.stdin.flush()

    def stop(self) -> None:
        self.processes.stop(self.process)
