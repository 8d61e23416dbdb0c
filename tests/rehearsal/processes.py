"""Which processes run."""

from __future__ import annotations

import os
import time
from pathlib import Path


def gone(home: Path, pid: int, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not home.exists() and not runs(pid):
            return True
        time.sleep(0.05)
    return False


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in told.split()]


def home_of(pid: int) -> Path | None:
    """The rehearsal's folder that a server works in; None for another process."""
    folder = Path(f"/proc/{pid}/cwd").readlink()
    return folder.parents[1] if folder.name == "data" else None
