"""Where things are."""

import os
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
REPOSITORY = BENCH.parent.parent
PEERS = BENCH / "peers"
CACHE = REPOSITORY / "tests" / ".cache" / "bench"


def target(default: Path) -> Path:
    """Where cargo puts what it builds."""
    return Path(os.environ.get("CARGO_TARGET_DIR", default))
