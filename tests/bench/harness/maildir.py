"""A Maildir of small messages, always the same ones."""

import email.utils
import os
import random
import shutil
from email.header import Header
from pathlib import Path

from .paths import CACHE

FIRST = 1_600_000_000
YEARS = 5 * 365 * 86_400
NAMES = ["Anna Ivanova", "Bob Smith", "Ιωάννης", "José Peña", "Chen Wei", "Dmitry Orlov"]
BODY = "\r\n".join(f"Lorem ipsum dolor sit amet {line} consectetur adipiscing elit." for line in range(20))


def of(count: int) -> Path:
    """A Maildir with so many messages; one that an earlier run has made is taken again."""
    path = CACHE / "mail" / f"u{count}"
    complete = path / "complete"
    if not complete.exists():
        shutil.rmtree(path, ignore_errors=True)
        for folder in ("cur", "new", "tmp"):
            (path / folder).mkdir(parents=True)
        fill(path / "cur", count)
        complete.touch()
    return path


def fill(folder: Path, count: int) -> None:
    """Messages whose dates over five years are in no order, two thirds of them seen."""
    chance = random.Random(42)
    for number in range(count):
        sent = FIRST + chance.randrange(YEARS)
        text = message(number, sent, chance)
        flags = "S" if number % 3 else ""
        path = folder / f"{FIRST + number}.M{number}P1.bench,S={len(text)}:2,{flags}"
        path.write_bytes(text)
        os.utime(path, (sent, sent))


def message(number: int, sent: int, chance: random.Random) -> bytes:
    name = NAMES[number % len(NAMES)]
    name = name if name.isascii() else Header(name, "utf-8").encode()
    lines = [
        f"Return-Path: <u{number % 997}@example.org>",
        f"Received: from mx.example.org by bench.test; {email.utils.formatdate(sent + 3)}",
        f"Date: {email.utils.formatdate(sent)}",
        f"From: {name} <u{number % 997}@example.org>",
        f"To: me@bench.test, c{number % 31}@bench.test",
        f"Cc: team{number % 7}@bench.test",
        f"Subject: Test message {number} about topic {chance.randrange(5000)}",
        f"Message-ID: <m{number}.{chance.randrange(1 << 30)}@example.org>",
        f"In-Reply-To: <m{max(0, number - 1)}@example.org>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        BODY,
        "",
    ]
    return "\r\n".join(lines).encode()
