"""How soon does a user see the newest mail, or what was looked for? A folder is opened, sorted and filtered this way or
that, and its first 50 rows are shown."""

import re
import shutil
import socket
import sqlite3
import statistics
import time
from dataclasses import dataclass
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
# And of what takes a server long.
FEWER = 5
ROWS = 50
# No last line of an answer is longer: Dovecot lists what it can do in one.
LAST_LINE = 4_096


@dataclass(frozen=True)
class View:
    """A way to look at a mailbox: what it is called, how it is asked for here, and in IMAP: what to sort by, what to search."""

    what: str
    attributes: str
    sort: str
    search: str
    rows: int = ROWS


# One subject in a thousand or so has the topic; every body has the line.
VIEWS = [
    View("by subject", 'sortField="Subject"', "SUBJECT", "ALL"),
    View("by From", 'sortField="From"', "FROM", "ALL"),
    View("unseen, by date", 'sortField="Date" sortOrder="desc" filterField="FLAGS" filter="Unseen"', "REVERSE DATE", "UNSEEN"),
    View("with a text anywhere", 'filter="about topic 42"', "ARRIVAL", 'TEXT "about topic 42"', 1),
    View("with a text in the body", 'filterField="body" filter="sit amet 19"', "ARRIVAL", 'BODY "sit amet 19"'),
    View("with a text nowhere", 'filter="no such text"', "ARRIVAL", 'TEXT "no such text"', 0),
]


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    measure(processes, programs, report, (1_000,) if quick else SIZES)


def measure(processes: Processes, programs: Programs, report: Section, sizes: tuple[int, ...]) -> None:
    for size in sizes:
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
        views = measure_views(gateway, client, imap)
        gateway.stop()
        shutil.rmtree(gateway.folder)
        what = f"{size:,} messages by date + {ROWS} rows"
        report.row(f"{what}, cold", "ms", cold, "Dovecot with no index", imap["first"])
        report.row(f"{what}, cold", "ms", cold, "Dovecot started anew", imap["restarted"])
        report.row(f"{what}, warm", "ms", warm, "Dovecot", imap["warm"])
        report.row(f"memory for {size:,} messages open", "kB", memory)
        for view, note, ours, theirs in views:
            report.row(f"{size:,} messages {view.what} + {view.rows} rows, {note}", "ms", ours, "Dovecot", theirs)


def measure_views(gateway: Gateway, client: "Ximss", imap: dict) -> list[tuple[View, str, float, float]]:
    """Each view the first time and then again; those that look for texts before and after all messages are indexed."""
    measured = []
    for view in VIEWS:
        client.show(view)
        measured.append((view, "first", client.took, imap[view.what][0]))
        again = statistics.median(client.show_again(view) for _ in range(FEWER))
        measured.append((view, "again", again, imap[view.what][1]))
        client.request('<folderClose id="{}" folder="v"/>')
    wait_for_index(gateway)
    for view in (view for view in VIEWS if "text" in view.what):
        # Another text with the same result, which no view has yet.
        other = View(view.what, view.attributes.replace("t", "T"), view.sort, view.search, view.rows)
        client.show(other)
        measured.append((view, "first, indexed", client.took, imap[view.what][1]))
        client.request('<folderClose id="{}" folder="v"/>')
    return measured


def wait_for_index(gateway: Gateway) -> None:
    """Waits until every message is in the full-text index."""
    left = "SELECT COUNT(*) FROM mailbox b LEFT JOIN search s ON s.mailbox = b.id WHERE b.uid_next - 1 > COALESCE(s.indexed, 0)"
    while True:
        rows = sqlite3.connect(f"file:{gateway.folder}/data/gateway.sqlite?mode=ro", uri=True)
        (count,) = rows.execute(left).fetchone()
        rows.close()
        if count == 0:
            return
        gateway.process.check()
        time.sleep(1)


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
        if start == "restarted":
            for view in VIEWS:
                first = timed(lambda: client.show(view))
                figures[view.what] = (first, statistics.median(timed(lambda: client.show(view)) for _ in range(FEWER)))
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
        self.size, self.number, self.took = size, 0, 0.0
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

    def show(self, view: View) -> None:
        """Opens a folder so and shows its first rows; keeps how long that took."""
        fields = "".join(f"<field>{field}</field>" for field in ("FLAGS", "From", "Subject", "Date", "Size"))

        def both() -> bytes:
            self.request(f'<folderOpen id="{{}}" folder="v" mailbox="INBOX" {view.attributes}>{fields}</folderOpen>')
            return self.request(f'<folderBrowse id="{{}}" folder="v"><index from="0" till="{ROWS - 1}"/></folderBrowse>')

        began = time.perf_counter()
        rows = both()
        self.took = (time.perf_counter() - began) * 1e3
        shown = rows.count(b"<Subject>")
        assert shown >= view.rows if view.rows else shown == 0, rows

    def show_again(self, view: View) -> float:
        """Closes the folder and opens it again so; returns the milliseconds of the latter."""
        self.request('<folderClose id="{}" folder="v"/>')
        self.show(view)
        return self.took

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

    def show(self, view: View) -> None:
        """Finds messages, sorted, and fetches the first rows."""
        sorted_ = self.command(f"SORT ({view.sort}) UTF-8 {view.search}")
        listed = re.search(rb"(?m)^\* SORT((?: \d+)*)\r$", sorted_)
        first = listed[1].split()[:ROWS]
        assert len(first) >= view.rows, sorted_[:LAST_LINE]
        if first:
            rows = self.command(f"FETCH {b','.join(first).decode()} (UID FLAGS RFC822.SIZE ENVELOPE)")
            assert rows.count(b"ENVELOPE") == len(first), rows
