"""How soon does a user see the newest mail? A folder is opened, sorted by date, and its first 50 rows are shown."""

import re
import shutil
import socket
import statistics
import time
from pathlib import Path
from typing import Callable

from harness import maildir
from harness.gateway import PASSWORD, XIMSS, Gateway
from harness.install import Programs
from harness.paths import CACHE
from harness.peers import DOVECOT, dovecot, folder, own
from harness.processes import Processes
from harness.report import Section

PACKAGES = ["dovecot-imapd"]
SIZES = (10_000, 100_000)
# Openings of which the median is taken.
TIMES = 30
ROWS = 50
# No last line of an answer is longer: Dovecot lists what it can do in one.
LAST_LINE = 4_096


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    for size in (1_000,) if quick else SIZES:
        mail = maildir.of(size)
        imap = measure_dovecot(processes, mail)
        gateway = Gateway(processes, programs, "folder").add_accounts("u0")
        began = time.monotonic()
        gateway.run("mail", "import", "u0@localhost", "INBOX", str(mail))
        report.row(f"import of {size:,} messages, durable", "messages/s", size / (time.monotonic() - began))
        gateway.start()
        client = Ximss(size)
        before = gateway.process.rss()
        cold = timed(client.open)
        warm = statistics.median(client.open_again() for _ in range(TIMES))
        memory = gateway.process.rss() - before
        gateway.stop()
        shutil.rmtree(gateway.folder)
        what = f"{size:,} messages by date + {ROWS} rows"
        report.row(f"{what}, cold", "ms", cold, "Dovecot with no index", imap["first"])
        report.row(f"{what}, cold", "ms", cold, "Dovecot started anew", imap["restarted"])
        report.row(f"{what}, warm", "ms", warm, "Dovecot", imap["warm"])
        report.row(f"memory for {size:,} messages open", "kB", memory)


def measure_dovecot(processes: Processes, mail: Path) -> dict[str, float]:
    """The same of Dovecot: first with no index of its own, then started anew with it, then warm."""
    home = folder("dovecot")
    config = home / "dovecot.conf"
    config.write_text(config.read_text().replace("@MAIL@", str(mail.parent)))
    (home / "home").mkdir()
    for name in ("state", "base"):
        (home / name).mkdir()
    own(home / "home", "mail")
    for left in mail.glob("dovecot*"):
        left.unlink()
    own(mail, "mail")
    figures = {}
    for start in ("first", "restarted"):
        process = dovecot(processes, home)
        client = Imap(mail.name)
        figures[start] = timed(client.open)
        figures["warm"] = statistics.median(timed(client.sort) for _ in range(TIMES))
        client.socket.close()
        processes.stop(process)
    return figures


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


class Connection:
    """A connection on which something is sent and everything is read up to some end."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes, end: bytes) -> bytes:
        """Sends a request; returns what comes up to a piece that ends with a line of `end`, a pattern."""
        self.socket.sendall(request)
        answer, pattern = bytearray(), re.compile(end)
        while not pattern.search(answer, max(0, len(answer) - LAST_LINE)):
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise EOFError(bytes(answer[-LAST_LINE:]))
            answer += piece
        return bytes(answer)


class Ximss(Connection):
    """A client of the gateway, by TCP."""

    def __init__(self, size: int):
        super().__init__(XIMSS)
        self.size, self.number = size, 0
        self.request(f'<login id="{{}}" authData="u0@localhost" password="{PASSWORD}"/>')

    def request(self, text: str) -> bytes:
        self.number += 1
        answer = self.ask(text.format(self.number).encode() + b"\0", rb'<response id="%d"[^>]*/>\x00' % self.number)
        if b"errorText" in answer[-LAST_LINE:]:
            raise ValueError(answer[-LAST_LINE:])
        return answer

    def open(self) -> None:
        """Opens the folder and shows its first rows, newest first."""
        fields = "".join(f"<field>{field}</field>" for field in ("FLAGS", "From", "Subject", "Date", "Size"))
        opened = self.request(
            f'<folderOpen id="{{}}" folder="f" mailbox="INBOX" sortField="Date" sortOrder="desc">{fields}</folderOpen>'
        )
        assert f'messages="{self.size}"'.encode() in opened, opened
        rows = self.request(f'<folderBrowse id="{{}}" folder="f"><index from="0" till="{ROWS - 1}"/></folderBrowse>')
        assert rows.count(b"<Subject>") == ROWS, rows

    def open_again(self) -> float:
        """Closes the folder and opens it again; returns the milliseconds of the latter."""
        self.request('<folderClose id="{}" folder="f"/>')
        return timed(self.open)


class Imap(Connection):
    """A client of Dovecot."""

    def __init__(self, user: str):
        super().__init__(DOVECOT)
        self.number = 0
        self.command(f"LOGIN {user} {PASSWORD}")

    def command(self, text: str) -> bytes:
        self.number += 1
        answer = self.ask(b"a%d %s\r\n" % (self.number, text.encode()), rb"(?m)^a%d .*\r\n" % self.number)
        assert re.search(rb"(?m)^a%d OK" % self.number, answer[-LAST_LINE:]), answer[-LAST_LINE:]
        return answer

    def open(self) -> None:
        """Selects the mailbox, sorts it and fetches the first rows."""
        self.command("SELECT INBOX")
        self.sort()

    def sort(self) -> None:
        """Sorts the selected mailbox, newest first, and fetches the first rows."""
        sorted_ = self.command("SORT (REVERSE DATE) UTF-8 ALL")
        listed = re.search(rb"(?m)^\* SORT((?: \d+){%d})" % ROWS, sorted_)
        first = listed[1].split()
        rows = self.command(f"FETCH {b','.join(first).decode()} (UID FLAGS RFC822.SIZE ENVELOPE)")
        assert rows.count(b"ENVELOPE") == ROWS, rows
