"""Starts the gateway on a folder of its own."""

import http.client
import shutil
import subprocess
from pathlib import Path

from .failure import Failure
from .install import Programs
from .paths import CACHE
from .processes import Process, Processes

HTTP, ADMIN, XIMSS, SIP = 15100, 15180, 15124, 15160
WEBSOCKET = f"ws://127.0.0.1:{HTTP}/ximss"
PASSWORD = "secret"

# The benches are many clients at one address, of few accounts.
CONFIG = f"""
[listen]
http = ["127.0.0.1:{HTTP}"]
https = []
admin = ["127.0.0.1:{ADMIN}"]
ximss = ["127.0.0.1:{XIMSS}"]
ximsss = []
sip = ["127.0.0.1:{SIP}"]

[session]
per_account = 10000

[limits]
connections_per_address = 20000

[sip]
calls_per_account = 10000
"""


class Gateway:
    def __init__(self, processes: Processes, programs: Programs, name: str, config: str = ""):
        self.processes, self.programs = processes, programs
        self.folder = CACHE / name / "gateway"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.config = self.folder / "gateway.toml"
        self.config.write_text(CONFIG + config)
        self.process: Process | None = None

    def command(self, *arguments: str) -> list:
        return [self.programs.gateway, "--config", self.config, "--data", self.folder / "data", *arguments]

    def run(self, *arguments: str, stdin: str = "") -> None:
        """Runs a command of the binary."""
        done = subprocess.run(self.command(*arguments), input=stdin, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"ximss-gateway {' '.join(arguments)} fails: {done.stderr}")

    def add_accounts(self, *names: str) -> "Gateway":
        for name in names:
            self.run("account", "add", f"{name}@localhost", "--password-stdin", stdin=PASSWORD)
        return self

    def start(self) -> "Gateway":
        self.process = self.processes.start("ximss-gateway", self.command(), self.folder / "log")
        self.process.wait_until(self.is_ready)
        return self

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", ADMIN, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self.processes.stop(self.process)
