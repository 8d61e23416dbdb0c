"""How far a long run is, for someone who watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from migration_lint.linting.runner import Progress

_QUIET_SECONDS = 1.0
_INTERVAL = 0.1


@contextmanager
def progress() -> Iterator[Progress | None]:
    """A progress line on standard error, gone at the end; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    due = time.monotonic() + _QUIET_SECONDS
    shown = False

    def tell(done: int, total: int) -> None:
        nonlocal due, shown
        now = time.monotonic()
        if now >= due:
            sys.stderr.write(f"\r{done:,} of {total:,} migrations")
            sys.stderr.flush()
            due, shown = now + _INTERVAL, True

    try:
        yield tell
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
