"""The bench `folder` with a million messages, which takes an hour and 15 GB of disk."""

from benches import folder
from harness.install import Programs
from harness.processes import Processes
from harness.report import Section

PACKAGES = folder.PACKAGES
SIZES = (1_000_000,)


def run(processes: Processes, programs: Programs, report: Section, quick: bool) -> None:
    folder.measure(processes, programs, report, (1_000,) if quick else SIZES)
