"""Starts the peers, each on ports and in a folder of its own."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

from .failure import Failure
from .paths import CACHE, PEERS
from .processes import Process, Processes

PROSODY, EJABBERD, DOVECOT, KAMAILIO = 15280, 15281, 11143, 15060
# Where Kamailio sends calls.
PHONE = 15080
# Users of Prosody and ejabberd.
USERS = 5_000


def folder(name: str, user: str | None = None) -> Path:
    """An empty folder for a peer, with its configuration in it."""
    path = CACHE / "peers" / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    for source in (PEERS / name).iterdir():
        text = source.read_text().replace("@RUN@", str(path))
        (path / source.name).write_text(text)
    if user:
        own(path, user)
    return path


def own(path: Path, user: str) -> None:
    """Gives a folder and all in it to a user, who has to be able to reach it."""
    if not all(parent.stat().st_mode & 0o001 for parent in path.parents):
        raise Failure(f"{path} cannot be reached by the user {user}: put the repository where others may look")
    account = pwd.getpwnam(user)
    for place in (path, *path.rglob("*")):
        os.chown(place, account.pw_uid, account.pw_gid)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def prosody(processes: Processes) -> tuple[Process, str]:
    """Starts Prosody; returns it and its WebSocket URL."""
    home = folder("prosody")
    accounts = home / "data" / "localhost" / "accounts"
    accounts.mkdir(parents=True)
    for number in range(USERS):
        (accounts / f"u{number}.dat").write_text('return {\n\t["password"] = "secret";\n};\n')
    own(home, "prosody")
    command = ["prosody", "--config", home / "prosody.cfg.lua", "-F"]
    process = processes.start("Prosody", command, home / "log", user="prosody", group="prosody", extra_groups=[], cwd=home)
    process.wait_until(lambda: answers(PROSODY))
    return process, f"ws://127.0.0.1:{PROSODY}/xmpp-websocket"


def ejabberd(processes: Processes) -> tuple[Process, str]:
    """Starts ejabberd; returns it and its WebSocket URL."""
    home = folder("ejabberd", "ejabberd")
    control = ["ejabberdctl", "--node", "ejabench@localhost", "--config", home / "ejabberd.yml"]
    control += ["--ctl-config", home / "ejabberdctl.cfg", "--spool", home / "db", "--logs", home / "log.d", "foreground"]
    account = pwd.getpwnam("ejabberd")
    options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": home}
    process = processes.start("ejabberd", control, home / "log", env=os.environ | {"HOME": str(home)}, **options)
    process.wait_until(lambda: answers(EJABBERD))
    register(process)
    return process, f"ws://127.0.0.1:{EJABBERD}/ws"


def register(process: Process) -> None:
    """Creates the users of ejabberd, by its API."""
    import http.client
    import json

    connection = http.client.HTTPConnection("127.0.0.1", EJABBERD, timeout=30)
    for number in range(USERS):
        user = {"user": f"u{number}", "host": "localhost", "password": "secret"}
        connection.request("POST", "/api/register", json.dumps(user), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Failure(f"ejabberd does not register u{number}: {answer.read()!r}")
        answer.read()
    process.check()


def dovecot(processes: Processes, home: Path) -> Process:
    """Starts Dovecot in a folder that was prepared."""
    process = processes.start("Dovecot", ["dovecot", "-F", "-c", home / "dovecot.conf"], home / "stdout")
    process.wait_until(lambda: answers(DOVECOT))
    return process


def kamailio(processes: Processes) -> Process:
    """Starts Kamailio."""
    home = folder("kamailio")
    command = ["kamailio", "-f", home / "kamailio.cfg", "-DD", "-E", "-m", "512", "-M", "16", "-Y", home]
    process = processes.start("Kamailio", command, home / "log")
    process.wait_until(lambda: len(subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True).stdout.split()) > 3)
    return process
