"""The figures, ours beside those of the peers."""

import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from .paths import CACHE, REPOSITORY


@dataclass(frozen=True)
class Row:
    bench: str
    what: str
    unit: str
    ours: float
    peer: str
    theirs: float | None
    note: str

    @property
    def ratio(self) -> str:
        return figure(self.ours / self.theirs) if self.theirs else ""


class Report:
    def __init__(self):
        self.rows: list[Row] = []

    def section(self, bench: str) -> "Section":
        return Section(self, bench)

    def finish(self, quick: bool) -> None:
        """Prints the table, and keeps the figures."""
        print(f"\n{machine()}\n")
        if quick:
            print("A quick run shows whether the benches work; its figures say nothing.\n")
        print("| bench | what | unit | ours | peer | peer's | ours ÷ peer's | |\n|---|---|---|---:|---|---:|---:|---|")
        for row in self.rows:
            theirs = figure(row.theirs) if row.theirs is not None else ""
            cells = [row.bench, row.what, row.unit, figure(row.ours), row.peer, theirs, row.ratio, row.note]
            print("| " + " | ".join(cells) + " |")
        CACHE.mkdir(parents=True, exist_ok=True)
        kept = {"machine": machine(), "quick": quick, "rows": [asdict(row) for row in self.rows]}
        (CACHE / "results.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False))


class Section:
    """The rows of one bench."""

    def __init__(self, report: Report, bench: str):
        self.report, self.bench = report, bench

    def row(self, what: str, unit: str, ours: float, peer: str = "", theirs: float | None = None, note: str = "") -> None:
        """Adds a row, and says it at once: a run takes long."""
        row = Row(self.bench, what, unit, ours, peer, theirs, note)
        self.report.rows.append(row)
        beside = f"; {peer} {figure(theirs)}, ratio {row.ratio}" if theirs is not None else ""
        print(f"{what}: {figure(ours)} {unit}{beside} {note}", flush=True)


def figure(number: float) -> str:
    """Three digits that count."""
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) < 10 else f"{number:.1f}"


def machine() -> str:
    """What the figures were taken on."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    models = {line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")}
    load = Path("/proc/loadavg").read_text().split()[0]
    version = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=REPOSITORY, capture_output=True, text=True)
    return (
        f"{cpuinfo.count('processor	:')} cores ({', '.join(models)}), Linux {platform.release()}, load average {load} at the "
        f"end, commit {version.stdout.strip()}; loader, gateway and peers on this machine, over loopback, without TLS."
    )
