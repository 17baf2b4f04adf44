"""How many messages of 2 kB are stored in a second, each durable before it is answered?

Of the gateway a message is a blob, synced with its folder, and a row that is committed (`synchronous=FULL`). Dovecot with
`mail_fsync = optimized`, its default, syncs the file of a message that a client appends, and its directory.
"""

import shutil
import threading
import time

from harness.gateway import PASSWORD, Gateway
from harness.install import Programs
from harness.paths import CACHE
from harness.peers import dovecot, folder, own
from harness.processes import Processes
from harness.report import Section

from .folder import Imap, Ximss

PACKAGES = ["dovecot-imapd"]
CLIENTS = 32
COUNT = 4_000
USER = "u0"
TEXT = "\n".join(f"Lorem ipsum dolor sit amet {line} consectetur adipiscing elit." for line in range(28))


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    count = 320 if quick else COUNT
    theirs = measure_dovecot(processes, count)
    gateway = Gateway(processes, programs, "append").add_accounts(USER).start()
    note = "blob, its folder and the row synced; Dovecot: the file and its directory"
    for clients in (1, CLIENTS):
        ours = rate([Appender() for _ in range(clients)], count)
        report.row(f"2 kB messages appended, {clients} at a time", "messages/s", ours, "Dovecot", theirs[clients], note)
    gateway.stop()
    shutil.rmtree(gateway.folder)


def measure_dovecot(processes: Processes, count: int) -> dict[int, float]:
    home = folder("dovecot")
    mail = CACHE / "append" / "mail"
    shutil.rmtree(mail, ignore_errors=True)
    mail.mkdir(parents=True)
    own(mail, "mail")
    config = home / "dovecot.conf"
    config.write_text(config.read_text().replace("@MAIL@", str(mail)))
    for name in ("state", "base", "home"):
        (home / name).mkdir()
    own(home / "home", "mail")
    process = dovecot(processes, home)
    figures = {clients: rate([ImapAppender() for _ in range(clients)], count) for clients in (1, CLIENTS)}
    processes.stop(process)
    shutil.rmtree(mail)
    return figures


def rate(clients: list, count: int) -> float:
    """Messages a second of so many that the clients store, each one after the other."""
    each = count // len(clients)
    failures = []

    def work(client) -> None:
        try:
            for number in range(each):
                client.append(number)
        except Exception as failure:  # noqa: BLE001: told below, whatever it is
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    for client in clients:
        client.socket.close()
    if failures:
        raise failures[0]
    return each * len(clients) / took


class Appender(Ximss):
    """A client of the gateway that stores messages, whose headers the gateway writes."""

    def __init__(self):
        super().__init__(0)

    def append(self, number: int) -> None:
        headers = f"<From>u1@example.org</From><To>me@bench.test</To><Subject>Test message {number}</Subject>"
        mime = f'<MIME type="text" subtype="plain">{TEXT}</MIME>'
        self.request(f'<messageAppend id="{{}}" targetMailbox="INBOX"><EMail>{headers}{mime}</EMail></messageAppend>')


class ImapAppender(Imap):
    """A client of Dovecot that does."""

    def __init__(self):
        super().__init__(USER)

    def append(self, number: int) -> None:
        lines = [
            "Date: Wed, 25 Nov 2026 12:00:00 +0000",
            "From: u1@example.org",
            "To: me@bench.test",
            f"Subject: Test message {number}",
            f"Message-ID: <{id(self)}.{number}@example.org>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "",
            TEXT,
            "",
        ]
        message = "\r\n".join(lines).replace("\r\n", "\n").replace("\n", "\r\n")
        # A literal that is not waited for (RFC 7888).
        self.command(f"APPEND INBOX {{{len(message)}+}}\r\n{message}")
