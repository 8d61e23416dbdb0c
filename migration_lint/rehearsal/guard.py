"""Ends a server whose owner has died, and removes its folder.

A process of its own, started with ``python guard.py FOLDER``: it waits until its standard input ends,
which happens whichever way the owner goes, SIGKILL included. So it imports nothing but the standard
library, and hears no signal that is meant for the owner.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

KEEP = b"keep"
"""Said to a guard that is to leave the server alone."""

_PATIENCE = 5.0
"""Seconds that a server has to end by itself."""


def end(home: Path) -> None:
    """End every process that works in the folder, and remove it."""
    # QUIT is PostgreSQL's "immediate" shutdown: nothing of it has to last.
    for pid in _postmaster(home):
        _signal(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGQUIT)
    deadline = time.monotonic() + _PATIENCE
    while _processes(home) and time.monotonic() < deadline:
        time.sleep(0.02)
    for _ in range(100):
        for pid in _processes(home):
            _signal(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        shutil.rmtree(home, ignore_errors=True)
        if not home.exists():
            return
        time.sleep(0.05)


def _postmaster(home: Path) -> list[int]:
    """The server that runs in the folder, if it does."""
    try:
        pid = int((home / "server" / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return []
    return [pid] if _works_in(pid, home) else []


def _processes(home: Path) -> list[int]:
    """All processes that work in the folder; only the server itself, where the system does not tell."""
    if not Path("/proc/self/cwd").exists():
        return _postmaster(home)
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and _works_in(pid, home)]


def _works_in(pid: int, home: Path) -> bool:
    """Whether the process is one of the folder's: a number alone may be another's by now."""
    try:
        if Path("/proc/self/cwd").exists():
            folder = Path(str(Path(f"/proc/{pid}/cwd").readlink()).removesuffix(" (deleted)"))
            return home == folder or home in folder.parents
        if sys.platform == "win32":
            return True
        told = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607 - wherever the system has it
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    return str(home) in told.stdout


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return  # it has ended meanwhile


def main() -> None:
    """Wait for the owner's end."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if sys.stdin.buffer.read() != KEEP:
        end(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
